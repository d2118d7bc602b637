"""The points table of form B1 as loaded, each kind of item as a table of cases, and what holds of every household.

The points are reference points: these tests say how a table is applied, not what the circular's annex contains.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.household import Household
from fieldsurvey.rules.items import Bands, ItemPoints, item_from
from fieldsurvey.rules.law import Confidence
from fieldsurvey.rules.points import NoPointsTableInForceError, all_points_tables, points_table_in_force, score
from fieldsurvey.translations import LOCALES, catalogue, say
from tests.rules.households import CHOICES, REVIEWED, areas, cases, complete_households, gappy, household, households

TABLE = points_table_in_force(REVIEWED)


def lines(of: Household, item: str) -> list[ItemPoints]:
    return [line for line in score(of, "rural", TABLE) if line.item.split(".")[0] == item]


def said(of: Household, item: str) -> str:
    """`answer: points`, or the questions that are missing."""
    return " · ".join(
        " ".join(line.missing) if line.missing else f"{line.answer}: {line.points}" for line in lines(of, item)
    )


def total(of: Household, area: str = "rural") -> int:
    return sum(line.points for line in score(of, area, TABLE))


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "b1", "b2"),
    cases("""
    | area  | b1  | b2 | case  |
    |-------|-----|----|-------|
    | rural | 140 | 30 | rural |
    | urban | 175 | 30 | urban |
    """),
)
def test_cut_offs(area: str, b1: str, b2: str) -> None:
    cutoffs = TABLE.cutoffs[AreaType(area)]
    assert (cutoffs.b1, cutoffs.b2) == (int(b1), int(b2))
    assert cutoffs.article == "TT 07/2021/TT-BLĐTBXH"


@pytest.mark.parametrize("on", [date(2022, 1, 1), date(2026, 12, 31)])
def test_the_table_holds_for_the_period_of_its_standard(on: date) -> None:
    assert points_table_in_force(on).id == "b1-tt-07-2021"


@pytest.mark.parametrize("on", [date(2021, 12, 31), date(2027, 1, 1)])
def test_a_day_without_table_is_said_clearly(on: date) -> None:
    with pytest.raises(NoPointsTableInForceError) as caught:
        points_table_in_force(on)
    assert all(on.isoformat() in say(caught.value.message_id, locale, **caught.value.params) for locale in LOCALES)


def test_nobody_has_compared_the_points_with_the_annex() -> None:
    assert not TABLE.verified
    assert (TABLE.verified_by, TABLE.verified_at) == ("", None)
    assert {item.source.confidence for item in TABLE.items[AreaType.RURAL]} == {Confidence.REFERENCE}
    assert len(all_points_tables()) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_every_item_and_asset_has_a_name(locale: str) -> None:
    full = household("1980", **{question: "+".join(CHOICES[question]) for question in SEVERAL})
    names = {line.name_id for of in (full, household()) for line in score(of, "rural", TABLE)}
    names |= {f"rules.item.{item}.name" for item in SEVERAL.values()} | {f"rules.table.{TABLE.id}.name"}
    assert names <= catalogue(locale).keys()


SEVERAL = {"owned": "assets", "shared_devices": "shared_devices", "personal_devices": "personal_devices"}


def _table(**said: object) -> dict[str, object]:
    source = {"article": "Phụ lục III", "confidence": "REFERENCE"}
    return {"id": "wall", "kind": "choice", "question": "wall", "source": source, **said}


def test_points_may_differ_by_type_of_area() -> None:
    table = _table(points={"concrete": {"rural": 5, "urban": 10}, "earth": 0})
    by_area = {area: dict(item_from(table, area).codes) for area in AreaType}
    assert by_area == {AreaType.RURAL: {"concrete": 5, "earth": 0}, AreaType.URBAN: {"concrete": 10, "earth": 0}}


@pytest.mark.parametrize("starts", [[5, 10], [0, 10, 10], [0, 20, 10]])
def test_bands_start_at_nothing_and_rise(starts: list[int]) -> None:
    table = _table(kind="amount", question="pigs", bands=[{"from": start, "points": 1} for start in starts])
    with pytest.raises(ValueError, match="bands"):
        item_from(table, AreaType.RURAL)


@pytest.mark.parametrize(("amount", "points"), [(-1, 0), (0, 0), (24, 0), (25, 10), (49, 10), (50, 20), (900, 20)])
def test_a_band_starts_at_its_bound(amount: int, points: int) -> None:
    assert Bands((0, 25, 50), (0, 10, 20)).of(amount) == points


EIGHT = "; ".join(["1980"] * 8)
SOMEBODY, PRIMARY, CLERK = "? schooling", "1980 schooling=primary", "1981 work=wage contract=civil_servant"

# --- each kind of item ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "members", "expected"),
    cases(f"""
    | item         | members      | expected     | case |
    |--------------|--------------|--------------|------|
    | members      | 1950         | 1: 50        | alone |
    | members      | 1980; 1982; 2010; 2012 | 4: 30 | four |
    | members      | {EIGHT}      | 8: 0         | many |
    | members      | ?; ?         | 2: 45        | ages do not matter |
    | members      |              | members      | nobody is described |
    | dependants   | 1980 disability=none; 2011; 2012 | 2: 5 | two children |
    | dependants   | 1980 disability=none; 1982 disability=none | 0: 25 | none |
    | dependants   | 1980 disability=severe | members[1]/m_social_allowance | allowance unanswered |
    | dependants   | 2012; 2012; 2012; 1980 | 3: 0 | a fourth would change nothing |
    | dependants   |              | members      | nobody is described |
    | highest_schooling | 1980 schooling=none; 1982 schooling=college | college: 25 | the better one counts |
    | highest_schooling | 1980 schooling=none | none: 0 | none |
    | highest_schooling | 1980 schooling=university; 1982 | university: 25 | nobody could have more |
    | highest_schooling | {PRIMARY}; 1982 | members[2]/m_schooling | the other could have more |
    | highest_schooling | {PRIMARY}; 2012 | primary: 0 | children are not asked |
    | highest_schooling | {PRIMARY}; {SOMEBODY}=college | members[2]/m_birth_date | age unknown and it matters |
    | highest_schooling | 1980 schooling=college; {SOMEBODY}=college | college: 25 | age unknown, changes nothing |
    | highest_schooling | ?       | members[1]/m_birth_date members[1]/m_schooling | nothing known |
    | highest_schooling | 2012    | : 0          | no adult |
    | highest_schooling |         | members      | nobody is described |
    | contract_workers | 1980 work=wage contract=permanent | 1: 20 | one |
    | contract_workers | 1980 work=wage contract=fixed_term; {CLERK} | 2: 35 | two |
    | contract_workers | 1980 work=wage contract=none | 0: 0 | no contract |
    | contract_workers | 1980 work=wage | members[1]/m_contract | contract unanswered |
    | contract_workers | 1980     | members[1]/m_work | work unanswered |
    | contract_workers | 1980 work=farming | 0: 0 | contract is not asked |
    | contract_workers | 2012     | 0: 0         | children are not asked |
    | contract_workers | ? work=wage contract=permanent | members[1]/m_birth_date | age unknown and it matters |
    | contract_workers | ? work=farming | 0: 0   | age unknown, changes nothing |
    | nonfarm_workers | 1980 work=own_business; 1981 work=wage; 1982 work=farming | 2: 15 | two of three |
    | nonfarm_workers | 1980 work=wage; 1981 work=wage; 1982 | 2: 15 | a third would change nothing |
    | nonfarm_workers | 1980 work=wage; 1981; 1982 | members[2]/m_work members[3]/m_work | two unanswered |
    | pensioners   | 1950 pension=yes; 1952 pension=no | 1: 20 | one pension |
    """),
)
def test_items_about_people(item: str, members: str, expected: str) -> None:
    assert said(household(members), item) == expected


@pytest.mark.parametrize(
    ("item", "answers", "expected"),
    cases("""
    | item            | answers                          | expected              | case |
    |-----------------|----------------------------------|-----------------------|------|
    | wall            | wall=brick_stone                 | brick_stone: 10       | brick |
    | wall            | wall=earth                       | earth: 0              | earth |
    | wall            | wall=-                           | housing/wall          | unanswered |
    | wall            | wall=gold                        | housing/wall          | a code that the table lacks |
    | area_per_person | floor_area=15.99                 | 8: 0                  | 7.995 m² each, shown rounded |
    | area_per_person | floor_area=16                    | 8: 10                 | exactly 8 m² each |
    | area_per_person | floor_area=39.98                 | 19.99: 10             | just below 20 |
    | area_per_person | floor_area=40                    | 20: 15                | exactly 20 |
    | area_per_person | floor_area=200                   | 100: 25               | large |
    | area_per_person | floor_area=-                     | housing/floor_area    | unanswered |
    | electricity     | electricity=grid electricity_kwh=24 | 24: 0              | below the first band |
    | electricity     | electricity=grid electricity_kwh=25 | 25: 10             | first band |
    | electricity     | electricity=grid electricity_kwh=49 | 49: 10             | still the first |
    | electricity     | electricity=grid electricity_kwh=50 | 50: 20             | second band |
    | electricity     | electricity=other electricity_kwh=150 | 150: 40          | last band |
    | electricity     | electricity=none electricity_kwh=- | 0: 0                | no electricity: kWh not asked |
    | electricity     | electricity=grid electricity_kwh=- | power/electricity_kwh | kWh unanswered |
    | electricity     | electricity=- electricity_kwh=100 | power/electricity    | electricity unanswered |
    | pigs            | pigs=2                           | 2: 0                  | two pigs |
    | pigs            | pigs=3                           | 3: 5                  | three pigs |
    | pigs            | pigs=-                           | livestock/pigs        | unanswered |
    | aquaculture     | aquaculture=yes                  | yes: 5                | yes |
    | aquaculture     | aquaculture=no                   | no: 0                 | no |
    | aquaculture     | aquaculture=-                    | livestock/aquaculture | unanswered |
    | assets          | owned=motorbike                  | yes: 10               | one asset |
    | assets          | owned=motorbike+car              | yes: 40 · yes: 10     | each has its line |
    | assets          | owned=none                       | yes: 0                | none, as said |
    | assets          | owned=-                          | assets/owned          | unanswered |
    | assets          | owned=car+helicopter             | assets/owned          | a code that the table lacks |
    """),
)
def test_items_about_the_home(item: str, answers: str, expected: str) -> None:
    home = household("1980; 1982", **dict(pair.split("=") for pair in answers.split()))
    assert said(home, item) == expected


def test_area_per_person_of_nobody_names_what_is_missing() -> None:
    assert said(household(floor_area="-"), "area_per_person") == "housing/floor_area members"
    assert said(household(), "area_per_person") == "members"


def test_each_asset_is_a_line_of_its_own_in_the_tables_order() -> None:
    found = lines(household("1980", owned="fridge+car+motorbike"), "assets")
    assert [(line.item, line.points) for line in found] == [
        ("assets.car", 40),
        ("assets.motorbike", 10),
        ("assets.fridge", 10),
    ]


def test_an_unknown_type_of_area_is_refused() -> None:
    with pytest.raises(ValueError, match="suburban"):
        score(household("1980"), "suburban", TABLE)


# --- realistic households ---------------------------------------------------------------------------------------------

WORKER = "work=wage contract=permanent schooling=upper_secondary pension=no disability=none"
FARMER = "work=farming schooling=primary pension=no disability=none"
DAY_LABOURER = "work=wage contract=none schooling=lower_secondary pension=no disability=none"
PUPIL = "schooling=none"
OLD = "work=retired schooling=none pension=no disability=none social_allowance=yes"
PENSIONER = "work=retired schooling=upper_secondary pension=yes disability=none social_allowance=no"

POOR_HOME = {
    "wall": "board_sheet",
    "pillar": "temporary_wood",
    "roof": "metal_sheet",
    "floor_area": "45",
    "source": "protected_dug_well",
    "toilet": "pit_with_slab",
    "electricity_kwh": "30",
    "owned": "motorbike",
    "annual_crops_m2": "1500",
    "poultry": "20",
}
PLAIN_HOME = {
    "wall": "brick_stone",
    "pillar": "brick_stone",
    "roof": "metal_sheet",
    "floor_area": "50",
    "source": "drilled_well",
    "toilet": "septic",
    "electricity_kwh": "60",
    "owned": "motorbike",
}
GOOD_HOME = {
    "floor_area": "110",
    "electricity_kwh": "180",
    "owned": "motorbike+fridge+washing_machine+air_conditioner+water_heater",
    "personal_devices": "laptop+smartphone",
}


@pytest.mark.parametrize(
    ("members", "home", "within"),
    [
        (f"1985 {FARMER}; 1987 {FARMER}; 2012 {PUPIL}; 2013 {PUPIL}; 2018 {PUPIL}", POOR_HOME, "rural urban"),
        (f"1985 {DAY_LABOURER}; 1987 {FARMER}; 2012 {PUPIL}; 2016 {PUPIL}", POOR_HOME, "rural urban"),
        (f"1944 {OLD}", PLAIN_HOME | {"electricity_kwh": "15", "owned": "none"}, "rural urban"),
        (f"1990 {DAY_LABOURER}; 2014 {PUPIL}; 2018 {PUPIL}", PLAIN_HOME, "rural urban"),
        (
            f"1982 {DAY_LABOURER}; 1984 {DAY_LABOURER}; 2012 {PUPIL}",
            PLAIN_HOME | {"owned": "motorbike+fridge"},
            "urban",
        ),
        (f"1982 {WORKER}; 1984 {WORKER}; 2012 {PUPIL}; 2016 {PUPIL}", GOOD_HOME, ""),
        (f"1958 {PENSIONER}; 1960 {PENSIONER}", GOOD_HOME, ""),
    ],
    ids=[
        "farmers with three children",
        "day labourer, farmer and two children",
        "old and alone",
        "day labourer alone with two children",
        "two day labourers and a child",
        "two employees with children",
        "pensioners",
    ],
)
def test_reference_points_tell_poor_from_well_off(members: str, home: dict[str, str], within: str) -> None:
    home_of = household(members, **home)
    cut = {area.value: cutoffs.b1 for area, cutoffs in TABLE.cutoffs.items()}
    assert [area for area in ("rural", "urban") if total(home_of, area) <= cut[area]] == within.split()
    assert not [line for line in score(home_of, "rural", TABLE) if line.missing]


# --- every household --------------------------------------------------------------------------------------------------


@given(households, areas)
def test_points_are_never_negative_and_missing_ones_are_none(of: Household, area: str) -> None:
    for line in score(of, area, TABLE):
        assert line.points >= 0
        assert line.points == 0 or not line.missing


@given(households, areas, st.sampled_from(sorted(CHOICES["owned"] - {"none"})))
def test_one_more_asset_never_lowers_the_score(of: Household, area: str, asset: str) -> None:
    more = replace(of, owned=(of.owned or frozenset()) - {"none"} | {asset})
    assert total(more, area) >= total(of, area)


@given(complete_households, areas, st.sampled_from(["cattle", "pigs", "forest_m2", "electricity_kwh"]))
def test_more_of_anything_never_lowers_the_score(of: Household, area: str, amount: str) -> None:
    assert total(replace(of, **{amount: getattr(of, amount) + 500}), area) >= total(of, area)


@given(households, areas, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(of: Household, area: str, random: Random) -> None:
    shuffled = list(of.members)
    random.shuffle(shuffled)
    again = score(replace(of, members=tuple(shuffled)), area, TABLE)
    assert [line[:3] for line in again] == [line[:3] for line in score(of, area, TABLE)]


@given(complete_households, areas)
def test_a_complete_household_leaves_nothing_open(of: Household, area: str) -> None:
    assume(all(member.work is not None for member in of.members))
    assert not [line for line in score(of, area, TABLE) if line.missing]


@given(st.data(), areas)
def test_a_later_answer_never_changes_points_that_were_given(data: st.DataObject, area: str) -> None:
    whole = data.draw(complete_households)
    partly = data.draw(gappy(whole))
    known = {line.item: line.points for line in score(whole, area, TABLE)}
    for line in score(partly, area, TABLE):
        assert line.missing or line.points == known[line.item], line
