"""Who is a dependant: a child, or an elderly or disabled person who receives the monthly social allowance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fieldsurvey.rules.answers import AnswerTable, answer_table
from fieldsurvey.rules.household import Evidence, Person


@dataclass(frozen=True, slots=True, eq=False)
class DependantRule:
    """Ages in completed years on the day of review: a child is younger than `child_before`."""

    child_before: int
    elderly_from: int
    disability: AnswerTable  # counts: disabled
    allowance: AnswerTable  # counts: receives the allowance

    def judge(self, person: Person) -> bool | None:
        """Whether this person is a dependant; None when an answer that decides is missing."""
        if person.age is not None and person.age < self.child_before:
            return True
        entitled = self._elderly_or_disabled(person)
        receives = self.allowance.verdict(person.member.social_allowance)
        if entitled and receives:
            return True
        if person.age is None:
            return None  # may be a child
        return False if entitled is False or receives is False else None

    def _elderly_or_disabled(self, person: Person) -> bool | None:
        if person.age is not None and person.age >= self.elderly_from:
            return True
        disabled = self.disability.verdict(person.member.disability)
        return None if person.age is None and disabled is False else disabled

    def evidence(self, person: Person) -> Evidence:
        """The answers that made this person a dependant."""
        if person.age is not None and person.age < self.child_before:
            return (person.birth_evidence,)
        if person.age is not None and person.age >= self.elderly_from:
            return person.birth_evidence, person.evidence("m_social_allowance")
        return person.evidence("m_disability"), person.evidence("m_social_allowance")

    def missing(self, person: Person) -> tuple[str, ...]:
        """The unanswered questions that could decide, for somebody whom `judge` leaves open."""
        receives = self.allowance.verdict(person.member.social_allowance)
        disabled = self.disability.verdict(person.member.disability)
        elderly = person.age is not None and person.age >= self.elderly_from
        facts = {
            person.path(person.birth_question): person.age is None,
            person.path("m_disability"): disabled is None and not elderly and receives is not False,
            person.path("m_social_allowance"): receives is None,
        }
        return tuple(path for path, decides in facts.items() if decides)


def dependant_rule(table: dict[str, Any]) -> DependantRule:
    """Reads `{child_before, elderly_from, answers.m_disability, answers.m_social_allowance}`."""
    return DependantRule(
        child_before=table["child_before"],
        elderly_from=table["elderly_from"],
        disability=answer_table("m_disability", table["answers"]["m_disability"]),
        allowance=answer_table("m_social_allowance", table["answers"]["m_social_allowance"]),
    )
