"""Taking a change of the register back, as long as nothing of what it changed has been changed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import listed, register_changes, registering
from fieldsurvey.casework.households import held
from fieldsurvey.casework.register_changes import Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.register import UNDOABLE, Ceased, Change, Gone
from fieldsurvey.store import household_events, household_years, register
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household, Member

_DAYS = {"birth_date", "gone_at", "decision_date"}
_COUNT = "member_count"  # moves with the members, each of whom is looked at
_ORDER = "position"  # of no weight


def undo(session: Session, event_id: int, *, by: Doer, now: datetime) -> Household:
    """Take an event back, with the others of the same act (a split, a merger, a member who moved); its household.

    What was there before stands there again; a household that came into being by the act ceases, a member who did is
    marked as a mistake. Raises NOT_FOUND, NOT_UNDOABLE and what `held` raises for each household of the act.
    """
    found = session.get(HouseholdEvent, event_id)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    events = _act(session, found)
    register.locked(session, sorted({one.household_id for one in events}))
    touched = {one.household_id: held(session, one.household_id, by=by, ceased=True) for one in events}
    if household_events.undone(session, [one.id for one in events]) or not _stands(session, events):
        raise Problem(Kind.NOT_UNDOABLE)
    pictures = {key: register_changes.picture(session, household) for key, household in touched.items()}
    more = {one.id: _take_back(session, one, touched[one.household_id], events, now) for one in events}
    batch = register.new_uuid() if found.batch_id else None
    for one in events:
        household = touched[one.household_id]
        act = Act(Change.UNDONE, by, now, None, batch, one.id)
        register_changes.write_down(
            session, household, pictures[household.id], act, undoes=(None, one.kind), **more[one.id]
        )
        pictures[household.id] = register_changes.picture(session, household)
    return touched[found.household_id]


def possible(session: Session, events: Sequence[HouseholdEvent]) -> set[int]:
    """Ids of those events that can be taken back now, for a page that offers it."""
    gone = household_events.undone(session, [one.id for one in events])
    offered = [one for one in events if one.id not in gone and one.kind in UNDOABLE]
    return {one.id for one in offered if _stands(session, _act(session, one))}


def _act(session: Session, event: HouseholdEvent) -> Sequence[HouseholdEvent]:
    """The events that were one act, newest first."""
    return household_events.of_batch(session, event.batch_id) if event.batch_id else [event]


def _stands(session: Session, events: Sequence[HouseholdEvent]) -> bool:
    """Whether each thing that the act changed still stands as the act left it."""
    return all(event.kind in UNDOABLE and _one_stands(session, event) for event in events)


def _one_stands(session: Session, event: HouseholdEvent) -> bool:
    household = session.get_one(Household, event.household_id)
    columns = {name: value for name, value in (event.after.get("household") or {}).items() if name != _COUNT}
    if any(register_changes.as_json(getattr(household, name)) != value for name, value in columns.items()):
        return False
    known = {one.uuid: one for one in register.everybody(session, household.id)}
    named = event.after.get("members") or {}
    if not all(_member_stands(known.get(uuid), values) for uuid, values in named.items()):
        return False
    year = event.after.get("year")
    return year is None or registering.year_values(household_years.of_year(session, household.id, year["year"])) == year


def _member_stands(member: Member | None, values: dict[str, Any] | None) -> bool:
    if member is None or values is None:
        return member is None and values is None
    kept = {name: value for name, value in values.items() if name != _ORDER}
    return all(register_changes.as_json(getattr(member, name)) == value for name, value in kept.items())


def _take_back(
    session: Session, event: HouseholdEvent, household: Household, act: Sequence[HouseholdEvent], now: datetime
) -> dict[str, Any]:
    """Put back what the event changed; the parts of the undoing event beside household and members."""
    more: dict[str, Any] = {}
    for name, value in (event.before.get("household") or {}).items():
        if name != _COUNT:
            setattr(household, name, value)
    household.name_fold = fold(household.head_name)
    _members_back(session, event, household, act, now)
    if "year" in event.after:
        more["year"] = _year_back(session, event, household)
    if event.kind == Change.CEASED:
        household.deleted_at = None
        more["rounds"] = ([], listed.come_back(session, household, event.before.get("rounds") or [], now))
    if event.kind == Change.SPLIT_FROM:
        household.deleted_at, household.gone_reason = now, Ceased.MISTAKE.value
        more["rounds"] = (listed.leave(session, household.id), [])
    return more


def _members_back(
    session: Session, event: HouseholdEvent, household: Household, act: Sequence[HouseholdEvent], now: datetime
) -> None:
    """Whom another event of the act brings back to where they were is left to it."""
    others = [one for one in act if one is not event]
    elsewhere = {uuid for one in others for uuid, old in (one.before.get("members") or {}).items() if old}
    named: dict[str, Any] = event.before.get("members") or {}
    known = register.with_uuids(session, list(named))
    for uuid, values in named.items():
        if values is not None:
            known[uuid].household_id = household.id
            _put(known[uuid], values)
            known[uuid].name_fold = fold(known[uuid].name)
        elif uuid not in elsewhere:
            known[uuid].gone_at, known[uuid].gone_reason = now.date(), Gone.MISTAKE.value
    household.member_count = max((household.member_count or 0) - _present(event.after) + _present(event.before), 0)
    session.flush()


def _present(values: dict[str, Any]) -> int:
    """How many of the members named are there by these values."""
    return sum(one is not None and not one.get("gone_at") for one in (values.get("members") or {}).values())


def _year_back(session: Session, event: HouseholdEvent, household: Household) -> tuple[Any, Any]:
    """The class of the year before the undoing and after it."""
    old, new = event.before.get("year"), event.after["year"]
    year = (new or old or {})["year"]
    row = household_years.of_year(session, household.id, year)
    before = registering.year_values(row)
    if old is None:
        if row is not None:
            session.delete(row)
        return before, None
    if row is None:
        row = HouseholdYear(household_id=household.id, year=year)
        session.add(row)
    _put(row, old)
    return before, registering.year_values(row)


def _put(row: Member | HouseholdYear, values: dict[str, Any]) -> None:
    """Values of an event into the row's columns."""
    for name, value in values.items():
        setattr(row, name, date.fromisoformat(value) if name in _DAYS and value else value)
