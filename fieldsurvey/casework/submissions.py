"""Verbs of scripts on a submission: its review state, deleting and restoring, comments, single files.

A household's submission moves its case too, through the same verbs as the officer's page.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.orm import Session

from fieldsurvey.casework import attachments, entity_intake, review
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import NEEDS_REASON, Decision, State
from fieldsurvey.store import audit, blobs, cases, hot, progress, results
from fieldsurvey.store import submissions as store
from fieldsurvey.store.cases import Case
from fieldsurvey.store.forms import Form
from fieldsurvey.store.submissions import Attachment, Comment, Submission, SubmissionVersion

# What the wire calls a state, and the decision that leads there; none leads to `edited`, as only a correction does.
DECISIONS: dict[str | None, Decision | None] = {
    None: Decision.REOPEN,
    State.HAS_ISSUES.value: Decision.RETURN,
    State.EDITED.value: None,
    State.APPROVED.value: Decision.APPROVE,
    State.REJECTED.value: Decision.REJECT,
}
LONGEST_COMMENT = 10_000


def _require(by: Doer, permission: Permission, form: Form, of: Submission | store.Found) -> None:
    if not permissions.scope(by, permission, form.round_id, form.id).covers(of.place):
        raise Problem(Kind.FORBIDDEN)


def _require_review(form: Form, of: store.Found, state: str | None, by: Doer) -> None:
    if state not in DECISIONS:
        raise Problem(Kind.UNEXPECTED_VALUE, field="reviewState", value=state, reason="It is no review state.")
    _require(by, Permission.REVIEW, form, of)


_MARK = (
    update(Submission)
    .where(Submission.id == bindparam("of"), Submission.deleted_at.is_(None))
    .values(review_state=bindparam("to"), updated_at=bindparam("at"))
)


def mark(connection: Connection, form: Form, of: store.Found, state: str | None, *, by: Doer, now: datetime) -> None:
    """Set the review state of a submission that no case follows.

    Raises UNEXPECTED_VALUE, FORBIDDEN, and NOT_FOUND when it has just been deleted.
    """
    _require_review(form, of, state, by)
    if hot.execute(connection, _MARK, {"of": of.id, "to": state, "at": now}).rowcount != 1:
        raise Problem(Kind.NOT_FOUND)
    review.write_down_state(connection, of.id, of.version_id, of.instance_id, state, by=by, now=now)
    if state == State.APPROVED.value:
        entity_intake.take_approved(connection, of.id, by=by, now=now)


def decide(
    session: Session, form: Form, of: store.Found, state: str | None, *, by: Doer, now: datetime, reason: str
) -> None:
    """Set the review state of a household's submission by the decisions that lead there, so that its case moves too.

    `reason` stands in the household's history where the caller gives none. Raises what `mark` raises, and
    TRANSITION_FORBIDDEN.
    """
    _require_review(form, of, state, by)
    case = cases.locked(session, of.case_id or 0)
    if case is not None and case.submission_id == of.id:
        _decide(session, case, state, by, now, by.notes or reason)
    elif state == State.APPROVED.value:  # a further visit: only what is under review decides over the household
        raise Problem(Kind.TRANSITION_FORBIDDEN, state=case.state if case else None, decision=Decision.APPROVE.value)
    else:
        mark(session.connection(), form, of, state, by=by, now=now)


def _decide(session: Session, case: Case, state: str | None, by: Doer, now: datetime, reason: str) -> None:
    """What has been decided is opened again first."""
    wanted, present = DECISIONS[state], State(case.state)
    if (state or State.RECEIVED.value) == present.value:
        return
    if wanted is None:
        raise Problem(Kind.TRANSITION_FORBIDDEN, state=case.state, decision=state)
    if present in {State.APPROVED, State.REJECTED} and wanted is not Decision.REOPEN:
        review.decide_locked(session, case, Decision.REOPEN, by=by, now=now, reason=reason)
    review.decide_locked(session, case, wanted, by=by, now=now, reason=reason if wanted in NEEDS_REASON else "")


def delete(session: Session, form: Form, of: Submission, *, by: Doer, now: datetime) -> None:
    """Out of lists and exports until it is restored. What is approved has to be opened again first."""
    _require(by, Permission.DELETE_SUBMISSIONS, form, of)
    case = cases.locked(session, of.case_id) if of.case_id is not None else None
    if case is not None and case.submission_id == of.id:
        if case.state == State.APPROVED.value:
            raise Problem(Kind.TRANSITION_FORBIDDEN, state=case.state, decision="delete")
        _stand_in(session, case, of, now)
    elif case is not None:
        case.duplicates = max(0, case.duplicates - 1)
    of.deleted_at = now
    session.add(of)
    audit.record(
        session, "submission.delete", "submission", of.id, by=by, now=now,
        submissionId=of.id, instanceId=of.instance_id,
    )  # fmt: skip


def _stand_in(session: Session, case: Case, gone: Submission, now: datetime) -> None:
    """Another submission of the household comes under review, or it has not been visited after all."""
    others = [one for one in store.of_case(session, case.id) if one.id != gone.id]
    other = others[-1] if others else None
    after = State(other.review_state or State.RECEIVED.value) if other else State.NOT_VISITED
    found = results.newest(session, other.id) if other else None
    case.submission_id, case.state = other.id if other else None, after.value
    case.household_class, case.b1, case.b2 = (
        (found.household_class, found.b1, found.b2) if found else (None, None, None)
    )
    case.duplicates = max(0, len(others) - 1)
    case.sent_on = day_of(others[0].created_at) if others else None
    case.updated_at, case.version = now, case.version + 1
    progress.recount_villages(session, case.round_id, [case.place])


def restore(session: Session, form: Form, of: Submission, *, by: Doer, now: datetime) -> None:
    """Back into lists and exports; to the head of its case only where nothing else stands there."""
    _require(by, Permission.DELETE_SUBMISSIONS, form, of)
    of.deleted_at = None
    session.add(of)
    case = cases.locked(session, of.case_id) if of.case_id is not None else None
    if case is not None and case.submission_id is None:
        _stand_in_again(session, case, of, now)
    elif case is not None:
        case.duplicates += 1
    audit.record(
        session, "submission.restore", "submission", of.id, by=by, now=now,
        submissionId=of.id, instanceId=of.instance_id,
    )  # fmt: skip


def _stand_in_again(session: Session, case: Case, back: Submission, now: datetime) -> None:
    found = results.newest(session, back.id)
    case.submission_id, case.state = back.id, State(back.review_state or State.RECEIVED.value).value
    case.sent_on = day_of(back.created_at)
    if found is not None:
        case.household_class, case.b1, case.b2 = found.household_class, found.b1, found.b2
    case.updated_at, case.version = now, case.version + 1
    progress.recount_villages(session, case.round_id, [case.place])


def comment(session: Session, form: Form, of: Submission, body: str, *, by: Doer, now: datetime) -> Comment:
    _require(by, Permission.REVIEW, form, of)
    made = Comment(submission_id=of.id, actor_id=by.id, body=body[:LONGEST_COMMENT], created_at=now)
    session.add(made)
    session.flush()
    return made


def attach(
    session: Session,
    form: Form,
    of: Submission,
    version: SubmissionVersion,
    name: str,
    blob: dict[str, str | int],
    mime: str,
    *,
    by: Doer,
    now: datetime,
) -> None:
    """Give the current version one of the files that it names; `blob` is on disk already. Raises NOT_FOUND."""
    _require(by, Permission.REVIEW, form, of)
    slot = _slot(session, version, name)
    blobs.add(session, blob)
    _fill(session, of, version, slot, str(blob["sha256"]), mime, by, now)


def clear(
    session: Session, form: Form, of: Submission, version: SubmissionVersion, name: str, *, by: Doer, now: datetime
) -> None:
    """Take a file away; its place stays empty."""
    _require(by, Permission.REVIEW, form, of)
    _fill(session, of, version, _slot(session, version, name), None, None, by, now)


def _slot(session: Session, version: SubmissionVersion, name: str) -> Attachment:
    found = session.scalar(
        select(Attachment).where(Attachment.version_id == version.id, Attachment.name == name).with_for_update()
    )
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _fill(
    session: Session,
    of: Submission,
    version: SubmissionVersion,
    slot: Attachment,
    blob: str | None,
    mime: str | None,
    by: Doer,
    now: datetime,
) -> None:
    old, slot.blob, slot.mime = slot.blob, blob, mime
    entry = attachments.entry(attachments.Of(of.id, version.id, of.instance_id), slot.name, old, blob, by, now)
    audit.record_all(session.connection(), [entry])
