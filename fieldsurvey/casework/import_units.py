"""A household of a file on its way into the register: what is to be done with it, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fieldsurvey.casework.import_content import Content
from fieldsurvey.rules.register import Source


@dataclass(frozen=True, slots=True)
class Unit:
    """A household of the file with what is to be done with it."""

    row: Any  # the unit of import_rows
    content: Content
    action: str  # update | skip | new

    @property
    def numbers(self) -> list[str]:
        return [person[6] for person in self.content["members"] if person[6]]


@dataclass(frozen=True, slots=True)
class Outcome:
    row_id: int
    outcome: str
    result_id: int | None = None
    version: int | None = None
    before: dict[str, Any] | None = None

    def values(self) -> dict[str, Any]:
        return {
            "of": self.row_id, "outcome": self.outcome, "result_id": self.result_id, "result_version": self.version,
            "before": self.before,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """What every row of a run has in common."""

    import_id: int
    batch_id: str
    year: int
    actor_id: int | None
    now: datetime


def as_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def year_row(batch: Batch, household_id: int, content: Content) -> dict[str, Any]:
    """A row of household_years, without its id."""
    province, commune, village = content["place"]
    return {
        "household_id": household_id, "year": batch.year, "household_class": content["class"],
        "member_count": content["count"], "decision_number": content["number"],
        "decision_date": as_date(content["date"]),
        "source": (Source.RECOGNISED if content["number"] else Source.IMPORT).value, "facts": content["facts"] or None,
        "province_id": province, "commune_id": commune, "village_id": village,
    }  # fmt: skip
