"""Verbs on many entities at once: create from a file, delete, restore. All or nothing, one entry in the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from fieldsurvey.casework import entities, entity_places
from fieldsurvey.casework.entities import Change, EntityList, Source
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.store import audit
from fieldsurvey.store import entities as store
from fieldsurvey.store.entities import Dataset


def create(
    connection: Connection,
    dataset: Dataset,
    new: Sequence[tuple[str, Change]],
    file: Mapping[str, Any],
    *,
    user_agent: str | None,
    by: Doer,
    now: datetime,
) -> None:
    """All of a file, or none. Raises ALREADY_EXISTS, ENTITY_EXISTS_DELETED, FORBIDDEN, OUTSIDE_AREA."""
    _require_new(connection, dataset.id, [uuid for uuid, _ in new])
    places = entity_places.of_each(connection, (change.data for _, change in new))
    for place in set(places):
        permissions.require(by, Permission.MANAGE_ENTITIES, place, dataset.round_id)
    source = Source(file, user_agent=user_agent)
    rows = [
        entities.entity_row(dataset.id, uuid, change, source, place, by, now)
        for (uuid, change), place in zip(new, places, strict=True)
    ]
    try:
        ids = store.add_all(connection, rows)
    except IntegrityError:  # somebody else was faster with one of them
        raise entities.exists([uuid for uuid, _ in new]) from None
    bulk = Source({"type": "bulk", "bulk": ids[0], **file}, user_agent=user_agent)
    versions = [
        {
            **entities.version_row(entity_id, 1, change, bulk, None, by, now),
            "label": change.label,
            "data": row["data"],
        }
        for entity_id, (_, change), row in zip(ids, new, rows, strict=True)
    ]
    store.add_versions(connection, versions)
    audit.record(connection, "entity.bulk.create", "dataset", dataset.id, by=by, now=now, sourceId=ids[0])


def _require_new(connection: Connection, dataset_id: int, uuids: Sequence[str]) -> None:
    twice = [uuid for uuid, count in Counter(uuids).items() if count > 1]
    if twice:
        raise entities.exists(twice)
    taken = store.among(connection, dataset_id, uuids)
    deleted = [row.uuid for row in taken if row.deleted_at is not None]
    if deleted:
        raise Problem(Kind.ENTITY_EXISTS_DELETED, entityUuids=deleted)
    if taken:
        raise entities.exists([row.uuid for row in taken])


def delete(
    connection: Connection, dataset: EntityList, uuids: Sequence[str], scope: Scope, *, by: Doer, now: datetime
) -> None:
    """Those of them that are there and inside the scope; the others are passed over."""
    _set_deleted(connection, "entity.bulk.delete", dataset, uuids, scope, by, now, deleted_at=now)


def restore(
    connection: Connection, dataset: EntityList, uuids: Sequence[str], scope: Scope, *, by: Doer, now: datetime
) -> None:
    _set_deleted(connection, "entity.bulk.restore", dataset, uuids, scope, by, now, deleted_at=None, updated_at=now)


def _set_deleted(
    connection: Connection,
    action: str,
    dataset: EntityList,
    uuids: Sequence[str],
    scope: Scope,
    by: Doer,
    now: datetime,
    **values: datetime | None,
) -> None:
    deletes = values["deleted_at"] is not None
    found = [
        row
        for row in store.among(connection, dataset.id, uuids, lock=True)
        if (row.deleted_at is None) == deletes and scope.covers(store.place_of(row))
    ]
    if found:
        store.change_all(connection, [row.id for row in found], **values)
        named = [row.uuid for row in found]
        audit.record(connection, action, "dataset", dataset.id, by=by, now=now, entityUuids=named)
