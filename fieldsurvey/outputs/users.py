"""People who sign in, as programs see them: ODK Central's User, found by name, e-mail or phone number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import actors
from fieldsurvey.rules.likeness import likeness
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.people import USER, Actor, Preference

ALIKE = 0.5  # from here on a person is worth showing
_COLUMNS = (
    Actor.id, Actor.kind, Actor.display_name, Actor.created_at, Actor.updated_at, Actor.deleted_at,
    Actor.email, Actor.phone, Actor.last_seen_at,
)  # fmt: skip


def on_wire(actor: Any) -> dict[str, Any]:
    """Of an Actor, or of a row with its columns. Who has no e-mail is known by the phone number."""
    return {**actors.on_wire(actor), "email": actor.email or actor.phone, "lastLoginAt": actor.last_seen_at}


def listed(session: Session, scope: Scope, typed: str = "") -> list[dict[str, Any]]:
    """By e-mail; with something typed those who are like it, the most alike first. One statement."""
    query = select(*_COLUMNS).where(Actor.kind == USER, Actor.deleted_at.is_(None), in_scope(Actor, scope))
    found = sorted((on_wire(row) for row in session.execute(query)), key=lambda one: one["email"])
    if not typed:
        return found
    words = fold(typed)
    rated = [(_rated(one, words), one) for one in found]
    return [one for score, one in sorted(rated, key=lambda pair: -pair[0]) if score > ALIKE]


def _rated(one: dict[str, Any], words: str) -> float:
    texts = (fold(one["displayName"]), fold(one["email"]))
    score = max(likeness(text, words) for text in texts)
    return max(score, 2 * ALIKE) if any(words in text for text in texts) else score


def preferences(session: Session, actor_id: int) -> dict[str, dict[str, Any]]:
    """What a person has set for the site, and for each project."""
    found: dict[str, dict[str, Any]] = {"site": {}, "projects": {}}
    for row in session.scalars(select(Preference).where(Preference.actor_id == actor_id).order_by(Preference.id)):
        target = found["projects"].setdefault(str(row.scope), {}) if row.scope else found["site"]
        target[row.key] = row.value["value"]
    return found
