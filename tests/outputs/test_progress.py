"""The progress read model: who sees which areas, in which order, with which sums."""

from __future__ import annotations

import pytest

from fieldsurvey.casework import review
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs import progress as outputs
from fieldsurvey.outputs.progress import Counts, Order, Overview, View
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission, scope
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store import rounds
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round
from tests.cast import (
    ADMIN,
    COMMUNE,
    HEAD,
    NEIGHBOUR,
    NOW,
    OFFICER,
    OTHER_COMMUNE,
    OTHER_HEAD,
    PHU_LUU,
    PROVINCE,
    ROUND,
    SUPERVISOR,
    TAO_PHU,
    Person,
)
from tests.world import World


def see(world: World, person: Person, view: View | None = None, of: int = ROUND) -> Overview:
    limits = scope(world.doer(person), Permission.READ_PROGRESS, of)
    return outputs.overview(db.session(), db.session.get_one(Round, of), limits, view or View())


def decide(world: World, household: Household, decision: Decision) -> None:
    with write() as session:
        case = world.case(household)
        review.decide(session, case.id, decision, by=world.doer(OFFICER), now=NOW, reason="Đã chuyển đi.")


def round_of_the_province(world: World) -> int:
    area = world.area(Level.PROVINCE, PROVINCE)
    with write() as session:
        made = Round(name="Toàn tỉnh", year=2027, area_id=area.id, starts_on=NOW.date(), ends_on=NOW.date(),
                     state=rounds.OPEN, created_at=NOW)  # fmt: skip
        session.add(made)
    return made.id


READERS = [
    # person,     area looked at, level of the lines, their number
    (ADMIN, COMMUNE, Level.VILLAGE, 14),  # the round's own area
    (SUPERVISOR, COMMUNE, Level.VILLAGE, 14),
    (OFFICER, COMMUNE, Level.VILLAGE, 14),
    (NEIGHBOUR, OTHER_COMMUNE, Level.VILLAGE, 0),  # not the neighbour's round
    (HEAD, TAO_PHU, Level.VILLAGE, 1),
]


@pytest.mark.parametrize(("person", "focus", "level", "lines"), READERS)
def test_overview_begins_at_the_readers_own_area(
    world: World, person: Person, focus: str, level: Level, lines: int
) -> None:
    page = see(world, person)

    assert page.focus is not None
    assert (page.focus.code, page.level, len(page.lines)) == (focus, level, lines)


def test_overview_of_a_province_lists_communes_then_villages(world: World) -> None:
    of = round_of_the_province(world)

    communes, villages = see(world, SUPERVISOR, of=of), see(world, SUPERVISOR, View(villages=True), of=of)

    assert (communes.level, communes.areas) == (Level.COMMUNE, 148)
    assert (villages.level, villages.areas) == (Level.VILLAGE, 14)
    assert all(line.open_below for line in communes.lines)
    assert not any(line.open_below for line in villages.lines)
    assert villages.lines[0].above == "Xã Tam Hồng"


def test_overview_of_everything_lists_provinces(world: World) -> None:
    with write() as session:
        session.get_one(Round, ROUND).area_id = None

    page = see(world, ADMIN)

    assert (page.focus, page.level, page.areas) == (None, Level.PROVINCE, 34)


OUTSIDE = [
    (OFFICER, Level.PROVINCE, PROVINCE),
    (OFFICER, Level.COMMUNE, OTHER_COMMUNE),
    (NEIGHBOUR, Level.VILLAGE, TAO_PHU),
    (HEAD, Level.VILLAGE, PHU_LUU),
    (HEAD, Level.COMMUNE, COMMUNE),
]


@pytest.mark.parametrize(("person", "level", "code"), OUTSIDE)
def test_overview_of_an_area_outside_does_not_exist(world: World, person: Person, level: Level, code: str) -> None:
    with pytest.raises(Problem) as problem:
        see(world, person, View(area_id=world.area(level, code).id))

    assert problem.value.kind is Kind.NOT_FOUND


