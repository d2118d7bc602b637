"""Who visits which household, and by when: given one by one, by village, by spreadsheet, handed over; each act undoable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import assignments as store
from fieldsurvey.store import audit, progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.assignments import AssignmentAct
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import USER, Actor
from fieldsurvey.store.rounds import Round

LONGEST_REASON = 500


class Act(StrEnum):
    """What was done."""

    ASSIGN = "assign"  # households, or a village, to somebody
    HAND_OVER = "hand_over"  # all that somebody had left
    MOVE = "move"  # some of a village's to a neighbour, so that it is done in time
    SHEET = "sheet"  # by a spreadsheet
    DUE = "due"  # a day was set


@dataclass(frozen=True, slots=True)
class Undone:
    """How many households stand as before; `left`: those that were changed again meanwhile and stay so."""

    households: int
    left: int


# What becomes of one case: (assignee, due day).
Wish = Callable[[Case], tuple[int | None, date | None]]


def assign(
    session: Session, of: Round, case_ids: Sequence[int], to: Actor | None, *, by: Doer, now: datetime, reason: str = ""
) -> AssignmentAct:
    """Give households to somebody; None: back to their village's own enumerators.

    Raises NOT_FOUND, FORBIDDEN, OUTSIDE_AREA, ROUND_CLOSED, NO_ENUMERATOR.
    """
    found = _locked(session, of, Case.id.in_(case_ids))
    if len(found) != len(set(case_ids)):
        raise Problem(Kind.NOT_FOUND)
    return _give(session, of, found, to, Act.ASSIGN, reason, by, now)


def assign_village(
    session: Session, of: Round, village: Area, to: Actor | None, *, by: Doer, now: datetime, reason: str = ""
) -> AssignmentAct:
    """All of a village's households that still have to be visited. Raises what `assign` raises."""
    _require(of, village.place, by)
    found = _locked(session, of, (Case.village_id == village.id) & Case.state.in_(store.OPEN))
    return _give(session, of, found, to, Act.ASSIGN, reason, by, now)


def hand_over(
    session: Session, of: Round, commune: Area, giver: Actor, to: Actor, reason: str, *, by: Doer, now: datetime
) -> AssignmentAct:
    """All that somebody has left in a commune: what was given to them, and their villages' where they come first.

    What they have sent stays theirs; what the officer returned of it goes along. Raises what `assign` raises,
    REASON_MISSING, NOTHING_TO_UNDO (nothing is left).
    """
    _require(of, commune.place, by)
    if not tidy(reason):
        raise Problem(Kind.REASON_MISSING)
    own = [village for village, people in store.by_grant(session, _all_of(commune), commune.id).items()
           if people[0].id == giver.id]  # fmt: skip
    theirs = (Case.assignee_id == giver.id) | (Case.assignee_id.is_(None) & Case.village_id.in_(own))
    found = _locked(session, of, (Case.commune_id == commune.id) & Case.state.in_(store.OPEN) & theirs)
    if not found:
        raise Problem(Kind.NOTHING_TO_UNDO)
    return _give(session, of, found, to, Act.HAND_OVER, reason, by, now)


def _all_of(commune: Area) -> permissions.Scope:
    return permissions.Scope(communes=frozenset({commune.id}))


def move(
    session: Session, of: Round, case_ids: Sequence[int], to: Actor, *, by: Doer, now: datetime, reason: str = ""
) -> AssignmentAct:
    """As `assign`, for the moves that the forecast proposes; what was visited meanwhile is passed over."""
    found = _locked(session, of, Case.id.in_(case_ids) & (Case.state == State.NOT_VISITED.value))
    return _give(session, of, found, to, Act.MOVE, reason, by, now)


def assign_each(
    session: Session,
    of: Round,
    wishes: Mapping[int, tuple[int | None, date | None]],
    *,
    by: Doer,
    now: datetime,
) -> AssignmentAct:
    """Each case its own person and day, from a spreadsheet; a day of None leaves the day. Raises what `assign` raises."""
    found = _locked(session, of, Case.id.in_(list(wishes)))
    people = {one for one, _ in wishes.values() if one is not None}
    known = {one.id: one for one in session.scalars(select(Actor).where(Actor.id.in_(sorted(people))))}
    for case in found:
        assignee = wishes[case.id][0]
        if assignee is not None:
            _require_enumerator(known.get(assignee), case.place, of)
    wish: Wish = lambda case: (wishes[case.id][0], wishes[case.id][1] or case.due_on)  # noqa: E731
    return _apply(session, of, found, wish, Act.SHEET, None, "", by, now)


def set_due(
    session: Session,
    of: Round,
    area: Area,
    due_on: date | None,
    *,
    by: Doer,
    now: datetime,
    assignee_id: int | None = None,
    case_ids: Sequence[int] = (),
) -> AssignmentAct:
    """The day by which the unvisited households of an area are due: all of them, one person's, or some.

    Raises FORBIDDEN, OUTSIDE_AREA, ROUND_CLOSED, UNEXPECTED_VALUE (a day outside the round).
    """
    _require(of, area.place, by)
    if due_on is not None and not of.starts_on <= due_on <= of.ends_on:
        raise Problem(Kind.UNEXPECTED_VALUE, field="due_on", value=due_on.isoformat())
    wanted = (Case.state == State.NOT_VISITED.value) & (getattr(Case, f"{area.level}_id") == area.id)
    if assignee_id is not None:
        wanted &= Case.assignee_id == assignee_id
    if case_ids:
        wanted &= Case.id.in_(case_ids)
    found = _locked(session, of, wanted)
    return _apply(session, of, found, lambda case: (case.assignee_id, due_on), Act.DUE, None, "", by, now)


