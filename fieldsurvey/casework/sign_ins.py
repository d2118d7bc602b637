"""Sessions of the API: a token for a day, in exchange for a password; and the tokens that set a forgotten one."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import app_users
from fieldsurvey.casework.people import GRANT_COLUMNS, doer_of, require_managing, set_password, token_hash
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import audit
from fieldsurvey.store.people import Actor, Grant, SignIn, still_works

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
    """A new session and its token, which is not kept. What has expired of the person's goes."""
    session.execute(delete(SignIn).where(SignIn.actor_id == actor.id, SignIn.expires_at <= now))
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


def sign_in(session: Session, actor: Actor, user_agent: str | None, *, now: datetime) -> tuple[str, SignIn]:
    """Somebody has shown who they are."""
    token, made = begin(session, actor, now=now)
    actor.last_seen_at = now
    audit.record(session, "user.session.create", "actor", actor.id, by=actor.doer(), now=now, userAgent=user_agent)
    return token, made


def reset_token(session: Session, actor: Actor, *, now: datetime) -> str:
    """For a letter: whoever holds it may set the person's password, once. An older one no longer works."""
    session.execute(delete(SignIn).where(SignIn.actor_id == actor.id, SignIn.purpose == RESET))
    return begin(session, actor, now=now, purpose=RESET)[0]


def choose_password(session: Session, found: Found, password: str, *, now: datetime) -> None:
    """With the token of a letter, once. Every session of the person ends."""
    set_password(session, session.get_one(Actor, found.doer.id), password, by=found.doer, now=now)
    end_all(session, found.doer.id)


_BY_TOKEN = (
    select(SignIn.id, SignIn.csrf, SignIn.created_at, SignIn.expires_at, Actor.display_name, *GRANT_COLUMNS)
    .join(Actor, Actor.id == SignIn.actor_id)
    .outerjoin(Grant, Grant.actor_id == Actor.id)
    .where(
        SignIn.token_hash == bindparam("hash"),
        SignIn.purpose == bindparam("purpose"),
        SignIn.expires_at > bindparam("now"),
        Actor.deleted_at.is_(None),
        still_works(),
    )
)


def by_token(connection: Connection, token: str, now: datetime, purpose: str = SESSION) -> Found | None:
    """The session with this token; one statement, as it stands before every request of a script."""
    rows = connection.execute(
        _BY_TOKEN, {"hash": token_hash(token), "purpose": purpose, "now": now, "today": day_of(now)}
    ).all()
    if not rows:
        return None
    first = rows[0]
    return Found(first.id, doer_of(rows), first.csrf, first.created_at, first.expires_at)


def end(session: Session, sign_in_id: int) -> None:
    session.execute(delete(SignIn).where(SignIn.id == sign_in_id))


def end_all(session: Session, actor_id: int, but: int | None = None) -> None:
    """After a new password, and when an account ends. `but`: the session in which it was done."""
    session.execute(delete(SignIn).where(SignIn.actor_id == actor_id, SignIn.id != (but or 0)))


def end_token(session: Session, token: str, *, by: Doer, now: datetime) -> None:
    """End whatever a token opens: a session, an app user's or a public link's. FORBIDDEN also where there is none."""
    hashed = token_hash(token)
    begun = session.scalar(select(SignIn).where(SignIn.token_hash == hashed, SignIn.purpose == SESSION))
    holder = session.scalar(select(Actor).where(Actor.token_hash == hashed, Actor.deleted_at.is_(None)))
    if holder is not None:
        app_users.revoke(session, holder, by=by, now=now)
    elif begun is not None:
        if begun.actor_id != by.id:
            require_managing(by, session.get_one(Actor, begun.actor_id))
        end(session, begun.id)
    else:
        raise Problem(Kind.FORBIDDEN)
