"""A household moves to another village or commune by a hand-over of two sides: one offers, the other accepts or declines.

The sender keeps the household until the receiver accepts; acceptance moves the household, its cases of the open rounds
and the counters in one transaction, so that it is never counted twice or nowhere.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import listed, register_changes
from fieldsurvey.casework.households import held, require_not_offered, require_village, said
from fieldsurvey.casework.register_changes import Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.register import Change, Offer
from fieldsurvey.store import audit, handovers, register
from fieldsurvey.store.areas import Area
from fieldsurvey.store.handovers import Handover
from fieldsurvey.store.register import Household


def offer(
    session: Session,
    household_id: int,
    to: Area,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Handover:
    """Offer the household to a village, or to a commune, which then says in which village it lives now.

    Raises REASON_MISSING, HANDOVER_OPEN, AREA_UNFIT (closed, a province, or where it lives) and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    require_not_offered(session, household)
    _require_receiver(household, to)
    here, there = household.place, to.place
    made = Handover(
        household_id=household.id, state=Offer.OFFERED.value, reason=said(reason), offered_at=now,
        offered_by=by.id or None, from_province_id=here.province_id, from_commune_id=here.commune_id,
        from_village_id=here.village_id, to_province_id=there.province_id, to_commune_id=there.commune_id,
        to_village_id=there.village_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _record(session, made, "offer", by, now)
    return made


def _require_receiver(household: Household, to: Area) -> None:
    unfit = to.level == Level.PROVINCE or to.valid_to is not None or household.village_id == to.id
    if unfit or (to.level == Level.COMMUNE and household.commune_id == to.id):
        raise Problem(Kind.AREA_UNFIT, area=to.full_name)


def accept(session: Session, handover_id: int, village: Area, *, by: Doer, now: datetime) -> Household:
    """The receiver takes the household into one of its villages. Raises NOT_FOUND, HANDOVER_ANSWERED, OUTSIDE_AREA,
    AREA_UNFIT (a village outside the commune that it was offered to), HOUSEHOLD_GONE.
    """
    one, household = _held(session, handover_id)
    permissions.require(by, Permission.EDIT_REGISTER, one.receiver)
    require_village(village)
    if village.parent_id != one.to_commune_id:
        raise Problem(Kind.AREA_UNFIT, area=village.full_name)
    if household.deleted_at is not None:
        raise Problem(Kind.HOUSEHOLD_GONE)
    one.to_village_id = village.id
    _answer(one, Offer.ACCEPTED, None, by, now)
    relocate(session, household, village.place, Act(Change.MOVED, by, now, one.reason))
    _record(session, one, "accept", by, now)
    return household


def relocate(session: Session, household: Household, to: Place, act: Act) -> None:
    """The household lives elsewhere from now on, its cases and the counters with it."""
    was = register_changes.picture(session, household)
    household.province_id, household.commune_id, household.village_id = to.province_id, to.commune_id, to.village_id
    listed.carry(session, household, to, act.now)
    register_changes.write_down(session, household, was, act)


def decline(session: Session, handover_id: int, answer: str, *, by: Doer, now: datetime) -> Handover:
    """The receiver does not take it; the sender reads why. Raises NOT_FOUND, HANDOVER_ANSWERED, REASON_MISSING."""
    one, _ = _held(session, handover_id)
    permissions.require(by, Permission.EDIT_REGISTER, one.receiver)
    if not said(answer):
        raise Problem(Kind.REASON_MISSING)
    _answer(one, Offer.DECLINED, said(answer), by, now)
    _record(session, one, "decline", by, now)
    return one


def withdraw(session: Session, handover_id: int, *, by: Doer, now: datetime) -> Handover:
    """The sender takes the offer back. Raises NOT_FOUND, HANDOVER_ANSWERED."""
    one, _ = _held(session, handover_id)
    permissions.require(by, Permission.EDIT_REGISTER, one.sender)
    _answer(one, Offer.WITHDRAWN, None, by, now)
    _record(session, one, "withdraw", by, now)
    return one


def move(
    session: Session,
    household_id: int,
    village: Area,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Household:
    """Offer and acceptance at once, for who answers for both sides: between two villages of their own commune."""
    permissions.require(by, Permission.EDIT_REGISTER, village.place)
    made = offer(session, household_id, village, reason, by=by, now=now, seen_version=seen_version)
    return accept(session, made.id, village, by=by, now=now)


def _held(session: Session, handover_id: int) -> tuple[Handover, Household]:
    """The open hand-over and its household, nobody else answering until the transaction ends.

    The household first: so do all other verbs, and two that wait for each other would wait for ever.
    """
    found = session.get(Handover, handover_id)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    household = register.locked(session, [found.household_id])[found.household_id]
    one = handovers.locked(session, handover_id)
    if one is None or one.state != Offer.OFFERED:
        raise Problem(Kind.HANDOVER_ANSWERED)
    return one, household


def _answer(one: Handover, state: Offer, answer: str | None, by: Doer, now: datetime) -> None:
    one.state, one.answer, one.answered_at, one.answered_by = state.value, answer, now, by.id or None


def _record(session: Session, one: Handover, what: str, by: Doer, now: datetime) -> None:
    audit.record(session, f"handover.{what}", "household", one.household_id, by=by, now=now, handover=one.id)
