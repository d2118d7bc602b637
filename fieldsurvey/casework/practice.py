"""Practice rounds: one beside a real round, with its questionnaire, and how much practice the real one asks for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import publishing, rounds
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.store import audit
from fieldsurvey.store.areas import Area
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Comment, Submission

MOST_NEEDED = 5  # the practice village has as many households
LONGEST_NOTE = 1000


def set_up(session: Session, of: Round, name: str, needed: int, *, by: Doer, now: datetime) -> Round:
    """The round's practice round, made when there is none, with the newest questionnaire; and how many are needed.

    Raises UNEXPECTED_VALUE. `name`: of a practice round that is made.
    """
    area = session.get(Area, of.area_id) if of.area_id is not None else None
    permissions.require(by, Permission.MANAGE_ROUNDS, area.place if area else Place(), of.id)
    if of.practice or not 0 <= needed <= MOST_NEEDED:
        raise Problem(Kind.UNEXPECTED_VALUE, field="practice_needed", value=needed, reason=f"0–{MOST_NEEDED}")
    practice = session.get(Round, of.practice_round_id) if of.practice_round_id is not None else None
    if practice is None:
        practice = rounds.create(session, name, of.year, area, of.starts_on, of.ends_on, by=by, now=now)
        practice.practice = True
        of.practice_round_id = practice.id
        session.flush()
    of.practice_needed = needed
    publishing.copy(session, of.id, practice.id, by=by, now=now)
    audit.record(session, "round.practice", "round", of.id, by=by, now=now, needed=needed, practice=practice.id)
    return practice


def answer(
    session: Session, submission_id: int, decision: Decision, note: str, *, by: Doer, now: datetime
) -> Submission:
    """The trainer returns a practice household with a note, or lets it count. NOT_FOUND for what is no practice."""
    found = session.get(Submission, submission_id)
    form = session.get(Form, found.form_id) if found is not None else None
    of = session.get(Round, form.round_id) if form is not None else None
    if found is None or of is None or not of.practice:
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.REVIEW, found.place, of.id)
    if decision is Decision.RETURN and not note.strip():
        raise Problem(Kind.REASON_MISSING)
    found.review_state = State.HAS_ISSUES.value if decision is Decision.RETURN else State.APPROVED.value
    found.updated_at = now
    if note.strip():
        session.add(Comment(submission_id=found.id, actor_id=by.id, body=note.strip()[:LONGEST_NOTE], created_at=now))
    audit.record(session, f"practice.{decision.value}", "submission", found.id, by=by, now=now)
    return found
