"""The class of a household: its points compared with the cut-offs of the day, with everything that led there kept.

A stored classification is read back without any of today's law. The decision is not made here: meeting and chairman do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.deprivations import Finding, Status, find_deprivations
from fieldsurvey.rules.household import Household
from fieldsurvey.rules.points import Cutoffs, ItemPoints, PointsTable, points_table_in_force, score
from fieldsurvey.rules.standards import Standard, standard_in_force

Lines = tuple[ItemPoints | Finding, ...]

SCHEMA = 1  # of as_dict(); raise it when a key changes its meaning


class HouseholdClass(StrEnum):
    POOR = "poor"  # hộ nghèo
    NEAR_POOR = "near_poor"  # hộ cận nghèo
    NOT_POOR = "not_poor"  # hộ không nghèo


class Notice(StrEnum):
    """What a reader must know of a result; shown as `rules.notice.<value>`."""

    REFERENCE_POINTS = "reference_points"  # B1 was computed with a table that nobody has verified
    STANDARD_NOT_VERIFIED = "standard_not_verified"  # the indicators have not been compared with the decree
    PAPER_POINTS = "paper_points"  # B1 is the one that an official entered
    INCOMPLETE = "incomplete"  # an unanswered question could still change the points

    @property
    def message_id(self) -> str:
        return f"rules.notice.{self.value}"


@dataclass(frozen=True, slots=True)
class Classification:
    """A household's class and all that it rests on. `b1` and `b2` are the points that decided."""

    household_class: HouseholdClass
    area_type: AreaType
    law_date: date  # the day whose law was applied
    review_date: date  # the day on which ages were reckoned
    b1: int
    b1_computed: int
    b1_paper: int | None  # entered by an official in place of the computed points
    b2: int
    cutoffs: Cutoffs
    standard_id: str
    table_id: str
    verified: bool  # standard and table were both compared with the official text
    class_article: str
    notices: tuple[Notice, ...]
    items: tuple[ItemPoints, ...]
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Node paths of the unanswered questions that could still change points, each once."""
        lines: Lines = (*self.findings, *self.items)
        return tuple(dict.fromkeys(path for line in lines for path in line.missing))

    def with_status(self, status: Status) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.status is status)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` gives an equal classification back."""
        return {
            "schema": SCHEMA,
            "household_class": self.household_class.value,
            "area_type": self.area_type.value,
            "law_date": self.law_date.isoformat(),
            "review_date": self.review_date.isoformat(),
            "b1": self.b1,
            "b1_computed": self.b1_computed,
            "b1_paper": self.b1_paper,
            "b2": self.b2,
            "cutoffs": {"b1": self.cutoffs.b1, "b2": self.cutoffs.b2, "article": self.cutoffs.article},
            "standard_id": self.standard_id,
            "table_id": self.table_id,
            "verified": self.verified,
            "class_article": self.class_article,
            "notices": [notice.value for notice in self.notices],
            "items": [item.as_dict() for item in self.items],
            "findings": [finding.as_dict() for finding in self.findings],
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Classification:
        """Reads what `as_dict` wrote. Raises ValueError when a newer program wrote it."""
        if stored["schema"] > SCHEMA:
            raise ValueError(f"classification of schema {stored['schema']}, this program reads up to {SCHEMA}")
        return cls(
            household_class=HouseholdClass(stored["household_class"]),
            area_type=AreaType(stored["area_type"]),
            law_date=date.fromisoformat(stored["law_date"]),
            review_date=date.fromisoformat(stored["review_date"]),
            b1=stored["b1"],
            b1_computed=stored["b1_computed"],
            b1_paper=stored["b1_paper"],
            b2=stored["b2"],
            cutoffs=Cutoffs(**stored["cutoffs"]),
            standard_id=stored["standard_id"],
            table_id=stored["table_id"],
            verified=stored["verified"],
            class_article=stored["class_article"],
            notices=tuple(Notice(value) for value in stored["notices"]),
            items=tuple(ItemPoints.from_dict(item) for item in stored["items"]),
            findings=tuple(Finding.from_dict(finding) for finding in stored["findings"]),
        )


def classify(
    household: Household,
    area_type: AreaType | str,
    on: date,
    *,
    standard: Standard | None = None,
    table: PointsTable | None = None,
    income_points: int | None = None,
) -> Classification:
    """The class of a household by the law of the day `on` (ages: the household's own review date).

    `standard` and `table` replace the law of that day. `income_points` is the B1 that an official read off paper; it
    decides in place of the computed points, which are kept beside it.
    Raises LawLookupError (a LookupError) when the law of that day is not known or not loaded.
    """
    standard = standard or standard_in_force(on)
    standard.require_usable()  # before the table is looked for: it is the clearer trouble
    table = table or points_table_in_force(on)
    return _judged(household, AreaType(area_type), on, standard, table, income_points)


def _judged(
    household: Household, area: AreaType, on: date, standard: Standard, table: PointsTable, paper: int | None
) -> Classification:
    findings, items = find_deprivations(household, standard), score(household, area, table)
    b1_computed = sum([item.points for item in items])
    b1 = b1_computed if paper is None else paper
    b2 = sum([finding.points for finding in findings])
    household_class = class_of(b1, b2, table.cutoffs[area])
    return Classification(
        household_class=household_class,
        area_type=area,
        law_date=on,
        review_date=household.review_date,
        b1=b1,
        b1_computed=b1_computed,
        b1_paper=paper,
        b2=b2,
        cutoffs=table.cutoffs[area],
        standard_id=standard.id,
        table_id=table.id,
        verified=standard.verified and table.verified,
        class_article=standard.class_rule(household_class).source.article,
        notices=_notices(standard, table, paper, items, findings),
        items=items,
        findings=findings,
    )


def class_of(b1: int, b2: int, cutoffs: Cutoffs) -> HouseholdClass:
    """Class by points alone, both bounds inclusive (circular 07/2021/TT-BLĐTBXH, form B)."""
    if b1 > cutoffs.b1:
        return HouseholdClass.NOT_POOR
    return HouseholdClass.POOR if b2 >= cutoffs.b2 else HouseholdClass.NEAR_POOR


def _notices(
    standard: Standard,
    table: PointsTable,
    income_points: int | None,
    items: tuple[ItemPoints, ...],
    findings: tuple[Finding, ...],
) -> tuple[Notice, ...]:
    counted: Lines = findings if income_points is not None else (*findings, *items)
    applies = (
        (Notice.REFERENCE_POINTS, income_points is None and not table.verified),
        (Notice.PAPER_POINTS, income_points is not None),
        (Notice.STANDARD_NOT_VERIFIED, not standard.verified),
        (Notice.INCOMPLETE, any(line.missing for line in counted)),
    )
    return tuple([notice for notice, said in applies if said])
