"""Explanations: what is said and in which order, from a stored result as well, in both languages without a gap."""

from __future__ import annotations

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.classification import Classification, classify
from fieldsurvey.rules.deprivations import RULES
from fieldsurvey.rules.explain import Sentence, explain
from fieldsurvey.rules.household import Household
from fieldsurvey.rules.items import ItemPoints
from fieldsurvey.translations import LOCALES, catalogue, say
from tests.rules.households import REVIEWED, areas, household, households

COUPLE = (
    "1985-03-02 schooling=lower_secondary attending=none work=wage contract=none regular_work=yes health_insurance=no"
    " disability=none social_allowance=no pension=no;"
    "1988 schooling=primary attending=none work=farming health_insurance=no"
    " disability=none social_allowance=no pension=no"
)
POOR_HOME = {"source": "surface_water", "toilet": "-", "wall": "earth", "electricity_kwh": "20", "floor_area": "40"}


def rules_of(locale: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(locale).items() if key.startswith("rules.")}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def spoken(sentence: Sentence, locale: str) -> str:
    return say(sentence.message_id, locale, **sentence.params)


@pytest.fixture
def poor_couple() -> Classification:
    """Deprived in work, insurance and water; the toilet is not known; paper says 130."""
    return classify(household(COUPLE, **POOR_HOME), "rural", REVIEWED, income_points=130)


def test_the_class_comes_first_then_points_then_indicators_then_notices(poor_couple: Classification) -> None:
    assert [sentence.message_id.removeprefix("rules.") for sentence in explain(poor_couple)] == [
        "class.poor.because",
        "explain.cutoffs_rural",
        "explain.points_paper",
        "explain.deprivations_with_unknown",
        "indicator.employment.deprived",
        "indicator.health_insurance.deprived",
        "indicator.water.deprived",
        "indicator.sanitation.unknown",
        "indicator.dependants.not_deprived",
        "indicator.nutrition.nobody_concerned",
        "indicator.adult_education.nobody_concerned",
        "indicator.child_schooling.nobody_concerned",
        "indicator.housing_quality.not_deprived",
        "indicator.housing_area.not_deprived",
        "indicator.telecom_use.not_deprived",
        "indicator.information_devices.not_deprived",
        "notice.paper_points",
        "notice.standard_not_verified",
        "notice.incomplete",
    ]


def test_computed_points_are_said_to_be_computed() -> None:
    sentences = explain(
        classify(
            household(
                COUPLE,
                **POOR_HOME,
            ),
            "urban",
            REVIEWED,
        )
    )
    assert {"rules.explain.points_computed", "rules.explain.cutoffs_urban"} <= {one.message_id for one in sentences}


def test_why_the_class_is_said_with_points_limits_and_article(poor_couple: Classification) -> None:
    because = explain(poor_couple)[0]
    assert because.params == {
        "b1": 130,
        "b2": 30,
        "b1_limit": 140,
        "b2_limit": 30,
        "article": "NĐ 07/2021/NĐ-CP, Điều 3",
    }


def test_an_indicator_is_said_with_answers_points_and_article(poor_couple: Classification) -> None:
    (insurance,) = [one for one in explain(poor_couple) if one.indicator == "health_insurance"]
    assert insurance.params == {"count": 2, "of": 2, "points": 10, "article": "NĐ 07/2021/NĐ-CP, Phụ lục"}
    assert ("members[2]/m_health_insurance", "no") in insurance.evidence
    (toilet,) = [one for one in explain(poor_couple) if one.indicator == "sanitation"]
    assert (toilet.missing, toilet.params["points"]) == (("sanitation/toilet",), 0)


def test_an_explanation_reads_as_plain_vietnamese(poor_couple: Classification) -> None:
    words = {one.message_id: spoken(one, "vi") for one in explain(poor_couple)}
    assert words["rules.class.poor.because"] == (
        "Hộ nghèo: điểm B1 là 130, không vượt quá 140; điểm B2 là 30, đạt từ 30 trở lên (NĐ 07/2021/NĐ-CP, Điều 3)."
    )
    assert words["rules.indicator.health_insurance.deprived"] == (
        "Có 2 trên 2 người từ 6 tuổi trở lên chưa có thẻ bảo hiểm y tế."
    )


def test_a_stored_result_explains_itself_as_on_its_first_day(poor_couple: Classification) -> None:
    assert explain(Classification.from_dict(poor_couple.as_dict())) == explain(poor_couple)


@given(households, areas, st.none() | st.integers(0, 400))
def test_every_sentence_can_be_said_in_every_language(of: Household, area: str, paper: int | None) -> None:
    found = classify(of, area, REVIEWED, income_points=paper)
    sentences = explain(found)
    assert {sentence.indicator for sentence in sentences} >= set(RULES)
    for locale in LOCALES:
        assert all(spoken(sentence, locale) for sentence in sentences)
        assert all(item.name_id in catalogue(locale) for item in found.items)


def test_both_languages_say_the_same_things_with_the_same_parameters() -> None:
    vi, en = rules_of("vi"), rules_of("en")
    assert vi.keys() == en.keys()
    assert {key: placeholders(text) for key, text in vi.items()} == {
        key: placeholders(text) for key, text in en.items()
    }


def test_every_outcome_of_every_indicator_has_its_sentence() -> None:
    outcomes = {"name", "deprived", "not_deprived", "unknown"}
    kept = [key.split(".")[2:] for key in rules_of("vi") if key.startswith("rules.indicator.")]
    assert {indicator for indicator, _ in kept} == set(RULES)
    assert all({word for one, word in kept if one == indicator} >= outcomes for indicator in RULES)


def test_an_item_knows_its_name() -> None:
    assert say(ItemPoints("assets.car", "yes", 40).name_id, "vi") == "Ô tô"
