"""The six indicators that look at the people of a household: work, dependants, health, education.

Each `judge_…` says whether one person makes the household deprived; ages and lists of codes come from the standard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from fieldsurvey.rules.dependants import DependantRule
from fieldsurvey.rules.deprivations.finding import Finding, deprived, nobody_concerned, not_deprived, unknown
from fieldsurvey.rules.household import MEMBERS_PATH, Evidence, Household, Person
from fieldsurvey.rules.standards import AgeBand, Indicator

# Whether one person makes the household deprived (None: cannot be said), and the questions that decided or could.
Judgement = tuple[bool | None, tuple[str, ...]]
Judge = Callable[[Person, AgeBand], Judgement]


def employment(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """Someone of working age looks for work in vain, or works for wages without a contract."""
    return _one_suffices(indicator, persons, _judge_employment)


def dependants(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """Dependants are more than the given share of the members; an exact half is not more than 50 %."""
    rule = cast(DependantRule, indicator.dependants)  # the loader gives it to this indicator
    verdicts = [(person, rule.judge(person)) for person in persons]
    found = [person for person, verdict in verdicts if verdict]
    perhaps = [person for person, verdict in verdicts if verdict is None]
    share = indicator.limits["more_than_percent"] * len(persons)
    if 100 * len(found) > share:
        return deprived(indicator, _evidence_of(rule, found), count=len(found), of=len(persons))
    if not persons or 100 * (len(found) + len(perhaps)) > share:
        missing = tuple(path for person in perhaps for path in rule.missing(person))
        return unknown(indicator, missing or (MEMBERS_PATH,))
    return not_deprived(indicator, _evidence_of(rule, found), count=len(found), of=len(persons))


def _evidence_of(rule: DependantRule, found: Sequence[Person]) -> Evidence:
    return tuple(answer for person in found for answer in rule.evidence(person))


def nutrition(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """A child is too short or too light for the age."""
    return _one_suffices(indicator, persons, _judge_nutrition)


def health_insurance(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """Someone old enough has no health insurance card."""
    return _one_suffices(indicator, persons, _judge_insurance)


def adult_education(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """A young adult has neither the level for the age, nor studies at it, nor was certified by an enterprise."""
    return _one_suffices(indicator, persons, _judge_adult_education)


def child_schooling(indicator: Indicator, household: Household, persons: Sequence[Person]) -> Finding:
    """A child does not attend the school level for the age."""
    return _one_suffices(indicator, persons, _judge_child_schooling)


def _judge_employment(person: Person, band: AgeBand) -> Judgement:
    member, work = person.member, band.answers["m_work"]
    if member.work not in work.asks_further:
        return _plain(work.verdict(member.work), "m_work")
    contract = band.answers["m_contract"]
    if member.contract not in contract.asks_further:
        return _plain(contract.verdict(member.contract), "m_work", "m_contract")
    regular = band.answers["m_regular_work"].verdict(member.regular_work)
    if member.regular_work is None and regular is not None:  # not asked further: either answer comes to the same
        return _plain(regular, "m_work", "m_contract")
    return _plain(regular, "m_work", "m_contract", "m_regular_work")


def _judge_nutrition(person: Person, band: AgeBand) -> Judgement:
    verdicts = {question: table.verdict(person.answer(question)) for question, table in band.answers.items()}
    low = tuple(question for question, well_fed in verdicts.items() if well_fed is False)
    if low:
        return True, low
    unsaid = tuple(question for question, well_fed in verdicts.items() if well_fed is None)
    return (None, unsaid) if unsaid else (False, tuple(verdicts))


def _judge_insurance(person: Person, band: AgeBand) -> Judgement:
    insured = band.answers["m_health_insurance"].verdict(person.member.health_insurance)
    return _plain(insured, "m_health_insurance")


def _judge_adult_education(person: Person, band: AgeBand) -> Judgement:
    verdicts = {question: table.verdict(person.answer(question)) for question, table in band.answers.items()}
    enough = tuple(question for question, verdict in verdicts.items() if verdict)
    if enough:
        return False, enough
    unsaid = tuple(question for question, verdict in verdicts.items() if verdict is None)
    return (None, unsaid) if unsaid else (True, tuple(verdicts))


def _judge_child_schooling(person: Person, band: AgeBand) -> Judgement:
    return _plain(band.answers["m_attending"].verdict(person.member.attending), "m_attending")


def _plain(good: bool | None, *questions: str) -> Judgement:
    """Questions asked one after the other, of which the last decided: a counting answer is a good one."""
    return (None, questions[-1:]) if good is None else (not good, questions)


def _one_suffices(indicator: Indicator, persons: Sequence[Person], judge: Judge) -> Finding:
    """Deprived when one person is, whatever is unknown of the others; a household without members is not described."""
    if not persons:
        return unknown(indicator, (MEMBERS_PATH,))
    bad: list[Person] = []
    answers: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    missing: list[str] = []
    judged = [(person, found) for person in persons if (found := _judged(indicator, person, judge)) is not None]
    for person, (is_deprived, questions) in judged:
        if is_deprived is None:
            missing += [person.path(question) for question in questions]
            continue
        if is_deprived:
            bad.append(person)
            answers[True].append(person.birth_evidence)
        answers[is_deprived] += [person.evidence(question) for question in questions]
    if bad:
        return deprived(indicator, tuple(answers[True]), count=len(bad), of=len(judged))
    if missing:
        return unknown(indicator, tuple(missing))
    return not_deprived(indicator, tuple(answers[False]), of=len(judged)) if judged else nobody_concerned(indicator)


def _judged(indicator: Indicator, person: Person, judge: Judge) -> Judgement | None:
    """None for a person whom the indicator does not concern."""
    if person.age is None:
        return _judged_ageless(person, [judge(person, band) for band in indicator.bands])
    band = indicator.band_at(person.age)
    return None if band is None else judge(person, band)


def _judged_ageless(person: Person, judgements: Sequence[Judgement]) -> Judgement:
    """Someone of unknown age: harmless if so at every age that the indicator looks at, else the age is missing."""
    if all(is_deprived is False for is_deprived, _ in judgements):
        return judgements[0]
    unsaid = [question for is_deprived, questions in judgements if is_deprived is None for question in questions]
    return None, (person.birth_question, *dict.fromkeys(unsaid))
