"""Who is calling: a token in the address, Basic, or a browser's session for reading."""

from __future__ import annotations

import re

from flask import g, request
from flask_login import current_user

from fieldsurvey.casework import people, signing_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, reading, session, utcnow, write
from fieldsurvey.rules.permissions import Doer

TOKEN = re.compile(r"[A-Za-z0-9!$]{64}\Z")


def authenticate(token: str | None) -> Doer:
    """The caller; raises CREDENTIALS_WRONG, TOKEN_REVOKED, HTTPS_ONLY, TOO_MANY_ATTEMPTS. A token beats all else."""
    if token is not None:
        return _by_token(token)
    if request.authorization is not None and request.authorization.type == "basic":
        return _by_basic(request.authorization.username or "", request.authorization.password or "")
    if request.authorization is None and current_user.is_authenticated and _may_use_cookie():
        doer: Doer = current_user.doer()
        return doer
    raise Problem(Kind.CREDENTIALS_WRONG)


def _by_token(token: str) -> Doer:
    if not TOKEN.match(token):
        raise Problem(Kind.CREDENTIALS_WRONG)
    doer = people.doer_by_token(reading(), token)
    if doer is None:  # 403 on purpose: after a 401 a phone would ask its owner for a password
        raise Problem(Kind.TOKEN_REVOKED)
    return doer


def _by_basic(name: str, password: str) -> Doer:
    settings, now = config(), utcnow()
    if not (request.is_secure or settings.allows_plain_basic):
        raise Problem(Kind.HTTPS_ONLY)
    secret = settings.secret_key
    try:
        actor = signing_in.identify(session(), name, password, secret=secret, limit=settings.sign_in_attempts, now=now)
    except Problem as problem:
        if problem.kind is Kind.CREDENTIALS_WRONG:
            with write() as current:
                signing_in.note_failure(current, name, secret=secret, now=now)
        raise
    return actor.doer()


def _may_use_cookie() -> bool:
    """Another site can make a browser post with our cookie, but not with this header."""
    return request.method in {"GET", "HEAD"} or request.headers.get("X-Requested-With") == "XMLHttpRequest"


def remember(token: str | None) -> None:
    g.doer = authenticate(token)
