"""The six indicators that look at the home and its equipment: housing, water and sanitation, information."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fieldsurvey.rules.deprivations.finding import Finding, deprived, not_deprived, unknown
from fieldsurvey.rules.household import MEMBERS_PATH, PATHS, Answer, Household, Person, as_code, plain_number
from fieldsurvey.rules.standards import Indicator


def housing_quality(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """At least two of the three main structures (wall, pillar, roof) are of material that does not last."""
    durable = {part: table.verdict(_answer(household, part)) for part, table in indicator.answers.items()}
    weak = [part for part, verdict in durable.items() if verdict is False]
    unsaid = [part for part, verdict in durable.items() if verdict is None]
    limit = indicator.limits["at_least_weak"]
    if len(weak) >= limit:
        return deprived(indicator, _evidence(household, weak), count=len(weak), of=len(durable))
    if len(weak) + len(unsaid) >= limit:
        return unknown(indicator, tuple(PATHS[part] for part in unsaid))
    said = [part for part in durable if part not in unsaid]
    return not_deprived(indicator, _evidence(household, said), count=len(weak), of=len(durable))


def housing_area(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """Less floor per person than the limit in m²; exactly the limit is enough."""
    facts = {PATHS["floor_area"]: household.floor_area, MEMBERS_PATH: persons or None}
    missing = tuple(path for path, fact in facts.items() if fact is None)
    if household.floor_area is None or missing:
        return unknown(indicator, missing)
    limit = indicator.limits["least_m2_per_person"]
    outcome = deprived if _too_small(household.floor_area, limit, len(persons)) else not_deprived
    area = plain_number(household.floor_area)
    return outcome(indicator, ((PATHS["floor_area"], area),), area=area, of=len(persons), limit=limit)


def _too_small(area: Decimal, limit: int, people: int) -> bool:
    return area < limit * people  # no division: nothing is rounded


def water(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """The main source of drinking and cooking water is not a safe one."""
    return _by_answer(indicator, household, "source")


def sanitation(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """The household does not use a hygienic toilet."""
    return _by_answer(indicator, household, "toilet")


def telecom_use(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """No member uses the internet."""
    return _by_answer(indicator, household, "internet_use")


def information_devices(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """Neither a shared device (television, radio, desktop computer, telephone) nor a personal one."""
    has = {question: _has_any(indicator, household, question) for question in indicator.answers}
    with_devices = [question for question, verdict in has.items() if verdict]
    if with_devices:
        return not_deprived(indicator, _evidence(household, with_devices))
    unsaid = tuple(PATHS[question] for question, verdict in has.items() if verdict is None)
    if unsaid:
        return unknown(indicator, unsaid)
    return deprived(indicator, _evidence(household, list(has)))


def _has_any(indicator: Indicator, household: Household, question: str) -> bool | None:
    """Whether one of the chosen codes counts; None when nothing is chosen or a code is not known to the standard."""
    chosen = _answer(household, question)
    if not isinstance(chosen, frozenset) or not chosen:
        return None
    verdicts = {indicator.answers[question].verdict(code) for code in chosen}
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _by_answer(indicator: Indicator, household: Household, question: str) -> Finding:
    good = indicator.answers[question].verdict(_answer(household, question))
    if good is None:
        return unknown(indicator, (PATHS[question],))
    return (not_deprived if good else deprived)(indicator, _evidence(household, [question]))


def _answer(household: Household, question: str) -> Answer:
    value: Answer = getattr(household, question)
    return value


def _evidence(household: Household, questions: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((PATHS[question], as_code(_answer(household, question))) for question in questions)
