"""The poverty standards as loaded: income lines, classes, indicators, what is missing; all the form's answers known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fieldsurvey.rules.answers import Gap, answer_table, uncovered
from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.deprivations import RULES
from fieldsurvey.rules.law import Confidence, Source, age_range, source_from
from fieldsurvey.rules.points import all_points_tables
from fieldsurvey.rules.standards import (
    AgeBand,
    NoStandardInForceError,
    Standard,
    StandardNotUsableError,
    _only_band,
    all_standards,
    standard_in_force,
)
from fieldsurvey.translations import LOCALES, catalogue, say
from tests.rules.households import CHOICES, cases


@pytest.fixture
def current() -> Standard:
    return standard_in_force(date(2026, 10, 5))


@pytest.mark.parametrize(
    ("on", "standard"),
    cases("""
    | on         | standard    | case                           |
    |------------|-------------|--------------------------------|
    | 2022-01-01 | nd-07-2021  | first day                      |
    | 2025-12-31 | nd-07-2021  | last day before the extension  |
    | 2026-12-31 | nd-07-2021  | last day, as extended          |
    | 2027-01-01 | nd-351-2025 | first day of the next standard |
    | 2030-12-31 | nd-351-2025 | its last day                   |
    """),
)
def test_each_day_has_its_standard(on: str, standard: str) -> None:
    assert standard_in_force(date.fromisoformat(on)).id == standard


@pytest.mark.parametrize("on", [date(2021, 12, 31), date(2031, 1, 1)])
def test_a_day_without_standard_is_said_clearly(on: date) -> None:
    with pytest.raises(NoStandardInForceError) as caught:
        standard_in_force(on)
    assert isinstance(caught.value, LookupError)
    assert all(on.isoformat() in say(caught.value.message_id, locale, **caught.value.params) for locale in LOCALES)


@pytest.mark.parametrize(
    ("standard", "area", "line", "average"),
    cases("""
    | standard    | area  | line    | average | case             |
    |-------------|-------|---------|---------|------------------|
    | nd-07-2021  | rural | 1500000 | 2250000 | 2022–2026, rural |
    | nd-07-2021  | urban | 2000000 | 3000000 | 2022–2026, urban |
    | nd-351-2025 | rural | 2200000 | -       | 2027–2030, rural |
    | nd-351-2025 | urban | 2800000 | -       | 2027–2030, urban |
    """),
)
def test_income_lines(standard: str, area: str, line: str, average: str) -> None:
    (found,) = [one for one in all_standards() if one.id == standard]
    assert found.income_lines[AreaType(area)] == int(line)
    assert found.average_living_lines.get(AreaType(area)) == (None if average == "-" else int(average))


@pytest.mark.parametrize("standard", all_standards(), ids=lambda one: one.id)
def test_poor_and_near_poor_differ_only_in_deprivations(standard: Standard) -> None:
    poor, near_poor = standard.class_rule("poor"), standard.class_rule("near_poor")
    assert poor.within_income_line is near_poor.within_income_line is True
    assert (poor.min_deprived, near_poor.max_deprived) == (3, 2)


def test_the_cut_off_of_b2_is_what_the_decree_says_in_indicators(current: Standard) -> None:
    (points,) = {indicator.points for indicator in current.indicators}
    (table,) = all_points_tables()
    assert {cutoffs.b2 for cutoffs in table.cutoffs.values()} == {current.class_rule("poor").min_deprived * points}


def test_twelve_indicators_in_six_services_in_the_decrees_order(current: Standard) -> None:
    assert [indicator.number for indicator in current.indicators] == list(range(1, 13))
    assert len({indicator.service for indicator in current.indicators}) == 6
    assert [indicator.id for indicator in current.indicators] == list(RULES)


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_a_standard_names_has_a_name(locale: str) -> None:
    ids = [f"standard.{one.id}" for one in all_standards()]
    ids += [f"not_loaded.{part}" for one in all_standards() for part in one.not_loaded]
    ids += [f"class.{rule.id}" for one in all_standards() for rule in one.classes]
    ids += [f"indicator.{indicator.id}" for one in all_standards() for indicator in one.indicators]
    ids += [f"service.{indicator.service}" for one in all_standards() for indicator in one.indicators]
    ids += [f"area_type.{area}" for area in AreaType]
    assert {f"rules.{one}.name" for one in ids} <= catalogue(locale).keys()


def test_the_current_standard_can_be_used_and_says_that_nobody_verified_it(current: Standard) -> None:
    current.require_usable()
    assert current.usable
    assert not current.verified
    assert current.in_effect_from == date(2021, 3, 15)


def test_the_next_standard_says_what_is_missing() -> None:
    standard = standard_in_force(date(2027, 1, 1))
    assert not standard.usable
    assert standard.indicators == ()
    with pytest.raises(StandardNotUsableError, match="indicators, points_table") as caught:
        standard.require_usable()
    assert all("351/2025" in say(caught.value.message_id, locale, **caught.value.params) for locale in LOCALES)


def test_choices_of_reading_are_written_down_where_the_text_leaves_one(current: Standard) -> None:
    readings = {indicator.id for indicator in current.indicators if indicator.reading}
    assert readings >= {"employment", "dependants", "adult_education", "child_schooling", "housing_quality"}


def test_an_indicator_asks_people_by_their_age(current: Standard) -> None:
    schooling = current.indicators[5]
    spans = {age: schooling.band_at(age) for age in (2, 3, 5, 6, 11, 12, 15, 16)}
    found = {age: (band.start, band.before) if band else None for age, band in spans.items()}
    assert found == {2: None, 3: (3, 6), 5: (3, 6), 6: (6, 12), 11: (6, 12), 12: (12, 16), 15: (12, 16), 16: None}


def test_ages_of_two_bands_may_not_meet() -> None:
    bands = (AgeBand(3, 7, {}), AgeBand(6, 12, {}))
    with pytest.raises(ValueError, match="age 6"):
        _only_band(bands, 6)


@pytest.mark.parametrize(
    ("ages", "span"),
    [
        ({"from": 6}, (6, 131)),
        ({"before": 16}, (0, 16)),
        ({"from": 18, "through": 30}, (18, 31)),
        ({"from": 16, "before": 18}, (16, 18)),
    ],
)
def test_ages_are_half_open_unless_the_law_says_through(ages: dict[str, int], span: tuple[int, int]) -> None:
    assert age_range(ages) == span


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", [all_standards()[0], *all_points_tables()], ids=lambda law: law.id)
def test_every_answer_of_the_form_is_known_to_every_rule_that_asks(law: Any) -> None:
    assert uncovered(law, CHOICES) == ()


def test_a_new_answer_of_the_form_is_found(current: Standard) -> None:
    choices = {**CHOICES, "roof": CHOICES["roof"] | {"solar_tile"}}
    assert uncovered(current, choices) == (Gap("housing_quality", "roof", "solar_tile", "not_in_law"),)


def test_an_answer_that_the_form_lost_is_found(current: Standard) -> None:
    choices = {**CHOICES, "toilet": CHOICES["toilet"] - {"vip"}}
    assert uncovered(current, choices) == (Gap("sanitation", "toilet", "vip", "not_in_form"),)


def test_a_question_that_the_form_lost_is_found_once(current: Standard) -> None:
    choices = {question: codes for question, codes in CHOICES.items() if question != "m_attending"}
    assert uncovered(current, choices) == (
        Gap("adult_education", "m_attending", "*", "not_in_form"),
        Gap("child_schooling", "m_attending", "*", "not_in_form"),
    )


def test_an_answer_may_stand_in_one_list_only() -> None:
    with pytest.raises(ValueError, match="wall"):
        answer_table("wall", {"counts_as": "durable", "counts": ["tile"], "does_not_count": ["tile"]})


def test_a_question_whose_answers_all_come_to_the_same_decides_without_being_answered() -> None:
    same = answer_table("m_regular_work", {"counts_as": "spared", "does_not_count": ["yes", "no"]})
    differing = answer_table("m_regular_work", {"counts_as": "spared", "counts": ["yes"], "does_not_count": ["no"]})
    assert (same.verdict(None), same.verdict(True)) == (False, False)
    assert (differing.verdict(None), differing.verdict(True), differing.verdict(False)) == (None, True, False)


def test_a_code_that_nobody_listed_is_not_known() -> None:
    table = answer_table("m_height_for_age", {"counts_as": "fed", "counts": ["normal"], "undecided": ["unknown"]})
    assert [table.verdict(code) for code in ("normal", "unknown", "tall", None)] == [True, None, None, None]


# --- sources ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_verified_by_somebody_on_some_day() -> None:
    somebody = {"article": "Điều 3", "confidence": "SEEN", "verified_by": "Nguyễn Văn An"}
    assert not source_from(somebody).verified
    assert source_from({**somebody, "verified_at": date(2026, 9, 1)}).verified
    assert not Source("Điều 3", Confidence.SEEN, verified_at=date(2026, 9, 1)).verified