def test_overview_of_no_area_at_all_does_not_exist(world: World) -> None:
    with pytest.raises(Problem) as problem:
        see(world, ADMIN, View(area_id=10**9))

    assert problem.value.kind is Kind.NOT_FOUND


def test_path_leads_down_and_links_only_what_may_be_seen(world: World) -> None:
    page = see(world, OFFICER, View(area_id=world.village().id))

    assert [area.code for area in page.path] == [PROVINCE, COMMUNE, TAO_PHU]
    assert page.links == {area.id for area in page.path[1:]}


def test_counts_add_up_and_classes_are_of_approved_ones(world: World) -> None:
    approved, rejected, returned = (world.visited(HEAD, head=name) for name in ("Hộ A", "Hộ B", "Hộ C"))
    world.visited(OTHER_HEAD)
    world.list_household()
    decide(world, approved, Decision.APPROVE)
    decide(world, rejected, Decision.REJECT)
    decide(world, returned, Decision.RETURN)

    page = see(world, OFFICER)

    assert page.totals == Counts(not_visited=1, received=1, has_issues=1, approved=1, rejected=1, poor=1)
    assert (page.totals.total, page.totals.visited, page.totals.waiting, page.totals.done) == (5, 4, 1, 2)
    assert page.totals == page.shown
    assert page.totals.share(page.totals.done) == 0.4


def test_last_received_is_the_newest_of_the_village(world: World) -> None:
    world.visited(HEAD)

    newest = {line.code: line.last_received_at for line in see(world, OFFICER).lines}

    assert newest[TAO_PHU] == NOW
    assert newest[PHU_LUU] is None


def test_least_complete_comes_first_and_areas_without_a_list_last(world: World) -> None:
    decide(world, world.visited(HEAD), Decision.APPROVE)
    world.visited(OTHER_HEAD)

    codes = [line.code for line in see(world, OFFICER).lines]

    assert codes[:2] == [PHU_LUU, TAO_PHU]
    assert len(codes) == 14


def test_order_by_name_reads_numbers_as_numbers(world: World) -> None:
    with write() as session:
        for village, name in ((TAO_PHU, "thon 10"), (PHU_LUU, "thon 9")):
            session.merge(world.village(village)).name_fold = name

    names = [line.name_fold for line in see(world, OFFICER, View(order=Order.NAME)).lines]

    assert names.index("thon 9") + 1 == names.index("thon 10")


@pytest.mark.parametrize("name", ["Tảo Phú", "tao phu", "  TAO  ", TAO_PHU])
def test_search_finds_by_name_without_accents_or_by_code(world: World, name: str) -> None:
    world.list_household(village=TAO_PHU)
    world.list_household(village=PHU_LUU)

    page = see(world, OFFICER, View(name=name))

    assert [line.code for line in page.lines] == [TAO_PHU]
    assert (page.shown.total, page.totals.total, page.areas) == (1, 2, 14)


def test_shares_of_nothing_are_nothing() -> None:
    assert Counts().share(Counts().done) == 0.0
    assert outputs.added([]) == Counts()


def test_csv_rows_stand_in_the_order_of_their_columns(world: World) -> None:
    decide(world, world.visited(HEAD), Decision.APPROVE)

    rows = list(outputs.csv_rows(see(world, OFFICER, View(name="tao phu")), lambda moment: "05/10/2026"))

    assert [dict(zip(outputs.CSV_COLUMNS, row, strict=True)) for row in rows] == [
        {
            "code": TAO_PHU, "name": "Thôn Tảo Phú", "above": "Xã Tam Hồng", "total": 1, "not_visited": 0, "waiting": 0,
            "returned": 0, "approved": 1, "rejected": 0, "done_percent": 100.0, "poor": 1, "near_poor": 0,
            "not_poor": 0, "last_received_at": "05/10/2026", "visited": 1, "sent": 1, "given_up": 0, "overdue": 0,
        }
    ]  # fmt: skip
