"""Ages and answers: dates of birth only partly known, birthdays on the day, and answers in the form's words."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.household import PATHS, Answer, BirthDate, Household, Member, as_code, persons_of
from tests.rules.households import REVIEWED, born, cases, household


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    cases("""
    | birth      | on         | age | case                                                  |
    |------------|------------|-----|-------------------------------------------------------|
    | 2020-10-05 | 2026-10-05 | 6   | birthday on the day itself                            |
    | 2020-10-06 | 2026-10-05 | 5   | birthday tomorrow                                     |
    | 2020-10-04 | 2026-10-05 | 6   | birthday yesterday                                    |
    | 2020-11-01 | 2026-10-05 | 5   | later month, earlier day                              |
    | 2020       | 2026-01-01 | 6   | year only: difference of the years, even on 1 January |
    | 2020       | 2026-12-31 | 6   | year only, on 31 December                             |
    | 2020-10    | 2026-10-01 | 6   | month without day: reached on the first of the month  |
    | 2020-10    | 2026-09-30 | 5   | month without day: not yet reached                    |
    | 2008-02-29 | 2026-02-28 | 17  | leap day: not reached on 28 February                  |
    | 2008-02-29 | 2026-03-01 | 18  | leap day: reached on 1 March                          |
    | 2008-02-29 | 2024-02-29 | 16  | leap day in a leap year                               |
    | 2026-10-05 | 2026-10-05 | 0   | born on the day                                       |
    | 2026-10-06 | 2026-10-05 | -1  | born tomorrow                                         |
    """),
)
def test_age_is_in_completed_years(birth: str, on: str, age: str) -> None:
    known = born(birth)
    assert known is not None
    assert known.age_on(date.fromisoformat(on)) == int(age)


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_year_only_is_at_most_one_year_off(birth: date, on: date) -> None:
    full = BirthDate(birth.year, birth.month, birth.day).age_on(on)
    assert BirthDate(birth.year).age_on(on) - full in (0, 1)


@pytest.mark.parametrize("parts", [(2023, 2, 29), (2023, 13, 1), (2023, None, 5)])
def test_a_date_of_birth_that_does_not_exist_is_refused(parts: tuple[int, int | None, int]) -> None:
    with pytest.raises(ValueError):
        BirthDate(*parts)


def test_birth_dates_are_written_as_far_as_known() -> None:
    assert [str(BirthDate(1990, 5, 1)), str(BirthDate(1990, 5)), str(BirthDate(1990))] == [
        "1990-05-01",
        "1990-05",
        "1990",
    ]


@pytest.mark.parametrize(
    ("birth", "age"),
    cases("""
    | birth      | age | case                                           |
    |------------|-----|------------------------------------------------|
    | 1990-10-05 | 36  | known                                          |
    | ?          | -   | not given                                      |
    | 2027       | -   | after the review: contradicts itself           |
    | 1850       | 130 | nobody is older: taken to be as old as it gets |
    """),
)
def test_people_have_their_age_on_the_day_of_review(birth: str, age: str) -> None:
    (found,) = persons_of(household(birth))
    assert found.age == (None if age == "-" else int(age))


def test_a_person_stands_on_the_form_where_the_repeat_has_them() -> None:
    first, second = persons_of(household("1990-05-01 health_insurance=no; 1985"))
    assert first.evidence("m_health_insurance") == ("members[1]/m_health_insurance", "no")
    assert first.birth_evidence == ("members[1]/m_birth_date", "1990-05-01")
    assert second.birth_evidence == ("members[2]/m_birth_year", "1985")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("tile", "tile"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (frozenset({"tv", "phone"}), "phone tv"),
        (60, "60"),
        (100, "100"),
        (Decimal("36.50"), "36.5"),
        (Decimal("60.00"), "60"),
        (Decimal("1E+2"), "100"),
    ],
)
def test_answers_are_written_in_the_forms_words(value: Answer, code: str) -> None:
    assert as_code(value) == code


def test_every_fact_of_a_household_has_its_place_on_the_form() -> None:
    facts = {field.name for field in fields(Household)} - {"review_date", "members", "gone"}
    assert facts == set(PATHS)
    assert PATHS["wall"] == "housing/wall"


def test_an_undescribed_household_has_no_answers() -> None:
    bare = Household(REVIEWED)
    assert all(getattr(bare, fact) is None for fact in PATHS)
    assert all(getattr(Member(), field.name) is None for field in fields(Member))
