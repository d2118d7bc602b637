"""The history of an entity: its versions with what conflicted, what each changed, and who did what to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import actors, audits, entity_origins
from fieldsurvey.outputs.entities import made_from
from fieldsurvey.rules import entities as rules
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.entities import Dataset, Entity, EntityVersion

_BULK = ("entity.bulk.create", "entity.bulk.delete", "entity.bulk.restore")


def found(session: Session, dataset: Dataset, uuid: str, scope: Scope) -> Entity | None:
    """An entity that is not deleted."""
    if dataset.is_register:
        return None
    return session.scalar(
        select(Entity).where(
            Entity.dataset_id == dataset.id, Entity.uuid == uuid, Entity.deleted_at.is_(None), in_scope(Entity, scope)
        )
    )


def _versions(session: Session, entity: Entity) -> Sequence[EntityVersion]:
    query = select(EntityVersion).where(EntityVersion.entity_id == entity.id).order_by(EntityVersion.version)
    return session.scalars(query).all()


def versions(session: Session, entity: Entity, *, relevant: bool, extended: bool) -> list[dict[str, Any]]:
    """Oldest first. `relevant`: those that somebody needs who has to resolve the conflict."""
    stored = _versions(session, entity)
    entries = _entries(session, entity, stored)
    origins = entity_origins.of_versions(session, stored, entries)
    people = actors.by_id(session, {one.creator_id for one in stored}) if extended else {}
    made = _with_conflicts(stored, _resolved_up_to(entries))
    for version, one in zip(stored, made, strict=True):
        one["source"] = origins[version.id]
        if extended:
            one["creator"] = people.get(version.creator_id or 0)
    return [one for one in made if one["relevantToConflict"]] if relevant else made


def _resolved_up_to(entries: Sequence[Row[Any]]) -> int:
    """The id of the last version that was there when somebody resolved the conflict; 0: nobody did."""
    return max((row.params["entityDefId"] for row in entries if row.action == "entity.update.resolve"), default=0)


def _with_conflicts(stored: Sequence[EntityVersion], resolved_up_to: int) -> list[dict[str, Any]]:
    branches: dict[str, int] = {}  # branch → the last of its versions that follows its trunk without a gap
    made = []
    for version in stored:
        _follow(branches, version)
        made.append(_described(version, stored, branches, resolved_up_to))
    good = _last_good(made)
    bases = {one["baseVersion"] for one in made if good and one["version"] > good}
    for one in made:
        one["relevantToConflict"] = bool(good) and (one["version"] >= good or one["version"] in bases)
    made[(good or len(made)) - 1]["lastGoodVersion"] = True
    return made


def _last_good(made: Sequence[Mapping[str, Any]]) -> int:
    """The version before the first conflict that nobody has resolved; 0: there is none."""
    open_ones = (one["version"] for one in made if one["conflict"] and not one["resolved"])
    return min(open_ones, default=1) - 1


def _follow(branches: dict[str, int], version: EntityVersion) -> None:
    branch = version.branch_id
    if branch is None:
        return
    if branch not in branches:
        branches[branch] = _begins(version)
    elif version.base_version == branches[branch] == version.version - 1:
        branches[branch] = version.version


def _begins(first: EntityVersion) -> int:
    """Where a branch is contiguous with its trunk after its first version; a branch that made the entity is its own."""
    if first.trunk_version is not None:
        return first.version if first.version == first.trunk_version + 1 else 0
    return 2 if first.version == 2 else 1


def _described(
    version: EntityVersion, stored: Sequence[EntityVersion], branches: Mapping[str, int], resolved_up_to: int
) -> dict[str, Any]:
    base = version.base_version
    conflict = _conflict(version, branches)
    return {
        "label": version.label,
        "current": version is stored[-1],
        "creatorId": version.creator_id,
        "createdAt": version.created_at,
        **made_from(version),
        "data": version.data,
        "dataReceived": version.received,
        "conflict": conflict,
        "resolved": conflict is not None and version.id <= resolved_up_to,
        "baseDiff": _differs(version, stored[base - 1]) if base else [],
        "serverDiff": _differs(version, stored[version.version - 2]) if base else [],
        "lastGoodVersion": False,
        "relevantToConflict": False,
    }


def _conflict(version: EntityVersion, branches: Mapping[str, int]) -> str | None:
    """Every change that does not follow the version before it is one, even if it changed nothing that others did."""
    base = version.base_version
    if base is None:
        return None
    follows = base == version.version - 1
    on_trunk = version.branch_id is None or branches[version.branch_id] >= base
    if follows and on_trunk and version.source.get("action") != "create":
        return None
    return (rules.Conflict.HARD if version.conflicting else rules.Conflict.SOFT).value


def _differs(version: EntityVersion, other: EntityVersion) -> list[str]:
    return rules.differing(version.received, rules.state(other.label, other.data))


def diffs(session: Session, entity: Entity) -> list[list[dict[str, Any]]]:
    """What each version changed: the label first, then properties, shorter names first as PostgreSQL keeps them."""
    states = [(one.label, one.data) for one in _versions(session, entity)]
    return [_diff(before, after) for before, after in pairwise(states)]


def _diff(before: tuple[str, Mapping[str, Any]], after: tuple[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    old, new = ({rules.LABEL: label, **data} for label, data in (before, after))
    names = [rules.LABEL, *sorted(after[1], key=lambda name: (len(name.encode()), name))]
    return [
        {**({"old": old[name]} if name in old else {}), "new": new[name], "propertyName": name}
        for name in names
        if old.get(name) != new[name]
    ]


def _entries(session: Session, entity: Entity, stored: Sequence[EntityVersion]) -> Sequence[Row[Any]]:
    """What the audit knows of the entity, newest first."""
    bulks = {one.source["bulk"] for one in stored if "bulk" in one.source}
    of_it = and_(AuditEntry.subject == "entity", AuditEntry.subject_id == entity.id)
    of_all = and_(
        AuditEntry.subject == "dataset", AuditEntry.subject_id == entity.dataset_id, AuditEntry.action.in_(_BULK)
    )
    rows = session.execute(select(*audits.COLUMNS).where(or_(of_it, of_all)).order_by(AuditEntry.id.desc()))
    return [row for row in rows if row.subject == "entity" or _concerns(row.params, entity.uuid, bulks)]


def _concerns(params: Mapping[str, Any], uuid: str, bulks: set[int]) -> bool:
    return params.get("sourceId") in bulks or uuid in params.get("entityUuids", ())


def entries(session: Session, entity: Entity, *, offset: int, limit: int | None) -> list[dict[str, Any]]:
    """Who did what to it, newest first, each with where the version that it is about came from."""
    stored = _versions(session, entity)
    rows = _entries(session, entity, stored)
    origins = entity_origins.of_versions(session, stored, rows)
    bulks = {one.source["bulk"]: one.id for one in stored if "bulk" in one.source}
    people = actors.by_id(session, {row.actor_id for row in rows})
    made = []
    for row in rows[offset : None if limit is None else offset + limit]:
        version_id = row.params.get("entityDefId") or bulks.get(row.params.get("sourceId"))
        one = audits.entry(row, ("dataset", entity.dataset_id))
        one["details"] = {**row.params, "source": origins.get(version_id or 0, {})}
        made.append({**one, "actor": people.get(row.actor_id)})
    return made
