"""What submissions do to entities: made, changed, waiting for what they follow, and what becomes of mistakes."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import event, func, select

from fieldsurvey.casework import dataset_settings, drafts, entities, entity_intake, publishing
from fieldsurvey.casework import submissions as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, db, write
from fieldsurvey.forms import definition
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.entities import Dataset, Entity, EntityVersion, HeldChange
from fieldsurvey.store.forms import Form
from fieldsurvey.store.submissions import Submission
from tests.cast import ADMIN, HEAD, NOW, ROUND
from tests.entity_forms import TREES, form, submission, tree, trees, uuid4
from tests.world import World

ONE, TWO = uuid4(1), uuid4(2)
BRANCH, OTHER_BRANCH = uuid4(100), uuid4(101)
Lived = tuple[int, dict[str, str], str | None]  # version, data, conflict


class Lists:
    """The list `people` with the forms that fill it; short ways to send and to look."""

    def __init__(self, world: World, *xmls: str) -> None:
        self.world, self.by = world, world.doer(ADMIN)
        for xml in xmls:
            self.publish(xml)

    def publish(self, xml: str) -> None:
        with write() as session:
            made = drafts.create(session, ROUND, definition.from_xml(xml.encode()), blobs(), by=self.by, now=NOW)
            publishing.publish(session, made, by=self.by, now=NOW)

    def send(self, xml: bytes, by: Doer | None = None, now: datetime = NOW) -> int:
        return self.world.send(xml, by or self.by, now).submission_id

    def create(self, instance: str = "create", uuid: str = ONE, label: str | None = "Hoa", **attributes: Any) -> int:
        answers = attributes.pop("answers", {"name": "Hoa", "age": "20", "status": "new"})
        return self.send(submission(instance, uuid, answers, label=label, create="1", **attributes))

    def update(self, instance: str, base: int, status: str, branch: str = "", trunk: str = "", **more: Any) -> int:
        answers, label = more.pop("answers", {"status": status}), more.pop("label", None)
        told = {"update": "1", "baseVersion": base, "branchId": branch, "trunkVersion": trunk, **more}
        return self.send(submission(instance, told.pop("uuid", ONE), answers, label=label, **told))

    def patch(self, base: int, uuid: str = ONE, **data: str) -> None:
        """What a script does over the API."""
        with write() as session:
            rows, dataset = session.connection(), self.dataset()
            found = entities.store.locked(rows, dataset.id, uuid)
            change = entities.Change(None, data)
            entities.update(rows, dataset, found, change, base, by=self.by, now=NOW)

    def dataset(self, name: str = "people") -> Dataset:
        return db.session.scalars(select(Dataset).where(Dataset.name == name)).one()

    def entity(self, uuid: str = ONE) -> Entity | None:
        db.session.expire_all()
        return db.session.scalars(select(Entity).where(Entity.uuid == uuid)).one_or_none()

    def now(self, uuid: str = ONE) -> Lived | None:
        found = self.entity(uuid)
        return (found.version, found.data, found.conflict) if found else None

    def history(self, uuid: str = ONE) -> list[EntityVersion]:
        query = select(EntityVersion).join(Entity, Entity.id == EntityVersion.entity_id).where(Entity.uuid == uuid)
        return list(db.session.scalars(query.order_by(EntityVersion.version)))

    def log(self, submission_id: int) -> list[str]:
        """What happened to the submission itself, oldest first."""
        db.session.expire_all()
        query = select(AuditEntry.action).where(
            AuditEntry.subject == "submission", AuditEntry.subject_id == submission_id
        )
        return list(db.session.scalars(query.order_by(AuditEntry.id)))

    def error(self, submission_id: int) -> tuple[float, dict[str, Any]] | None:
        query = select(AuditEntry.params).where(
            AuditEntry.action == "entity.error", AuditEntry.subject_id == submission_id
        )
        params = db.session.scalars(query.order_by(AuditEntry.id.desc())).first()
        return (params["problem"]["problemCode"], params["problem"]["problemDetails"]) if params else None

    def waiting(self) -> int:
        return db.session.scalar(select(func.count()).select_from(HeldChange)) or 0

    def review(self, submission_id: int, state: str | None) -> None:
        with write() as session:
            of = session.get_one(Submission, submission_id)
            verbs.set_review_state(
                session, session.get_one(Form, of.form_id), of, state, by=self.by, now=NOW, reason="r"
            )

    def ask_for_approval(self, asks: bool, convert: bool | None = None) -> None:
        with write() as session:
            found = session.merge(self.dataset())
            change = {"approvalRequired": asks}
            dataset_settings.change(session, found, change, convert=convert, by=self.by, now=NOW)

    def force(self, now: datetime) -> int:
        with write() as session:
            return entity_intake.force(session.connection(), by=self.by, now=now)


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
    with write() as session:
        rows = session.connection()
        found = entities.store.locked(rows, lists.dataset().id, ONE)
        entities.delete(rows, lists.dataset(), found, by=lists.by, now=NOW)

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
    lists.create("three", uuid=uuid4(3), label=None)

    with pytest.raises(Problem) as caught:
        lists.ask_for_approval(False)
    assert (caught.value.kind, caught.value.params) == (Kind.PENDING_SUBMISSIONS, {"count": 3})
    db.session.rollback()
    lists.ask_for_approval(False, convert=True)

    assert (lists.now()[0], lists.now(TWO)[0], lists.now(uuid4(3))) == (1, 1, None)  # type: ignore[index]
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
    lists.send(trees("two", tree(ONE, "fir", create="", update="1", baseVersion="1"), tree(uuid4(3), "ash")))

    assert [lists.now(uuid)[:2] for uuid in (ONE, TWO, uuid4(3))] == [  # type: ignore[index]
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


# Branches


STEPS = ["create", "one", "two", "three"]


@pytest.mark.parametrize("order", list(permutations(STEPS)))
def test_branch_comes_to_the_same_in_any_order(lists: Lists, order: tuple[str, ...]) -> None:
    for step in order:
        if step == "create":
            lists.create()
        else:
            base = STEPS.index(step)
            lists.update(step, base, step, BRANCH, answers={"status": step, "age": str(base)})

    assert lists.now() == (4, {"first_name": "Hoa", "age": "3", "status": "three"}, None)
    assert [one.data["status"] for one in lists.history()] == ["new", "one", "two", "three"]
    assert [(one.branch_id, one.branch_base_version) for one in lists.history()[1:]] == [
        (BRANCH, 1), (BRANCH, 2), (BRANCH, 3),
    ]  # fmt: skip
    assert lists.waiting() == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_branch_from_what_the_server_has(lists: Lists, order: tuple[int, ...]) -> None:
    lists.create()
    lists.patch(1, age="21")

    for step in order:
        lists.update(str(step), 2 + step, str(step), BRANCH, "2")

    assert lists.now() == (5, {"first_name": "Hoa", "age": "21", "status": "2"}, None)
    assert lists.waiting() == 0


def test_branch_counts_from_its_own_changes_when_the_server_has_moved_on(lists: Lists) -> None:
    lists.create()
    lists.patch(1, age="21")

    lists.update("one", 1, "a", BRANCH, "1")
    lists.update("two", 2, "b", BRANCH, "1")

    assert [(one.base_version, one.branch_base_version) for one in lists.history()[2:]] == [(1, 1), (3, 2)]
    assert lists.now() == (4, {"first_name": "Hoa", "age": "21", "status": "b"}, "soft")


def test_two_branches_from_one_version_are_a_hard_conflict(lists: Lists) -> None:
    lists.create()

    lists.update("one", 1, "a", BRANCH, "1")
    lists.update("two", 1, "b", OTHER_BRANCH, "1")

    assert lists.now() == (3, {"first_name": "Hoa", "age": "20", "status": "b"}, "hard")
    assert lists.history()[-1].conflicting == ["status"]


def test_what_waits_is_in_the_history_of_its_submission(lists: Lists) -> None:
    submission_id = lists.update("two", 2, "b", BRANCH, "1")
    assert lists.log(submission_id) == ["submission.create", "submission.backlog.hold"]
    lists.create()
    lists.update("one", 1, "a", BRANCH, "1")

    assert lists.log(submission_id) == [
        "submission.create", "submission.backlog.hold", "submission.backlog.reprocess",
    ]  # fmt: skip
    assert lists.now()[0] == 3  # type: ignore[index]


def test_update_waits_for_the_approval_of_what_it_follows(lists: Lists) -> None:
    lists.ask_for_approval(True)
    created = lists.create()
    lists.update("one", 1, "a", BRANCH)
    assert (lists.now(), lists.waiting()) == (None, 1)

    lists.review(created, "approved")

    assert (lists.now()[0], lists.waiting()) == (2, 0)  # type: ignore[index]


def test_what_waits_is_not_converted(lists: Lists) -> None:
    lists.ask_for_approval(True)
    lists.update("two", 2, "b", BRANCH, "1")

    lists.ask_for_approval(False, convert=True)

    assert lists.waiting() == 1


LATER = NOW + timedelta(days=5, hours=1)


def test_nothing_is_forced_before_its_time(lists: Lists) -> None:
    lists.create()
    lists.update("two", 2, "b", BRANCH, "1")

    assert lists.force(NOW + timedelta(days=4)) == 0
    assert lists.waiting() == 1


def test_update_is_made_without_the_one_before_it(lists: Lists) -> None:
    lists.create()
    submission_id = lists.update("two", 2, "b", BRANCH, "1")
    lists.update("three", 3, "c", BRANCH, "1")

    assert lists.force(LATER) == 2

    assert lists.now() == (3, {"first_name": "Hoa", "age": "20", "status": "c"}, None)
    assert [(one.base_version, one.branch_base_version) for one in lists.history()[1:]] == [(1, 2), (2, 3)]
    assert lists.log(submission_id)[-1] == "submission.backlog.force"
    assert lists.waiting() == 0


def test_what_follows_a_forced_change_comes_with_it(lists: Lists) -> None:
    lists.create()
    lists.update("two", 2, "b", BRANCH, "1")
    three = submission("three", ONE, {"status": "c"}, update="1", baseVersion=3, branchId=BRANCH, trunkVersion=1)
    lists.send(three, now=NOW + timedelta(days=3))

    assert lists.force(LATER) == 1

    assert (lists.now()[0], lists.waiting()) == (3, 0)  # type: ignore[index]


def test_update_becomes_the_first_version_and_the_late_create_comes_on_top(lists: Lists) -> None:
    lists.update("one", 1, "a", BRANCH)
    lists.force(LATER)
    forced = lists.entity()
    assert forced is not None
    assert (forced.version, forced.label, forced.data) == (1, ONE, {"status": "a"})

    lists.create()

    assert lists.now() == (2, {"first_name": "Hoa", "age": "20", "status": "new"}, "hard")
    last = lists.history()[-1]
    assert (last.label, last.base_version, last.source["action"]) == ("Hoa", 1, "create")


def test_force_makes_nothing_of_what_was_deleted(lists: Lists) -> None:
    lists.create()
    submission_id = lists.update("two", 2, "b", BRANCH, "1")
    with write() as session:
        session.get_one(Submission, submission_id).deleted_at = NOW

    assert lists.force(LATER) == 1
    assert (lists.now()[0], lists.waiting()) == (1, 0)  # type: ignore[index]


def test_force_tells_that_the_entity_is_gone(lists: Lists) -> None:
    lists.create()
    submission_id = lists.update("two", 2, "b", BRANCH, "1")
    with write() as session:
        found = entities.store.locked(session.connection(), lists.dataset().id, ONE)
        entities.delete(session.connection(), lists.dataset(), found, by=lists.by, now=NOW)

    lists.force(LATER)

    assert lists.error(submission_id) == (404.11, {"entityUuid": ONE})
