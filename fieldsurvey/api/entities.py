"""Entities of a list: read, made, changed, deleted and restored, one by one or many at once; and their history."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from sqlalchemy import Connection

from fieldsurvey.api import entity_json, register_entities, wire
from fieldsurvey.api.datasets import DATASET, reading_scope
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.actors import ActorSchema
from fieldsurvey.api.schemas.audits import AuditSchema
from fieldsurvey.api.schemas.entities import (
    EntityChangeSchema,
    EntitySchema,
    FullVersionSchema,
    IdsSchema,
    NewEntitySchema,
)
from fieldsurvey.casework import entities as verbs
from fieldsurvey.casework import entities_in_bulk as bulk
from fieldsurvey.casework import entity_places
from fieldsurvey.casework.entities import Done, Source
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import ITSELF, doer
from fieldsurvey.outputs import entities as output
from fieldsurvey.outputs import entity_history as history
from fieldsurvey.outputs import entity_map, entity_sources
from fieldsurvey.outputs.entity_sources import property_names
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import entities as store
from fieldsurvey.store.entities import Dataset, Entity
from fieldsurvey.store.rounds import Round

ENTITIES = f"{DATASET}/entities"
ENTITY = f"{ENTITIES}/<uuid>"


def _source() -> Source:
    return Source(user_agent=_user_agent())


def _user_agent() -> str | None:
    return (request.headers.get("User-Agent") or "").strip() or None


def _managing_scope(project: Round) -> Scope:
    return permissions.scope(doer(), Permission.MANAGE_ENTITIES, project.id)


@route("GET", ENTITIES, asks=Permission.READ_ENTITIES, gives=EntitySchema, many=True)
def entities(project: Round, dataset: Dataset) -> Response:
    """All entities without their properties, newest first; `deleted=true`: the deleted ones."""
    scope, (offset, limit) = reading_scope(project), wire.paging()
    asked: dict[str, Any] = {
        "deleted": wire.flag("deleted"),
        "extended": wire.extended(),
        "offset": offset,
        "limit": limit,
    }
    return wire.streamed_list(lambda reading: output.listed(reading, dataset, scope, **asked))


@route("GET", f"{ENTITIES}/creators", asks=Permission.READ_ENTITIES, gives=ActorSchema, many=True)
def creators(project: Round, dataset: Dataset) -> list[dict[str, Any]]:
    """Who has made the list's entities, by name."""
    return output.creators(session(), dataset, reading_scope(project))


@route("GET", ENTITY, asks=Permission.READ_ENTITIES, gives=EntitySchema)
def entity(project: Round, dataset: Dataset, uuid: str) -> dict[str, Any]:
    """One entity, with its properties."""
    found = output.one(session(), dataset, uuid, reading_scope(project), extended=wire.extended())
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _found(project: Round, dataset: Dataset, uuid: str) -> Entity:
    found = history.found(session(), dataset, uuid, reading_scope(project))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


@route("GET", f"{ENTITY}/versions", asks=Permission.READ_ENTITIES, gives=FullVersionSchema, many=True)
def versions(project: Round, dataset: Dataset, uuid: str) -> list[dict[str, Any]]:
    """Every version, oldest first; `relevantToConflict=true`: those that a conflict is about."""
    if dataset.is_register:
        return register_entities.versions(project, dataset, uuid, relevant=wire.flag("relevantToConflict"))
    found = _found(project, dataset, uuid)
    return history.versions(session(), found, relevant=wire.flag("relevantToConflict"), extended=wire.extended())


@route("GET", f"{ENTITY}/diffs", asks=Permission.READ_ENTITIES)
def diffs(project: Round, dataset: Dataset, uuid: str) -> list[list[dict[str, Any]]]:
    """What each version changed of the one before."""
    if dataset.is_register:
        return register_entities.diffs(project, dataset, uuid)
    return history.diffs(session(), _found(project, dataset, uuid))


@route("GET", f"{ENTITY}/audits", asks=Permission.READ_ENTITIES, gives=AuditSchema, many=True)
def audits(project: Round, dataset: Dataset, uuid: str) -> list[dict[str, Any]]:
    """Who did what to the entity, newest first."""
    offset, limit = wire.paging()
    return history.entries(session(), _found(project, dataset, uuid), offset=offset, limit=limit)


@route("GET", f"{ENTITY}/geojson", asks=Permission.READ_ENTITIES)
def geojson(project: Round, dataset: Dataset, uuid: str) -> Response:
    """The entity's place as GeoJSON."""
    source = entity_sources.of_dataset(session(), dataset)
    scope, this = reading_scope(project), source.columns["uuid"] == uuid
    if output.one(session(), dataset, uuid, scope) is None:
        raise Problem(Kind.NOT_FOUND)
    return wire.feature_collection(lambda reading: entity_map.features(reading, source, scope, this))


def _require_managing(project: Round, dataset: Dataset) -> None:
    """Of the register's list the verbs ask, household by household. Raises FORBIDDEN, NOT_SUPPORTED."""
    if dataset.is_register:
        register_entities.require_households(dataset)
    else:
        permissions.require_anywhere(doer(), Permission.MANAGE_ENTITIES, project.id)


