"""Lists are never unscoped: each role sees its own areas in queue, search, counts, phone lists and exports."""

from __future__ import annotations

import pytest

from fieldsurvey.extensions import db
from fieldsurvey.outputs import case_table, phone_lists
from fieldsurvey.outputs.round_list import Cut
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission, scope
from fieldsurvey.store import areas, cases, progress, register
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, OFFICER, OTHER_HEAD, PHU_LUU, ROUND, SUPERVISOR, TAO_PHU, Person
from tests.world import World

HERE, THERE = "Nguyễn Thị Tuyến", "Đặng Đức Đạt"
READERS = [
    # person,     permission,                      households seen
    (ADMIN, Permission.READ_HOUSEHOLDS, [HERE, THERE]),
    (SUPERVISOR, Permission.READ_HOUSEHOLDS, [HERE, THERE]),
    (OFFICER, Permission.READ_HOUSEHOLDS, [HERE, THERE]),
    (LEADER, Permission.READ_HOUSEHOLDS, [HERE, THERE]),
    (NEIGHBOUR, Permission.READ_HOUSEHOLDS, []),
    (HEAD, Permission.READ_HOUSEHOLDS, []),
    (HEAD, Permission.SUBMIT, [HERE]),
    (OTHER_HEAD, Permission.SUBMIT, [THERE]),
    (SUPERVISOR, Permission.SUBMIT, []),
]


@pytest.mark.parametrize(("person", "permission", "seen"), READERS)
def test_each_sees_their_own(world: World, person: Person, permission: Permission, seen: list[str]) -> None:
    world.list_household(HERE, TAO_PHU)
    world.list_household(THERE, PHU_LUU)
    session, limits = db.session(), scope(world.doer(person), permission, ROUND)

    assert [row.head_name for _, row, _ in cases.page(session, ROUND, limits, cases.Filter())] == seen
    assert progress.totals(session, ROUND, limits)["not_visited"] == len(seen)
    assert sum(row.not_visited for row in progress.table(session, ROUND, limits, Level.VILLAGE)) == len(seen)
    assert len(register.deleted_among(session, limits, None)) == len(seen)
    assert b"".join(case_table.csv(session, ROUND, limits)).count(b"\r\n") == 1 + len(seen)
    assert phone_lists.households_csv(session, phone_lists.Wanted(ROUND, Cut(limits), "vi")).count(b"\r\n") == 1 + len(
        seen
    )
    found = cases.page(session, ROUND, limits, cases.Filter(name_fold="dang duc"))
    assert [row.head_name for _, row, _ in found] == [name for name in seen if name == THERE]


@pytest.mark.parametrize(
    ("person", "villages"), [(ADMIN, 14), (SUPERVISOR, 14), (OFFICER, 14), (NEIGHBOUR, 0), (HEAD, 0)]
)
def test_villages_in_scope(world: World, person: Person, villages: int) -> None:
    limits = scope(world.doer(person), Permission.READ_HOUSEHOLDS, ROUND)

    assert len(areas.villages_in_scope(db.session(), limits)) == villages


def test_queue_pages_by_key_and_loses_nothing(world: World) -> None:
    for number in range(7):
        world.list_household(f"Hộ {number}")
    limits = scope(world.doer(OFFICER), Permission.READ_HOUSEHOLDS, ROUND)

    seen, last = [], 0
    while page := cases.page(db.session(), ROUND, limits, cases.Filter(), after=last, size=3):
        seen += [household.head_name for _, household, _ in page]
        last = page[-1][0].id

    assert seen == [f"Hộ {number}" for number in range(7)]


SEARCHES = [
    ("dang duc", True),
    ("dat dang", True),
    ("da du", True),
    ("ang", False),
    ("dang van", False),
    ("- ' \"", False),
]


@pytest.mark.parametrize(("typed", "found"), SEARCHES)
@pytest.mark.parametrize("person", [OFFICER, SUPERVISOR])
def test_search_finds_words_by_their_beginning(world: World, person: Person, typed: str, found: bool) -> None:
    """The same for who looks through a commune and for who looks through the province by the index."""
    world.list_household("Đặng Đức Đạt")
    limits = scope(world.doer(person), Permission.READ_HOUSEHOLDS, ROUND)

    assert bool(cases.page(db.session(), ROUND, limits, cases.Filter(name_fold=typed))) is found


def test_search_takes_percent_and_underscore_literally(world: World) -> None:
    world.list_household("Nguyễn Thị Tuyến")
    limits = scope(world.doer(OFFICER), Permission.READ_HOUSEHOLDS, ROUND)

    assert not cases.page(db.session(), ROUND, limits, cases.Filter(name_fold="%"))
    assert not cases.page(db.session(), ROUND, limits, cases.Filter(name_fold="n_uyen"))


def test_spreadsheet_formulas_are_neutralised(world: World) -> None:
    world.list_household("=HYPERLINK(1)")
    limits = scope(world.doer(OFFICER), Permission.EXPORT, ROUND)

    assert b"'=HYPERLINK(1)" in b"".join(case_table.csv(db.session(), ROUND, limits))
