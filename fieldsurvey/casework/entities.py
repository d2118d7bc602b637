"""Verbs on the entities of a list: create, update (with conflicts), resolve, delete, restore; each in its history and in
the audit. Who may do it is asked by the doors, because a phone changes entities by sending a submission.

Everything runs on the caller's transaction, which ends with `settle`: the row of a list is what everybody who changes
the list waits for, so it comes last and once, after all entities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from fieldsurvey.casework import entity_places
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import entities as rules
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import audit
from fieldsurvey.store import entities as store


class EntityList(Protocol):
    """The list that is changed: a Dataset, or a Row that has its id and name."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants an entity to be; the uuid, properties and label have been checked. None: label stays."""

    label: str | None
    data: Mapping[str, str]

    @property
    def received(self) -> dict[str, str]:
        return {**self.data, **({rules.LABEL: self.label} if self.label else {})}


@dataclass(frozen=True, slots=True)
class Branch:
    """A run of changes that one phone made without a line. `base`: the version as the phone counts."""

    id: str
    trunk: int | None
    base: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a change comes from. `details` are kept with the version, `noted` go into the audit."""

    details: Mapping[str, Any] = field(default_factory=lambda: {"type": "api"})
    noted: Mapping[str, Any] = field(default_factory=dict)  # submissionId, submissionDefId
    submission_version_id: int | None = None
    creator_id: int | None = None  # None: who does it. A submission is its sender's, whoever approves it
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An entity after a verb. `row`: all of it and of its newest version, so that a door answers without asking again."""

    id: int
    uuid: str
    version: int
    version_id: int
    conflict: str | None = None
    row: Mapping[str, Any] = field(default_factory=dict)


API = Source()


def create(
    connection: Connection,
    dataset: EntityList,
    uuid: str,
    change: Change,
    *,
    source: Source = API,
    branch: Branch | None = None,
    place: Place = entity_places.NOWHERE,
    by: Doer,
    now: datetime,
) -> Done:
    """A new entity, version 1. Raises ALREADY_EXISTS, ENTITY_EXISTS_DELETED, MISSING_PARAMETER.

    `place`: where it belongs unless its properties name a village or commune.
    """
    if not change.label:
        raise Problem(Kind.MISSING_PARAMETER, field=rules.LABEL)
    if entity_places.named(change.data):
        place = entity_places.of_one(connection, change.data)
    row = entity_row(dataset.id, uuid, change, source, place, by, now)
    entity_id = store.add(connection, row)
    if entity_id is None:
        raise _taken(connection, dataset.id, uuid)
    version = version_row(entity_id, 1, change, source, branch, by, now) | {"label": change.label, "data": row["data"]}
    version_id = store.add_version(connection, version)
    done = Done(entity_id, uuid, 1, version_id, row=_now(row, version))
    _record(connection, "entity.create", dataset, done, source.noted, by, now)
    return done


def update(
    connection: Connection,
    dataset: EntityList,
    found: Any,
    change: Change,
    base_version: int,
    *,
    source: Source = API,
    branch: Branch | None = None,
    creates: bool = False,
    by: Doer,
    now: datetime,
) -> Done:
    """The next version of an entity; `found` is its Row from `store.locked`.

    `base_version`: the version, as we count, from which the change was made. Where that is not the newest one, or
    `creates` (somebody meant to create what is there), it is a conflict. Raises ENTITY_VERSION_UNKNOWN.
    """
    conflict, names = _conflict(connection, dataset, found, change, base_version, branch, creates)
    label, data = change.label or found.label, {**found.data, **change.data}
    version = {
        **version_row(found.id, found.version + 1, change, source, branch, by, now),
        "label": label, "data": data, "base_version": base_version, "conflicting": names,
    }  # fmt: skip
    version_id = store.add_version(connection, version)
    renewed = {"version": found.version + 1, "label": label, "data": data, "conflict": conflict, "updated_at": now}
    store.renew(connection, found.id, **renewed)
    if entity_places.named(change.data):
        store.change(connection, found.id, **_columns(entity_places.of_one(connection, data)))
    row = _now({**found._mapping, **renewed}, version)
    done = Done(found.id, found.uuid, found.version + 1, version_id, conflict, row)
    _record(connection, "entity.update.version", dataset, done, source.noted, by, now)
    return done


