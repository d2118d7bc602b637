"""The six indicators about people, as tables of cases. Every household here was reviewed on 5 October 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fieldsurvey.rules.answers import answer_table
from fieldsurvey.rules.deprivations import Finding, find_deprivations
from fieldsurvey.rules.deprivations.members import _judge_employment
from fieldsurvey.rules.household import Household, persons_of
from fieldsurvey.rules.standards import AgeBand, standard_in_force
from tests.rules.households import REVIEWED, cases, household

STANDARD = standard_in_force(REVIEWED)


def found(indicator: str, of: Household) -> Finding:
    (finding,) = [one for one in find_deprivations(of, STANDARD) if one.indicator == indicator]
    return finding


def outcome(indicator: str, members: str) -> str:
    """The status; `nobody` when the indicator concerns no member."""
    finding = found(indicator, household(members))
    return "nobody" if finding.message_id.endswith(".nobody_concerned") else finding.status


@pytest.mark.parametrize(
    ("members", "expected"),
    cases("""
    | members                                         | expected     | case                                   |
    |-------------------------------------------------|--------------|----------------------------------------|
    | 1990 work=farming                               | not_deprived | farmer                                 |
    | 1990 work=own_business                          | not_deprived | own business                           |
    | 1990 work=housework                             | not_deprived | does not look for work                 |
    | 1990 work=unable                                | not_deprived | cannot work                            |
    | 1950 work=retired                               | not_deprived | retired                                |
    | 1990 work=jobless_wants_work                    | deprived     | wants work and finds none              |
    | 1990 work=farming; 1992 work=jobless_wants_work | deprived     | one member suffices                    |
    | 2011-10-05 work=jobless_wants_work              | deprived     | 15 on the day                          |
    | 2011-10-06 work=jobless_wants_work              | nobody       | 15 tomorrow                            |
    | 1946 work=jobless_wants_work                    | deprived     | no upper age                           |
    | 1990 work=wage contract=permanent               | not_deprived | permanent contract                     |
    | 1990 work=wage contract=fixed_term              | not_deprived | fixed-term contract                    |
    | 1990 work=wage contract=civil_servant           | not_deprived | civil servant                          |
    | 1990 work=wage contract=none regular_work=no    | deprived     | casual wage work without contract      |
    | 1990 work=wage contract=none regular_work=yes   | deprived     | regular wage work without contract     |
    | 1990 work=wage contract=none                    | deprived     | regularity unanswered, does not matter |
    | 1990 work=wage                                  | unknown      | contract unanswered                    |
    | 1990                                            | unknown      | work unanswered                        |
    | 1990; 1992 work=jobless_wants_work              | deprived     | decided whatever the other does        |
    | ? work=farming                                  | not_deprived | age unknown, harmless at any age       |
    | ? work=jobless_wants_work                       | unknown      | age unknown and it matters             |
    | 1990 work=astronaut                             | unknown      | a code that the standard lacks         |
    """),
)
def test_employment(members: str, expected: str) -> None:
    assert outcome("employment", members) == expected


def test_regular_work_without_contract_is_kept_as_evidence() -> None:
    finding = found("employment", household("1990 work=wage contract=none regular_work=yes"))
    assert finding.evidence == (
        ("members[1]/m_birth_year", "1990"),
        ("members[1]/m_work", "wage"),
        ("members[1]/m_contract", "none"),
        ("members[1]/m_regular_work", "yes"),
    )


@pytest.mark.parametrize(
    ("regular", "judgement"),
    [
        ("yes", (False, ("m_work", "m_contract", "m_regular_work"))),
        ("no", (True, ("m_work", "m_contract", "m_regular_work"))),
        ("-", (None, ("m_regular_work",))),
    ],
)
def test_the_other_reading_of_regular_work_is_a_change_of_data(regular: str, judgement: object) -> None:
    (band,) = STANDARD.indicators[0].bands
    spares_regular_work = answer_table(
        "m_regular_work", {"counts_as": "spared", "counts": ["yes"], "does_not_count": ["no"]}
    )
    other = AgeBand(band.start, band.before, {**band.answers, "m_regular_work": spares_regular_work})
    (worker,) = persons_of(household(f"1990 work=wage contract=none regular_work={regular}"))
    assert _judge_employment(worker, other) == judgement


CHILD, ADULT = "2015", "1985 disability=none social_allowance=no"
ELDER, POOR_ELDER = "1950 disability=none social_allowance=no", "1950 disability=none social_allowance=yes"


@pytest.mark.parametrize(
    ("members", "expected"),
    cases(f"""
    | members                                             | expected     | case |
    |-----------------------------------------------------|--------------|------|
    | {ADULT}                                             | not_deprived | nobody |
    | {ADULT}; {CHILD}                                    | not_deprived | exactly half: one of two |
    | {ADULT}; {ADULT}; {CHILD}; {CHILD}                  | not_deprived | exactly half: two of four |
    | {ADULT}; {CHILD}; {CHILD}                           | deprived     | two of three |
    | {ADULT}; 2010-10-06                                 | not_deprived | 15, a child: half |
    | 2010-10-06; 2010-10-06; {ADULT}                     | deprived     | two of 15, one day before the 16th birthday |
    | 2010-10-05 disability=none social_allowance=no; {CHILD}; {ADULT} | not_deprived | 16 on the day: no child |
    | {ELDER}                                             | not_deprived | old, without the allowance |
    | {POOR_ELDER}                                        | deprived     | old, with the allowance: alone |
    | 1966-10-05 disability=none social_allowance=yes     | deprived     | 60 on the day |
    | 1966-10-06 disability=none social_allowance=yes     | not_deprived | 60 tomorrow: allowance for another reason |
    | 1985 disability=severe social_allowance=yes         | deprived     | disabled, with the allowance |
    | 1985 disability=mild social_allowance=yes           | deprived     | slightly disabled, with the allowance |
    | 1985 disability=severe social_allowance=no          | not_deprived | disabled, without the allowance |
    | 1985 disability=none social_allowance=yes           | not_deprived | allowance for another reason |
    | 1985 social_allowance=yes                           | unknown      | disability unanswered |
    | 1985 disability=severe                              | unknown      | allowance unanswered |
    | 1950                                                | unknown      | elderly, allowance unanswered |
    | 1985 disability=none                                | not_deprived | neither old nor disabled: allowance is moot |
    | 1985 social_allowance=no                            | not_deprived | no allowance: disability is moot |
    | ? disability=severe social_allowance=yes            | deprived     | age unknown, dependant at any age |
    | ? disability=none social_allowance=no               | unknown      | age unknown: may be a child |
    | {ADULT}; {ADULT}; {ADULT}; ?                        | not_deprived | one unknown of four cannot make a majority |
    | {CHILD}; {CHILD}; {ADULT}; 1985 social_allowance=yes | unknown     | the unknown one would make three of four |
    | {CHILD}; {CHILD}; {CHILD}; {ADULT}; ?               | deprived     | three of five whatever the fifth is |
    """),
)
def test_dependants(members: str, expected: str) -> None:
    assert outcome("dependants", members) == expected


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        ("1985 social_allowance=yes", ("members[1]/m_disability",)),
        ("1985", ("members[1]/m_disability", "members[1]/m_social_allowance")),
        ("1950", ("members[1]/m_social_allowance",)),
        ("? social_allowance=no", ("members[1]/m_birth_date",)),
        ("?", ("members[1]/m_birth_date", "members[1]/m_disability", "members[1]/m_social_allowance")),
    ],
)
def test_dependants_names_what_could_still_decide(members: str, missing: tuple[str, ...]) -> None:
    assert found("dependants", household(members)).missing == missing


def test_dependants_shows_what_made_each_a_dependant() -> None:
    finding = found("dependants", household(f"{CHILD}; {POOR_ELDER}; 1985 disability=severe social_allowance=yes"))
    assert finding.params == {"count": 3, "of": 3}
    assert finding.evidence == (
        ("members[1]/m_birth_year", "2015"),
        ("members[2]/m_birth_year", "1950"),
        ("members[2]/m_social_allowance", "yes"),
        ("members[3]/m_disability", "severe"),
        ("members[3]/m_social_allowance", "yes"),
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    cases("""
    | members                                            | expected     | case                             |
    |----------------------------------------------------|--------------|----------------------------------|
    | 2020 height_for_age=normal weight_for_age=normal   | not_deprived | well fed                         |
    | 2020 height_for_age=low weight_for_age=normal      | deprived     | too short                        |
    | 2020 height_for_age=normal weight_for_age=low      | deprived     | too light                        |
    | 2020 height_for_age=low weight_for_age=unknown     | deprived     | one measure is enough            |
    | 2020 height_for_age=normal weight_for_age=unknown  | unknown      | the other not recorded           |
    | 2020 height_for_age=unknown weight_for_age=unknown | unknown      | nothing recorded                 |
    | 2020                                               | unknown      | unanswered                       |
    | 2010-10-06 height_for_age=low weight_for_age=low   | deprived     | 15, one day before 16            |
    | 2010-10-05 height_for_age=low weight_for_age=low   | nobody       | 16 on the day                    |
    | 1990                                               | nobody       | no child                         |
    | 2020 height_for_age=low; 2022                      | deprived     | decided by the first child       |
    | ? height_for_age=normal weight_for_age=normal      | not_deprived | age unknown, well fed at any age |
    | ? height_for_age=low                               | unknown      | age unknown and it matters       |
    """),
)
def test_nutrition(members: str, expected: str) -> None:
    assert outcome("nutrition", members) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    cases("""
    | members                                              | expected     | case                               |
    |------------------------------------------------------|--------------|------------------------------------|
    | 1990 health_insurance=yes; 1992 health_insurance=yes | not_deprived | everyone insured                   |
    | 1990 health_insurance=yes; 1992 health_insurance=no  | deprived     | one without a card                 |
    | 2020-10-05 health_insurance=no                       | deprived     | 6 on the day                       |
    | 2020-10-06 health_insurance=no                       | nobody       | 6 tomorrow: insured by law         |
    | 1990 health_insurance=yes; 2023 health_insurance=no  | not_deprived | children under 6 do not count      |
    | 2020 health_insurance=no                             | deprived     | year only: 6 in the year           |
    | 2021 health_insurance=no                             | nobody       | year only: 5 in the year           |
    | 1990                                                 | unknown      | unanswered                         |
    | 1990; 1992 health_insurance=no                       | deprived     | decided whatever the first answers |
    | ? health_insurance=yes                               | not_deprived | age unknown, insured               |
    | ? health_insurance=no                                | unknown      | age unknown and it matters         |
    """),
)
def test_health_insurance(members: str, expected: str) -> None:
    assert outcome("health_insurance", members) == expected


NOT_LEARNING = "attending=none enterprise_certificate=no"
AT_LOWER = "attending=lower_secondary enterprise_certificate=no"
AT_UPPER = "attending=upper_secondary enterprise_certificate=no"


@pytest.mark.parametrize(
    ("members", "expected"),
    cases(f"""
    | members                                                       | expected     | case |
    |---------------------------------------------------------------|--------------|------|
    | 2010-10-06 schooling=primary {NOT_LEARNING}                   | nobody       | 15: not yet looked at |
    | 2010-10-05 schooling=primary {NOT_LEARNING}                   | deprived     | 16 on the day |
    | 2010-10-05 schooling=lower_secondary {NOT_LEARNING}           | not_deprived | 16, finished lower secondary |
    | 2008-10-06 schooling=lower_secondary {NOT_LEARNING}           | not_deprived | 17, finished lower secondary |
    | 2008-10-05 schooling=lower_secondary {NOT_LEARNING}           | deprived     | 18 on the day: no longer enough |
    | 2008-10-05 schooling=upper_secondary {NOT_LEARNING}           | not_deprived | 18, finished upper secondary |
    | 2008-10-05 schooling=vocational_elementary {NOT_LEARNING}     | not_deprived | 18, elementary vocational |
    | 2009 schooling=primary {AT_LOWER}                             | not_deprived | 17, studies at lower secondary |
    | 2008 schooling=primary {AT_LOWER}                             | deprived     | 18, studies below the level |
    | 2008 schooling=primary {AT_UPPER}                             | not_deprived | 18, studies at upper secondary |
    | 2000 schooling=none attending=vocational enterprise_certificate=no | not_deprived | learns a trade |
    | 2000 schooling=none attending=none enterprise_certificate=yes | not_deprived | certified by an enterprise |
    | 1996-10-05 schooling=primary {NOT_LEARNING}                   | deprived     | 30 on the day |
    | 1995-10-06 schooling=primary {NOT_LEARNING}                   | deprived     | 30, one day before 31 |
    | 1995-10-05 schooling=primary {NOT_LEARNING}                   | nobody       | 31 on the day |
    | 1996 schooling=primary {NOT_LEARNING}                         | deprived     | year only: 30 in the year |
    | 1995 schooling=primary {NOT_LEARNING}                         | nobody       | year only: 31 in the year |
    | 2000 schooling=primary attending=none                         | unknown      | certificate unanswered |
    | 2000 attending=none enterprise_certificate=no                 | unknown      | schooling unanswered |
    | 2000 schooling=university                                     | not_deprived | the rest is moot |
    | 2000; 2001 schooling=primary {NOT_LEARNING}                   | deprived     | decided by the second |
    | ? schooling=university                                        | not_deprived | age unknown, enough at any age |
    | ? schooling=lower_secondary {NOT_LEARNING}                    | unknown      | age unknown: enough only under 18 |
    """),
)
def test_adult_education(members: str, expected: str) -> None:
    assert outcome("adult_education", members) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    cases("""
    | members                              | expected     | case                                     |
    |--------------------------------------|--------------|------------------------------------------|
    | 2023-10-06                           | nobody       | 3 tomorrow                               |
    | 2023-10-05 attending=none            | deprived     | 3 on the day, not at preschool           |
    | 2023-10-05 attending=preschool       | not_deprived | 3 on the day, at preschool               |
    | 2020-10-06 attending=preschool       | not_deprived | 5, at preschool                          |
    | 2020-12-01 attending=primary         | not_deprived | 5, already at primary school             |
    | 2020-10-05 attending=preschool       | deprived     | 6 on the day, still at preschool         |
    | 2020-10-05 attending=primary         | not_deprived | 6 on the day, at primary school          |
    | 2014-10-06 attending=primary         | not_deprived | 11, at primary school                    |
    | 2015-12-01 attending=lower_secondary | not_deprived | 10, already at lower secondary school    |
    | 2014-10-05 attending=primary         | deprived     | 12 on the day, still at primary school   |
    | 2014-10-05 attending=lower_secondary | not_deprived | 12 on the day, at lower secondary school |
    | 2011 attending=upper_secondary       | not_deprived | 15, already at upper secondary school    |
    | 2010-10-06 attending=none            | deprived     | 15, left school                          |
    | 2010-10-05 attending=none            | nobody       | 16 on the day: an adult here             |
    | 2018                                 | unknown      | unanswered                               |
    | 2018; 2016 attending=none            | deprived     | decided by the other child               |
    | 2018 attending=primary; 2023         | unknown      | one child unanswered (3 in the year)     |
    | 2018 attending=primary; 2024         | not_deprived | the other is too young                   |
    | ? attending=lower_secondary          | not_deprived | age unknown, high enough at any age      |
    | ? attending=primary                  | unknown      | age unknown: enough only under 12        |
    | ?                                    | unknown      | neither age nor school known             |
    """),
)
def test_child_schooling(members: str, expected: str) -> None:
    assert outcome("child_schooling", members) == expected


def test_missing_facts_are_named_each_once_with_the_date_of_birth_first() -> None:
    assert found("child_schooling", household("?")).missing == ("members[1]/m_birth_date", "members[1]/m_attending")


def test_evidence_names_every_offender_and_only_them() -> None:
    finding = found(
        "health_insurance",
        household("1990 health_insurance=no; 1992 health_insurance=yes; 2001-02-03 health_insurance=no"),
    )
    assert finding.params == {"count": 2, "of": 3}
    assert finding.evidence == (
        ("members[1]/m_birth_year", "1990"),
        ("members[1]/m_health_insurance", "no"),
        ("members[3]/m_birth_date", "2001-02-03"),
        ("members[3]/m_health_insurance", "no"),
    )


def test_ages_are_those_of_the_review_not_of_today() -> None:
    child = household("2020-10-06 health_insurance=no")
    assert found("health_insurance", child).points == 0
    assert found("health_insurance", replace(child, review_date=date(2026, 10, 6))).points == 10


MEMBER_INDICATORS = ["employment", "dependants", "nutrition", "health_insurance", "adult_education", "child_schooling"]


@pytest.mark.parametrize("indicator", MEMBER_INDICATORS)
def test_a_household_without_members_is_not_described(indicator: str) -> None:
    finding = found(indicator, household())
    assert (finding.status, finding.missing, finding.points) == ("unknown", ("members",), 0)
