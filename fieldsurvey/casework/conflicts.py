"""An officer decides between versions that were made side by side, property by property; and lets a change that waits be
made although the one before it has not come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import entities, entity_intake, register_list
from fieldsurvey.casework.entities import Change, Done, Source
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import entities as rules
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import backlog
from fieldsurvey.store import entities as store
from fieldsurvey.store.entities import Dataset

DECIDED = Source({"type": "decision"})
LONGEST_NOTE = 2000


def decide(
    session: Session,
    round_id: int,
    dataset: Dataset | None,
    uuid: str,
    chosen: Mapping[str, str],
    seen_version: int,
    *,
    note: str = "",
    by: Doer,
    now: datetime,
) -> None:
    """The chosen values become the entity's, and the conflict is over. `dataset` None: the round's households.

    Raises NOT_FOUND, NO_CONFLICT, ENTITY_VERSION_CONFLICT (somebody has changed it meanwhile), FORBIDDEN, OUTSIDE_AREA.
    """
    noted = replace(by, notes=note.strip()[:LONGEST_NOTE] or None)
    connection = session.connection()
    if dataset is None:
        found = register_list.locked(connection, round_id, uuid)
    else:
        found = store.locked(connection, dataset.id, uuid)
    if found is None or found.deleted_at is not None:
        raise Problem(Kind.NOT_FOUND)
    if found.conflict is None:
        raise Problem(Kind.NO_CONFLICT)
    if found.version != seen_version:
        raise Problem(Kind.ENTITY_VERSION_CONFLICT, current=str(found.version), provided=str(seen_version))
    if dataset is None:
        _decide_household(session, found, chosen, noted, now)
    else:
        _decide_entity(session, dataset, found, chosen, noted, now)


def _decide_household(session: Session, found: Any, chosen: Mapping[str, str], by: Doer, now: datetime) -> None:
    connection = session.connection()
    register_list.resolve(connection, found, by=by, now=now, note=by.notes or "")
    data = {name: value for name, value in chosen.items() if found.data.get(name) != value}
    if data:
        change = Change(None, data)
        register_list.update(connection, found, change, found.version, source=DECIDED, by=by, now=now)


def _decide_entity(
    session: Session, dataset: Dataset, found: Any, chosen: Mapping[str, str], by: Doer, now: datetime
) -> None:
    permissions.require(by, Permission.MANAGE_ENTITIES, store.place_of(found), dataset.round_id)
    connection, present = session.connection(), rules.state(found.label, found.data)
    differs = {name: value for name, value in chosen.items() if present.get(name) != value}
    if differs:
        change = Change(differs.pop(rules.LABEL, None), differs)
        done = entities.update(connection, dataset, found, change, found.version, source=DECIDED, by=by, now=now)
    else:
        version = store.version_of(connection, found.id, found.version)
        done = Done(found.id, found.uuid, found.version, version.id)
    entities.resolve(connection, dataset, done, by=by, now=now)
    entities.settle(connection, [dataset.id], now)


def force(session: Session, round_id: int, held_ids: Sequence[int], *, by: Doer, now: datetime) -> int:
    """Make some of the changes that wait, in the order of their branches; how many. Raises FORBIDDEN, OUTSIDE_AREA."""
    connection = session.connection()
    for place in backlog.places_of(connection, held_ids, round_id):
        permissions.require(by, Permission.REVIEW, place, round_id)
    taken = backlog.take(connection, held_ids, round_id)
    entity_intake.force_these(connection, taken, by=by, now=now)
    return len(taken)
