"""App users and public links as programs see them: ODK Central's FieldKey and PublicLink, with their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fieldsurvey.casework.people import token_of
from fieldsurvey.outputs import actors
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import audit
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.people import APP_USER, PUBLIC_LINK, Actor, ActorProperty


def of_round(session: Session, round_id: int, scope: Scope) -> Sequence[Actor]:
    """Newest first, those without a token last."""
    return _sorted(session, Actor.kind == APP_USER, Actor.round_id == round_id, in_scope(Actor, scope))


def of_form(session: Session, form_id: int) -> Sequence[Actor]:
    """The public links of a form, newest first, those without a token last."""
    return _sorted(session, Actor.kind == PUBLIC_LINK, Actor.form_id == form_id)


def _sorted(session: Session, *wanted: ColumnElement[bool]) -> Sequence[Actor]:
    order = (Actor.token_hash.is_(None), Actor.id.desc())
    return session.scalars(select(Actor).where(Actor.deleted_at.is_(None), *wanted).order_by(*order)).all()


def on_wire(actor: Actor, secret: str) -> dict[str, Any]:
    described = {
        **actors.on_wire(actor),
        "token": token_of(actor, secret=secret) if actor.token_nonce else None,
        "projectId": actor.round_id,
    }
    if actor.kind == PUBLIC_LINK:
        return {**described, "once": actor.once}
    return {**described, "properties": actor.properties}


def extended(session: Session, found: Sequence[Actor], secret: str) -> list[dict[str, Any]]:
    """With who made each, and when it was last used."""
    makers = actors.by_id(session, [actor.created_by for actor in found])
    used = audit.last_acts(session, [actor.id for actor in found])
    return [
        {
            **on_wire(actor, secret),
            "createdBy": makers.get(actor.created_by or 0),
            "lastUsed": used.get(actor.id),
        }
        for actor in found
    ]


def properties(session: Session, round_id: int) -> list[str]:
    query = select(ActorProperty.name).where(ActorProperty.round_id == round_id)
    return sorted(session.scalars(query))


def property_values(session: Session, round_id: int) -> list[dict[str, Any]]:
    """Each property with the values that the round's phones carry."""
    query = select(Actor.properties).where(
        Actor.kind == APP_USER, Actor.round_id == round_id, Actor.deleted_at.is_(None)
    )
    carried = list(session.scalars(query))
    return [
        {"name": name, "values": sorted({one[name] for one in carried if name in one})}
        for name in properties(session, round_id)
    ]
