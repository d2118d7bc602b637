"""The officer settles a doubt: not a problem, merged, sent back to the enumerator; each with a note, each undoable."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import review
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.doubting import Settled
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import WAITING, Decision, State
from fieldsurvey.store import audit, cases
from fieldsurvey.store import doubts as store
from fieldsurvey.store.doubts import OPEN, Doubt

LONGEST_NOTE = 1000
BY_OFFICERS = (Settled.NO_PROBLEM, Settled.MERGED, Settled.SENT_BACK)


def settle(session: Session, doubt_id: int, result: Settled, note: str, *, by: Doer, now: datetime) -> Doubt:
    """Sent back: the household goes back to the enumerator with the note as its reason.

    The other side's doubt is settled with it where the officer may decide there too; a neighbouring commune decides
    for itself. Raises NOT_FOUND, FORBIDDEN, OUTSIDE_AREA, REASON_MISSING, ALREADY_ANSWERED, UNEXPECTED_VALUE and what
    a return raises.
    """
    found = _mine(session, doubt_id, by)
    if found.state != OPEN:
        raise Problem(Kind.ALREADY_ANSWERED)
    if result not in BY_OFFICERS:
        raise Problem(Kind.UNEXPECTED_VALUE, field="result", value=result.value)
    note = tidy(note)[:LONGEST_NOTE]
    if not note:
        raise Problem(Kind.REASON_MISSING)
    if result is Settled.SENT_BACK:
        _send_back(session, found.case_id, note, by, now)
    _set(session, found, result.value, note, by, now)
    other = store.twin(session, found) if result is not Settled.SENT_BACK else None
    if other is not None and other.state == OPEN and _may(other, by):
        _set(session, other, result.value, note, by, now)
    return found


def _send_back(session: Session, case_id: int, note: str, by: Doer, now: datetime) -> None:
    case = cases.locked(session, case_id)
    if case is None:
        raise Problem(Kind.NOT_FOUND)
    if case.state == State.HAS_ISSUES.value:
        return  # it is on its way already
    if State(case.state) not in WAITING:
        raise Problem(Kind.TRANSITION_FORBIDDEN, state=case.state, decision=Decision.RETURN.value)
    review.decide_locked(session, case, Decision.RETURN, by=by, now=now, reason=note)


def reopen(session: Session, doubt_id: int, *, by: Doer, now: datetime) -> Doubt:
    """It waits for an answer again; a household that was sent back stays so. Raises NOT_FOUND, NOTHING_TO_UNDO."""
    found = _mine(session, doubt_id, by)
    if found.state == OPEN:
        raise Problem(Kind.NOTHING_TO_UNDO)
    _set(session, found, OPEN, found.note, by, now)
    other = store.twin(session, found)
    if other is not None and other.state in {Settled.NO_PROBLEM.value, Settled.MERGED.value} and _may(other, by):
        _set(session, other, OPEN, other.note, by, now)
    return found


def _may(found: Doubt, by: Doer) -> bool:
    return permissions.allows(by, Permission.REVIEW, found.place, found.round_id)


def _mine(session: Session, doubt_id: int, by: Doer) -> Doubt:
    found = store.locked(session, doubt_id)
    if found is None or not permissions.allows(by, Permission.READ_HOUSEHOLDS, found.place, found.round_id):
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.REVIEW, found.place, found.round_id)
    return found


def _set(session: Session, found: Doubt, state: str, note: str | None, by: Doer, now: datetime) -> None:
    found.state, found.note = state, note
    settled = state != OPEN
    found.settled_at, found.settled_by = (now, by.id or None) if settled else (None, None)
    found.settled_name = by.name if settled else None
    session.flush()
    store.count_again(session, {found.case_id})
    action = "doubt.settle" if settled else "doubt.reopen"
    audit.record(session, action, "case", found.case_id, by=by, now=now, doubt=found.kind, result=state)
