"""Who has which role, for the whole server, a round or a form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework.assigning import Where
from fieldsurvey.outputs import actors
from fieldsurvey.rules.permissions import NUMBERS, Role, Scope
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import Actor, Grant


def listed(
    session: Session, where: Where, scope: Scope, role: Role | None = None, *, extended: bool = False
) -> list[dict[str, Any]]:
    """In the order of giving. A role for all rounds in one area is none of the server's."""
    bound = [Grant.round_id == where.round_id, Grant.form_id == where.form_id]
    if where.round_id is None:
        bound.append(Grant.area_id.is_(None))
    query = select(Grant.actor_id, Grant.role).join(Actor, Actor.id == Grant.actor_id)
    query = query.where(*bound, Actor.deleted_at.is_(None), in_scope(Actor, scope), *_with(role))
    rows = session.execute(query.order_by(Grant.id)).all()
    return _described(session, [{"actorId": row.actor_id, "roleId": _number(row.role)} for row in rows], extended)


def on_forms(
    session: Session, round_id: int, scope: Scope, role: Role | None = None, *, extended: bool = False
) -> list[dict[str, Any]]:
    """Of all forms of a round."""
    query = (
        select(Grant.actor_id, Grant.role, Form.xml_form_id)
        .join(Actor, Actor.id == Grant.actor_id)
        .join(Form, Form.id == Grant.form_id)
        .where(Form.round_id == round_id, Form.deleted_at.is_(None), Actor.deleted_at.is_(None))
        .where(in_scope(Actor, scope), *_with(role))
    )
    rows = session.execute(query.order_by(Grant.id)).all()
    found = [{"actorId": row.actor_id, "roleId": _number(row.role), "xmlFormId": row.xml_form_id} for row in rows]
    return _described(session, found, extended)


def holders(session: Session, where: Where, scope: Scope, role: Role) -> list[dict[str, Any]]:
    """The actors themselves."""
    found = listed(session, where, scope, role, extended=True)
    return list({one["actorId"]: one["actor"] for one in found}.values())


def _with(role: Role | None) -> list[Any]:
    return [] if role is None else [Grant.role == role.value]


def _number(role: str) -> int:
    return NUMBERS[Role(role)]


def _described(session: Session, found: list[dict[str, Any]], extended: bool) -> list[dict[str, Any]]:
    if extended:
        people = actors.by_id(session, _ids(found))
        for one in found:
            one["actor"] = people[one["actorId"]]
    return found


def _ids(found: Iterable[dict[str, Any]]) -> set[int]:
    return {one["actorId"] for one in found}
