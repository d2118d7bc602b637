"""The round's list of households as entities: what programs change there goes into the register and its history."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import Connection

from fieldsurvey.api import entity_json, wire
from fieldsurvey.casework import register_list as verbs
from fieldsurvey.casework.entities import Source
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, session_now, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import entities as output
from fieldsurvey.outputs import household_versions
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import forms
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round


def require_households(dataset: Dataset) -> None:
    """Members are changed on the household's page or by a questionnaire. Raises NOT_SUPPORTED, FORBIDDEN."""
    permissions.require_anywhere(doer(), Permission.EDIT_REGISTER)
    if dataset.kind != forms.HOUSEHOLDS:
        raise Problem(Kind.NOT_SUPPORTED, feature="changing members as entities")


def create(project: Round, dataset: Dataset, source: Source) -> dict[str, Any]:
    """One household, or with `entities` many, all or none."""
    body, now = wire.json_body(), utcnow()
    many = body.get("entities") is not None
    new = entity_json.many(body, verbs.WRITABLE) if many else [entity_json.new(body, verbs.WRITABLE)]
    with write() as current:
        rows = current.connection()
        for uuid, change in new:
            verbs.create(rows, project.id, uuid, change, source=source, by=doer(), now=now)
    return wire.SUCCESS if many else _one(project, dataset, new[0][0])


def update(project: Round, dataset: Dataset, uuid: str, source: Source) -> dict[str, Any]:
    """From `baseVersion`, or whatever it is now with `force`; `resolve` ends a conflict."""
    body, resolves, now = wire.json_body(), wire.flag("resolve"), utcnow()
    with write() as current:
        rows = current.connection()
        found = _locked(rows, project, uuid)
        if resolves and found.conflict is None:
            raise Problem(Kind.NO_CONFLICT)
        base = request.args.get("baseVersion")
        if base != str(found.version) and not wire.flag("force"):
            raise Problem(Kind.ENTITY_VERSION_CONFLICT, current=str(found.version), provided=base)
        if body or not resolves:
            change = entity_json.change(body, verbs.WRITABLE)
            verbs.update(rows, found, change, found.version, source=source, by=doer(), now=now)
        if resolves:
            verbs.resolve(rows, found, by=doer(), now=now)
    return _one(project, dataset, uuid)


def _one(project: Round, dataset: Dataset, uuid: str) -> dict[str, Any]:
    scope = permissions.scope(doer(), Permission.READ_ENTITIES, project.id)
    found = output.one(session_now(), dataset, uuid, scope)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _locked(rows: Connection, project: Round, uuid: str, *, deleted: bool = False) -> Any:
    """The household, held against others; raises NOT_FOUND, also outside the caller's area."""
    found = verbs.locked(rows, project.id, uuid)
    if found is None or (found.deleted_at is not None) != deleted:
        raise Problem(Kind.NOT_FOUND)
    if not permissions.allows(doer(), Permission.EDIT_REGISTER, _place(found)):
        raise Problem(Kind.NOT_FOUND)
    return found


def _place(found: Any) -> Place:
    return Place(found.province_id, found.commune_id, found.village_id)


def delete(project: Round, uuid: str) -> dict[str, Any]:
    """It ceases: what it was stays readable, and it can be restored."""
    with write() as current:
        rows = current.connection()
        verbs.delete(rows, _locked(rows, project, uuid), by=doer(), now=utcnow())
    return wire.SUCCESS


def restore(project: Round, uuid: str) -> dict[str, Any]:
    """Back into the register, and onto the lists that it left."""
    with write() as current:
        rows = current.connection()
        verbs.restore(rows, _locked(rows, project, uuid, deleted=True), by=doer(), now=utcnow())
    return wire.SUCCESS


def many(project: Round, uuids: list[str], *, deleted: bool) -> dict[str, Any]:
    """Those of them that are there and in the caller's area; the others are passed over."""
    verb = verbs.restore if deleted else verbs.delete
    with write() as current:
        rows = current.connection()
        for uuid in uuids:
            found = verbs.locked(rows, project.id, uuid)
            if found is None or (found.deleted_at is not None) != deleted:
                continue
            if permissions.allows(doer(), Permission.EDIT_REGISTER, _place(found)):
                verb(rows, found, by=doer(), now=utcnow())
    return wire.SUCCESS


def versions(project: Round, dataset: Dataset, uuid: str, *, relevant: bool) -> list[dict[str, Any]]:
    """Every version that the register's history tells apart, oldest first."""
    return household_versions.versions(session(), _household(project, dataset, uuid), relevant=relevant)


def diffs(project: Round, dataset: Dataset, uuid: str) -> list[list[dict[str, Any]]]:
    """What each of them changed of the one before."""
    return household_versions.diffs(session(), _household(project, dataset, uuid))


def _household(project: Round, dataset: Dataset, uuid: str) -> Household:
    if dataset.kind != forms.HOUSEHOLDS:
        raise Problem(Kind.NOT_SUPPORTED, feature="the history of members as entities")
    scope = permissions.scope(doer(), Permission.READ_ENTITIES, project.id)
    found = household_versions.listed(session(), project.id, uuid, scope)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found
