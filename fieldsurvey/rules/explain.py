"""Why a household has its class, as message ids with parameters. Sentences are made in the reader's language above."""

from __future__ import annotations

from dataclasses import dataclass, field

from fieldsurvey.rules.classification import Classification
from fieldsurvey.rules.deprivations import Finding, Status
from fieldsurvey.rules.deprivations.finding import Params
from fieldsurvey.rules.household import Evidence

# What counts is said first.
_ORDER = (Status.DEPRIVED, Status.UNKNOWN, Status.NOT_DEPRIVED)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One step of the explanation. `evidence`: the answers behind it, for the page to show by the form's own labels."""

    message_id: str
    params: Params = field(default_factory=dict)
    indicator: str | None = None
    evidence: Evidence = ()
    missing: tuple[str, ...] = ()


def explain(classification: Classification) -> tuple[Sentence, ...]:
    """Class and reason, cut-offs, B1, B2, each indicator (deprived, unknown, not deprived), notices.

    Needs nothing but the classification, so that an old result explains itself as it was made.
    """
    indicators = [_of_finding(one) for status in _ORDER for one in classification.with_status(status)]
    notices = [Sentence(notice.message_id) for notice in classification.notices]
    return (*_of_class(classification), *indicators, *notices)


def _of_class(found: Classification) -> tuple[Sentence, ...]:
    limits: Params = {"b1_limit": found.cutoffs.b1, "b2_limit": found.cutoffs.b2}
    points: Params = {"b1": found.b1, "b2": found.b2}
    return (
        Sentence(f"rules.class.{found.household_class}.because", points | limits | {"article": found.class_article}),
        Sentence(f"rules.explain.cutoffs_{found.area_type}", limits | {"article": found.cutoffs.article}),
        _of_income_points(found),
        _of_deprivation_points(found),
    )


def _of_income_points(found: Classification) -> Sentence:
    if found.b1_paper is None:
        return Sentence("rules.explain.points_computed", {"b1": found.b1, "table": found.table_id})
    return Sentence("rules.explain.points_paper", {"b1": found.b1, "computed": found.b1_computed})


def _of_deprivation_points(found: Classification) -> Sentence:
    counts = {status: len(found.with_status(status)) for status in Status}
    of = len(found.findings)
    params: Params = {"count": counts[Status.DEPRIVED], "of": of, "b2": found.b2}
    if counts[Status.UNKNOWN]:
        return Sentence("rules.explain.deprivations_with_unknown", params | {"unknown": counts[Status.UNKNOWN]})
    return Sentence("rules.explain.deprivations", params)


def _of_finding(finding: Finding) -> Sentence:
    return Sentence(
        message_id=finding.message_id,
        params=finding.params | {"points": finding.points, "article": finding.article},
        indicator=finding.indicator,
        evidence=finding.evidence,
        missing=finding.missing,
    )
