"""The report on carried files in words: each submission with its household, where the reader may read that."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework import receipts
from fieldsurvey.casework.carry_intake import Line, Report
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the report; `name` of the head of household, "" where the reader may not read it or there is none."""

    line: Line
    name: str
    case_id: int | None
    code: str  # 7K3M-9QFT


def lines(session: Session, report: Report, *, by: Doer) -> list[Told]:
    """In the order in which they came."""
    ids = [line.submission_id for line in report.lines.values() if line.submission_id is not None]
    scope = permissions.scope(by, Permission.READ_HOUSEHOLDS)
    query = (
        select(Submission.id, Case.id, Household.head_name)
        .join(Case, Case.id == Submission.case_id)
        .join(Household, Household.id == Case.household_id)
        .where(Submission.id.in_(ids), in_scope(Case, scope))
    )
    known = {submission: (case_id, name) for submission, case_id, name in session.execute(query)}
    told = []
    for line in report.lines.values():
        case_id, name = known.get(line.submission_id or 0, (None, ""))
        told.append(Told(line, name, case_id, receipts.shown(line.code) if line.code else ""))
    return told
