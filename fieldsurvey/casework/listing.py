"""Listing: the register's households of an area become the cases that a round has to visit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, cases, progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round


def list_households(session: Session, of: Round, area: Area | None, *, by: Doer, now: datetime) -> int:
    """Add what is not on the round's list yet, as not visited; returns how many. `area` None: the round's own area.

    The number of statements does not depend on the number of households; doing it again adds only what the register
    has gained since. Raises ROUND_CLOSED, FORBIDDEN, OUTSIDE_AREA.
    """
    limit = session.get(Area, of.area_id) if of.area_id is not None else None
    area = area or limit
    place = area.place if area else Place()
    permissions.require(by, Permission.MANAGE_ROUNDS, place, of.id)
    if limit is not None and not limit.ref.covers(place):
        raise Problem(Kind.OUTSIDE_AREA)
    if of.state != rounds.OPEN:
        raise Problem(Kind.ROUND_CLOSED)
    added = cases.add_unvisited(session, of.id, area.ref if area else None, now)
    progress.recount(session, of.id)
    audit.record(session, "round.list", "round", of.id, by=by, now=now, households=added)
    return added
