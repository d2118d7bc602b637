"""App users and public links: whoever holds the token acts, for the forms that were given to it.

A phone of a village head is an app user too; it comes with its village (casework/people.py).
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldsurvey.casework.people import token_from, token_hash
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission, Role
from fieldsurvey.store import audit
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import APP_USER, PUBLIC_LINK, Actor, ActorProperty, Grant

# The rules of the properties of entity lists, which phones' properties are compared with.
_PROPERTY = re.compile(r"(?!__)[A-Za-zÀ-ỹ_][\wÀ-ỹ.-]*\Z")
_RESERVED = {"name", "label", "displayname"}
NOUN = {APP_USER: "field_key", PUBLIC_LINK: "public_link"}


def create(
    session: Session,
    name: str,
    round_id: int,
    *,
    secret: str,
    by: Doer,
    now: datetime,
    properties: dict[str, str] | None = None,
) -> Actor:
    """A phone without a village and without any form yet. Only who looks after the whole round may make one."""
    permissions.require(by, Permission.MANAGE_DEVICES, Place(), round_id)
    _require_properties(session, round_id, properties or {})
    made = _holder(name, APP_USER, round_id, secret, by, now)
    made.properties = properties or {}
    session.add(made)
    session.flush()
    audit.record(session, "field_key.create", "actor", made.id, by=by, now=now)
    return made


def create_link(
    session: Session, name: str, form: Form, once: bool | None, *, secret: str, by: Doer, now: datetime
) -> Actor:
    """A link with which anybody fills one form."""
    permissions.require(by, Permission.MANAGE_DEVICES, Place(), form.round_id)
    made = _holder(name, PUBLIC_LINK, form.round_id, secret, by, now)
    made.form_id, made.once = form.id, once
    made.grants = [Grant(role=Role.PUBLIC_LINK.value, round_id=form.round_id, form_id=form.id)]
    session.add(made)
    session.flush()
    audit.record(session, "public_link.assignment.create", "actor", made.id, by=by, now=now, form=form.xml_form_id)
    audit.record(session, "public_link.create", "actor", made.id, by=by, now=now)
    return made


def _holder(name: str, kind: str, round_id: int, secret: str, by: Doer, now: datetime) -> Actor:
    if not tidy(name):
        raise Problem(Kind.NAME_MISSING)
    nonce = secrets.token_hex(16)
    return Actor(
        kind=kind,
        display_name=tidy(name),
        round_id=round_id,
        sign_in_key=secrets.token_hex(8),
        token_nonce=nonce,
        token_hash=token_hash(token_from(secret, nonce)),
        created_by=by.id or None,
        created_at=now,
        properties={},
    )


def change(session: Session, actor: Actor, changes: dict[str, Any], *, by: Doer, now: datetime) -> None:
    """Name and properties: those that are given."""
    permissions.require(by, Permission.MANAGE_DEVICES, actor.place, actor.round_id)
    if "displayName" in changes:
        if not tidy(changes["displayName"]):
            raise Problem(Kind.NAME_MISSING)
        actor.display_name = tidy(changes["displayName"])
    if "properties" in changes:
        _require_properties(session, actor.round_id or 0, changes["properties"])
        given = {**actor.properties, **changes["properties"]}
        actor.properties = {name: value for name, value in given.items() if value is not None}
    actor.updated_at = now
    session.add(actor)
    audit.record(session, f"{NOUN[actor.kind]}.update", "actor", actor.id, by=by, now=now, data=changes)


def revoke(session: Session, actor: Actor, *, by: Doer, now: datetime) -> None:
    """The token stops working; the app user stays in the list, without one."""
    permissions.require(by, Permission.MANAGE_DEVICES, actor.place, actor.round_id)
    actor.token_hash = actor.token_nonce = None
    session.add(actor)
    audit.record(session, f"{NOUN[actor.kind]}.session.end", "actor", actor.id, by=by, now=now)


def remove(session: Session, actor: Actor, *, by: Doer, now: datetime) -> None:
    """Gone from the list, token, roles and all; what it has sent stays under its name."""
    permissions.require(by, Permission.MANAGE_DEVICES, actor.place, actor.round_id)
    actor.token_hash = actor.token_nonce = None
    actor.deleted_at = now
    session.add(actor)
    session.execute(delete(Grant).where(Grant.actor_id == actor.id))
    audit.record(session, f"{NOUN[actor.kind]}.delete", "actor", actor.id, by=by, now=now)


def add_property(session: Session, round_id: int, name: str, *, by: Doer, now: datetime) -> None:
    """A name that the round's phones may carry a value for; entity lists may be cut by it."""
    permissions.require(by, Permission.MANAGE_DEVICES, Place(), round_id)
    if not _PROPERTY.match(name) or name.lower() in _RESERVED:
        raise Problem(Kind.UNEXPECTED_VALUE, field="name", value=name, reason="not a valid property name")
    same = select(ActorProperty.name).where(ActorProperty.round_id == round_id, ActorProperty.name_fold == name.lower())
    if session.scalar(same) is not None:
        raise Problem(Kind.ALREADY_EXISTS, fields=["name"], values=[name], value=name)
    session.add(ActorProperty(round_id=round_id, name=name, name_fold=name.lower()))
    audit.record(session, "actor_property.create", "round", round_id, by=by, now=now, name=name)


def _require_properties(session: Session, round_id: int, given: dict[str, Any]) -> None:
    known = set(session.scalars(select(ActorProperty.name).where(ActorProperty.round_id == round_id)))
    for name in given:
        if name not in known:
            raise Problem(Kind.PROPERTY_UNKNOWN, property=name)
