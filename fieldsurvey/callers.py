"""Who is calling, and in which language: a key in the address, Bearer, Basic, a script's cookie or a browser's session."""

from __future__ import annotations

import hmac
import re

from flask import g, request
from flask_login import current_user

from fieldsurvey.addresses import DRAFT_TOKEN, KEY
from fieldsurvey.casework import people, phone_sign_in, sign_ins, signing_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, reading, session, utcnow, write
from fieldsurvey.rules.permissions import Doer, Grant, Role
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import Actor
from fieldsurvey.translations import LOCALES

TOKEN = re.compile(r"[A-Za-z0-9!$]{64}\Z")
COOKIE, SECURE_COOKIE, CSRF = "session", "__Host-session", "__csrf"
NOBODY = Doer(0, "")  # may do what anybody may


def locale() -> str:
    """The language of the answer: what the client asks for, else the server's."""
    default = config().locale
    return request.accept_languages.best_match(LOCALES, default) or default


def key() -> str | None:
    """The token of the address: `/v1/key/TOKEN/…` or `?st=TOKEN`."""
    return request.environ.get(KEY) or request.args.get("st") or None


def draft_token() -> str | None:
    """The token of `/v1/test/TOKEN/…`, which opens one draft."""
    token: str | None = request.environ.get(DRAFT_TOKEN)
    return token


def base_url(round_id: int) -> str:
    """The address of the project as this caller reaches it, token and all."""
    host = config().public_url or request.host_url.rstrip("/")
    token, test = key(), draft_token()
    prefix = f"/key/{token}" if token else f"/test/{test}" if test else ""
    return f"{host}/v1{prefix}/projects/{round_id}"


def remember() -> None:
    """Put the caller into `g.doer`."""
    g.doer = authenticate() or NOBODY


def nobody() -> bool:
    """Nobody says who calls, and there is no token of a draft either."""
    return g.doer.id == NOBODY.id and draft_token() is None


def tester(form: Form) -> Doer:
    """Who tries out the form's draft: whoever has its token may fill that form; others are who they are."""
    token = draft_token()
    if token is None:
        known: Doer = g.doer
        return known
    if not form.draft_token or not hmac.compare_digest(token, form.draft_token):
        raise Problem(Kind.DRAFT_GONE)
    return Doer(0, "", (Grant(Role.PUBLIC_LINK, round_id=form.round_id, form_id=form.id),))


def authenticate() -> Doer | None:
    """The caller, None when nobody says who they are.

    Raises CREDENTIALS_WRONG, TOKEN_REVOKED, HTTPS_ONLY, TOO_MANY_ATTEMPTS. A key beats all else.
    """
    given = request.authorization
    token = key()
    if token is not None:
        return _by_key(token)
    if given is not None and given.type == "bearer":
        return _by_bearer(given.token or "")
    if given is not None and given.type == "basic":
        return _by_basic(given.username or "", given.password or "")
    if request.headers.get("Authorization"):
        raise Problem(Kind.CREDENTIALS_WRONG)
    return _by_cookie() or _by_browser()


def _by_key(token: str) -> Doer:
    if not TOKEN.match(token):
        raise Problem(Kind.CREDENTIALS_WRONG)
    doer = people.doer_by_token(reading(), token, utcnow())
    if doer is None:  # 403 on purpose: after a 401 a phone would ask its owner for a password
        raise Problem(Kind.TOKEN_REVOKED)
    g.by_key = True
    return doer


def _by_bearer(token: str) -> Doer:
    found = sign_ins.by_token(reading(), token, utcnow())
    if found is not None:
        g.sign_in = found
        return found.doer
    doer = people.doer_by_token(reading(), token, utcnow())
    if doer is None:
        raise Problem(Kind.CREDENTIALS_WRONG)
    g.by_key = True
    return doer


def bearer() -> str | None:
    """The token of the Authorization header."""
    given = request.authorization
    return given.token if given is not None and given.type == "bearer" else None


def sign_in() -> sign_ins.Found | None:
    """The session of the API in which this request is made."""
    found: sign_ins.Found | None = g.get("sign_in")
    return found


def by_key() -> bool:
    """Whether a phone or a link calls, with its token: nobody who has an account."""
    return bool(g.get("by_key"))


def _by_basic(name: str, password: str) -> Doer:
    if not (request.is_secure or config().allows_plain_basic):
        raise Problem(Kind.HTTPS_ONLY)
    return identified(name, password).doer()


def identified(name: str, password: str) -> Actor:
    """The person with this name and password; a failure is counted. Raises CREDENTIALS_WRONG, TOO_MANY_ATTEMPTS."""
    secret, limit, now = config().secret_key, config().sign_in_attempts, utcnow()
    if phone_sign_in.is_pin(password):
        return _identified_by_pin(name, password)
    try:
        return signing_in.identify(session(), name, password, secret=secret, limit=limit, now=now)
    except Problem as refused:
        if refused.kind is Kind.CREDENTIALS_WRONG:
            with write() as current:
                signing_in.note_failure(current, name, secret=secret, now=now)
        raise


def _identified_by_pin(name: str, pin: str) -> Actor:
    """An enumerator, who has nothing else; six digits are too few for who decides."""
    secret, limit, now = config().secret_key, config().sign_in_attempts, utcnow()
    try:
        found = phone_sign_in.identify(session(), name, pin, server_secret=secret, limit=limit, now=now)
        if any(grant.role != Role.ENUMERATOR for grant in found.grants):
            raise Problem(Kind.CREDENTIALS_WRONG)
    except Problem as refused:
        if refused.kind is Kind.CREDENTIALS_WRONG:
            with write() as current:
                phone_sign_in.note_failure(current, name, server_secret=secret, now=now)
        raise
    return found


def cookie_token() -> str | None:
    """The token of a script's cookie; only https carries it, as with Basic."""
    if not (request.is_secure or config().allows_plain_basic):
        return None
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)


def _by_cookie() -> Doer | None:
    token = cookie_token()
    found = sign_ins.by_token(reading(), token, utcnow()) if token else None
    if found is None:
        return None
    if not _only_reads() and not _from_our_pages() and _csrf_sent() != found.csrf:
        raise Problem(Kind.CREDENTIALS_WRONG)
    g.sign_in = found
    return found.doer


def _csrf_sent() -> str | None:
    body = request.get_json(silent=True)
    return body.get(CSRF) if isinstance(body, dict) else None


def _by_browser() -> Doer | None:
    if not current_user.is_authenticated or not (_only_reads() or _from_our_pages()):
        return None
    doer: Doer = current_user.doer()
    return doer


def _only_reads() -> bool:
    return request.method in {"GET", "HEAD"}


def _from_our_pages() -> bool:
    """Another site can make a browser post with our cookie, but not with this header."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"
