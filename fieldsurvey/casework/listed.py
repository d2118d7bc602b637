"""A household's cases in the open rounds when it ceases, comes back or moves: the counters follow at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.register import Change
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission, insert_if_new


def leave(session: Session, household_id: int) -> list[int]:
    """Take the household off the lists of the open rounds in which nobody has visited it; the rounds' ids.

    A case that something else hangs on, a visit for instance, stays for the officer to decide.
    """
    left = []
    for case in _open_cases(session, household_id):
        round_id, place = case.round_id, case.place
        if case.state == State.NOT_VISITED and _deleted(session, case):
            progress.recount_villages(session, round_id, [place])
            left.append(round_id)
    return left


def _deleted(session: Session, case: Case) -> bool:
    try:
        with session.begin_nested():
            session.delete(case)
            session.flush()
    except IntegrityError:
        return False
    return True


def left_at_last_end(session: Session, household_id: int) -> list[int]:
    """The rounds whose lists it left when it last ceased."""
    kinds = (Change.CEASED.value, Change.MERGED_AWAY.value)
    query = select(HouseholdEvent.before).where(
        HouseholdEvent.household_id == household_id, HouseholdEvent.kind.in_(kinds)
    )
    newest = session.scalars(query.order_by(HouseholdEvent.id.desc()).limit(1)).first()
    return list((newest or {}).get("rounds") or [])


def come_back(session: Session, household: Household, round_ids: Sequence[int], now: datetime) -> list[int]:
    """List it again in those of the rounds that are still open; their ids."""
    back = []
    for one in _open(session, round_ids):
        row = {
            "round_id": one.id, "household_id": household.id, "state": State.NOT_VISITED.value, "duplicates": 0,
            "version": 1, "updated_at": now, **asdict(household.place),
        }  # fmt: skip
        connection = session.connection()
        if connection.execute(insert_if_new(Case, connection, returning_id=True), row).scalar_one_or_none() is not None:
            progress.recount_villages(session, one.id, [household.place])
            back.append(one.id)
    return back


def carry(session: Session, household: Household, to: Place, now: datetime) -> None:
    """The household moves to another village: each open round counts it in exactly one village, before and after.

    A round that reaches there takes the case along. Of one that does not, an unvisited case goes over to an open round
    of the same year that does, if there is one; else it stays where it is and is counted there, as is one that has been
    visited: its answers belong to that round's form.
    """
    for case in _open_cases(session, household.id):
        of = session.get_one(Round, case.round_id)
        if _reaches(session, of, to):
            _move(session, case, case.round_id, to, now)
        elif case.state == State.NOT_VISITED:
            other = _other_round(session, household.id, of, to)
            if other is not None:
                _move(session, case, other, to, now)


def _move(session: Session, case: Case, round_id: int, to: Place, now: datetime) -> None:
    before, place = case.round_id, case.place
    if place.commune_id != to.commune_id:
        case.assignee_id = None  # of a commune's own people
    case.round_id, case.updated_at, case.version = round_id, now, case.version + 1
    case.province_id, case.commune_id, case.village_id = to.province_id, to.commune_id, to.village_id
    session.flush()
    sent = update(Submission).where(Submission.case_id == case.id)
    session.execute(sent.values(asdict(to)))
    for of_round in sorted({before, round_id}):  # always in one order
        places = [one for one, where in ((place, before), (to, round_id)) if where == of_round]
        progress.recount_villages(session, of_round, places)


def _open_cases(session: Session, household_id: int) -> Sequence[Case]:
    """Held until the transaction ends, in the order of their rounds."""
    query = (
        select(Case)
        .join(Round, Round.id == Case.round_id)
        .where(Case.household_id == household_id, Round.state == rounds.OPEN, Round.deleted_at.is_(None))
    )
    held = query.order_by(Case.round_id).with_for_update(of=Case).execution_options(populate_existing=True)
    return session.scalars(held).all()


def _open(session: Session, round_ids: Sequence[int]) -> Sequence[Round]:
    query = select(Round).where(Round.id.in_(round_ids), Round.state == rounds.OPEN, Round.deleted_at.is_(None))
    return session.scalars(query.order_by(Round.id)).all()


def _reaches(session: Session, of: Round, to: Place) -> bool:
    if of.area_id is None:
        return True
    area = session.get_one(Area, of.area_id)
    return AreaRef(Level(area.level), area.id).covers(to)


def _other_round(session: Session, household_id: int, of: Round, to: Place) -> int | None:
    """An open round of the same year that reaches there and does not list the household; the narrowest first."""
    there = [one for one in (to.village_id, to.commune_id, to.province_id) if one is not None]
    listed = select(Case.id).where(Case.round_id == Round.id, Case.household_id == household_id).exists()
    query = select(Round).where(
        Round.year == of.year, Round.state == rounds.OPEN, Round.deleted_at.is_(None), ~listed,
        (Round.area_id.in_(there)) | (Round.area_id.is_(None)),
    )  # fmt: skip
    found = session.scalars(query.order_by(Round.id)).all()
    narrowest = min(
        found, key=lambda one: there.index(one.area_id) if one.area_id in there else len(there), default=None
    )
    return narrowest.id if narrowest is not None else None