def _now(entity: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    """An entity with its newest version, under the names of outputs/entities.py."""
    made = {"version_created_at": version["created_at"], "version_creator_id": version["creator_id"]}
    return {**version, **entity, **made}


def _conflict(
    connection: Connection,
    dataset: EntityList,
    found: Any,
    change: Change,
    base_version: int,
    branch: Branch | None,
    creates: bool,
) -> tuple[str | None, list[str]]:
    """(the entity's conflict after the change, the properties that both sides changed)"""
    present = rules.state(found.label, found.data)
    if base_version != found.version:
        base = store.version_of(connection, found.id, base_version)
        if base is None:
            raise Problem(
                Kind.ENTITY_VERSION_UNKNOWN,
                baseVersion=base_version, entityUuid=found.uuid, datasetName=dataset.name,
            )  # fmt: skip
        names = rules.conflicting(change.received, rules.state(base.label, base.data), present)
    elif creates:
        names = rules.conflicting(change.received, change.received, present)
    elif branch is not None and store.interrupted(connection, found.id, branch.id, branch.trunk or 1):
        names = []
    else:
        return found.conflict, []
    return rules.worse(found.conflict, names).value, names


def resolve(connection: Connection, dataset: EntityList, of: Done, *, by: Doer, now: datetime) -> None:
    """Somebody has looked at the versions that were made side by side."""
    store.change(connection, of.id, conflict=None, updated_at=now)
    _record(connection, "entity.update.resolve", dataset, of, {}, by, now)


def delete(connection: Connection, dataset: EntityList, found: Any, *, by: Doer, now: datetime) -> None:
    """Soft: it can be restored, and its UUID stays taken."""
    _set_deleted(connection, "entity.delete", dataset, found, by, now, deleted_at=now)


def restore(connection: Connection, dataset: EntityList, found: Any, *, by: Doer, now: datetime) -> None:
    _set_deleted(connection, "entity.restore", dataset, found, by, now, deleted_at=None, updated_at=now)


def settle(connection: Connection, datasets: Iterable[int], now: datetime) -> None:
    """The lists have changed: their phones' hashes move. Last in the transaction, always in the same order."""
    for dataset_id in sorted(set(datasets)):
        store.touch(connection, dataset_id, now)


def _set_deleted(
    connection: Connection,
    action: str,
    dataset: EntityList,
    found: Any,
    by: Doer,
    now: datetime,
    **values: datetime | None,
) -> None:
    store.change(connection, found.id, **values)
    named = {"uuid": found.uuid, "dataset": dataset.name}
    audit.record(connection, action, "entity", found.id, by=by, now=now, entityId=found.id, entity=named)


def entity_row(
    dataset_id: int, uuid: str, change: Change, source: Source, place: Place, by: Doer, now: datetime
) -> dict[str, Any]:
    return {
        "dataset_id": dataset_id,
        "uuid": uuid,
        "version": 1,
        "label": change.label,
        "data": dict(change.data),
        "conflict": None,
        "creator_id": source.creator_id or by.id or None,
        "created_at": now,
        "updated_at": None,
        "deleted_at": None,
        **_columns(place),
    }


def _columns(place: Place) -> dict[str, int | None]:
    return {"province_id": place.province_id, "commune_id": place.commune_id, "village_id": place.village_id}


def version_row(
    entity_id: int, version: int, change: Change, source: Source, branch: Branch | None, by: Doer, now: datetime
) -> dict[str, Any]:
    return {
        "entity_id": entity_id,
        "version": version,
        "received": change.received,
        "base_version": None,
        "branch_id": branch.id if branch else None,
        "trunk_version": branch.trunk if branch else None,
        "branch_base_version": branch.base if branch else None,
        "conflicting": [],
        "source": dict(source.details),
        "submission_version_id": source.submission_version_id,
        "creator_id": source.creator_id or by.id or None,
        "user_agent": source.user_agent,
        "created_at": now,
    }


def _taken(connection: Connection, dataset_id: int, uuid: str) -> Problem:
    found = store.locked(connection, dataset_id, uuid)
    if found is not None and found.deleted_at is not None:
        return Problem(Kind.ENTITY_EXISTS_DELETED, entityUuids=[uuid])
    return exists([uuid])


def exists(uuids: Sequence[str]) -> Problem:
    """The list has them already."""
    return Problem(Kind.ALREADY_EXISTS, fields=["uuid"], values=list(uuids), value=", ".join(uuids))


def _record(
    connection: Connection,
    action: str,
    dataset: EntityList,
    done: Done,
    noted: Mapping[str, Any],
    by: Doer,
    now: datetime,
) -> None:
    audit.record(
        connection, action, "entity", done.id, by=by, now=now,
        entityId=done.id, entityDefId=done.version_id, entity={"uuid": done.uuid, "dataset": dataset.name}, **noted,
    )  # fmt: skip
