"""Visits that brought no questionnaire: entered by who was there or by the officer, withdrawn when entered by mistake."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldsurvey.casework import sending_rights
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions, visiting
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.visiting import NEEDS_NOTE, Outcome
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import audit, cases, progress, rounds
from fieldsurvey.store import visits as store
from fieldsurvey.store.cases import Case
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.visits import Visit

LONGEST_NOTE = 1000
_CLOCKS = timedelta(days=1)  # phones' clocks are wrong by hours; a visit of next week is a slip of the finger


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody says of a visit. `uuid`: the same one again is the same visit, entered once."""

    outcome: Outcome
    at: datetime
    note: str = ""
    lat: float | None = None
    lon: float | None = None
    uuid: str = ""


def record(session: Session, case_id: int, attempt: Attempt, *, by: Doer, now: datetime) -> Visit:
    """Write an attempt down; the case's count of attempts and the village's counters follow.

    Raises NOT_FOUND, FORBIDDEN, OUTSIDE_AREA, ROUND_CLOSED, REASON_MISSING, UNEXPECTED_VALUE, ALREADY_VISITED (there is a
    questionnaire).
    """
    case = cases.locked(session, case_id)
    if case is None:
        raise Problem(Kind.NOT_FOUND)
    require_visiting(session, case, by)
    known = store.by_uuid(session, attempt.uuid) if attempt.uuid else None
    if known is not None and known.household_id == case.household_id and known.round_id == case.round_id:
        return known
    _check(session, case, attempt, now)
    made = Visit(
        uuid=attempt.uuid or str(uuid.uuid4()), round_id=case.round_id, household_id=case.household_id,
        outcome=attempt.outcome.value, note=tidy(attempt.note)[:LONGEST_NOTE] or None, at=attempt.at,
        lat=attempt.lat, lon=attempt.lon, actor_id=by.id or None, actor_name=by.name, created_at=now,
        province_id=case.province_id, commune_id=case.commune_id, village_id=case.village_id,
    )  # fmt: skip
    session.add(made)
    _count(session, case, now)
    audit.record(session, "case.attempt", "case", case.id, by=by, now=now, outcome=attempt.outcome.value)
    return made


def require_visiting(session: Session, case: Case, by: Doer) -> None:
    """Who may send the household's questionnaire may say that there is none: by area, or because it was given to them."""
    sending_rights.require(session.connection(), by, case.place, case.assignee_id, case.round_id)


def _check(session: Session, case: Case, attempt: Attempt, now: datetime) -> None:
    of = session.get_one(Round, case.round_id)
    if of.state != rounds.OPEN:
        raise Problem(Kind.ROUND_CLOSED)
    if case.state != State.NOT_VISITED.value:
        raise Problem(Kind.ALREADY_VISITED)
    if attempt.outcome in NEEDS_NOTE and not tidy(attempt.note):
        raise Problem(Kind.REASON_MISSING)
    if attempt.at > now + _CLOCKS:
        raise Problem(Kind.UNEXPECTED_VALUE, field="at", value=attempt.at.isoformat())
    if not (_within(attempt.lat, 90) and _within(attempt.lon, 180)):
        raise Problem(Kind.UNEXPECTED_VALUE, field="lat", value=attempt.lat)


def _within(degrees: float | None, most: float) -> bool:
    return degrees is None or -most <= degrees <= most


def _count(session: Session, case: Case, now: datetime) -> None:
    """The case's own numbers from its visits, then the village's."""
    session.flush()
    needed = session.get_one(Round, case.round_id).attempts_needed
    said = outcomes(session, case.round_id, case.household_id)
    case.attempts, case.outcome = len(said), said[-1].value if said else None
    case.given_up, case.updated_at = visiting.given_up(said, needed), now
    progress.recount_villages(session, case.round_id, [case.place])


def outcomes(session: Session, round_id: int, household_id: int) -> Sequence[Outcome]:
    """Of the visits that count, in their order."""
    return [
        Outcome(one.outcome) for one in store.of_household(session, round_id, household_id) if one.withdrawn_at is None
    ]


def withdraw(session: Session, visit_id: int, *, by: Doer, now: datetime) -> Visit:
    """Entered by mistake: it counts no more. Who entered it may, and the officer. Raises NOT_FOUND, FORBIDDEN."""
    visit = session.get(Visit, visit_id)
    if visit is None or visit.withdrawn_at is not None:
        raise Problem(Kind.NOT_FOUND)
    if visit.actor_id != by.id or not permissions.holds(by, Permission.SUBMIT, visit.round_id):
        permissions.require(by, Permission.REVIEW, visit.place, visit.round_id)
    visit.withdrawn_at = now
    case = session.scalar(
        select(Case).where(Case.round_id == visit.round_id, Case.household_id == visit.household_id).with_for_update()
    )
    if case is not None:
        _count(session, case, now)
    audit.record(session, "case.attempt.withdraw", "household", visit.household_id, by=by, now=now)
    return visit


def set_attempts_needed(session: Session, of: Round, needed: int, *, by: Doer, now: datetime) -> None:
    """After how many visits nobody has to come again, in the whole round; what was visited already is judged anew.

    Raises FORBIDDEN, UNEXPECTED_VALUE.
    """
    permissions.require_anywhere(by, Permission.MANAGE_ROUNDS, of.id)
    if not 1 <= needed <= visiting.MOST_ATTEMPTS_NEEDED:
        raise Problem(Kind.UNEXPECTED_VALUE, field="attempts", value=needed)
    of.attempts_needed = needed
    session.add(of)
    tried = select(Case.id, Case.household_id).where(
        Case.round_id == of.id, Case.state == State.NOT_VISITED.value, Case.attempts > 0
    )
    for case_id, household_id in session.execute(tried).all():
        over = visiting.given_up(outcomes(session, of.id, household_id), needed)
        session.execute(update(Case).where(Case.id == case_id).values(given_up=over))
    progress.recount(session, of.id)
    audit.record(session, "round.attempts", "round", of.id, by=by, now=now, needed=needed)
