"""What people set for their own screens; programs keep it here and nobody else reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import audit, rounds
from fieldsurvey.store.people import Preference
from fieldsurvey.store.submissions import insert_if_new

SITE = 0


def put(session: Session, scope: int, key: str, value: Any, *, by: Doer, now: datetime) -> None:
    """`scope`: SITE or the id of a round. Raises KEY_UNKNOWN."""
    if scope != SITE and rounds.by_id(session, scope) is None:
        raise Problem(Kind.KEY_UNKNOWN, field="projectId", value=scope, table="projects")
    row = {"actor_id": by.id, "scope": scope, "key": key, "value": {"value": value}}
    changed: Any = session.execute(update(Preference).where(*_own(scope, key, by)).values(value=row["value"]))
    if not changed.rowcount:
        session.execute(insert_if_new(Preference, session.connection()), row)
    audit.record(session, "user.preference.update", "actor", by.id, by=by, now=now, **_named(scope, key))


def remove(session: Session, scope: int, key: str, *, by: Doer, now: datetime) -> None:
    """Raises NOT_FOUND."""
    gone: Any = session.execute(delete(Preference).where(*_own(scope, key, by)))
    if not gone.rowcount:
        raise Problem(Kind.NOT_FOUND)
    audit.record(session, "user.preference.delete", "actor", by.id, by=by, now=now, **_named(scope, key))


def _own(scope: int, key: str, by: Doer) -> tuple[Any, ...]:
    return Preference.actor_id == by.id, Preference.scope == scope, Preference.key == key


def _named(scope: int, key: str) -> dict[str, str]:
    return {"site" if scope == SITE else "project": key}
