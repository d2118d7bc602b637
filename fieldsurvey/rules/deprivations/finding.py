"""What is found about one indicator of one household, and how to say it in message ids. Nothing is judged here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from fieldsurvey.rules.household import Evidence
from fieldsurvey.rules.standards import Indicator

Params = dict[str, int | str]


class Status(StrEnum):
    DEPRIVED = "deprived"
    NOT_DEPRIVED = "not_deprived"
    UNKNOWN = "unknown"  # an unanswered question could still decide; counts 0 points


class Finding(NamedTuple):
    """One indicator's outcome. `evidence`: the answers that decided; `missing`: the questions that could decide."""

    indicator: str
    service: str
    status: Status
    points: int
    article: str
    message_id: str
    params: Params
    evidence: Evidence = ()
    missing: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "indicator": self.indicator,
            "service": self.service,
            "status": self.status.value,
            "points": self.points,
            "article": self.article,
            "message_id": self.message_id,
            "params": dict(self.params),
            "evidence": [list(answer) for answer in self.evidence],
            "missing": list(self.missing),
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Finding:
        return cls(
            indicator=stored["indicator"],
            service=stored["service"],
            status=Status(stored["status"]),
            points=stored["points"],
            article=stored["article"],
            message_id=stored["message_id"],
            params=dict(stored["params"]),
            evidence=tuple((path, code) for path, code in stored["evidence"]),
            missing=tuple(stored["missing"]),
        )


def deprived(indicator: Indicator, evidence: Evidence, **params: int | str) -> Finding:
    return _finding(indicator, Status.DEPRIVED, "deprived", indicator.points, params, evidence)


def not_deprived(indicator: Indicator, evidence: Evidence, **params: int | str) -> Finding:
    return _finding(indicator, Status.NOT_DEPRIVED, "not_deprived", 0, params, evidence)


def nobody_concerned(indicator: Indicator) -> Finding:
    """No member of the ages that the indicator looks at: not deprived, and nothing is missing."""
    return _finding(indicator, Status.NOT_DEPRIVED, "nobody_concerned", 0, {})


def unknown(indicator: Indicator, missing: tuple[str, ...]) -> Finding:
    return _finding(indicator, Status.UNKNOWN, "unknown", 0, {"count": len(missing)}, (), missing)


def _finding(
    indicator: Indicator,
    status: Status,
    message: str,
    points: int,
    params: Params,
    evidence: Evidence = (),
    missing: tuple[str, ...] = (),
) -> Finding:
    message_id = f"rules.indicator.{indicator.id}.{message}"
    article = indicator.source.article
    return Finding(indicator.id, indicator.service, status, points, article, message_id, params, evidence, missing)
