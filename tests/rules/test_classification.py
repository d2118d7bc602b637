"""Classes by points, notices, and results that are stored and read back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.classification import SCHEMA, Classification, HouseholdClass, Notice, class_of, classify
from fieldsurvey.rules.deprivations import Status
from fieldsurvey.rules.household import Household, Member
from fieldsurvey.rules.law import Confidence, Source
from fieldsurvey.rules.points import PointsTable, points_table_in_force
from fieldsurvey.rules.standards import NoStandardInForceError, Standard, StandardNotUsableError, standard_in_force
from fieldsurvey.translations import LOCALES, catalogue
from tests.rules.households import REVIEWED, areas, births, cases, household, households

STANDARD, TABLE = standard_in_force(REVIEWED), points_table_in_force(REVIEWED)

# A member about whom everything is known and nothing is lacking.
SETTLED = (
    "1985-03-02 schooling=upper_secondary attending=none work=wage contract=permanent health_insurance=yes"
    " disability=none social_allowance=no pension=no"
)
LACKS_THREE = {"source": "surface_water", "toilet": "none", "internet_use": "no"}
LACKS_TWO = {"source": "surface_water", "toilet": "none"}


@pytest.mark.parametrize(
    ("area", "b1", "b2", "expected"),
    cases("""
    | area  | b1  | b2  | expected  | case                                   |
    |-------|-----|-----|-----------|----------------------------------------|
    | rural | 140 | 30  | poor      | both bounds met                        |
    | rural | 140 | 20  | near_poor | one deprivation short                  |
    | rural | 141 | 30  | not_poor  | one point above                        |
    | rural | 141 | 120 | not_poor  | above, whatever is lacking             |
    | rural | 0   | 0   | near_poor | no income to speak of, nothing lacking |
    | rural | 0   | 120 | poor      | nothing at all                         |
    | urban | 141 | 30  | poor      | the urban line is higher               |
    | urban | 175 | 30  | poor      | both bounds met                        |
    | urban | 175 | 20  | near_poor | one deprivation short                  |
    | urban | 176 | 30  | not_poor  | one point above                        |
    | urban | 176 | 120 | not_poor  | above, whatever is lacking             |
    """),
)
def test_class_by_points(area: str, b1: str, b2: str, expected: str) -> None:
    assert class_of(int(b1), int(b2), TABLE.cutoffs[AreaType(area)]) == expected


@pytest.mark.parametrize(
    ("paper", "lacking", "area", "expected"),
    [
        (140, LACKS_THREE, "rural", "poor"),
        (140, LACKS_TWO, "rural", "near_poor"),
        (141, LACKS_THREE, "rural", "not_poor"),
        (175, LACKS_THREE, "urban", "poor"),
        (176, LACKS_THREE, "urban", "not_poor"),
    ],
)
def test_a_paper_score_takes_the_place_of_the_computed_one(
    paper: int, lacking: dict[str, str], area: str, expected: str
) -> None:
    home = household(SETTLED, **lacking)
    computed, entered = classify(home, area, REVIEWED), classify(home, area, REVIEWED, income_points=paper)
    assert entered.household_class == expected
    assert (entered.b1, entered.b1_paper) == (paper, paper)
    assert (computed.b1, computed.b1_paper) == (computed.b1_computed, None)
    assert entered.b1_computed == computed.b1_computed
    assert entered.items == computed.items


def test_a_paper_score_of_nothing_is_a_score() -> None:
    assert classify(household(SETTLED), "rural", REVIEWED, income_points=0).b1 == 0


def test_a_classification_says_which_law_it_applied() -> None:
    found = classify(household(SETTLED), "urban", date(2026, 12, 1))
    assert (found.standard_id, found.table_id) == ("nd-07-2021", "b1-tt-07-2021")
    assert (found.law_date, found.review_date) == (date(2026, 12, 1), REVIEWED)
    assert (found.cutoffs.b1, found.cutoffs.b2) == (175, 30)
    assert found.class_article == "NĐ 07/2021/NĐ-CP, Điều 3"
    assert found.area_type is AreaType.URBAN


def test_a_later_standard_cannot_be_applied_before_it_is_loaded() -> None:
    with pytest.raises(StandardNotUsableError, match="indicators"):
        classify(household(SETTLED), "rural", date(2027, 1, 1))
    with pytest.raises(StandardNotUsableError):
        classify(household(SETTLED), "rural", REVIEWED, standard=standard_in_force(date(2027, 1, 1)))


def test_a_day_before_any_standard_has_no_class() -> None:
    with pytest.raises(NoStandardInForceError):
        classify(household(SETTLED), "rural", date(2020, 1, 1))


def test_the_law_of_another_day_can_be_asked_for() -> None:
    found = classify(household(SETTLED), "rural", date(2027, 1, 1), standard=STANDARD, table=TABLE)
    assert found.standard_id == "nd-07-2021"


# --- notices ----------------------------------------------------------------------------------------------------------


def verified(law: Standard | PointsTable) -> Standard | PointsTable:
    if isinstance(law, Standard):
        return replace(law, verified=True)
    return replace(law, source=Source("Phụ lục III", Confidence.SEEN, "Trần Thị Bình", date(2026, 9, 1)))


@pytest.mark.parametrize(
    ("standard", "table", "paper", "notices"),
    [
        (STANDARD, TABLE, None, {Notice.REFERENCE_POINTS, Notice.STANDARD_NOT_VERIFIED}),
        (STANDARD, TABLE, 120, {Notice.PAPER_POINTS, Notice.STANDARD_NOT_VERIFIED}),
        (verified(STANDARD), TABLE, None, {Notice.REFERENCE_POINTS}),
        (STANDARD, verified(TABLE), None, {Notice.STANDARD_NOT_VERIFIED}),
        (verified(STANDARD), verified(TABLE), None, set()),
        (verified(STANDARD), verified(TABLE), 120, {Notice.PAPER_POINTS}),
    ],
)
def test_a_result_is_stamped_until_an_official_has_verified_the_law(
    standard: Standard, table: PointsTable, paper: int | None, notices: set[Notice]
) -> None:
    found = classify(household(SETTLED), "rural", REVIEWED, standard=standard, table=table, income_points=paper)
    assert set(found.notices) == notices
    assert found.verified == (standard.verified and table.verified)


@pytest.mark.parametrize(
    ("answers", "paper", "incomplete"),
    [
        ({}, None, False),
        ({"source": "-"}, None, True),
        ({"pigs": "-"}, None, True),
        ({"pigs": "-"}, 120, False),  # the points that the question would give come from paper
        ({"source": "-"}, 120, True),
    ],
)
def test_a_result_says_when_an_answer_is_missing(answers: dict[str, str], paper: int | None, incomplete: bool) -> None:
    found = classify(household(SETTLED, **answers), "rural", REVIEWED, income_points=paper)
    assert (Notice.INCOMPLETE in found.notices) is incomplete


def test_what_is_missing_is_named_once() -> None:
    found = classify(household(SETTLED, source="-", pigs="-"), "rural", REVIEWED)
    assert found.missing == ("water/source", "livestock/pigs")
    assert [finding.indicator for finding in found.with_status(Status.UNKNOWN)] == ["water"]


@pytest.mark.parametrize("locale", LOCALES)
def test_classes_notices_and_statuses_have_their_words(locale: str) -> None:
    ids = {f"rules.class.{one}.name" for one in HouseholdClass} | {f"rules.status.{one}.name" for one in Status}
    assert ids | {notice.message_id for notice in Notice} <= catalogue(locale).keys()


def test_the_stamp_of_reference_points_reads_as_agreed() -> None:
    assert catalogue("vi")[Notice.REFERENCE_POINTS.message_id] == "Điểm tham khảo — chưa kiểm tra với Phụ lục III"


# --- stored results ---------------------------------------------------------------------------------------------------


@given(households, areas, st.none() | st.integers(0, 400))
def test_a_stored_result_is_read_back_as_it_was(of: Household, area: str, paper: int | None) -> None:
    found = classify(of, area, REVIEWED, income_points=paper)
    assert Classification.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_a_stored_result_needs_no_law_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = classify(household(SETTLED), "rural", REVIEWED).as_dict()
    stored |= {"standard_id": "nd-99-1999", "table_id": "b1-lost", "cutoffs": {"b1": 1, "b2": 2, "article": "Điều 1"}}
    monkeypatch.setattr("fieldsurvey.rules.law._FOLDER", None)
    found = Classification.from_dict(stored)
    assert (found.standard_id, found.cutoffs.b1) == ("nd-99-1999", 1)


def test_the_keys_of_a_stored_result_stay_as_they_are() -> None:
    stored = classify(household(SETTLED), "rural", REVIEWED).as_dict()
    assert set(stored) == {"schema"} | {field.name for field in fields(Classification)}
    assert set(stored["items"][0]) == {"item", "answer", "points", "missing"}
    finding = {"indicator", "service", "status", "points", "article", "message_id", "params", "evidence", "missing"}
    assert set(stored["findings"][0]) == finding


def test_a_result_of_a_newer_program_is_refused() -> None:
    stored = classify(household(SETTLED), "rural", REVIEWED).as_dict()
    with pytest.raises(ValueError, match=str(SCHEMA + 1)):
        Classification.from_dict({**stored, "schema": SCHEMA + 1})


# --- every household --------------------------------------------------------------------------------------------------


@given(households, areas, st.none() | st.integers(0, 400))
def test_the_class_depends_on_points_and_area_only(of: Household, area: str, paper: int | None) -> None:
    found = classify(of, area, REVIEWED, income_points=paper)
    assert found.household_class is class_of(found.b1, found.b2, TABLE.cutoffs[AreaType(area)])
    assert found.b1_computed == sum(item.points for item in found.items)
    assert found.b2 == sum(finding.points for finding in found.findings)


@given(households, areas, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(of: Household, area: str, random: Random) -> None:
    shuffled = list(of.members)
    random.shuffle(shuffled)
    found, again = (classify(one, area, REVIEWED) for one in (of, replace(of, members=tuple(shuffled))))
    assert (again.b1, again.b2, again.household_class) == (found.b1, found.b2, found.household_class)


@given(households)
def test_urban_is_never_judged_richer_than_rural(of: Household) -> None:
    order = list(HouseholdClass)
    rural, urban = (order.index(classify(of, area, REVIEWED).household_class) for area in ("rural", "urban"))
    assert urban <= rural


@given(
    st.builds(
        Household,
        review_date=st.just(REVIEWED),
        members=st.lists(st.builds(Member, birth=births | st.none()), max_size=3).map(tuple),
        floor_area=st.none() | st.decimals(-(10**11), 10**11, allow_nan=False, allow_infinity=False),
    ),
    areas,
)
def test_whatever_a_phone_sends_gets_a_class(of: Household, area: str) -> None:
    found = classify(of, area, REVIEWED)
    assert 0 <= found.b2 <= 120
    assert Classification.from_dict(json.loads(json.dumps(found.as_dict()))) == found
