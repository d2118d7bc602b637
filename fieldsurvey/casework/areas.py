"""Verbs on areas: villages that a commune creates, renames, closes; the type of a commune or village; loading a list of
units with the day from which it holds. Mergers and splits: area_changes.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import area_changes
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaType, Level, Place
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.sheets.areas import AreaRow, Complaint, CrosswalkRow, bare
from fieldsurvey.store import areas, audit
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household

LONGEST_NAME = 100


def create_village(
    session: Session, commune: Area, full_name: str, area_type: AreaType | None, *, by: Doer, now: datetime
) -> Area:
    """A village with the next number below its commune. Raises NAME_MISSING, ALREADY_EXISTS (the name), AREA_UNFIT."""
    permissions.require(by, Permission.MANAGE_VILLAGES, commune.place)
    if commune.level != Level.COMMUNE or commune.valid_to is not None:
        raise Problem(Kind.AREA_UNFIT, area=commune.full_name)
    full = _free_name(session, commune.id, full_name)
    made = Area(
        level=Level.VILLAGE.value, code=areas.next_village_code(session, commune), parent_id=commune.id,
        province_id=commune.parent_id, area_type=area_type.value if area_type else None, valid_from=now.date(),
        **names(full),
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, "area.create", "area", made.id, by=by, now=now, code=made.code, name=full)
    return made


def names(full: str) -> dict[str, str]:
    """The columns of a name."""
    return {"name": bare(full), "full_name": full, "name_fold": fold(bare(full))}


def _free_name(session: Session, commune_id: int, full_name: str, but: int | None = None) -> str:
    full = tidy(full_name)[:LONGEST_NAME]
    if not full:
        raise Problem(Kind.NAME_MISSING)
    taken = {one.name_fold for one in areas.children(session, commune_id, Level.VILLAGE) if one.id != but}
    if fold(bare(full)) in taken:
        raise Problem(Kind.ALREADY_EXISTS, value=full)
    return full


def rename_village(session: Session, village: Area, full_name: str, *, by: Doer, now: datetime) -> None:
    """The same village under another name; its code and territory stay. Raises NAME_MISSING, ALREADY_EXISTS."""
    _require_village(by, village)
    full, before = _free_name(session, village.parent_id or 0, full_name, village.id), village.full_name
    village.name, village.full_name, village.name_fold = bare(full), full, fold(bare(full))
    session.add(village)
    audit.record(session, "area.rename", "area", village.id, by=by, now=now, before=before, name=full)


def set_type(session: Session, area: Area, area_type: AreaType | None, *, by: Doer, now: datetime) -> None:
    """Which income line applies: of a village by its commune (None: as the commune), of a commune by who manages areas.

    Households that are judged already keep their result.
    """
    needed = Permission.MANAGE_VILLAGES if area.level == Level.VILLAGE else Permission.MANAGE_AREAS
    permissions.require(by, needed, area.place)
    if area.level == Level.PROVINCE or (area.level == Level.COMMUNE and area_type is None):
        raise Problem(Kind.AREA_UNFIT, area=area.full_name)
    before, area.area_type = area.area_type, area_type.value if area_type else None
    session.add(area)
    audit.record(session, "area.type", "area", area.id, by=by, now=now, before=before, after=area.area_type)


def close_village(session: Session, village: Area, *, by: Doer, now: datetime) -> None:
    """From today there is no such village; the past keeps it. Raises AREA_IN_USE while households live there."""
    _require_village(by, village)
    living = households_in(session, village)
    if living:
        raise Problem(Kind.AREA_IN_USE, households=living, area=village.full_name)
    village.valid_to = now.date()
    session.add(village)
    audit.record(session, "area.close", "area", village.id, by=by, now=now, code=village.code)


def reopen_village(session: Session, village: Area, *, by: Doer, now: datetime) -> None:
    """Take the closing back."""
    _require_village(by, village, closed=True)
    _free_name(session, village.parent_id or 0, village.full_name, village.id)
    village.valid_to = None
    session.add(village)
    audit.record(session, "area.reopen", "area", village.id, by=by, now=now, code=village.code)


def _require_village(by: Doer, village: Area, closed: bool = False) -> None:
    permissions.require(by, Permission.MANAGE_VILLAGES, village.place)
    if village.level != Level.VILLAGE or (village.valid_to is not None) != closed:
        raise Problem(Kind.AREA_UNFIT, area=village.full_name)


def households_in(session: Session, area: Area) -> int:
    """How many households of the register live there."""
    column = getattr(Household, f"{area.level}_id")
    query = select(func.count()).select_from(Household).where(column == area.id, Household.deleted_at.is_(None))
    return session.scalar(query) or 0


@dataclass
class Outcome:
    """What a list of units changed, or would change. Codes, in the order of the file."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # name or type of the same unit
    moved: list[str] = field(default_factory=list)  # the code means another territory from that day
    closed: list[str] = field(default_factory=list)  # no longer in the list
    same: int = 0
    wrong: list[Complaint] = field(default_factory=list)
    work: area_changes.Outcome | None = None  # what the moved ones took along


