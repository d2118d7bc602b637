"""Which basic social services a household lacks: every indicator of a standard judged on one household.

The indicators that look at people are in `members`, those that look at the home and its equipment in `dwelling`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fieldsurvey.rules.deprivations import dwelling, members
from fieldsurvey.rules.deprivations.finding import Finding, Status
from fieldsurvey.rules.household import Household, Person, persons_of
from fieldsurvey.rules.standards import Indicator, Standard

__all__ = ["RULES", "Finding", "Status", "find_deprivations"]

Rule = Callable[[Indicator, Household, Sequence[Person]], Finding]

RULES: dict[str, Rule] = {
    "employment": members.employment,
    "dependants": members.dependants,
    "nutrition": members.nutrition,
    "health_insurance": members.health_insurance,
    "adult_education": members.adult_education,
    "child_schooling": members.child_schooling,
    "housing_quality": dwelling.housing_quality,
    "housing_area": dwelling.housing_area,
    "water": dwelling.water,
    "sanitation": dwelling.sanitation,
    "telecom_use": dwelling.telecom_use,
    "information_devices": dwelling.information_devices,
}


def find_deprivations(household: Household, standard: Standard) -> tuple[Finding, ...]:
    """One finding per indicator, in the decree's order; ages are those of `household.review_date`.

    An indicator is unknown, with 0 points, only when an unanswered question could still decide it.
    Raises StandardNotUsableError when the standard's indicators are not loaded.
    """
    standard.require_usable()
    persons = persons_of(household)
    return tuple(RULES[indicator.id](indicator, household, persons) for indicator in standard.indicators)
