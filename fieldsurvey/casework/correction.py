"""Corrections: who may replace a version, and what a replaced version means for its case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from fieldsurvey.casework import placing, sending_rights
from fieldsurvey.casework.versions import Known
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions, workflow
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.classification import Classification
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import Arrival, State
from fieldsurvey.store import progress, register, submissions
from fieldsurvey.store.cases import Case
from fieldsurvey.store.submissions import Submission

_DECIDED = {State.APPROVED.value, State.REJECTED.value}


def replaced(connection: Connection, round_id: int, deprecated_id: str, version: Known, by: Doer) -> Row[Any]:
    """The version that is replaced, now marked so. Of two corrections of one version exactly one gets it.

    Raises DEPRECATED_ID_UNKNOWN, SUBMISSION_DELETED, NOT_EDITABLE, CORRECTION_STALE.
    """
    old: Row[Any] | None = submissions.version_by_instance(connection, version.form_id, deprecated_id, version.draft)
    if old is None:
        raise Problem(Kind.DEPRECATED_ID_UNKNOWN, deprecatedId=deprecated_id)
    if old.deleted_at is not None:
        raise Problem(Kind.SUBMISSION_DELETED)
    place = Place(old.province_id, old.commune_id, old.village_id)
    if not version.draft:
        assignee = select(Case.assignee_id).where(Case.id == old.case_id)
        outside = not permissions.allows(by, Permission.SUBMIT, place, round_id, version.form_id)
        given = connection.scalar(assignee) if outside and old.case_id is not None else None
        sending_rights.require(connection, by, place, given, round_id, version.form_id)
    if old.case_id is not None and not permissions.allows(by, Permission.REVIEW, place, round_id, version.form_id):
        _require_open(connection, old, version)
    if not old.current or not submissions.supersede(connection, old.id):
        raise Problem(Kind.CORRECTION_STALE, deprecatedId=deprecated_id)
    return old


def _require_open(connection: Connection, old: Row[Any], version: Known) -> None:
    """A phone corrects a household that was sent back, and with a client_editable form what is not decided yet."""
    query = select(Submission.review_state).where(Submission.id == old.submission_id)
    state = connection.execute(query).scalar_one()
    if state != State.HAS_ISSUES.value and (not version.client_editable or state in _DECIDED):
        raise Problem(Kind.NOT_EDITABLE)


def arrive(connection: Connection, old: Row[Any], found: Classification | None, now: datetime) -> None:
    """The submission is `edited`; so is its case, if this is the submission under review."""
    connection.execute(
        update(Submission)
        .where(Submission.id == old.submission_id)
        .values(review_state=State.EDITED.value, edits=Submission.edits + 1, updated_at=now)
    )
    if old.case_id is None:
        return
    columns = (Case.round_id, Case.household_id, Case.state, Case.submission_id, Case.household_class)
    query = select(*columns).where(Case.id == old.case_id)
    case = connection.execute(query.with_for_update()).one()
    if case.submission_id != old.submission_id:
        return
    before = State(case.state)
    after = workflow.arrived(before, Arrival.CORRECTION)
    if before is State.HAS_ISSUES:
        register.bump(connection, case.household_id)
    connection.execute(
        update(Case)
        .where(Case.id == old.case_id)
        .values(state=after.value, version=Case.version + 1, received_at=now, updated_at=now, **placing.judged(found))
    )
    classed = case.household_class
    progress.move(connection, case.round_id, old.village_id, before, after, received_at=now, household_class=classed)
