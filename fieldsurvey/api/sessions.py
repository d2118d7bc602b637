"""Sessions: a token in exchange for a password, as JSON and as cookies; looked at again, and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import http_date

from fieldsurvey import callers
from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, PUBLIC, route
from fieldsurvey.api.schemas.sessions import LifetimeSchema, NewSessionSchema, SessionSchema
from fieldsurvey.callers import COOKIE, CSRF, SECURE_COOKIE
from fieldsurvey.casework import sign_ins, signing_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, utcnow, write
from fieldsurvey.guards import doer

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@route("POST", "/sessions", asks=PUBLIC, takes=NewSessionSchema, gives=SessionSchema)
def create() -> Response:
    """A session of a day for who has an e-mail, or phone number, and its password."""
    name, password = _given()
    actor, now = callers.identified(name, password), utcnow()
    with write() as current:
        signing_in.note_success(current, name, secret=config().secret_key, now=now)
        token, made = sign_ins.sign_in(current, actor, request.headers.get("User-Agent"), now=now)
    body = {"token": token, "csrf": made.csrf, "expiresAt": made.expires_at, "createdAt": made.created_at}
    sent, secure = wire.answer(body), request.is_secure
    cookie = SECURE_COOKIE if secure else COOKIE
    sent.headers.add("Set-Cookie", _cookie(cookie, token, made.expires_at, hidden=True, secure=secure))
    sent.headers.add("Set-Cookie", _cookie(CSRF, made.csrf, made.expires_at, hidden=False, secure=secure))
    return sent


def _given() -> tuple[str, str]:
    """Name and password; raises MISSING_PARAMETERS, WRONG_TYPE, CREDENTIALS_WRONG."""
    body = wire.json_body()
    name, password = body.get("email"), body.get("password")
    if name in (None, "") or password in (None, ""):
        got = {field: body[field] for field in ("email",) if field in body}  # a password is never sent back
        raise Problem(Kind.MISSING_PARAMETERS, expected=["email", "password"], got=got)
    if not isinstance(name, str):
        raise Problem(Kind.WRONG_TYPE, field="email", value=name, expected="string")
    if not isinstance(password, str):
        raise Problem(Kind.CREDENTIALS_WRONG)
    return name, password


@route("GET", "/sessions/restore", asks=ITSELF, gives=LifetimeSchema)
def restore() -> dict[str, Any]:
    """How long the caller's session lasts."""
    found = callers.sign_in()
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return {"createdAt": found.created_at, "expiresAt": found.expires_at}


@route("DELETE", "/sessions/current", asks=ITSELF)
def end_current() -> Response:
    """End the caller's session."""
    found = callers.sign_in()
    if found is None:
        raise Problem(Kind.FORBIDDEN if callers.by_key() else Kind.NOT_FOUND)
    with write() as current:
        sign_ins.end(current, found.id)
    return _without_cookies()


@route("DELETE", "/sessions/<token>", asks=ITSELF)
def end(token: str) -> Response:
    """End the session of a token: one's own, or an app user's or link's by who looks after them."""
    own = token in (callers.bearer(), callers.cookie_token())
    with write() as current:
        sign_ins.end_token(current, token, by=doer(), now=utcnow())
    return _without_cookies() if own else wire.answer(wire.SUCCESS)


def _without_cookies() -> Response:
    sent = wire.answer(wire.SUCCESS)
    cookie = SECURE_COOKIE if request.is_secure else COOKIE
    sent.headers.add("Set-Cookie", _cookie(cookie, "null", LONG_AGO, hidden=True, secure=True))
    sent.headers.add("Set-Cookie", _cookie(CSRF, "null", LONG_AGO, hidden=False, secure=True))
    return sent


def _cookie(name: str, value: str, expires: datetime, *, hidden: bool, secure: bool) -> str:
    """For every address; `hidden`: from scripts in a page. No other site's page can make a browser send it."""
    flags = [*(["HttpOnly"] if hidden else []), *(["Secure"] if secure else []), "SameSite=Strict"]
    return "; ".join([f"{name}={quote(value, safe='!')}", "Path=/", f"Expires={http_date(expires)}", *flags])
