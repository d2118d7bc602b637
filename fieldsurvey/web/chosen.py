"""What several pages choose from: the round in view, one commune of it, a day, a village."""

from __future__ import annotations

from datetime import date

from flask import request

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow
from fieldsurvey.guards import doer
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import context, ids


def a_round() -> Round:
    """The round in view; NOT_FOUND where there is none."""
    of = context.current_round()
    if of is None:
        raise Problem(Kind.NOT_FOUND)
    return of


def round_now() -> Round:
    """The same, read anew inside write()."""
    found = rounds.by_id(session(), a_round().id)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def scope(permission: Permission, of: Round) -> Scope:
    return permissions.scope(doer(), permission, of.id)


def inside(of: Round) -> AreaRef | None:
    """The round's own area."""
    area = session().get(Area, of.area_id) if of.area_id is not None else None
    return area.ref if area else None


def area(name: str, level: Level, permission: Permission, of: Round) -> Area:
    """The area that the address or the form names, if it is the reader's; NOT_FOUND otherwise."""
    found = session().get(Area, ids.given(request.values, name) or ids.NOBODY)
    if found is None or found.level != level.value or not scope(permission, of).covers(found.place):
        raise Problem(Kind.NOT_FOUND)
    return found


def today() -> date:
    """In Vietnam."""
    return day_of(utcnow())


def day(name: str) -> date | None:
    """A day of the form, None where it is empty. Raises UNEXPECTED_VALUE."""
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(Kind.UNEXPECTED_VALUE, field=name, value=text[:20]) from None


def numbers(name: str) -> list[int]:
    """All ticked boxes of one name."""
    return [int(one) for one in request.form.getlist(name)[:5000] if one.isascii() and one.isdigit() and len(one) < 19]
