"""Verbs on review rounds: create one for an area, open it, close it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round

FIRST_YEAR, LAST_YEAR = 2022, 2100  # the multidimensional standard of NĐ 07/2021/NĐ-CP begins with the lists of 2022


def create(
    session: Session,
    name: str,
    year: int,
    area: Area | None,
    starts_on: date,
    ends_on: date,
    *,
    by: Doer,
    now: datetime,
) -> Round:
    """An open round without households or forms. Raises NAME_MISSING, UNEXPECTED_VALUE, FORBIDDEN, OUTSIDE_AREA."""
    permissions.require(by, Permission.MANAGE_ROUNDS, area.place if area else Place())
    if not tidy(name):
        raise Problem(Kind.NAME_MISSING)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Problem(Kind.UNEXPECTED_VALUE, field="year", value=year)
    if ends_on < starts_on:
        raise Problem(Kind.UNEXPECTED_VALUE, field="ends_on", value=ends_on.isoformat())
    made = Round(
        name=tidy(name),
        year=year,
        area_id=area.id if area else None,
        starts_on=starts_on,
        ends_on=ends_on,
        state=rounds.OPEN,
        created_at=now,
    )
    session.add(made)
    session.flush()
    audit.record(session, "project.create", "round", made.id, by=by, now=now, data={"name": made.name, "year": year})
    return made


def set_state(session: Session, of: Round, state: str, *, by: Doer, now: datetime) -> None:
    """open: phones fetch and send · closed: what they send is refused, and kept aside."""
    area = session.get(Area, of.area_id) if of.area_id is not None else None
    permissions.require(by, Permission.MANAGE_ROUNDS, area.place if area else Place(), of.id)
    if state not in {rounds.OPEN, rounds.CLOSED}:
        raise Problem(Kind.UNEXPECTED_VALUE, field="state", value=state)
    of.state = state
    audit.record(session, "project.update", "round", of.id, by=by, now=now, data={"state": state})


def create_project(
    session: Session, name: str, description: str | None, archived: bool, *, by: Doer, now: datetime
) -> Round:
    """A round as programs make it: of this year, without an area; the office page gives it both."""
    permissions.require_for_server(by, Permission.MANAGE_SERVER)
    if not tidy(name):
        raise Problem(Kind.NAME_MISSING)
    made = Round(
        name=tidy(name),
        year=now.year,
        starts_on=now.date(),
        ends_on=date(now.year, 12, 31),
        state=rounds.OPEN,
        description=description,
        archived=archived,
        created_at=now,
    )
    session.add(made)
    session.flush()
    data = {"name": made.name, "description": description, "archived": archived or None}
    audit.record(session, "project.create", "round", made.id, by=by, now=now, data=data)
    return made


def change(session: Session, of: Round, changes: dict[str, Any], *, by: Doer, now: datetime) -> None:
    """Name, description, archived: those that are given."""
    permissions.require_anywhere(by, Permission.MANAGE_ROUNDS, of.id)
    if "name" in changes and not tidy(changes["name"]):
        raise Problem(Kind.NAME_MISSING)
    for name, value in changes.items():
        setattr(of, name, bool(value) if name == "archived" else value)
    of.updated_at = now
    session.add(of)
    audit.record(session, "project.update", "round", of.id, by=by, now=now, data=changes)


def delete(session: Session, of: Round, *, by: Doer, now: datetime) -> None:
    """Out of sight with all that is in it; nothing is thrown away."""
    permissions.require_anywhere(by, Permission.MANAGE_ROUNDS, of.id)
    of.deleted_at = now
    session.add(of)
    audit.record(session, "project.delete", "round", of.id, by=by, now=now)
