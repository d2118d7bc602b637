"""The six indicators about the home and its equipment, as tables of cases, and what holds of all twelve."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.deprivations import Finding, Status, find_deprivations
from fieldsurvey.rules.household import Household
from fieldsurvey.rules.standards import StandardNotUsableError, standard_in_force
from tests.rules.households import CHOICES, REVIEWED, cases, complete_households, gappy, household, households

STANDARD = standard_in_force(REVIEWED)
FOUR = "1980; 1982; 2012; 2015"


def found(indicator: str, of: Household) -> Finding:
    (finding,) = [one for one in find_deprivations(of, STANDARD) if one.indicator == indicator]
    return finding


@pytest.mark.parametrize(
    ("wall", "pillar", "roof", "expected"),
    cases("""
    | wall         | pillar         | roof        | expected     | case                                        |
    |--------------|----------------|-------------|--------------|---------------------------------------------|
    | brick_stone  | concrete       | tile        | not_deprived | all durable                                 |
    | brick_stone  | concrete       | leaf_thatch | not_deprived | one of three does not last                  |
    | brick_stone  | bamboo         | leaf_thatch | deprived     | two of three                                |
    | earth        | bamboo         | tarpaulin   | deprived     | all three                                   |
    | durable_wood | durable_wood   | metal_sheet | not_deprived | wooden house with a metal roof              |
    | board_sheet  | iron_steel     | metal_sheet | deprived     | sheet walls and sheet roof                  |
    | other        | temporary_wood | concrete    | deprived     | other material is not durable               |
    | earth        | bamboo         | -           | deprived     | two are enough, the roof does not matter    |
    | brick_stone  | concrete       | -           | not_deprived | the roof alone could not make two           |
    | earth        | concrete       | -           | unknown      | the roof decides                            |
    | brick_stone  | -              | -           | unknown      | two unanswered                              |
    | brick_stone  | -              | gold        | unknown      | a code that the standard lacks is not known |
    """),
)
def test_housing_quality(wall: str, pillar: str, roof: str, expected: str) -> None:
    assert found("housing_quality", household(FOUR, wall=wall, pillar=pillar, roof=roof)).status == expected


@pytest.mark.parametrize(
    ("members", "area", "expected"),
    cases("""
    | members          | area  | expected     | case                              |
    |------------------|-------|--------------|-----------------------------------|
    | 1980; 1982; 2012 | 24    | not_deprived | exactly 8.0 m² each               |
    | 1980; 1982; 2012 | 24.0  | not_deprived | exactly 8.0 m² each, as a decimal |
    | 1980; 1982; 2012 | 23.99 | deprived     | just below                        |
    | 1980             | 7.9   | deprived     | alone in 7.9 m²                   |
    | 1980             | -     | unknown      | area unanswered                   |
    """),
)
def test_housing_area(members: str, area: str, expected: str) -> None:
    assert found("housing_area", household(members, floor_area=area)).status == expected


def test_housing_area_of_nobody_names_both_facts() -> None:
    assert found("housing_area", household(floor_area="-")).missing == ("housing/floor_area", "members")
    assert found("housing_area", household(floor_area="50")).missing == ("members",)


@pytest.mark.parametrize(
    ("indicator", "question", "good"),
    [
        ("water", "source", "piped drilled_well protected_dug_well protected_spring rain bottled"),
        ("sanitation", "toilet", "septic pour_flush vip pit_with_slab double_vault"),
        ("telecom_use", "internet_use", "yes"),
    ],
)
def test_one_answer_decides(indicator: str, question: str, good: str) -> None:
    outcomes = {code: found(indicator, household(FOUR, **{question: code})).status for code in CHOICES[question]}
    assert outcomes == {code: "not_deprived" if code in good.split() else "deprived" for code in CHOICES[question]}
    assert found(indicator, household(FOUR, **{question: "-"})).status == "unknown"


@pytest.mark.parametrize(
    ("shared", "own", "expected"),
    cases("""
    | shared     | own        | expected     | case                            |
    |------------|------------|--------------|---------------------------------|
    | none       | none       | deprived     | nothing at all                  |
    | radio      | none       | not_deprived | a radio is enough               |
    | phone+tv   | none       | not_deprived | several                         |
    | none       | smartphone | not_deprived | a telephone of one's own        |
    | tv         | -          | not_deprived | the rest is moot                |
    | -          | tablet     | not_deprived | the rest is moot, the other way |
    | none       | -          | unknown      | personal devices unanswered     |
    | -          | none       | unknown      | shared devices unanswered       |
    | gramophone | none       | unknown      | a code that the standard lacks  |
    """),
)
def test_information_devices(shared: str, own: str, expected: str) -> None:
    finding = found("information_devices", household(FOUR, shared_devices=shared, personal_devices=own))
    assert finding.status == expected


def test_no_choice_at_all_is_no_answer() -> None:
    bare = replace(household(FOUR, personal_devices="none"), shared_devices=frozenset())
    assert found("information_devices", bare).missing == ("information/shared_devices",)


def test_evidence_is_the_answer_at_its_place_on_the_form() -> None:
    home = household(FOUR, wall="earth", pillar="bamboo", floor_area="20.50", internet_use="no", shared_devices="none")
    assert found("housing_quality", home).evidence == (("housing/wall", "earth"), ("housing/pillar", "bamboo"))
    assert found("housing_area", home).evidence == (("housing/floor_area", "20.5"),)
    assert found("housing_area", home).params == {"area": "20.5", "of": 4, "limit": 8}
    assert found("telecom_use", home).evidence == (("information/internet_use", "no"),)
    assert found("information_devices", home).evidence == (("information/personal_devices", "smartphone"),)


# --- all twelve -------------------------------------------------------------------------------------------------------


def test_a_standard_without_indicators_cannot_be_applied() -> None:
    with pytest.raises(StandardNotUsableError):
        find_deprivations(household(FOUR), standard_in_force(date(2027, 1, 1)))


@given(households)
def test_points_are_ten_for_a_deprivation_and_none_otherwise(of: Household) -> None:
    findings = find_deprivations(of, STANDARD)
    assert [finding.points for finding in findings] == [
        10 if finding.status is Status.DEPRIVED else 0 for finding in findings
    ]
    b2 = sum(finding.points for finding in findings)
    assert b2 % 10 == 0
    assert 0 <= b2 <= 120


@given(households)
def test_unknown_names_what_is_missing_and_nothing_else_does(of: Household) -> None:
    for finding in find_deprivations(of, STANDARD):
        assert (finding.status is Status.UNKNOWN) == bool(finding.missing)
        assert len(set(finding.missing)) == len(finding.missing)
        assert all(code for _, code in finding.evidence), "only given answers are evidence"


@given(complete_households)
def test_a_complete_household_leaves_open_only_what_was_answered_with_unknown(of: Household) -> None:
    unknown = {one.indicator for one in find_deprivations(of, STANDARD) if one.status is Status.UNKNOWN}
    assert unknown <= {"nutrition"}


@given(st.data())
def test_a_later_answer_never_overturns_what_was_decided(data: st.DataObject) -> None:
    whole = data.draw(complete_households)
    partly = data.draw(gappy(whole))
    for before, after in zip(find_deprivations(partly, STANDARD), find_deprivations(whole, STANDARD), strict=True):
        assert before.status in (Status.UNKNOWN, after.status), before


@given(households, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(of: Household, random: Random) -> None:
    shuffled = list(of.members)
    random.shuffle(shuffled)
    again = find_deprivations(replace(of, members=tuple(shuffled)), STANDARD)
    assert [(one.status, one.params) for one in again] == [
        (one.status, one.params) for one in find_deprivations(of, STANDARD)
    ]