def load(
    session: Session, rows: Sequence[AreaRow], on: date, *, by: Doer, now: datetime, complete: bool = False
) -> Outcome:
    """The list holds from that day: new units are added, names and types mended, a unit under another parent begins anew.

    `complete`: units of the file's provinces and levels that it lacks are closed, unless somebody lives there. Nothing is
    written where something is wrong. Raises FORBIDDEN, UNEXPECTED_VALUE for a day to come.
    """
    permissions.require(by, Permission.MANAGE_AREAS, Place())
    if on > now.date():
        raise Problem(Kind.UNEXPECTED_VALUE, field="on", value=on.isoformat())
    outcome, moves = Outcome(), list[CrosswalkRow]()
    for level in Level:
        known = areas.valid_on(session, level, on)
        for row in (one for one in rows if one.level is level):
            _take(session, row, known, on, outcome, moves)
        session.flush()
    if complete:
        _close_missing(session, rows, on, outcome)
    if moves and not outcome.wrong:
        outcome.work = area_changes.apply(session, moves, by=by, now=now)
        outcome.wrong += outcome.work.wrong
    counts = {"added": len(outcome.added), "changed": len(outcome.changed), "closed": len(outcome.closed)}
    audit.record(session, "area.load", "area", None, by=by, now=now, on=on.isoformat(), **counts)
    return outcome


def _take(
    session: Session, row: AreaRow, known: dict[str, Area], on: date, outcome: Outcome, moves: list[CrosswalkRow]
) -> None:
    above = areas.by_code(session, _ABOVE[row.level], row.parent, on) if row.level in _ABOVE else None
    if row.level in _ABOVE and above is None:
        outcome.wrong.append(Complaint(row.number, "parent", "parent_unknown", row.parent))
        return
    found = known.get(row.code)
    if found is None:
        known[row.code] = _add(session, row, above, on)
        outcome.added.append(row.code)
    elif above is not None and found.parent_id != above.id and found.valid_from < on:
        found.valid_to = on - timedelta(days=1)
        known[row.code] = _add(session, row, above, on)
        moves.append(CrosswalkRow(row.number, row.code, row.code, on, ""))
        outcome.moved.append(row.code)
    elif _mend(found, row, above):
        outcome.changed.append(row.code)
    else:
        outcome.same += 1


_ABOVE = {Level.COMMUNE: Level.PROVINCE, Level.VILLAGE: Level.COMMUNE}


def _add(session: Session, row: AreaRow, above: Area | None, on: date) -> Area:
    """A unit since that day, until the day before a later one with its code begins."""
    later = areas.begins_after(session, row.level, row.code, on)
    made = Area(
        level=row.level.value, code=row.code, name=row.name, full_name=row.full_name, name_fold=fold(row.name),
        parent_id=above.id if above else None,
        province_id=(above.parent_id if row.level is Level.VILLAGE else above.id) if above else None,
        area_type=row.area_type.value if row.area_type else None, valid_from=on,
        valid_to=later.valid_from - timedelta(days=1) if later else None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _mend(found: Area, row: AreaRow, above: Area | None) -> bool:
    """Whether anything differed."""
    wanted: dict[str, Any] = {"name": row.name, "full_name": row.full_name, "name_fold": fold(row.name)}
    if row.area_type is not None:
        wanted["area_type"] = row.area_type.value
    if above is not None:
        wanted["parent_id"] = above.id
    differing = {name: value for name, value in wanted.items() if getattr(found, name) != value}
    for name, value in differing.items():
        setattr(found, name, value)
    return bool(differing)


def _close_missing(session: Session, rows: Sequence[AreaRow], on: date, outcome: Outcome) -> None:
    listed = {(one.level, one.code) for one in rows}
    provinces = {one.code for one in rows if one.level is Level.PROVINCE} | {
        one.parent for one in rows if one.level is Level.COMMUNE
    }
    inside = {areas.by_code(session, Level.PROVINCE, code, on) for code in provinces} - {None}
    for found in areas.valid_on(session, Level.COMMUNE, on).values():
        if found.parent_id not in {one.id for one in inside if one} or (Level.COMMUNE, found.code) in listed:
            continue
        if households_in(session, found):
            outcome.wrong.append(Complaint(0, "code", "in_use", f"{found.code} {found.full_name}"))
        elif found.valid_from >= on:
            outcome.wrong.append(Complaint(0, "code", "began_that_day", f"{found.code} {found.full_name}"))
        else:
            found.valid_to = on - timedelta(days=1)
            outcome.closed.append(found.code)
