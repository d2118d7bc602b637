"""Households of the register: registered, corrected, classed, ceased, restored; two officers; undoing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldsurvey.casework import households, members, undoing
from fieldsurvey.casework.households import Decision
from fieldsurvey.casework.person_values import PersonGiven
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.register import Ceased, Gone
from fieldsurvey.store import household_years
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from tests.casework.registered import FATHER, MOTHER, SON, at_home, family, history, kinds, member, three
from tests.cast import HEAD, LEADER, NEIGHBOUR, NOW, OFFICER, SUPERVISOR, TAO_PHU, Person
from tests.world import World


@pytest.fixture
def engine_name() -> str:
    """Nothing here differs between the databases; what does is tested with hand-overs and in tests/store."""
    return "sqlite"


def refused(kind: Kind) -> Any:
    return pytest.raises(Problem, check=lambda problem: problem.kind is kind)


def test_register_by_hand(world: World) -> None:
    made = family(world)

    assert (made.head_name, made.name_fold, made.member_count, made.version) == (
        "Nguyễn Thị Tuyến", "nguyen thi tuyen", 1, 1
    )  # fmt: skip
    event = history(made)[0]
    assert event.kind == "registered"
    assert event.actor_id == world.actor(OFFICER).id
    assert event.before["household"] is None
    assert event.after["household"]["address"] == "Ngõ 3"
    assert db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "household")).all() == [
        "household.registered"
    ]


@pytest.mark.parametrize(
    ("person", "kind"),
    [(LEADER, Kind.FORBIDDEN), (SUPERVISOR, Kind.FORBIDDEN), (HEAD, Kind.FORBIDDEN), (NEIGHBOUR, Kind.OUTSIDE_AREA)],
)
def test_only_the_officer_of_the_commune_changes_the_register(world: World, person: Person, kind: Kind) -> None:
    made, by = family(world), world.doer(person)

    with refused(kind), write() as session:
        households.register_by_hand(session, world.village(), MOTHER, by=by, now=NOW)
    with refused(kind), write() as session:
        households.correct(session, made.id, {"address": "x"}, by=by, now=NOW)
    with refused(kind), write() as session:
        households.cease(session, made.id, Ceased.MISTAKE, "x", by=by, now=NOW)


def test_number_of_somebody_who_lives_elsewhere_is_asked_about(world: World) -> None:
    first = family(world)
    twin = PersonGiven("Người Khác", id_number="025182 001 234")

    with refused(Kind.PERSON_KNOWN) as caught, write() as session:
        households.register_by_hand(session, world.village(), twin, by=world.doer(OFFICER), now=NOW)
    with write() as session:
        households.register_by_hand(session, world.village(), twin, by=world.doer(OFFICER), now=NOW, even_if_known=True)

    assert caught.value.params == {"household": first.uuid}


WRONG = [
    (PersonGiven("  "), "name"),
    (PersonGiven("A", birth="31/02/1980"), "birth"),
    (PersonGiven("A", birth="soon"), "birth"),
    (PersonGiven("A", birth="2027"), "birth"),
    (PersonGiven("A", birth="0000"), "birth"),
    (PersonGiven("A", birth="1800"), "birth"),
    (PersonGiven("A", birth="06/10/2026"), "birth"),
    (PersonGiven("A", id_number="12345"), "id_number"),
    (PersonGiven("A", id_number="02518200123x"), "id_number"),
    (PersonGiven("A", sex="x"), "sex"),
    (PersonGiven("A", relation="x"), "relation"),
    (PersonGiven("A", ethnicity="06"), "ethnicity"),
]


@pytest.mark.parametrize(("person", "field"), WRONG)
def test_register_says_what_is_wrong_with_a_person(world: World, person: PersonGiven, field: str) -> None:
    with refused(Kind.PERSON_INVALID) as caught, write() as session:
        households.register_by_hand(session, world.village(), person, by=world.doer(OFFICER), now=NOW)

    assert caught.value.params == {"field": field}


def test_correct_keeps_what_stood_there(world: World) -> None:
    made = family(world)

    with write() as session:
        households.correct(
            session, made.id, {"code": " 25-0001 ", "head_name": "Nguyễn Thị Tuyên", "address": ""},
            by=world.doer(OFFICER), now=NOW, seen_version=1, reason="Sổ ghi nhầm",
        )  # fmt: skip

    event = history(made)[0]
    found = db.session.get_one(Household, made.id)
    assert (found.code, found.head_name, found.address, found.version) == ("25-0001", "Nguyễn Thị Tuyên", None, 2)
    assert at_home(made) == ["Nguyễn Thị Tuyên"]
    assert event.before["household"] == {"code": None, "head_name": "Nguyễn Thị Tuyến", "address": "Ngõ 3"}
    assert event.reason == "Sổ ghi nhầm"


def test_correct_without_a_change_leaves_no_trace(world: World) -> None:
    made = family(world)

    with write() as session:
        households.correct(session, made.id, {"address": "Ngõ 3"}, by=world.doer(OFFICER), now=NOW)

    assert kinds(made) == ["registered"]
    assert db.session.get_one(Household, made.id).version == 1


def test_second_officer_is_told_that_the_first_was_quicker(world: World) -> None:
    made, by = family(world), world.doer(OFFICER)
    with write() as session:
        households.correct(session, made.id, {"address": "Ngõ 4"}, by=by, now=NOW, seen_version=1)

    with refused(Kind.HOUSEHOLD_CHANGED), write() as session:
        households.correct(session, made.id, {"address": "Ngõ 5"}, by=by, now=NOW, seen_version=1)
    with refused(Kind.HOUSEHOLD_CHANGED), write() as session:
        members.add(session, made.id, SON, members.Change.BORN, by=by, now=NOW, seen_version=1)

    assert db.session.get_one(Household, made.id).address == "Ngõ 4"


def test_class_of_a_year_with_its_decision(world: World) -> None:
    made, by = family(world), world.doer(OFFICER)
    given = Decision("12/QĐ-UBND", date(2025, 12, 20))

    with write() as session:
        households.enter_class(session, made.id, 2025, HouseholdClass.POOR, given, by=by, now=NOW)
        households.enter_class(session, made.id, 2024, HouseholdClass.NEAR_POOR, Decision(), by=by, now=NOW)
        households.enter_class(session, made.id, 2024, HouseholdClass.NOT_POOR, Decision(), by=by, now=NOW)

    years = household_years.of_household(db.session(), made.id)
    assert [(one.year, one.household_class, one.decision_number) for one in years] == [
        (2025, "poor", "12/QĐ-UBND"), (2024, "not_poor", None)
    ]  # fmt: skip
    assert db.session.get_one(Household, made.id).prior_class == "poor"
    assert history(made)[0].before["year"]["household_class"] == "near_poor"


@pytest.mark.parametrize(("year", "day"), [(1900, None), (2050, None), (2026, NOW.date() + timedelta(days=1))])
def test_class_of_an_impossible_year_or_day_is_refused(world: World, year: int, day: date | None) -> None:
    made = family(world)

    with refused(Kind.UNEXPECTED_VALUE), write() as session:
        households.enter_class(
            session, made.id, year, HouseholdClass.POOR, Decision("1", day), by=world.doer(OFFICER), now=NOW
        )


def test_ceased_household_leaves_the_list_and_comes_back(world: World) -> None:
    household, by = world.list_household(), world.doer(OFFICER)
    assert world.counts() == {"not_visited": 1}

    with write() as session:
        households.cease(session, household.id, Ceased.MOVED_AWAY, "Chuyển vào Đồng Nai", by=by, now=NOW)
    assert world.counts() == {}
    assert db.session.scalars(select(Case)).all() == []
    with refused(Kind.HOUSEHOLD_GONE), write() as session:
        households.correct(session, household.id, {"address": "x"}, by=by, now=NOW)

    with write() as session:
        households.restore(session, household.id, by=by, now=NOW)
        households.restore(session, household.id, by=by, now=NOW)
    assert world.counts() == {"not_visited": 1}
    assert kinds(household) == ["ceased", "restored"]


def test_ceased_household_that_was_visited_stays_for_the_officer(world: World) -> None:
    household = world.visited(HEAD)

    with write() as session:
        households.cease(session, household.id, Ceased.DUPLICATE, "Trùng", by=world.doer(OFFICER), now=NOW)

    assert world.counts() == {"received": 1}


def test_cease_without_a_reason_is_refused(world: World) -> None:
    made = family(world)

    with refused(Kind.REASON_MISSING), write() as session:
        households.cease(session, made.id, Ceased.MISTAKE, "  ", by=world.doer(OFFICER), now=NOW)


def newest(household: Household) -> int:
    return history(household)[0].id


def test_undo_of_a_correction(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)
    with write() as session:
        households.correct(session, made.id, {"head_name": "Lê Thị B", "code": "7"}, by=by, now=NOW)

    event = newest(made)
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)

    found = db.session.get_one(Household, made.id)
    assert (found.head_name, found.name_fold, found.code) == ("Nguyễn Thị Tuyến", "nguyen thi tuyen", None)
    assert at_home(made)[0] == "Nguyễn Thị Tuyến"
    with refused(Kind.NOT_UNDOABLE), write() as session:
        undoing.undo(session, event, by=by, now=NOW)


def test_undo_of_what_was_changed_again_is_refused(world: World) -> None:
    made, by = family(world), world.doer(OFFICER)
    with write() as session:
        households.correct(session, made.id, {"address": "Ngõ 4"}, by=by, now=NOW)
    first = newest(made)
    with write() as session:
        households.correct(session, made.id, {"address": "Ngõ 5"}, by=by, now=NOW)

    assert undoing.possible(db.session(), history(made)) == {newest(made)}
    with refused(Kind.NOT_UNDOABLE), write() as session:
        undoing.undo(session, first, by=by, now=NOW)


def test_undo_of_a_class_and_of_its_removal(world: World) -> None:
    made, by = family(world), world.doer(OFFICER)
    for given in (HouseholdClass.POOR, HouseholdClass.NEAR_POOR):
        with write() as session:
            households.enter_class(session, made.id, 2025, given, Decision("1", date(2025, 1, 2)), by=by, now=NOW)
    second, first = (one.id for one in history(made)[:2])

    with write() as session:
        undoing.undo(session, second, by=by, now=NOW)
    row = household_years.of_household(db.session(), made.id)[0]
    assert (row.household_class, row.decision_date) == ("poor", date(2025, 1, 2))
    assert db.session.get_one(Household, made.id).prior_class == "poor"

    with write() as session:
        undoing.undo(session, first, by=by, now=NOW)
    assert household_years.of_household(db.session(), made.id) == []
    assert db.session.get_one(Household, made.id).prior_class is None


def test_undo_of_ceasing_lists_it_again(world: World) -> None:
    household, by = world.list_household(), world.doer(OFFICER)
    with write() as session:
        households.cease(session, household.id, Ceased.MISTAKE, "Nhầm", by=by, now=NOW)

    event = newest(household)
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)

    assert world.counts() == {"not_visited": 1}
    assert db.session.get_one(Household, household.id).deleted_at is None


def test_undo_of_a_death(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)
    uuid = member(made, FATHER.name).uuid
    with write() as session:
        members.leave(session, made.id, uuid, Gone.DIED, NOW.date(), "", by=by, now=NOW)

    event = newest(made)
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)

    assert at_home(made) == [MOTHER.name, FATHER.name, SON.name]
    assert db.session.get_one(Household, made.id).member_count == 3


def test_undo_of_a_birth_keeps_the_person_as_a_mistake(world: World) -> None:
    made, by = three(world), world.doer(OFFICER)

    event = newest(made)
    with write() as session:
        undoing.undo(session, event, by=by, now=NOW)

    assert at_home(made) == [MOTHER.name, FATHER.name]
    assert member(made, SON.name).gone_reason == "mistake"
    assert db.session.get_one(Household, made.id).member_count == 2


def test_undo_elsewhere_is_refused(world: World) -> None:
    made = family(world, village=TAO_PHU)
    with write() as session:
        households.correct(session, made.id, {"address": "Ngõ 4"}, by=world.doer(OFFICER), now=NOW)

    event = newest(made)
    with refused(Kind.OUTSIDE_AREA), write() as session:
        undoing.undo(session, event, by=world.doer(NEIGHBOUR), now=NOW)
