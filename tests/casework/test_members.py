"""Members of a household: born, dead, moved in and out, to another household; change of head; splitting and merging."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fieldsurvey.casework import households, members, regrouping, review, undoing
from fieldsurvey.casework.person_values import PersonGiven
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.register import Change, Gone
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store import household_years, register
from fieldsurvey.store.register import Household
from tests.casework.registered import FATHER, MOTHER, SON, at_home, family, history, kinds, member, three
from tests.cast import HEAD, NOW, OFFICER, PHU_LUU
from tests.world import World

GRANDMOTHER = PersonGiven("Phạm Thị Mùi", "1950", "female", "", "muong", "025150009999")
TODAY = NOW.date()


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


def refused(kind: Kind) -> Any:
    return pytest.raises(Problem, check=lambda problem: problem.kind is kind)


def count(household: Household) -> int | None:
    return db.session.get_one(Household, household.id).member_count


def test_birth_and_moving_in(world: World) -> None:
    made = three(world)

    assert at_home(made) == [MOTHER.name, FATHER.name, SON.name]
    assert kinds(made) == ["registered", "moved_in", "moved_in"]
    assert count(made) == 3
    assert member(made, FATHER.name).birth_year == 1979
    assert member(made, SON.name).birth_date == date(2012, 3, 10)


def test_second_head_is_refused(world: World) -> None:
    made = family(world)
    person = PersonGiven("Ông B", relation="head")

    with refused(Kind.PERSON_INVALID), write() as session:
        members.add(session, made.id, person, Change.MOVED_IN, by=world.doer(OFFICER), now=NOW)


def test_death_of_the_head_needs_a_new_head_first(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)
    mother, father = member(made, MOTHER.name).uuid, member(made, FATHER.name).uuid

    with refused(Kind.HEAD_NEEDED), write() as session:
        members.leave(session, made.id, mother, Gone.DIED, TODAY, "", by=by, now=NOW)
    with write() as session:
        members.change_head(session, made.id, father, "spouse", "Vợ ốm nặng", by=by, now=NOW)
        members.leave(session, made.id, mother, Gone.DIED, date(2026, 10, 1), "", by=by, now=NOW)

    found = db.session.get_one(Household, made.id)
    assert (found.head_name, found.name_fold) == (FATHER.name, "tran ba toan")
    assert [(one.name, one.relation) for one in register.members(db.session(), made.id)] == [
        (FATHER.name, "head"), (SON.name, "child")
    ]  # fmt: skip
    assert member(made, MOTHER.name).gone_at == date(2026, 10, 1)
    assert kinds(made)[-2:] == ["head_changed", "died"]


def test_last_member_goes_with_the_household(world: World) -> None:
    made = family(world)

    with refused(Kind.LAST_MEMBER), write() as session:
        uuid = member(made, MOTHER.name).uuid
        members.leave(session, made.id, uuid, Gone.DIED, TODAY, "", by=world.doer(OFFICER), now=NOW)


@pytest.mark.parametrize(
    ("why", "on", "reason", "kind"),
    [
        (Gone.MOVED_OUT, TODAY, " ", Kind.REASON_MISSING),
        (Gone.MISTAKE, TODAY, "", Kind.REASON_MISSING),
        (Gone.DIED, date(2026, 10, 6), "", Kind.UNEXPECTED_VALUE),
    ],
)
def test_leaving_is_refused(world: World, why: Gone, on: date, reason: str, kind: Kind) -> None:
    made = three(world)

    with refused(kind), write() as session:
        uuid = member(made, SON.name).uuid
        members.leave(session, made.id, uuid, why, on, reason, by=world.doer(OFFICER), now=NOW)


def test_who_moved_out_comes_back_as_the_same_person(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)
    father = member(made, FATHER.name).uuid

    with write() as session:
        members.leave(session, made.id, father, Gone.MOVED_OUT, TODAY, "Đi làm xa", by=by, now=NOW)
    assert (at_home(made), count(made)) == ([MOTHER.name, SON.name], 2)
    with write() as session:
        members.come_back(session, made.id, father, "Đã về", by=by, now=NOW)

    assert (at_home(made), count(made)) == ([MOTHER.name, SON.name, FATHER.name], 3)
    assert member(made, FATHER.name).uuid == father
    assert kinds(made)[-2:] == ["moved_out", "member_back"]


def test_correct_a_person_and_the_heads_name_everywhere(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)

    with write() as session:
        head = PersonGiven("Nguyễn Thị Tuyên", "03/01/1983", "female", "head", "tay", "025182001235")
        members.correct(session, made.id, member(made, MOTHER.name).uuid, head, by=by, now=NOW)

    event = history(made)[0]
    assert db.session.get_one(Household, made.id).head_name == "Nguyễn Thị Tuyên"
    assert list(event.before["members"].values()) == [
        {"name": MOTHER.name, "birth_year": 1982, "birth_date": "1982-01-03", "ethnicity": "kinh",
         "id_number": "025182001234"}
    ]  # fmt: skip
    with refused(Kind.PERSON_INVALID), write() as session:
        members.correct(session, made.id, member(made, SON.name).uuid, head, by=by, now=NOW)


def test_member_moves_to_another_household_and_back_by_undoing(world: World) -> None:
    made, other, by = three(world), family(world, GRANDMOTHER, PHU_LUU), world.doer(OFFICER)
    son = member(made, SON.name).uuid

    with write() as session:
        members.give(session, made.id, son, other.id, "grandchild", "Ở với bà", by=by, now=NOW)
    assert (at_home(made), count(made)) == ([MOTHER.name, FATHER.name], 2)
    assert (at_home(other), count(other)) == ([GRANDMOTHER.name, SON.name], 2)
    assert member(other, SON.name).uuid == son
    assert [kinds(one)[-1] for one in (made, other)] == ["member_given", "member_taken"]
    assert history(made)[0].after["other"] == other.uuid

    event = history(other)[0].id
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)
    assert (at_home(made), count(made)) == ([MOTHER.name, FATHER.name, SON.name], 3)
    assert (at_home(other), count(other)) == ([GRANDMOTHER.name], 1)
    assert member(made, SON.name).relation == "child"


def test_split_and_undo(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)
    father, son = member(made, FATHER.name).uuid, member(made, SON.name).uuid

    with write() as session:
        new = regrouping.split(session, made.id, [father, son], father, "Ra ở riêng", by=by, now=NOW, address="Ngõ 9")
    assert (at_home(made), count(made)) == ([MOTHER.name], 1)
    assert (at_home(new), count(new), new.head_name) == ([FATHER.name, SON.name], 2, FATHER.name)
    assert member(new, FATHER.name).relation == "head"
    assert new.village_id == made.village_id
    assert [kinds(one)[-1] for one in (made, new)] == ["split_off", "split_from"]

    event = history(made)[0].id
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)
    assert (at_home(made), count(made)) == ([MOTHER.name, FATHER.name, SON.name], 3)
    assert db.session.get_one(Household, new.id).gone_reason == "mistake"


@pytest.mark.parametrize("with_head", [True, False])
def test_split_needs_a_head_on_either_side(world: World, with_head: bool) -> None:
    made = three(world)
    going = member(made, MOTHER.name if with_head else SON.name).uuid
    head = going if with_head else member(made, FATHER.name).uuid

    with refused(Kind.HEAD_NEEDED), write() as session:
        regrouping.split(session, made.id, [going], head, "Tách", by=world.doer(OFFICER), now=NOW)


def test_merge_and_undo(world: World) -> None:
    made, other, by = three(world), family(world, GRANDMOTHER), world.doer(OFFICER)

    with write() as session:
        regrouping.merge(session, other.id, made.id, "Về ở với con", by=by, now=NOW)
    assert at_home(made) == [MOTHER.name, FATHER.name, SON.name, GRANDMOTHER.name]
    assert (count(made), count(other)) == (4, 0)
    assert member(made, GRANDMOTHER.name).relation == "other"
    assert db.session.get_one(Household, other.id).gone_reason == "merged"
    assert kinds(other)[-2:] == ["merged_away", "ceased"]

    event = history(made)[0].id
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)
    assert (at_home(made), count(made)) == ([MOTHER.name, FATHER.name, SON.name], 3)
    assert (at_home(other), count(other)) == ([GRANDMOTHER.name], 1)
    assert member(other, GRANDMOTHER.name).relation == "head"
    assert db.session.get_one(Household, other.id).deleted_at is None


def test_household_is_not_merged_with_itself(world: World) -> None:
    made, by = family(world), world.doer(OFFICER)

    with refused(Kind.SAME_HOUSEHOLD), write() as session:
        regrouping.merge(session, made.id, made.id, "x", by=by, now=NOW)
    with refused(Kind.SAME_HOUSEHOLD), write() as session:
        members.give(session, made.id, "x", made.id, "child", "x", by=by, now=NOW)


def approved(world: World, household: Household) -> None:
    with write() as session:
        review.decide(session, world.case(household).id, Decision.APPROVE, by=world.doer(OFFICER), now=NOW)


def test_persons_stay_known_from_approval_to_approval(world: World) -> None:
    household = world.visited(HEAD)
    approved(world, household)
    first = {one.name: one.uuid for one in register.members(db.session(), household.id)}
    with write() as session:
        by = world.doer(OFFICER)
        review.decide(session, world.case(household).id, Decision.REOPEN, by=by, now=NOW, reason="Thiếu người")
    assert household_years.of_household(db.session(), household.id) == []

    approved(world, household)

    assert {one.name: one.uuid for one in register.members(db.session(), household.id)} == first
    assert [(one.year, one.source) for one in household_years.of_household(db.session(), household.id)] == [
        (2026, "approved")
    ]


def test_who_is_left_out_of_the_approved_form_is_gone_not_deleted(world: World) -> None:
    household, by = world.list_household(), world.doer(OFFICER)
    with write() as session:
        members.add(session, household.id, GRANDMOTHER, Change.MOVED_IN, by=by, now=NOW)
    world.send(world.xml(world.answers(household)), world.phone_actor(HEAD).doer())

    approved(world, household)

    assert member(household, GRANDMOTHER.name).gone_reason == "not_on_form"
    assert GRANDMOTHER.name not in at_home(household)


def test_class_that_a_decision_gave_is_not_overwritten_by_an_approval(world: World) -> None:
    household, by = world.visited(HEAD), world.doer(OFFICER)
    given = households.Decision("3/QĐ", date(2026, 9, 1))
    with write() as session:
        households.enter_class(session, household.id, 2026, households.HouseholdClass.NOT_POOR, given, by=by, now=NOW)

    approved(world, household)

    row = household_years.of_household(db.session(), household.id)[0]
    assert (row.household_class, row.decision_number, row.source) == ("not_poor", "3/QĐ", "entered")
