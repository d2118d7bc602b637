"""Binding a role to somebody for the whole server, a round or a form, and taking it back. Roles of an area: people.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework.people import LEVELS
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import GRANTED, NUMBERS, Doer, Permission, Role
from fieldsurvey.store import audit
from fieldsurvey.store.audit import actee_id
from fieldsurvey.store.people import APP_USER, PUBLIC_LINK, USER, Actor, Grant

NOUN = {USER: "user", APP_USER: "field_key", PUBLIC_LINK: "public_link"}


@dataclass(frozen=True, slots=True)
class Where:
    """What a role is bound to; neither round nor form: the whole server."""

    round_id: int | None = None
    form_id: int | None = None

    @property
    def name(self) -> str:
        """As the audit trail names it."""
        if self.form_id is not None:
            return actee_id("form", self.form_id)
        return actee_id("round", self.round_id) if self.round_id is not None else "*"


def assign(session: Session, actor: Actor, role: Role, where: Where, *, by: Doer, now: datetime) -> None:
    """Nobody gives a role that may do more than they themselves may there. Raises ALREADY_EXISTS, UNEXPECTED_VALUE."""
    for permission in (Permission.ASSIGN_ROLES, *GRANTED[role]):
        _require_whole(by, permission, where)
    if role in LEVELS and role is not Role.ADMINISTRATOR:
        raise Problem(Kind.UNEXPECTED_VALUE, field="roleId", value=NUMBERS[role], reason="it is bound to an area")
    if session.scalar(_grant(actor, role, where)) is not None:
        values = [actor.id, NUMBERS[role], where.name]
        raise Problem(
            Kind.ALREADY_EXISTS,
            value=role.value,
            table="assignments",
            fields=["actorId", "roleId", "acteeId"],
            values=values,
        )
    session.add(Grant(actor_id=actor.id, role=role.value, round_id=where.round_id, form_id=where.form_id))
    _record(session, actor, "create", {"roleId": NUMBERS[role], "grantedActeeId": where.name}, by, now)


def revoke(session: Session, actor: Actor, role: Role, where: Where, *, by: Doer, now: datetime) -> None:
    """Raises NOT_FOUND where the actor does not have it."""
    _require_whole(by, Permission.ASSIGN_ROLES, where)
    found = session.scalar(_grant(actor, role, where))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    session.delete(found)
    _record(session, actor, "delete", {"roleId": NUMBERS[role], "revokedActeeId": where.name}, by, now)


def replace(session: Session, wanted: Collection[tuple[Actor, Role]], where: Where, *, by: Doer, now: datetime) -> None:
    """Exactly these roles from now on; public links keep theirs, as theirs is what makes them links."""
    query = (
        select(Actor, Grant.role)
        .join(Grant, Grant.actor_id == Actor.id)
        .where(Grant.round_id == where.round_id, Grant.form_id == where.form_id, Actor.kind != PUBLIC_LINK)
    )
    present = {(actor.id, Role(role)): actor for actor, role in session.execute(query)}
    kept = {(actor.id, role) for actor, role in wanted}
    for (actor_id, role), actor in present.items():
        if (actor_id, role) not in kept:
            revoke(session, actor, role, where, by=by, now=now)
    for actor, role in wanted:
        if (actor.id, role) not in present:
            assign(session, actor, role, where, by=by, now=now)


def _require_whole(by: Doer, permission: Permission, where: Where) -> None:
    """Held in every area of the round or form, or in the whole server."""
    if where.round_id is None:
        permissions.require_for_server(by, permission)
    elif not permissions.scope(by, permission, where.round_id, where.form_id).everywhere:
        raise Problem(Kind.FORBIDDEN)


def _grant(actor: Actor, role: Role, where: Where) -> Any:
    same = (Grant.actor_id == actor.id, Grant.role == role.value, Grant.area_id.is_(None))
    return select(Grant).where(*same, Grant.round_id == where.round_id, Grant.form_id == where.form_id).limit(1)


def _record(session: Session, actor: Actor, what: str, details: dict[str, Any], by: Doer, now: datetime) -> None:
    audit.record(session, f"{NOUN[actor.kind]}.assignment.{what}", "actor", actor.id, by=by, now=now, **details)
