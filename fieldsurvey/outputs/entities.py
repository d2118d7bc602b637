"""Entities as programs see them: ODK Central's Entity with its current version; whole lists come row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import actors, entity_sources
from fieldsurvey.outputs.entity_sources import Source
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.entities import Dataset, Entity, EntityVersion

CHUNK = 500
_VERSION = (
    EntityVersion.created_at.label("version_created_at"),
    EntityVersion.creator_id.label("version_creator_id"),
    EntityVersion.user_agent,
    EntityVersion.base_version,
    EntityVersion.branch_id,
    EntityVersion.trunk_version,
    EntityVersion.branch_base_version,
    EntityVersion.conflicting,
    EntityVersion.source,
)
_ENTITY = (
    Entity.id, Entity.uuid, Entity.version, Entity.label, Entity.conflict, Entity.creator_id,
    Entity.created_at, Entity.updated_at, Entity.deleted_at,
)  # fmt: skip


def _current(*more: Any) -> Select[Any]:
    """Entities with their current version."""
    is_current = and_(EntityVersion.entity_id == Entity.id, EntityVersion.version == Entity.version)
    return select(*_ENTITY, *_VERSION, *more).join(EntityVersion, is_current)


def listed(
    session: Session, dataset: Dataset, scope: Scope, *, deleted: bool, extended: bool, offset: int, limit: int | None
) -> Iterator[list[dict[str, Any]]]:
    """Newest first, without their properties, in chunks."""
    if dataset.is_register:
        yield from _register(session, dataset, scope, deleted, offset, limit)
        return
    query = (
        _current()
        .where(Entity.dataset_id == dataset.id, _is(deleted), in_scope(Entity, scope))
        .order_by(Entity.id.desc())
        .offset(offset or None)
        .limit(limit)
    )
    names: dict[int, dict[str, Any]] = {}
    for chunk in session.execute(query.execution_options(yield_per=CHUNK)).partitions():
        yield _described(session, chunk, names if extended else None)


def _is(deleted: bool) -> ColumnElement[bool]:
    return Entity.deleted_at.is_not(None) if deleted else Entity.deleted_at.is_(None)


def _described(
    session: Session, rows: Sequence[Row[Any]], known: dict[int, dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """`known`: actors by id, kept from chunk to chunk; None: without who made them."""
    found = [on_wire(row) for row in rows]
    if known is not None:
        wanted = {row.creator_id for row in rows} | {row.version_creator_id for row in rows}
        known |= actors.by_id(session, wanted - known.keys())
        for one in found:
            one["creator"] = known.get(one["creatorId"])
            one["currentVersion"]["creator"] = known.get(one["currentVersion"]["creatorId"])
    return found


def written(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entity as a verb has left it (casework.entities.Done)."""
    found = on_wire(SimpleNamespace(**row))
    found["currentVersion"] |= {"data": row["data"], "dataReceived": row["received"]}
    return found


def on_wire(row: Any) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "creatorId": row.creator_id,
        "conflict": row.conflict,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
        "deletedAt": row.deleted_at,
        "currentVersion": {
            "label": row.label,
            "current": True,
            "creatorId": row.version_creator_id,
            "createdAt": row.version_created_at,
            **made_from(row),
        },
    }


def made_from(row: Any) -> dict[str, Any]:
    """What a version was made from, and what it conflicts with; null for what was made from the one before it."""
    conflicts = row.base_version is not None and (
        row.base_version != row.version - 1 or row.conflicting or row.source.get("action") == "create"
    )
    return {
        "userAgent": row.user_agent,
        "version": row.version,
        "baseVersion": row.base_version,
        "branchId": row.branch_id,
        "trunkVersion": row.trunk_version,
        "branchBaseVersion": row.branch_base_version,
        "conflictingProperties": row.conflicting if conflicts else None,
    }


def one(
    session: Session, dataset: Dataset, uuid: str, scope: Scope, *, extended: bool = False
) -> dict[str, Any] | None:
    """An entity that is not deleted, with its properties and what its last change brought."""
    if dataset.is_register:
        return _household(session, dataset, uuid, scope)
    query = _current(Entity.data, EntityVersion.received).where(
        Entity.dataset_id == dataset.id, Entity.uuid == uuid, _is(deleted=False), in_scope(Entity, scope)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    found = _described(session, [row], {} if extended else None)[0]
    found["currentVersion"] |= {"data": row.data, "dataReceived": row.received}
    return found


def by_id(session: Session, ids: Collection[int], scope: Scope) -> dict[int, dict[str, Any]]:
    """Those that are not deleted, by their own number."""
    query = _current().where(Entity.id.in_(ids), _is(deleted=False), in_scope(Entity, scope))
    return {row.id: on_wire(row) for row in session.execute(query)}


def creators(session: Session, dataset: Dataset, scope: Scope) -> list[dict[str, Any]]:
    """Who has made the list's entities, by name."""
    if dataset.is_register:
        return []
    made = select(Entity.creator_id).where(Entity.dataset_id == dataset.id, in_scope(Entity, scope)).distinct()
    ids = session.scalars(made).all()
    return sorted(actors.by_id(session, ids).values(), key=lambda actor: (actor["displayName"], actor["id"]))


def _register(
    session: Session, dataset: Dataset, scope: Scope, deleted: bool, offset: int, limit: int | None
) -> Iterator[list[dict[str, Any]]]:
    source = entity_sources.of_dataset(session, dataset)
    live = ~source.live if deleted else source.live
    query = _columns(source).where(live, source.inside(scope)).order_by(source.columns["id"].desc())
    query = query.offset(offset or None).limit(limit)
    for chunk in session.execute(query.execution_options(yield_per=CHUNK)).partitions():
        yield [_of_register(row) for row in chunk]


def _household(session: Session, dataset: Dataset, uuid: str, scope: Scope) -> dict[str, Any] | None:
    source = entity_sources.of_dataset(session, dataset)
    query = _columns(source).where(source.columns["uuid"] == uuid, source.live, source.inside(scope))
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    data = {name: value or "" for name, value in zip(source.properties, row[-len(source.properties) :], strict=True)}
    found = _of_register(row)
    found["currentVersion"] |= {"data": data, "dataReceived": {**data, "label": row.label}}
    return found


def _columns(source: Source) -> Select[Any]:
    wanted = [column.label(name) for name, column in source.columns.items()]
    return source.select(*wanted, *(field.label(f"property_{name}") for name, field in source.properties.items()))


def _of_register(row: Any) -> dict[str, Any]:
    """Its history is in the submissions and reviews of its case; here it has only its present version."""
    return {
        "uuid": row.uuid,
        "creatorId": None,
        "conflict": row.conflict,
        "createdAt": row.createdAt,
        "updatedAt": row.updatedAt,
        "deletedAt": row.deletedAt,
        "currentVersion": {
            "label": row.label,
            "current": True,
            "creatorId": None,
            "createdAt": row.updatedAt,
            "userAgent": None,
            "version": row.version,
            "baseVersion": None,
            "branchId": None,
            "trunkVersion": None,
            "branchBaseVersion": None,
            "conflictingProperties": None,
        },
    }