def undo(session: Session, act_id: int, *, by: Doer, now: datetime) -> Undone:
    """Households stand as before the act, those that nobody has changed since. Raises NOT_FOUND, NOTHING_TO_UNDO."""
    act = session.scalar(select(AssignmentAct).where(AssignmentAct.id == act_id).with_for_update())
    if act is None or not permissions.allows(by, Permission.ASSIGN_HOUSEHOLDS, act.place, act.round_id):
        raise Problem(Kind.NOT_FOUND)
    if act.undone_at is not None:
        raise Problem(Kind.NOTHING_TO_UNDO)
    of = session.get_one(Round, act.round_id)
    changed = {case_id: rest for case_id, *rest in act.changes}
    found = [
        case for case in _locked(session, of, Case.id.in_(list(changed)))
        if [case.assignee_id, _text(case.due_on)] == [changed[case.id][1], changed[case.id][3]]
    ]  # fmt: skip
    before = {case.id: (changed[case.id][0], _day(changed[case.id][2])) for case in found}
    _write(session, of, found, before, now)
    act.undone_at, act.undone_by = now, by.name
    audit.record(session, "assignment.undo", "round", of.id, by=by, now=now, act=act.id, households=len(found))
    return Undone(len(found), len(changed) - len(found))


def _locked(session: Session, of: Round, wanted: ColumnElement[bool]) -> Sequence[Case]:
    query = select(Case).where(Case.round_id == of.id, wanted).order_by(Case.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _require(of: Round, place: Place, by: Doer) -> None:
    permissions.require(by, Permission.ASSIGN_HOUSEHOLDS, place, of.id)
    if of.state != rounds.OPEN:
        raise Problem(Kind.ROUND_CLOSED)


def _give(
    session: Session, of: Round, found: Sequence[Case], to: Actor | None, act: Act, reason: str, by: Doer, now: datetime
) -> AssignmentAct:
    for place in {case.place for case in found} if to is not None else ():
        _require_enumerator(to, place, of)
    to_id = to.id if to is not None else None
    return _apply(session, of, found, lambda case: (to_id, case.due_on), act, to_id, reason, by, now)


def _require_enumerator(to: Actor | None, place: Place, of: Round) -> None:
    """Households go to people of their own commune who may send questionnaires."""
    fits = to is not None and to.kind == USER and to.deleted_at is None and to.commune_id == place.commune_id
    if to is None or not fits or not permissions.holds(to.doer(), Permission.SUBMIT, of.id):
        raise Problem(Kind.NO_ENUMERATOR, person=to.display_name if to is not None else "?")


def _apply(
    session: Session,
    of: Round,
    found: Sequence[Case],
    wish: Wish,
    act: Act,
    to_id: int | None,
    reason: str,
    by: Doer,
    now: datetime,
) -> AssignmentAct:
    for place in {case.place for case in found}:
        _require(of, place, by)
    after = {case.id: wish(case) for case in found if wish(case) != (case.assignee_id, case.due_on)}
    changing = [case for case in found if case.id in after]
    changes = [
        [case.id, case.assignee_id, after[case.id][0], _text(case.due_on), _text(after[case.id][1])]
        for case in changing
    ]
    place = _common(case.place for case in found)
    made = AssignmentAct(
        round_id=of.id, kind=act.value, reason=tidy(reason)[:LONGEST_REASON] or None, to_id=to_id,
        households=len(changing), changes=changes, at=now, actor_id=by.id or None, actor_name=by.name,
        province_id=place.province_id, commune_id=place.commune_id, village_id=place.village_id,
    )  # fmt: skip
    session.add(made)
    _write(session, of, changing, after, now)
    audit.record(session, f"assignment.{act.value}", "round", of.id, by=by, now=now, to=to_id, households=len(changing))
    return made


def _write(
    session: Session,
    of: Round,
    changing: Sequence[Case],
    after: Mapping[int, tuple[int | None, date | None]],
    now: datetime,
) -> None:
    rows = [
        {"id": case.id, "assignee_id": after[case.id][0], "due_on": after[case.id][1], "updated_at": now}
        for case in changing
    ]
    session.flush()
    if rows:
        session.execute(update(Case), rows)
        progress.recount_villages(session, of.id, {case.place for case in changing})


def _common(places: Iterable[Place]) -> Place:
    """The smallest area that holds all."""
    known = set(places)
    parts: dict[str, Any] = {}
    for level in (Level.PROVINCE, Level.COMMUNE, Level.VILLAGE):
        ids = {getattr(place, f"{level.value}_id") for place in known}
        parts[f"{level.value}_id"] = next(iter(ids)) if len(ids) == 1 else None
    return Place(**parts)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
