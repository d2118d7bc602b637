"""The list of a round: made from the register, frozen by commune, changed with a reason afterwards."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.listing import PRIOR, Change, Source
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import audit, cases, lists, progress, rounds, visits
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.lists import ListChange, RoundList
from fieldsurvey.store.register import Household
from fieldsurvey.store.reviews import Review
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission

LONGEST_REASON, LONGEST_NUMBER = 1000, 60


def list_households(session: Session, of: Round, area: Area | None, *, by: Doer, now: datetime) -> int:
    """Add every household of the register that is not on the round's list yet; returns how many.

    `area` None: the round's own area. The number of statements does not depend on the number of households; doing it
    again adds only what the register has gained since. Raises ROUND_CLOSED, FORBIDDEN, OUTSIDE_AREA, LIST_FROZEN.
    """
    inside = _inside(session, of, area, Permission.MANAGE_ROUNDS, by)
    added = cases.add_unvisited(session, of.id, inside, now)
    return _listed(session, of, added, ("register",), by, now)


def make(
    session: Session, of: Round, area: Area | None, classes: Collection[str] = tuple(PRIOR), *, by: Doer, now: datetime
) -> int:
    """Add the poor and near-poor households (`classes`) of the list in force; returns how many.

    Raises what `list_households` raises.
    """
    if unknown := set(classes) - set(PRIOR):
        raise Problem(Kind.UNEXPECTED_VALUE, field="class", value=sorted(unknown)[0])
    inside = _inside(session, of, area, Permission.MANAGE_LISTS, by)
    added = sum(
        cases.add_unvisited(session, of.id, inside, now, source, of_class=name, year=of.year)
        for name, source in PRIOR.items()
        if name in classes
    )
    return _listed(session, of, added, sorted(classes), by, now)


def _listed(session: Session, of: Round, added: int, sources: Collection[str], by: Doer, now: datetime) -> int:
    if added:
        progress.recount(session, of.id)
    audit.record(session, "round.list", "round", of.id, by=by, now=now, households=added, sources=list(sources))
    return added


def _inside(session: Session, of: Round, area: Area | None, permission: Permission, by: Doer) -> AreaRef | None:
    """The area that is listed; what is frozen in it changes only household by household."""
    limit = session.get(Area, of.area_id) if of.area_id is not None else None
    area = area or limit
    place = area.place if area else Place()
    permissions.require(by, permission, place, of.id)
    if limit is not None and not limit.ref.covers(place):
        raise Problem(Kind.OUTSIDE_AREA)
    _require_open(of)
    commune = place.commune_id
    frozen = select(RoundList.number).where(RoundList.round_id == of.id)
    if commune is not None:
        frozen = frozen.where(RoundList.commune_id == commune)
    elif area is not None:
        frozen = frozen.where(RoundList.province_id == area.id)
    number = session.scalar(frozen.limit(1))
    if number is not None:
        raise Problem(Kind.LIST_FROZEN, number=number)
    return area.ref if area else None


def _require_open(of: Round) -> None:
    if of.state != rounds.OPEN:
        raise Problem(Kind.ROUND_CLOSED)


def freeze(
    session: Session, of: Round, commune: Area, number: str, decided_on: date, *, by: Doer, now: datetime
) -> RoundList:
    """The commune's list is settled, by the paper with this number and date. Later changes go into its supplement.

    Raises FORBIDDEN, OUTSIDE_AREA, ROUND_CLOSED, LIST_FROZEN, MISSING_PARAMETER, UNEXPECTED_VALUE.
    """
    permissions.require(by, Permission.MANAGE_LISTS, commune.place, of.id)
    _require_open(of)
    rounds.hold(session, of.id)
    known = lists.frozen(session, of.id, commune.id)
    if known is not None:
        raise Problem(Kind.LIST_FROZEN, number=known.number)
    if not tidy(number):
        raise Problem(Kind.MISSING_PARAMETER, field="number")
    count = session.scalar(
        select(func.count()).select_from(Case).where(Case.round_id == of.id, Case.commune_id == commune.id)
    )
    if not count:
        raise Problem(Kind.UNEXPECTED_VALUE, field="households", value=0)
    made = RoundList(
        round_id=of.id, number=tidy(number)[:LONGEST_NUMBER], decided_on=decided_on, households=count, frozen_at=now,
        frozen_by=by.id or None, province_id=commune.parent_id, commune_id=commune.id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, "list.freeze", "round", of.id, by=by, now=now, commune=commune.code, households=count)
    return made


def add(
    session: Session, of: Round, household: Household, source: Source, reason: str, *, by: Doer, now: datetime
) -> Case:
    """Put one household on the list.

    Raises FORBIDDEN, OUTSIDE_AREA, ROUND_CLOSED, REASON_MISSING, ALREADY_LISTED, NOT_FOUND (a household that has gone).
    """
    permissions.require(by, Permission.MANAGE_LISTS, household.place, of.id)
    _require_open(of)
    reason = _reason(reason)
    if household.deleted_at is not None or household.village_id is None:
        raise Problem(Kind.NOT_FOUND)
    taken = select(Case.id).where(Case.round_id == of.id, Case.household_id == household.id)
    if session.scalar(taken) is not None:
        raise Problem(Kind.ALREADY_LISTED)
    known = [one for one in visits.of_household(session, of.id, household.id) if one.withdrawn_at is None]
    made = Case(
        round_id=of.id, household_id=household.id, state=State.NOT_VISITED.value, list_source=source.value,
        attempts=len(known), outcome=known[-1].outcome if known else None, updated_at=now,
        province_id=household.province_id, commune_id=household.commune_id, village_id=household.village_id,
    )  # fmt: skip
    session.add(made)
    _write_down(session, of, household, Change.ADD, source, reason, {}, by, now)
    progress.recount_villages(session, of.id, [made.place])
    return made


def remove(session: Session, case_id: int, reason: str, *, by: Doer, now: datetime) -> ListChange:
    """Take a household that nobody has visited off the list.

    Raises NOT_FOUND, FORBIDDEN, OUTSIDE_AREA, REASON_MISSING, ROUND_CLOSED, ALREADY_VISITED.
    """
    case = cases.locked(session, case_id)
    if case is None:
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.MANAGE_LISTS, case.place, case.round_id)
    of = session.get_one(Round, case.round_id)
    _require_open(of)
    reason = _reason(reason)
    if case.state != State.NOT_VISITED.value or _has_history(session, case.id):
        raise Problem(Kind.ALREADY_VISITED)
    household = session.get_one(Household, case.household_id)
    place, source = case.place, Source(case.list_source) if case.list_source else None
    before = {"assignee": case.assignee_id, "due_on": case.due_on.isoformat() if case.due_on else None}
    session.execute(delete(Case).where(Case.id == case.id))
    session.expunge(case)
    made = _write_down(session, of, household, Change.REMOVE, source, reason, before, by, now)
    progress.recount_villages(session, of.id, [place])
    return made


def _has_history(session: Session, case_id: int) -> bool:
    """Whether something that is kept names the case: a submission, if only a deleted one, or a decision."""
    query = select(exists().where(Submission.case_id == case_id) | exists().where(Review.case_id == case_id))
    return bool(session.scalar(query))


def bring_back(session: Session, change_id: int, *, by: Doer, now: datetime) -> Case:
    """Undo a removal: the household stands on the list as before. Raises NOT_FOUND, NOTHING_TO_UNDO and what `add` raises."""
    change = session.get(ListChange, change_id)
    if change is None or not permissions.allows(by, Permission.MANAGE_LISTS, change.place, change.round_id):
        raise Problem(Kind.NOT_FOUND)
    if change.change != Change.REMOVE.value:
        raise Problem(Kind.NOTHING_TO_UNDO)
    of, household = session.get_one(Round, change.round_id), session.get_one(Household, change.household_id)
    source = Source(change.source) if change.source else Source.OFFICER
    made = add(session, of, household, source, change.reason, by=by, now=now)
    due_on = change.before.get("due_on")
    made.assignee_id, made.due_on = change.before.get("assignee"), date.fromisoformat(due_on) if due_on else None
    progress.recount_villages(session, of.id, [made.place])
    return made


def _reason(text: str) -> str:
    text = tidy(text)[:LONGEST_REASON]
    if not text:
        raise Problem(Kind.REASON_MISSING)
    return text


def _write_down(
    session: Session,
    of: Round,
    household: Household,
    change: Change,
    source: Source | None,
    reason: str,
    before: dict[str, Any],
    by: Doer,
    now: datetime,
) -> ListChange:
    made = ListChange(
        round_id=of.id, household_id=household.id, change=change.value, source=source.value if source else None,
        reason=reason, frozen=lists.frozen(session, of.id, household.commune_id) is not None, before=before, at=now,
        actor_id=by.id or None, actor_name=by.name, province_id=household.province_id,
        commune_id=household.commune_id, village_id=household.village_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, f"list.{change.value}", "household", household.id, by=by, now=now, round=of.id)
    return made


def commune_of(session: Session, area_id: int | None) -> Area:
    """The commune with this id; NOT_FOUND for any other area."""
    area = session.get(Area, area_id) if area_id is not None else None
    if area is None or area.level != Level.COMMUNE.value:
        raise Problem(Kind.NOT_FOUND)
    return area
