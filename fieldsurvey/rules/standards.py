"""Multidimensional poverty standards: income lines, classes and indicators, each for its period, read from data/.

How an indicator is judged on a household is in `deprivations`; points for income are in `points`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from fieldsurvey.rules.answers import AnswerTable, answer_table
from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.dependants import DependantRule, dependant_rule
from fieldsurvey.rules.household import OLDEST
from fieldsurvey.rules.law import LawLookupError, Source, age_range, in_force, read_law, source_from


class NoStandardInForceError(LawLookupError):
    """No poverty standard holds on the day asked for."""


class StandardNotUsableError(LawLookupError):
    """The standard is known but parts of it are not loaded; `standard.not_loaded` names them."""


@dataclass(frozen=True, slots=True)
class ClassRule:
    """A household class of the decree: within the income line or not, and how many indicators are deprived."""

    id: str
    within_income_line: bool
    min_deprived: int
    max_deprived: int
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class AgeBand:
    """What an indicator asks of people aged `start` to `before` (half-open), by question."""

    start: int
    before: int
    answers: Mapping[str, AnswerTable]


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One of the indicators of access to basic social services. Judged on people it has age bands, else answers."""

    id: str
    number: int  # its place in the decree
    service: str
    points: int  # when deprived
    source: Source
    limits: Mapping[str, int]
    answers: Mapping[str, AnswerTable]
    bands: tuple[AgeBand, ...]
    dependants: DependantRule | None
    reading: str  # how we read the text where it leaves a choice; empty when it leaves none
    _band_at: tuple[AgeBand | None, ...]

    def band_at(self, age: int) -> AgeBand | None:
        """The band of people of that age; None when the indicator does not concern them."""
        return self._band_at[age]


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """A poverty standard. Income lines are in đồng per person and month."""

    id: str
    title: str  # number of the decree
    valid_from: date
    valid_to: date
    in_effect_from: date | None  # of the decree itself, before its standard is applied; None when not found
    articles: tuple[Source, ...]
    income_lines: Mapping[AreaType, int]
    average_living_lines: Mapping[AreaType, int]  # upper end of "average living standard"; empty when not known
    classes: tuple[ClassRule, ...]
    indicators: tuple[Indicator, ...]
    not_loaded: tuple[str, ...]  # parts of the law that nobody has loaded yet; without them nothing can be scored
    verified: bool  # an official has compared all of it with the text

    @property
    def usable(self) -> bool:
        return not self.not_loaded

    def require_usable(self) -> None:
        """Raises StandardNotUsableError, naming what is missing."""
        if not self.usable:
            missing = ", ".join(self.not_loaded)
            raise StandardNotUsableError(f"rules.standard.{self.id}.not_usable", standard=self.title, missing=missing)

    def class_rule(self, class_id: str) -> ClassRule:
        return next(rule for rule in self.classes if rule.id == class_id)

    def named_codes(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Indicator, question and the codes that it knows; a question counts once per age band."""
        for indicator in self.indicators:
            for tables in (indicator.answers, *(band.answers for band in indicator.bands)):
                for question, table in tables.items():
                    yield indicator.id, question, table.codes


@cache
def all_standards() -> tuple[Standard, ...]:
    """Every standard that we know, oldest first."""
    return tuple(_standard(law) for law in read_law("standard"))


def standard_in_force(on: date) -> Standard:
    """The standard of that day; it may not be `usable`. Raises NoStandardInForceError."""
    standard = in_force(all_standards(), on)
    if standard is None:
        raise NoStandardInForceError("rules.law.no_standard_in_force", on=on.isoformat())
    return standard


def _standard(law: dict[str, Any]) -> Standard:
    articles = tuple(source_from(article) for article in law["articles"])
    classes = tuple(_class_rule(rule) for rule in law["classes"])
    indicators = tuple(_indicator(table) for table in law.get("indicators", []))
    return Standard(
        id=law["id"],
        title=law["title"],
        valid_from=law["valid_from"],
        valid_to=law["valid_to"],
        in_effect_from=law.get("in_effect_from"),
        articles=articles,
        income_lines=_by_area(law["income_lines"]),
        average_living_lines=_by_area(law.get("average_living_lines", {})),
        classes=classes,
        indicators=indicators,
        not_loaded=tuple(law["not_loaded"]),
        verified=_all_verified(*articles, *(one.source for one in classes), *(one.source for one in indicators)),
    )


def _all_verified(*sources: Source) -> bool:
    return all(source.verified for source in sources)


def _by_area(table: dict[str, int]) -> Mapping[AreaType, int]:
    return MappingProxyType({AreaType(area): amount for area, amount in table.items() if area in list(AreaType)})


def _class_rule(table: dict[str, Any]) -> ClassRule:
    return ClassRule(
        id=table["id"],
        within_income_line=table["within_income_line"],
        min_deprived=table["min_deprived"],
        max_deprived=table["max_deprived"],
        source=source_from(table["source"]),
    )


def _indicator(table: dict[str, Any]) -> Indicator:
    answers = _answers(table)
    bands = tuple(_band(band) for band in table.get("bands", []))
    return Indicator(
        id=table["id"],
        number=table["number"],
        service=table["service"],
        points=table["points"],
        source=source_from(table["source"]),
        limits=MappingProxyType(table.get("limits", {})),
        answers=answers,
        bands=bands,
        dependants=dependant_rule({**table["limits"], **table}) if table["id"] == "dependants" else None,
        reading=table.get("reading", ""),
        _band_at=tuple(_only_band(bands, age) for age in range(OLDEST + 1)),
    )


def _answers(table: dict[str, Any]) -> Mapping[str, AnswerTable]:
    found = {question: answer_table(question, codes) for question, codes in table.get("answers", {}).items()}
    return MappingProxyType(found)


def _band(table: dict[str, Any]) -> AgeBand:
    start, before = age_range(table["ages"])
    return AgeBand(start=start, before=before, answers=_answers(table))


def _only_band(bands: tuple[AgeBand, ...], age: int) -> AgeBand | None:
    """The band of an age; ValueError when two bands claim it."""
    claiming = [band for band in bands if band.start <= age < band.before]
    if len(claiming) > 1:
        raise ValueError(f"two age bands hold the age {age}")
    return claiming[0] if claiming else None
