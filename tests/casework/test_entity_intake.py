"""What submissions do to entities: made, changed, waiting for what they follow, and what becomes of mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db
from fieldsurvey.store.audit import AuditEntry
from tests.casework.entity_lists import ONE, THREE, TWO, Lists
from tests.cast import HEAD
from tests.entity_forms import TREES, form, submission, tree, trees, uuid4
from tests.world import World

BRANCH = uuid4(100)


@pytest.fixture
def lists(world: World) -> Lists:
    return Lists(world, form())


def test_submission_makes_an_entity_of_its_sender(lists: Lists, world: World) -> None:
    phone = world.phone_actor(HEAD).doer()
    xml = submission(
        "one", f"uuid:{ONE.upper()}", {"name": "Hoa", "age": "", "x": "y"}, label="Hoa (20)", create="true"
    )

    lists.send(xml, phone)

    found = lists.entity()
    assert found is not None
    assert (found.label, found.data, found.version) == ("Hoa (20)", {"first_name": "Hoa", "age": ""}, 1)
    assert found.creator_id == phone.id
    assert found.place == phone.place
    (first,) = lists.history()
    assert first.source == {"type": "submission", "submission": {"instanceId": "one"}}
    assert first.received == {"first_name": "Hoa", "age": "", "label": "Hoa (20)"}


def test_audit_tells_which_submission_made_it(lists: Lists) -> None:
    submission_id = lists.create()

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "entity.create")).one()
    version = lists.history()[0]
    assert entry.params == {
        "entityId": version.entity_id,
        "entityDefId": version.id,
        "entity": {"uuid": ONE, "dataset": "people"},
        "submissionId": submission_id,
        "submissionDefId": version.submission_version_id,
    }


def test_update_changes_what_it_brings_and_keeps_the_rest(lists: Lists) -> None:
    lists.create()

    lists.update("two", 1, "away", label="Hoa, away")
    lists.update("three", 2, "back", label=" ")

    assert lists.now() == (3, {"first_name": "Hoa", "age": "20", "status": "back"}, None)
    assert [(one.label, one.base_version) for one in lists.history()] == [
        ("Hoa", None), ("Hoa, away", 1), ("Hoa, away", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("brings", "conflict", "names"),
    [({"status": "away"}, "soft", []), ({"age": "22"}, "hard", ["age"]), ({"age": "21"}, "soft", [])],
)
def test_update_of_an_older_version_is_a_conflict(
    lists: Lists, brings: dict[str, str], conflict: str, names: list[str]
) -> None:
    lists.create()
    lists.patch(1, age="21")

    lists.update("two", 1, "", answers=brings)

    assert lists.now()[2] == conflict  # type: ignore[index]
    assert lists.history()[-1].conflicting == names


@pytest.mark.parametrize("there", [True, False])
def test_create_or_update(lists: Lists, there: bool) -> None:
    if there:
        lists.create()

    lists.update("two", 1, "away", create="1", label="Hoa")

    assert lists.now()[0] == (2 if there else 1)  # type: ignore[index]


def test_create_or_update_without_a_version_creates(lists: Lists) -> None:
    lists.send(submission("one", ONE, {"name": "Hoa"}, label="Hoa", create="1", update="1", baseVersion=""))

    assert lists.now() == (1, {"first_name": "Hoa"}, None)


@pytest.mark.parametrize("wish", [{}, {"create": "0"}, {"create": "", "update": ""}])
def test_nothing_is_asked_for(lists: Lists, wish: dict[str, str]) -> None:
    submission_id = lists.send(submission("one", ONE, {"name": "Hoa"}, label="Hoa", **wish))

    assert lists.now() is None
    assert lists.log(submission_id) == ["submission.create"]


MISTAKES: list[tuple[dict[str, Any], float, dict[str, Any]]] = [
    ({"create": "1"}, 400.2, {"field": "label"}),
    ({"create": "1", "label": " "}, 400.2, {"field": "label"}),
    ({"create": "1", "label": "x", "uuid": ""}, 400.2, {"field": "uuid"}),
    ({"create": "1", "label": "x", "uuid": "u"}, 400.11, {"field": "uuid", "value": "u"}),
    ({"create": "1", "label": "x", "dataset": ""}, 400.2, {"field": "dataset"}),
    ({"create": "1", "label": "x", "dataset": "frogs"}, 404.7, {"datasetName": "frogs"}),
    ({"create": "1", "label": "x", "branchId": "b"}, 400.11, {"field": "branchId"}),
    ({"create": "1", "label": "x", "baseVersion": "a"}, 400.11, {"field": "baseVersion"}),
    ({"update": "1"}, 400.2, {"field": "baseVersion"}),
    ({"update": "1", "baseVersion": "one"}, 400.11, {"field": "baseVersion"}),
    ({"update": "1", "baseVersion": "9" * 5000}, 400.11, {"field": "baseVersion"}),
    ({"update": "1", "baseVersion": "1", "trunkVersion": "1"}, 400.2, {"field": "branchId"}),
    ({"update": "1", "baseVersion": "1", "trunkVersion": "x", "branchId": BRANCH}, 400.11, {"field": "trunkVersion"}),
    ({"update": "1", "baseVersion": "1"}, 404.8, {"entityUuid": ONE, "datasetName": "people"}),
    ({"update": "1", "baseVersion": "2", "uuid": TWO}, 404.9, {"baseVersion": 2, "entityUuid": TWO}),
    ({"update": "1", "baseVersion": "0", "uuid": TWO}, 404.9, {"baseVersion": 0}),
    (
        {"update": "1", "baseVersion": "1", "trunkVersion": "2", "branchId": BRANCH, "uuid": TWO},
        404.9,
        {"baseVersion": "trunkVersion=2"},
    ),
    ({"create": "1", "label": "x", "uuid": TWO}, 409.3, {"fields": ["uuid"], "values": [TWO]}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "code", "details"), MISTAKES)
def test_mistake_is_written_down_and_the_submission_kept(
    lists: Lists, said: dict[str, Any], code: float, details: dict[str, Any]
) -> None:
    lists.create(uuid=TWO)
    given = dict(said)

    submission_id = lists.send(submission("one", given.pop("uuid", ONE), {"name": "Hoa"}, **given))

    found = lists.error(submission_id)
    assert found is not None
    assert (found[0], found[1] | details) == (code, found[1])
    assert lists.log(submission_id) == ["submission.create", "entity.error"]
    assert lists.now() is None


def test_form_permits_what_it_declares(world: World) -> None:
    lists = Lists(world, form(actions='update="1" baseVersion=""'))

    submission_id = lists.create()

    assert lists.error(submission_id) == (403.2, {"action": "create", "permitted": ["update"]})


def test_deleted_entity_is_neither_changed_nor_made_again(lists: Lists) -> None:
    lists.create()
    lists.delete()

    assert lists.error(lists.update("two", 1, "away")) == (404.11, {"entityUuid": ONE})
    assert lists.error(lists.update("three", 1, "away", create="1", label="x")) == (404.11, {"entityUuid": ONE})
    assert lists.error(lists.create("four")) == (409.19, {"entityUuids": [ONE]})


def test_same_submission_twice_changes_once(lists: Lists) -> None:
    lists.create()
    for _ in range(2):
        lists.update("two", 1, "away")

    assert lists.now()[0] == 2  # type: ignore[index]


def test_correction_of_a_mistake_has_its_effect_and_a_later_one_has_none(lists: Lists) -> None:
    lists.create("one", label=None)

    lists.create("two", replaces="one")
    lists.create("three", replaces="two", uuid=TWO)

    assert lists.now() is not None
    assert lists.now(TWO) is None


def test_form_without_entities_costs_no_statement(world: World) -> None:
    lists = Lists(world, form({"name": ""}, instance="<name/><meta><instanceID/></meta>"), form(form_id="other"))
    plain = b'<data id="households" version="1"><name>x</name><meta><instanceID>%s</instanceID></meta></data>'
    lists.send(plain % b"one")
    run: list[str] = []

    def note(*told: Any) -> None:
        run.append(told[2])

    event.listen(db.engine, "before_cursor_execute", note)
    lists.send(plain % b"two")
    event.remove(db.engine, "before_cursor_execute", note)

    assert [one for one in run if "SAVEPOINT" in one or "datasets" in one or "entities" in one] == []


# Approval


def test_list_may_ask_for_approval(lists: Lists, world: World) -> None:
    lists.ask_for_approval(True)
    phone = world.phone_actor(HEAD).doer()
    submission_id = lists.send(submission("one", ONE, {"name": "Hoa"}, label="Hoa", create="1"), phone)
    assert lists.now() is None

    for state in ("hasIssues", "approved", "approved"):
        lists.review(submission_id, state)

    found = lists.entity()
    assert found is not None
    assert (found.version, found.creator_id) == (1, phone.id)
    made = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "entity.create")).one()
    assert made.actor_id == lists.by.id


def test_approval_does_nothing_where_none_is_asked_for(lists: Lists) -> None:
    lists.review(lists.create(label=None), "approved")

    assert lists.now() is None


def test_updates_need_no_approval(lists: Lists) -> None:
    lists.create()
    lists.ask_for_approval(True)

    submission_id = lists.update("two", 1, "away")
    lists.review(submission_id, "approved")

    assert lists.now()[0] == 2  # type: ignore[index]


def test_create_or_update_waits_for_approval_only_to_create(lists: Lists) -> None:
    lists.ask_for_approval(True)
    submission_id = lists.update("one", 1, "away", create="1", label="Hoa")
    assert lists.now() is None

    lists.review(submission_id, "approved")

    assert lists.now()[0] == 1  # type: ignore[index]


def test_what_waits_for_an_approval_that_is_no_longer_asked_for(lists: Lists) -> None:
    lists.ask_for_approval(True)
    lists.create("one")
    lists.create("two", uuid=TWO)
    lists.create("three", uuid=THREE, label=None)

    with pytest.raises(Problem) as caught:
        lists.ask_for_approval(False)
    assert (caught.value.kind, caught.value.params) == (Kind.PENDING_SUBMISSIONS, {"count": 3})
    db.session.rollback()
    lists.ask_for_approval(False, convert=True)

    assert (lists.now()[0], lists.now(TWO)[0], lists.now(THREE)) == (1, 1, None)  # type: ignore[index]
    lists.ask_for_approval(True)
    lists.ask_for_approval(False)  # what has failed waits no longer


def test_without_converting_it_goes_on_waiting(lists: Lists) -> None:
    lists.ask_for_approval(True)
    lists.create()

    lists.ask_for_approval(False, convert=False)

    assert lists.now() is None


@pytest.mark.parametrize("state", ["approved", "rejected"])
def test_what_is_decided_does_not_wait(lists: Lists, state: str) -> None:
    lists.ask_for_approval(True)
    lists.review(lists.create(), state)

    lists.ask_for_approval(False)

    assert (lists.now() is None) == (state == "rejected")


# Repeats


def test_several_entities_of_one_submission(world: World) -> None:
    lists = Lists(world, TREES)

    lists.send(trees("one", tree(ONE, "pine"), tree(TWO, "oak")))
    lists.send(trees("two", tree(ONE, "fir", create="", update="1", baseVersion="1"), tree(THREE, "ash")))

    assert [lists.now(uuid)[:2] for uuid in (ONE, TWO, THREE)] == [  # type: ignore[index]
        (2, {"species": "fir", "girth": "12"}),
        (1, {"species": "oak", "girth": "12"}),
        (1, {"species": "ash", "girth": "12"}),
    ]


def test_all_or_none(world: World) -> None:
    lists = Lists(world, TREES)

    submission_id = lists.send(trees("one", tree(ONE, "pine"), tree("bad", "oak"), tree(TWO, "ash", create="0")))

    assert (lists.now(ONE), lists.now(TWO)) == (None, None)
    code, details = lists.error(submission_id) or (0.0, {})
    assert (code, details["count"], details["total"]) == (400.43, 1, 3)
    (error,) = details["errors"]
    assert (error["index"], error["problem"]["problemCode"]) == (1, 400.11)


def test_one_waits_and_the_other_is_made(world: World) -> None:
    lists = Lists(world, TREES)
    waits = tree(ONE, "fir", create="", update="1", baseVersion="1", branchId=BRANCH)

    submission_id = lists.send(trees("one", waits, tree(TWO, "oak")))
    assert (lists.now(ONE), lists.now(TWO)[0], lists.waiting()) == (None, 1, 1)  # type: ignore[index]
    lists.send(trees("two", tree(ONE, "pine")))

    assert (lists.now(ONE)[0], lists.now(TWO)[0], lists.waiting()) == (2, 1, 0)  # type: ignore[index]
    assert lists.log(submission_id) == [
        "submission.create", "submission.backlog.hold", "submission.backlog.reprocess",
    ]  # fmt: skip
