"""Rounds and their lists: created, opened, closed; the register's households become what a round has to visit."""

from __future__ import annotations

from datetime import date

import pytest

from fieldsurvey.casework import listing
from fieldsurvey.casework import rounds as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import audit, progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.rounds import Round
from tests.cast import (
    ADMIN,
    COMMUNE,
    HEAD,
    LEADER,
    NOW,
    OFFICER,
    OTHER_COMMUNE,
    OTHER_HEAD,
    PHU_LUU,
    ROUND,
    SUPERVISOR,
    TAO_PHU,
    Person,
)
from tests.world import World

STARTS, ENDS = date(2027, 9, 1), date(2027, 12, 14)


def create(
    world: World, area: Area | None, by: Person = ADMIN, name: str = "Rà soát 2027", year: int = 2028, ends: date = ENDS
) -> Round:
    doer = world.doer(by)
    with write() as session:
        return verbs.create(session, name, year, area, STARTS, ends, by=doer, now=NOW)


def commune(world: World, code: str = COMMUNE) -> Area:
    return world.area(Level.COMMUNE, code)


def add_to_list(world: World, of: Round, area: Area | None = None, by: Person = ADMIN) -> int:
    doer = world.doer(by)
    with write() as session:
        return listing.list_households(session, session.get_one(Round, of.id), area, by=doer, now=NOW)


def cases_of(of: Round) -> list[Case]:
    return list(db.session.scalars(db.select(Case).where(Case.round_id == of.id).order_by(Case.id)))


def test_create_round_is_open_and_written_down(world: World) -> None:
    made = create(world, commune(world), name="  Rà soát   2027 ")

    assert (made.name, made.year, made.state, made.area_id) == ("Rà soát 2027", 2028, rounds.OPEN, commune(world).id)
    assert [entry.action for entry in audit.of_subject(db.session(), "round", made.id)] == ["project.create"]


WRONG = [
    ({"name": "  "}, Kind.NAME_MISSING),
    ({"year": 1999}, Kind.UNEXPECTED_VALUE),
    ({"ends": date(2027, 8, 31)}, Kind.UNEXPECTED_VALUE),
]


@pytest.mark.parametrize(("given", "kind"), WRONG)
def test_create_round_refuses_what_makes_no_sense(world: World, given: dict[str, object], kind: Kind) -> None:
    with pytest.raises(Problem) as problem:
        create(world, commune(world), **given)  # type: ignore[arg-type]

    assert problem.value.kind is kind


@pytest.mark.parametrize("person", [OFFICER, LEADER, SUPERVISOR, HEAD])
def test_rounds_are_the_administrators(world: World, person: Person) -> None:
    found, doer = db.session.get_one(Round, ROUND), world.doer(person)

    with pytest.raises(Problem) as problem:
        create(world, commune(world), by=person)
    assert problem.value.kind is Kind.FORBIDDEN
    with pytest.raises(Problem) as problem, write() as session:
        verbs.set_state(session, found, rounds.CLOSED, by=doer, now=NOW)
    assert problem.value.kind is Kind.FORBIDDEN
    with pytest.raises(Problem) as problem:
        add_to_list(world, found, by=person)
    assert problem.value.kind is Kind.FORBIDDEN


def test_set_state_closes_and_opens_again(world: World) -> None:
    found = db.session.get_one(Round, ROUND)

    for state in (rounds.CLOSED, rounds.OPEN):
        with write() as session:
            verbs.set_state(session, found, state, by=world.doer(ADMIN), now=NOW)
        assert found.state == state
    assert [entry.params["data"].get("state") for entry in audit.of_subject(db.session(), "round", ROUND)][:2] == [
        "open",
        "closed",
    ]


def test_set_state_knows_two_states(world: World) -> None:
    with pytest.raises(Problem) as problem, write() as session:
        verbs.set_state(session, session.get_one(Round, ROUND), "half open", by=world.doer(ADMIN), now=NOW)

    assert problem.value.kind is Kind.UNEXPECTED_VALUE


def test_list_households_makes_a_case_of_each(world: World) -> None:
    first, second = world.list_household("Hộ A", TAO_PHU), world.list_household("Hộ B", PHU_LUU)
    made = create(world, commune(world))

    assert add_to_list(world, made) == 2

    listed = cases_of(made)
    assert [one.household_id for one in listed] == [first.id, second.id]
    assert {(one.state, one.version, one.duplicates, one.updated_at) for one in listed} == {
        (State.NOT_VISITED.value, 1, 0, NOW)
    }
    assert [one.place for one in listed] == [first.place, second.place]
    assert progress.by_round(db.session())[made.id] == (2, 0)
    assert progress.differences(db.session(), made.id) == []


def test_list_households_again_adds_only_what_is_new(world: World) -> None:
    world.list_household("Hộ A")
    made = create(world, commune(world))
    assert add_to_list(world, made) == 1
    world.list_household("Hộ B")

    assert (add_to_list(world, made), add_to_list(world, made)) == (1, 0)
    assert progress.by_round(db.session())[made.id] == (2, 0)


def test_list_households_leaves_work_in_hand_alone(world: World) -> None:
    household = world.visited(HEAD)
    world.visited(OTHER_HEAD)

    assert add_to_list(world, db.session.get_one(Round, ROUND)) == 0
    assert world.case(household).state == State.RECEIVED
    assert world.counts() == {"received": 1}


def test_list_households_leaves_out_the_deleted(world: World) -> None:
    household = world.list_household()
    made = create(world, commune(world))
    with write():
        household.deleted_at = NOW

    assert add_to_list(world, made) == 0


def test_list_households_keeps_to_the_rounds_area(world: World) -> None:
    world.list_household(village=TAO_PHU)
    made = create(world, commune(world, OTHER_COMMUNE))

    assert add_to_list(world, made) == 0
    with pytest.raises(Problem) as problem:
        add_to_list(world, made, world.village())
    assert problem.value.kind is Kind.OUTSIDE_AREA


def test_list_households_of_one_village(world: World) -> None:
    household = world.list_household("Hộ A", TAO_PHU)
    world.list_household("Hộ B", PHU_LUU)
    made = create(world, None)

    assert add_to_list(world, made, world.village()) == 1
    assert [one.household_id for one in cases_of(made)] == [household.id]


def test_list_households_of_a_closed_round_is_refused(world: World) -> None:
    made = create(world, commune(world))
    with write() as session:
        verbs.set_state(session, made, rounds.CLOSED, by=world.doer(ADMIN), now=NOW)

    with pytest.raises(Problem) as problem:
        add_to_list(world, made)

    assert problem.value.kind is Kind.ROUND_CLOSED