@route("POST", ENTITIES, asks=ITSELF, takes=NewEntitySchema, gives=EntitySchema)
def create(project: Round, dataset: Dataset) -> dict[str, Any]:
    """A new entity; or with `entities` and `source` many, all or none."""
    _require_managing(project, dataset)
    if dataset.is_register:
        return register_entities.create(project, dataset, _source())
    body, names = wire.json_body(), property_names(session(), dataset.id)
    if body.get("entities") is not None:
        return _create_many(dataset, body, names)
    uuid, change = entity_json.new(body, names)
    now = utcnow()
    with write() as current:
        rows = current.connection()
        entity_places.require(rows, change.data, project.id, by=doer())
        done = verbs.create(rows, dataset, uuid, change, source=_source(), by=doer(), now=now)
        verbs.settle(rows, [dataset.id], now)
    return output.written(done.row)


def _create_many(dataset: Dataset, body: dict[str, Any], names: list[str]) -> dict[str, Any]:
    new = entity_json.many(body, names)
    file = entity_json.file(body.get("source"), len(new), _user_agent())
    now = utcnow()
    with write() as current:
        rows = current.connection()
        bulk.create(rows, dataset, new, file, user_agent=_user_agent(), by=doer(), now=now)
        verbs.settle(rows, [dataset.id], now)
    return wire.SUCCESS


@route("PATCH", ENTITY, asks=ITSELF, takes=EntityChangeSchema, gives=EntitySchema)
def update(project: Round, dataset: Dataset, uuid: str) -> dict[str, Any]:
    """Change label and properties from `baseVersion`, or whatever it is now with `force`; `resolve` ends a conflict."""
    _require_managing(project, dataset)
    if dataset.is_register:
        return register_entities.update(project, dataset, uuid, _source())
    body, names, now = wire.json_body(), property_names(session(), dataset.id), utcnow()
    with write() as current:
        rows = current.connection()
        found = _locked(rows, project, dataset, uuid)
        resolves = wire.flag("resolve")
        if resolves and found.conflict is None:
            raise Problem(Kind.NO_CONFLICT)
        base = request.args.get("baseVersion")
        if base != str(found.version) and not wire.flag("force"):
            raise Problem(Kind.ENTITY_VERSION_CONFLICT, current=str(found.version), provided=base)
        if resolves and not body:
            version = store.version_of(rows, found.id, found.version)
            done = Done(found.id, uuid, found.version, version.id)
        else:
            change = entity_json.change(body, names)
            if entity_places.named(change.data):
                entity_places.require(rows, change.data, project.id, by=doer())
            done = verbs.update(rows, dataset, found, change, found.version, source=_source(), by=doer(), now=now)
        if resolves:
            verbs.resolve(rows, dataset, done, by=doer(), now=now)
        verbs.settle(rows, [dataset.id], now)
    return entity(project, dataset, uuid) if resolves else output.written(done.row)


def _locked(rows: Connection, project: Round, dataset: Dataset, uuid: str, *, deleted: bool = False) -> Any:
    """The entity's Row, held against others; raises NOT_FOUND, also outside the caller's area."""
    found = store.locked(rows, dataset.id, uuid)
    if found is None or (found.deleted_at is not None) != deleted:
        raise Problem(Kind.NOT_FOUND)
    if not _managing_scope(project).covers(store.place_of(found)):
        raise Problem(Kind.NOT_FOUND)
    return found


@route("DELETE", ENTITY, asks=ITSELF)
def delete(project: Round, dataset: Dataset, uuid: str) -> dict[str, Any]:
    """Delete an entity; it can be restored."""
    _require_managing(project, dataset)
    if dataset.is_register:
        return register_entities.delete(project, uuid)
    now = utcnow()
    with write() as current:
        rows = current.connection()
        verbs.delete(rows, dataset, _locked(rows, project, dataset, uuid), by=doer(), now=now)
        verbs.settle(rows, [dataset.id], now)
    return wire.SUCCESS


@route("POST", f"{ENTITY}/restore", asks=ITSELF)
def restore(project: Round, dataset: Dataset, uuid: str) -> dict[str, Any]:
    """Bring a deleted entity back."""
    _require_managing(project, dataset)
    if dataset.is_register:
        return register_entities.restore(project, uuid)
    now = utcnow()
    with write() as current:
        rows = current.connection()
        verbs.restore(rows, dataset, _locked(rows, project, dataset, uuid, deleted=True), by=doer(), now=now)
        verbs.settle(rows, [dataset.id], now)
    return wire.SUCCESS


@route("POST", f"{ENTITIES}/bulk-delete", asks=ITSELF, takes=IdsSchema)
def bulk_delete(project: Round, dataset: Dataset) -> dict[str, Any]:
    """Delete the entities with these `ids`."""
    return _bulk(project, dataset, bulk.delete)


@route("POST", f"{ENTITIES}/bulk-restore", asks=ITSELF, takes=IdsSchema)
def bulk_restore(project: Round, dataset: Dataset) -> dict[str, Any]:
    """Bring back the entities with these `ids`."""
    return _bulk(project, dataset, bulk.restore)


def _bulk(project: Round, dataset: Dataset, verb: Any) -> dict[str, Any]:
    _require_managing(project, dataset)
    if dataset.is_register:
        return register_entities.many(project, wire.loaded(IdsSchema())["ids"], deleted=verb is bulk.restore)
    ids, now = wire.loaded(IdsSchema())["ids"], utcnow()
    with write() as current:
        rows = current.connection()
        verb(rows, dataset, ids, _managing_scope(project), by=doer(), now=now)
        verbs.settle(rows, [dataset.id], now)
    return wire.SUCCESS
