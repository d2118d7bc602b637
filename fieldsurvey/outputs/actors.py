"""People, phones and links as programs see them: ODK Central's Actor."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.store.people import APP_USER, PUBLIC_LINK, USER, Actor

TYPES = {USER: "user", APP_USER: "field_key", PUBLIC_LINK: "public_link"}


def on_wire(actor: Any) -> dict[str, Any]:
    """Of an Actor, or of a row with its columns."""
    return {
        "id": actor.id,
        "type": TYPES[actor.kind],
        "displayName": actor.display_name,
        "createdAt": actor.created_at,
        "updatedAt": actor.updated_at,
        "deletedAt": actor.deleted_at,
    }


def by_id(session: Session, actor_ids: Collection[int | None]) -> dict[int, dict[str, Any]]:
    """Actor id → Actor, gone ones too; one statement for a whole list."""
    wanted = {actor_id for actor_id in actor_ids if actor_id is not None}
    if not wanted:
        return {}
    columns = (Actor.id, Actor.kind, Actor.display_name, Actor.created_at, Actor.updated_at, Actor.deleted_at)
    return {row.id: on_wire(row) for row in session.execute(select(*columns).where(Actor.id.in_(wanted)))}
