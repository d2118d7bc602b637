"""Which answer codes of the form a rule names, so that a code unknown to it is found before it misleads anyone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fieldsurvey.rules.household import Answer


@dataclass(frozen=True, slots=True, eq=False)
class AnswerTable:
    """Every code of one question, sorted by what it means to one rule. A code stands in exactly one list."""

    question: str  # the form's field, for example m_work or wall
    counts_as: str  # what counting means, for example "durable material"
    counts: frozenset[str]
    does_not_count: frozenset[str]
    undecided: frozenset[str]  # an answer that says that the fact is not known
    asks_further: frozenset[str]  # another question decides
    _verdicts: Mapping[Answer, bool] = field(repr=False)

    @property
    def codes(self) -> frozenset[str]:
        return self.counts | self.does_not_count | self.undecided | self.asks_further

    def verdict(self, answer: Answer) -> bool | None:
        """Whether the answer counts. None: undecided, unlisted, or not given – unless all answers come to the same."""
        return self._verdicts.get(answer)


_YES_NO = {"yes": True, "no": False}


def answer_table(question: str, table: Mapping[str, Any]) -> AnswerTable:
    """Reads `{counts_as, counts, does_not_count, undecided, asks_further}`; ValueError for a code in two lists."""
    lists = {name: table.get(name, []) for name in ("counts", "does_not_count", "undecided", "asks_further")}
    codes = [code for listed in lists.values() for code in listed]
    if len(codes) != len(set(codes)):
        raise ValueError(f"{question}: a code stands in two lists")
    return AnswerTable(
        question=question,
        counts_as=table["counts_as"],
        _verdicts=_verdicts_of(lists["counts"], lists["does_not_count"], len(codes)),
        **{name: frozenset(listed) for name, listed in lists.items()},
    )


def _verdicts_of(counts: list[str], does_not_count: list[str], all_codes: int) -> dict[Answer, bool]:
    verdicts: dict[Answer, bool] = {}
    for code, verdict in [*((code, True) for code in counts), *((code, False) for code in does_not_count)]:
        verdicts[code] = verdict
        if code in _YES_NO:
            verdicts[_YES_NO[code]] = verdict  # the form's yes and no are True and False in a household
    if all_codes in (len(counts), len(does_not_count)):
        verdicts[None] = bool(counts)  # every answer comes to the same, so a missing one decides nothing
    return verdicts


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A place where form and law do not fit: `code` of `question` as `rule` sees it."""

    rule: str  # indicator or item
    question: str
    code: str  # "*" for the whole question
    where: str  # "not_in_law": the form offers it, the rule does not know it · "not_in_form": the other way round


class NamesAnswers(Protocol):
    """A standard or a points table: says which codes each of its rules knows."""

    def named_codes(self) -> Iterable[tuple[str, str, frozenset[str]]]: ...


def uncovered(law: NamesAnswers, choices: Mapping[str, Collection[str]]) -> tuple[Gap, ...]:
    """What form and law do not have in common, empty when they fit.

    `choices`: question → codes offered, with the form's field names (m_work, wall, source …); a yes/no question
    offers {"yes", "no"}. Questions that the law does not name are not looked at.
    """
    gaps: set[Gap] = set()
    for rule, question, known in law.named_codes():
        if question not in choices:
            gaps.add(Gap(rule, question, "*", "not_in_form"))
            continue
        offered = frozenset(choices[question])
        gaps |= {Gap(rule, question, code, "not_in_law") for code in offered - known}
        gaps |= {Gap(rule, question, code, "not_in_form") for code in known - offered}
    return tuple(sorted(gaps))
