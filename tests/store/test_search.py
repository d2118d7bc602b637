"""Search by name finds the same households whichever way the store takes: through the commune, the index, or the cases."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from fieldsurvey.extensions import db
from fieldsurvey.rules.permissions import Permission, scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import cases, names
from fieldsurvey.store.cases import Filter
from tests.cast import HEAD, OFFICER, PHU_LUU, ROUND, SUPERVISOR, TAO_PHU, Person
from tests.world import World

READERS = [
    # who searches, households that are few
    (OFFICER, names.FEW),  # in one commune
    (SUPERVISOR, names.FEW),  # in a province: a rare name
    (SUPERVISOR, 0),  # in a province: a common one
]
SEARCHES = [
    # what is typed, states,      found
    ("tuyen", (), ["Nguyễn Thị Tuyến", "Phùng Văn Tuyến", "Tuyến Nguyễn"]),
    ("nguyen tuyen", (), ["Nguyễn Thị Tuyến", "Tuyến Nguyễn"]),  # in any order
    ("ngu", (), ["Nguyễn Thị Tuyến", "Tuyến Nguyễn"]),  # by their beginning
    ("uyen", (), []),
    ("khong co ai", (), []),
    ("%", (), []),
    ("tuyen", (State.RECEIVED,), ["Phùng Văn Tuyến"]),
    ("tuyen", (State.RECEIVED, State.NOT_VISITED), ["Nguyễn Thị Tuyến", "Phùng Văn Tuyến", "Tuyến Nguyễn"]),
    ("tuyen", (State.APPROVED,), []),
]


@pytest.fixture
def village(world: World) -> World:
    world.list_household("Nguyễn Thị Tuyến")
    world.visited(HEAD, head="Phùng Văn Tuyến")
    world.list_household("Đặng Đức Đạt")
    world.list_household("Tuyến Nguyễn", PHU_LUU)
    return world


def found(world: World, person: Person, wanted: Filter, after: int = 0, size: int = 50) -> list[cases.Case]:
    limits = scope(world.doer(person), Permission.READ_HOUSEHOLDS, ROUND)
    return [row[0] for row in cases.page(db.session(), ROUND, limits, wanted, after=after, size=size)]


def heads(world: World, person: Person, wanted: Filter) -> list[str]:
    limits = scope(world.doer(person), Permission.READ_HOUSEHOLDS, ROUND)
    return [row[1].head_name for row in cases.page(db.session(), ROUND, limits, wanted)]


@pytest.mark.parametrize(("person", "few"), READERS)
@pytest.mark.parametrize(("typed", "states", "expected"), SEARCHES)
def test_search_finds_the_same_by_each_way(
    village: World, monkeypatch: pytest.MonkeyPatch, person: Person, few: int, typed: str,
    states: tuple[State, ...], expected: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(names, "FEW", few)

    assert heads(village, person, Filter(name_fold=typed, states=tuple(state.value for state in states))) == expected


@pytest.mark.parametrize(("person", "few"), READERS)
def test_search_goes_on_after_the_last_one(
    village: World, monkeypatch: pytest.MonkeyPatch, person: Person, few: int
) -> None:
    monkeypatch.setattr(names, "FEW", few)
    wanted = Filter(name_fold="tuyen")
    every = [case.id for case in found(village, person, wanted)]

    assert [case.id for case in found(village, person, wanted, after=every[0], size=1)] == every[1:2]
    limits = scope(village.doer(person), Permission.READ_HOUSEHOLDS, ROUND)
    assert cases.next_id(db.session(), ROUND, limits, wanted, every[-1]) == every[0]


@pytest.mark.parametrize("person", [OFFICER, SUPERVISOR])
@pytest.mark.parametrize(("code", "expected"), [(PHU_LUU, ["Tuyến Nguyễn"]), (TAO_PHU, ["Đặng Đức Đạt"])])
def test_village_alone_is_enough(village: World, person: Person, code: str, expected: list[str]) -> None:
    shown = heads(village, person, Filter(village_id=village.village(code).id, states=(State.NOT_VISITED.value,)))

    assert shown[-1:] == expected


def test_postgresql_plans_the_search_for_these_very_words(village: World, engine_name: str) -> None:
    """A prepared statement without them would look through all cases for a name that nobody has."""
    said: list[str] = []
    engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: said.append(statement))

    heads(village, SUPERVISOR, Filter(name_fold="khong co ai"))

    assert ("'khong:* & co:* & ai:*'" in said[-1]) == (engine_name == "postgresql")
