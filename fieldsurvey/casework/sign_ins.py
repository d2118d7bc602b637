"""Sessions of the API: a token for a day, in exchange for a password."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.orm import Session

from fieldsurvey.casework.people import GRANT_COLUMNS, doer_of, token_hash
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store.people import Actor, Grant, SignIn

LASTS = timedelta(days=1)
SESSION, RESET = "session", "reset"
_LETTERS = string.ascii_letters + string.digits + "!$"


@dataclass(frozen=True, slots=True)
class Found:
    """A session that has not expired."""

    id: int
    doer: Doer
    csrf: str
    created_at: datetime
    expires_at: datetime


def new_token() -> str:
    """64 characters of [A-Za-z0-9!$]."""
    return "".join(secrets.choice(_LETTERS) for _ in range(64))


def begin(
    session: Session, actor: Actor, *, now: datetime, purpose: str = SESSION, lasts: timedelta = LASTS
) -> tuple[str, SignIn]:
    """A new session and its token, which is not kept."""
    token = new_token()
    made = SignIn(
        token_hash=token_hash(token),
        actor_id=actor.id,
        csrf=new_token(),
        purpose=purpose,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(made)
    session.flush()
    return token, made


_BY_TOKEN = (
    select(SignIn.id, SignIn.csrf, SignIn.created_at, SignIn.expires_at, Actor.display_name, *GRANT_COLUMNS)
    .join(Actor, Actor.id == SignIn.actor_id)
    .outerjoin(Grant, Grant.actor_id == Actor.id)
    .where(
        SignIn.token_hash == bindparam("hash"),
        SignIn.purpose == bindparam("purpose"),
        SignIn.expires_at > bindparam("now"),
        Actor.deleted_at.is_(None),
    )
)


def by_token(connection: Connection, token: str, now: datetime, purpose: str = SESSION) -> Found | None:
    """The session with this token; one statement, as it stands before every request of a script."""
    rows = connection.execute(_BY_TOKEN, {"hash": token_hash(token), "purpose": purpose, "now": now}).all()
    if not rows:
        return None
    first = rows[0]
    return Found(first.id, doer_of(rows), first.csrf, first.created_at, first.expires_at)


def end(session: Session, sign_in_id: int) -> None:
    session.execute(delete(SignIn).where(SignIn.id == sign_in_id))


def end_all(session: Session, actor_id: int) -> None:
    """After a new password, and when an account ends."""
    session.execute(delete(SignIn).where(SignIn.actor_id == actor_id))
