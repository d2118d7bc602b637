"""Score a household by the standard in force on its day of review, and keep the result with every point."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from fieldsurvey.casework import facts
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.classification import Classification, classify
from fieldsurvey.rules.law import LawLookupError
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import WAITING, State
from fieldsurvey.store import areas, audit, cases, hot, submissions
from fieldsurvey.store.results import Result

_ADD = insert(Result)
HIGHEST_PAPER_SCORE = 1000


def judge(answers: Answers, area_type: AreaType, now: datetime, paper_b1: int | None = None) -> Classification | None:
    """What the rules say; None where nobody consented to be asked, or no usable standard covers the day of review."""
    if not facts.consented(answers):
        return None
    household = facts.household(answers, now.date())
    try:
        return classify(household, area_type, household.review_date, income_points=paper_b1)
    except LawLookupError:
        return None


def keep(
    connection: Connection | Session,
    submission_id: int,
    version_id: int,
    found: Classification,
    now: datetime,
    paper_score_by: int | None = None,
) -> None:
    """Add a result."""
    hot.add(connection, _ADD, _row(submission_id, version_id, found, now, paper_score_by))


def _row(submission_id: int, version_id: int, found: Classification, now: datetime, by: int | None) -> dict[str, Any]:
    return {
        "submission_id": submission_id,
        "version_id": version_id,
        "standard_id": found.standard_id,
        "table_id": found.table_id,
        "household_class": found.household_class.value,
        "b1": found.b1,
        "b2": found.b2,
        "paper_score_by": by,
        "detail": found.as_dict(),
        "created_at": now,
    }


def enter_paper_score(session: Session, case_id: int, paper_b1: int | None, *, by: Doer, now: datetime) -> None:
    """Let the B1 score of the paper form decide instead of the reference table; None goes back to the computed one.

    Only while the case waits for the officer: a decided case is reopened first.
    """
    case = cases.locked(session, case_id)
    if case is None or case.submission_id is None:
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.REVIEW, case.place, case.round_id)
    if State(case.state) not in WAITING | {State.HAS_ISSUES}:
        raise Problem(Kind.TRANSITION_FORBIDDEN, state=case.state, decision="paper_score")
    if paper_b1 is not None and not 0 <= paper_b1 <= HIGHEST_PAPER_SCORE:
        raise Problem(Kind.UNEXPECTED_VALUE, field="B1", value=paper_b1)
    version = submissions.current_version(session, case.submission_id)
    if version is None:
        raise Problem(Kind.NOT_FOUND)
    area_type = areas.area_type(session, case.village_id, case.commune_id)
    found = judge(version.answers, area_type, now, paper_b1)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    keep(session, case.submission_id, version.id, found, now, by.id if paper_b1 is not None else None)
    case.household_class, case.b1, case.b2 = found.household_class.value, found.b1, found.b2
    case.updated_at, case.version = now, case.version + 1
    audit.record(session, "case.paper_score", "case", case.id, by=by, now=now, points=paper_b1)
