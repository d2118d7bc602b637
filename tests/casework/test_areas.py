"""Areas: lists of units with days, the crosswalk of a merger and of a split, villages, and the series that survives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.casework import area_changes, areas, households
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs import area_series
from fieldsurvey.rules.areas import AreaType, Level
from fieldsurvey.sheets import areas as sheets
from fieldsurvey.sheets.areas import AreaRow, CrosswalkRow
from fieldsurvey.store import areas as store
from fieldsurvey.store import household_events, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household
from tests.casework.registered import family, kinds
from tests.cast import ADMIN, COMMUNE, HEAD, NOW, OFFICER, OTHER_COMMUNE, PHU_LUU, ROUND, SUPERVISOR, TAO_PHU
from tests.world import World

NEW = date(2025, 7, 1)
OLD_LIST = """level,code,full_name,parent,area_type
province,26,Tỉnh Vĩnh Phúc,,
commune,09043,Thị trấn Tam Hồng,26,urban
commune,09046,Xã Yên Đồng,26,rural
commune,09055,Xã Yên Phương,26,rural
village,09055-01,Thôn Phương Trù,09055,
"""
MERGER = """old_code,new_code,on,decision
09043,09043,2025-07-01,1676/NQ-UBTVQH15
09055,09043,2025-07-01,1676/NQ-UBTVQH15
9046,9043,01/07/2025,1676/NQ-UBTVQH15
26,25,2025-07-01,202/2025/QH15
"""


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    """Both engines where a marker asks for it: the crosswalk moves rows by statements of its own."""
    return getattr(request, "param", "sqlite")


both = pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"], indirect=True)


def refused(kind: Kind) -> Any:
    return pytest.raises(Problem, check=lambda problem: problem.kind is kind)


def read_list(tmp_path: Path, text: str, name: str = "list.csv") -> Sequence[AreaRow]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = sheets.areas(path, name)
    assert found.wrong == []
    return found.rows


def read_crosswalk(tmp_path: Path, text: str) -> Sequence[CrosswalkRow]:
    path = tmp_path / "crosswalk.csv"
    path.write_text(text, encoding="utf-8")
    found = sheets.crosswalk(path, "crosswalk.csv")
    assert found.wrong == []
    return found.rows


def load(world: World, rows: Sequence[AreaRow], on: date, **more: Any) -> areas.Outcome:
    with write() as session:
        return areas.load(session, rows, on, by=world.doer(ADMIN), now=NOW, **more)


def apply(world: World, rows: Sequence[CrosswalkRow]) -> area_changes.Outcome:
    with write() as session:
        return area_changes.apply(session, rows, by=world.doer(ADMIN), now=NOW)


def classed(household_class: str, year: int, area: Area, household: Household) -> None:
    """The household stood in the list of that year, in that area."""
    place = area.place
    with write() as session:
        session.add(
            HouseholdYear(
                household_id=household.id, year=year, household_class=household_class, source="import",
                province_id=place.province_id, commune_id=place.commune_id, village_id=place.village_id,
            )
        )  # fmt: skip


def at(code: str, on: date) -> Area:
    found = store.by_any_code(db.session(), code, on)
    assert found is not None
    return found


@both
def test_merger_of_the_worked_case_keeps_the_series(world: World, tmp_path: Path) -> None:
    """09043 + 09055 + 09046 of province 26 become 09043 of province 25: the number stays, the territory does not."""
    outcome = load(world, read_list(tmp_path, OLD_LIST), date(2021, 1, 1))
    assert (outcome.added, outcome.same) == (["26", "09043", "09046", "09055", "09055-01"], 0)
    old, new = at("09043", date(2023, 1, 1)), at("09043", NEW)
    assert old.id != new.id
    assert (old.full_name, new.full_name, old.valid_to) == ("Thị trấn Tam Hồng", "Xã Tam Hồng", date(2025, 6, 30))
    every = [world.list_household(f"Hộ {one}") for one in range(6)]
    for place, household_class, household in zip(
        (old, old, at("09046", date(2023, 1, 1)), at("09055-01", date(2023, 1, 1))),
        ("poor", "near_poor", "poor", "poor"),
        every[:4],
        strict=True,
    ):
        classed(household_class, 2023, place, household)
    for household in every:
        classed("poor", 2026, new, household)

    found = apply(world, read_crosswalk(tmp_path, MERGER))

    assert (found.pairs, found.villages, found.wrong) == (4, 1, [])
    years = area_series.series(db.session(), new.id)
    assert [(one.year, one.poor, one.near_poor, one.traced) for one in years] == [(2023, 3, 1, 0), (2026, 6, 0, 0)]
    assert at("09055", date(2025, 6, 30)).valid_to == date(2025, 6, 30)
    assert store.by_any_code(db.session(), "09055", NEW) is None
    assert store.by_any_code(db.session(), "26", NEW) is None
    page = area_series.commune_page(db.session(), new)
    assert {one.code for one, _ in page.came_from} == {"09043", "09046", "09055"}


def test_same_crosswalk_twice_changes_nothing_more(world: World, tmp_path: Path) -> None:
    load(world, read_list(tmp_path, OLD_LIST), date(2021, 1, 1))
    apply(world, read_crosswalk(tmp_path, MERGER))
    before = len(store.in_scope_at(db.session(), households.permissions.scope(world.doer(ADMIN), ALL), Level.VILLAGE))

    apply(world, read_crosswalk(tmp_path, MERGER))

    after = len(store.in_scope_at(db.session(), households.permissions.scope(world.doer(ADMIN), ALL), Level.VILLAGE))
    assert before == after


ALL = households.Permission.MANAGE_AREAS


@both
def test_merger_today_takes_households_lists_and_people_along(world: World, tmp_path: Path) -> None:
    """Yên Lạc is merged into Tam Hồng while a round is open: the new commune has the code, and everybody in it."""
    household, other = world.visited(HEAD), world.list_household("Hộ khác", PHU_LUU)
    today = NOW.date()
    rows = read_crosswalk(tmp_path, f"old_code,new_code,on,decision\n{OTHER_COMMUNE},{COMMUNE},{today},9/NQ\n")

    found = apply(world, rows)

    assert (found.wrong, found.households, found.villages) == ([], 2, 14)
    assert len(found.officers) >= 2
    now = at(COMMUNE, today)
    assert now.valid_from == today
    db.session.expire_all()
    moved = db.session.get_one(Household, household.id)
    village = db.session.get_one(Area, moved.village_id)
    assert (moved.commune_id, village.code, village.valid_from) == (now.id, TAO_PHU, today)
    assert kinds(other) == ["area_changed"]
    assert household_events.of_household(db.session(), other.id)[0].after["household"].keys() == {
        "commune_id", "village_id"
    }  # fmt: skip
    assert {one.commune_id for one in db.session.query(Case)} == {now.id}
    assert progress.differences(db.session(), ROUND) == []
    assert world.phone_actor(HEAD).village_id == moved.village_id
    assert world.doer(HEAD).grants[0].area.id == moved.village_id  # type: ignore[union-attr]


def test_split_needs_a_line_for_each_village(world: World, tmp_path: Path) -> None:
    today = NOW.date()
    text = f"old_code,new_code,on,decision\n{COMMUNE},{OTHER_COMMUNE},{today},\n{COMMUNE},09040,{today},\n"

    found = apply(world, read_crosswalk(tmp_path, text))

    assert [one.code for one in found.wrong] == ["split_villages"]


def test_split_by_villages_keeps_the_series(world: World, tmp_path: Path) -> None:
    """What the list of the year says of its village goes with the village; the rest with where the household lives."""
    household, other, third = (world.list_household(f"Hộ {at}", (TAO_PHU, PHU_LUU, PHU_LUU)[at]) for at in range(3))
    old = world.area(Level.COMMUNE, COMMUNE)
    classed("poor", 2025, world.village(TAO_PHU), household)
    classed("poor", 2025, world.village(PHU_LUU), other)
    classed("near_poor", 2025, old, third)
    today = NOW.date()
    lines = [f"{COMMUNE},{OTHER_COMMUNE},{today},", f"{COMMUNE},09040,{today},", f"{TAO_PHU},{OTHER_COMMUNE},{today},"]
    lines += [f"{COMMUNE}-{number:02},09040,{today}," for number in range(2, 15)]

    found = apply(world, read_crosswalk(tmp_path, "old_code,new_code,on,decision\n" + "\n".join(lines) + "\n"))

    assert found.wrong == []
    east, west = at(OTHER_COMMUNE, today), at("09040", today)
    assert [(one.year, one.poor, one.near_poor, one.traced) for one in area_series.series(db.session(), east.id)] == [
        (2025, 1, 0, 0)
    ]
    assert [(one.year, one.poor, one.near_poor, one.traced) for one in area_series.series(db.session(), west.id)] == [
        (2025, 1, 1, 1)
    ]
    assert progress.differences(db.session(), ROUND) == []


WRONG = [
    ("99999,09043,2025-07-01,", "unknown_code"),
    ("09043,99999,2025-07-01,", "unknown_code"),
    ("09043,09064,2027-01-01,", "to_come"),
    ("25,26,2026-01-01,", "unknown_code"),
    ("25,24,2026-01-01,", "communes_left"),
]


@pytest.mark.parametrize(("line", "code"), WRONG)
def test_crosswalk_says_what_is_wrong(world: World, tmp_path: Path, line: str, code: str) -> None:
    found = apply(world, read_crosswalk(tmp_path, f"old_code,new_code,on,decision\n{line}\n"))

    assert code in [one.code for one in found.wrong]


def test_areas_are_the_administrators(world: World) -> None:
    for person in (OFFICER, SUPERVISOR):
        with refused(Kind.FORBIDDEN), write() as session:
            areas.load(session, [], NEW, by=world.doer(person), now=NOW)
        with refused(Kind.FORBIDDEN), write() as session:
            area_changes.apply(session, [], by=world.doer(person), now=NOW)


def test_list_of_today_again_changes_nothing(world: World, tmp_path: Path) -> None:
    text = "code,full_name,parent\n25,Tỉnh Phú Thọ,\n09043,Xã Tam Hồng,25\n9040,Xã Tề Lỗ,25\n"

    outcome = load(world, read_list(tmp_path, text), NEW)

    assert (outcome.added, outcome.changed, outcome.same) == ([], [], 3)


def test_list_mends_names_and_types_and_adds(world: World, tmp_path: Path) -> None:
    text = "code,full_name,parent,area_type\n09043,Phường Tam Hồng,25,đô thị\n99001,Đặc khu Mới,25,rural\n"

    outcome = load(world, read_list(tmp_path, text), date(2026, 1, 1))

    assert (outcome.added, outcome.changed) == (["99001"], ["09043"])
    assert (at("09043", NOW.date()).full_name, at("09043", NOW.date()).area_type) == ("Phường Tam Hồng", "urban")
    assert at("99001", NOW.date()).name == "Mới"


def test_complete_list_closes_what_it_lacks_but_not_what_is_lived_in(world: World, tmp_path: Path) -> None:
    world.list_household()
    text = "code,full_name,parent\n25,Tỉnh Phú Thọ,\n09064,Xã Liên Châu,25\n"

    outcome = load(world, read_list(tmp_path, text), date(2026, 1, 1), complete=True)

    assert "09040" in outcome.closed
    assert [one.code for one in outcome.wrong] == ["in_use"]


def test_json_of_provinces_with_wards_is_read(tmp_path: Path) -> None:
    text = '[{"Type":"province","Code":"01","FullName":"Thành phố Hà Nội","Wards":[{"Type":"ward","Code":"00004",' \
           '"Name":"Ba Đình","FullName":"Phường Ba Đình","ProvinceCode":"01"}]}]'  # fmt: skip

    rows = read_list(tmp_path, text, "units.json")

    assert [(one.level, one.code, one.name, one.parent) for one in rows] == [
        (Level.PROVINCE, "01", "Hà Nội", ""), (Level.COMMUNE, "00004", "Ba Đình", "01")
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"[", b"\xff\xfe\x00"])
def test_json_of_another_shape_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)

    with refused(Kind.AREA_FILE_BROKEN):
        sheets.areas(path, "x.json")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_with_a_place(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("areas") / "file.csv"
    path.write_bytes(("code,full_name,parent,area_type,level\n" + text).encode("utf-8", "replace"))
    for read in (sheets.areas, sheets.crosswalk):
        try:
            found = read(path, "file.csv")
        except Problem:
            continue
        assert all(one.row > 1 for one in found.wrong)


NAMES = [("Thôn Tảo Phú", "Tảo Phú"), ("Tổ dân phố số 3", "số 3"), ("Thôn 3", "Thôn 3"), ("Bản Mường", "Mường"),
         ("Khu dân cư Đông", "Đông"), ("Tảo Phú", "Tảo Phú")]  # fmt: skip


@pytest.mark.parametrize(("full", "name"), NAMES)
def test_bare_name(full: str, name: str) -> None:
    assert sheets.bare(full) == name


def test_village_is_created_renamed_and_closed(world: World) -> None:
    commune, by = world.area(Level.COMMUNE, COMMUNE), world.doer(OFFICER)

    with write() as session:
        made = areas.create_village(session, commune, "Thôn Mới", AreaType.URBAN, by=by, now=NOW)
        areas.rename_village(session, made, "Tổ dân phố Mới Nhất", by=by, now=NOW)
        areas.set_type(session, made, None, by=by, now=NOW)
    assert (made.code, made.name, made.name_fold, made.area_type) == (f"{COMMUNE}-15", "Mới Nhất", "moi nhat", None)
    with write() as session:
        areas.close_village(session, made, by=by, now=NOW)
    assert made.valid_to == NOW.date()
    with write() as session:
        again = areas.create_village(session, commune, "Thôn Sau", None, by=by, now=NOW)
        areas.reopen_village(session, made, by=by, now=NOW)
    assert again.code == f"{COMMUNE}-16"
    assert made.valid_to is None


def test_village_is_refused(world: World) -> None:
    commune, by = world.area(Level.COMMUNE, COMMUNE), world.doer(OFFICER)
    family(world)

    with refused(Kind.ALREADY_EXISTS), write() as session:
        areas.create_village(session, commune, "thon tao phu", None, by=by, now=NOW)
    with refused(Kind.NAME_MISSING), write() as session:
        areas.create_village(session, commune, " ", None, by=by, now=NOW)
    with refused(Kind.AREA_IN_USE), write() as session:
        areas.close_village(session, world.village(TAO_PHU), by=by, now=NOW)
    with refused(Kind.FORBIDDEN), write() as session:
        areas.create_village(session, commune, "Thôn X", None, by=world.doer(SUPERVISOR), now=NOW)
    with refused(Kind.OUTSIDE_AREA), write() as session:
        areas.create_village(session, world.area(Level.COMMUNE, OTHER_COMMUNE), "Thôn X", None, by=by, now=NOW)
    with refused(Kind.FORBIDDEN), write() as session:
        areas.set_type(session, commune, AreaType.URBAN, by=by, now=NOW)
