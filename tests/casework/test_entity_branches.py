"""Changes made without a line: branches in any order, what waits, what is forced after five days."""

from __future__ import annotations

import threading
from datetime import timedelta
from hashlib import sha256
from itertools import permutations

import pytest
from flask import current_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldsurvey.extensions import write
from fieldsurvey.store.submissions import Submission
from tests.casework.entity_lists import ONE, Lists
from tests.cast import NOW
from tests.entity_forms import form, submission, uuid4
from tests.world import World

BRANCH, OTHER_BRANCH = uuid4(100), uuid4(101)
LATER = NOW + timedelta(days=5, hours=1)
STEPS = ["create", "one", "two", "three"]


@pytest.fixture
def lists(world: World) -> Lists:
    return Lists(world, form())


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
    lists.delete()

    lists.force(LATER)

    assert lists.error(submission_id) == (404.11, {"entityUuid": ONE})


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    """(lengths of some phones' branches, the order in which their changes come, some of them twice)"""
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    changes = [(phone, step) for phone, length in enumerate(lengths) for step in range(length)]
    again = draw(st.lists(st.sampled_from(changes), max_size=3))
    return lengths, draw(st.permutations(changes + again))


def _uuid_of(text: str) -> str:
    return uuid4(int.from_bytes(sha256(text.encode()).digest()[:12]))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivery=deliveries(), number=st.integers(1, 2**100))
def test_nothing_is_lost_or_doubled(
    lists: Lists, delivery: tuple[list[int], list[tuple[int, int]]], number: int
) -> None:
    lengths, order = delivery
    name = f"{number}-{order}"
    entity = _uuid_of(name)
    lists.create(f"{name}-create", entity)

    for phone, step in order:
        branch = _uuid_of(f"{name} {phone}")
        answers = {"status": f"{phone}.{step}"}
        lists.update(f"{name}-{phone}.{step}", 1 + step, "", branch, "1", uuid=entity, answers=answers)

    made = [version.data["status"] for version in lists.history(entity)[1:]]
    assert sorted(made) == sorted(f"{phone}.{step}" for phone, length in enumerate(lengths) for step in range(length))
    for phone in range(len(lengths)):
        of_phone = [one for one in made if one.startswith(f"{phone}.")]
        assert of_phone == sorted(of_phone)
    assert lists.waiting() == 0


def test_changes_that_arrive_together_see_each_other(lists: Lists) -> None:
    """The update must not go to wait while what it waits for is being made beside it."""
    app, by = current_app._get_current_object(), lists.by  # type: ignore[attr-defined]
    for number in range(10, 18):
        entity = uuid4(number)
        create = submission(f"c{number}", entity, {"name": "Hoa"}, label="Hoa", create="1")
        told = {"update": "1", "baseVersion": "1", "branchId": BRANCH}
        start = threading.Barrier(2)

        def send(xml: bytes, start: threading.Barrier = start) -> None:
            with app.app_context():
                start.wait()
                World().send(xml, by)

        uploads = (create, submission(f"u{number}", entity, {"status": "away"}, **told))
        threads = [threading.Thread(target=send, args=(xml,)) for xml in uploads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (lists.now(entity)[0], lists.waiting()) == (2, 0)  # type: ignore[index]
