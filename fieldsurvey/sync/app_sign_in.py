"""The phone app signs in and says hello: keys, who one is, the rounds to work in, the limits."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from fieldsurvey.casework import devices, keep_draft, phone_sign_in
from fieldsurvey.casework.intake import of_client
from fieldsurvey.casework.receipts import wire_moment
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, keys, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import phone_app
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store.devices import Device
from fieldsurvey.store.keys import RECEIPTS, SEAL
from fieldsurvey.store.people import USER, Actor
from fieldsurvey.sync.app_door import as_json, device, endpoint, nothing, told

PART = 65536  # bytes of a file that the app is asked to send at once


@endpoint("/sign-in", "POST", anybody=True)
def sign_in() -> Response:
    """A device's key, for phone number and PIN or password, or for a scanned code."""
    given, now = told(), utcnow()
    of_device = given.get("device")
    of_device = of_device if isinstance(of_device, dict) else {}
    actor, name = _identified(given)
    with write() as current:
        if name is not None:
            phone_sign_in.note_success(current, actor, name, server_secret=config().secret_key, now=now)
        phone_sign_in.secret_of(current, actor, now)
        agent = of_client(request.headers.get("User-Agent"))
        token, made = devices.sign_in(current, actor, of_device, agent, now=now)
    return as_json({"token": token, **_about(made, actor.doer())}, 201)


def _identified(given: dict[str, Any]) -> tuple[Actor, str | None]:
    """Who signs in, and the name that they gave; None with a code."""
    code = given.get("qr")
    if isinstance(code, str) and code:
        return phone_sign_in.by_code(session(), code, utcnow()), None
    name, secret = given.get("name"), given.get("secret")
    if not isinstance(name, str) or not isinstance(secret, str) or not name.strip() or not secret:
        raise Problem(Kind.MISSING_PARAMETERS, expected="name, secret")
    key, limit, now = config().secret_key, config().sign_in_attempts, utcnow()
    try:
        found = phone_sign_in.identify(session(), name, secret, server_secret=key, limit=limit, now=now)
    except Problem as refused:
        if refused.kind is Kind.CREDENTIALS_WRONG:
            with write() as current:
                phone_sign_in.note_failure(current, name, server_secret=key, now=now)
        raise
    return found, name


def _about(of: Device, by: Doer) -> dict[str, Any]:
    """What sign-in and hello both tell."""
    now = utcnow()
    return {
        "expiresAt": wire_moment(of.expires_at),
        "device": {"id": of.id, "name": of.name},
        "person": phone_app.person(session(), by.id),
        "keys": public_keys(),
        "rounds": phone_app.rounds_of(session(), by),
        "limits": limits(),
        "serverTime": wire_moment(now),
    }


def public_keys() -> dict[str, Any]:
    """The public halves of the server's keys."""
    return {
        purpose: {"id": key.id, "jwk": key.jwk} for purpose in (SEAL, RECEIPTS) for key in (keys().current(purpose),)
    }


def limits() -> dict[str, int]:
    """In bytes."""
    settings = config()
    return {
        "xml": settings.max_xml_kb * 1024,
        "file": settings.max_upload_bytes,
        "part": PART,
        "draft": keep_draft.LARGEST,
        "drafts": keep_draft.ALL,
    }


@endpoint("/keys", anybody=True)
def key_list() -> Response:
    return as_json(public_keys())


@endpoint("/hello", "POST")
def hello() -> Response:
    """The beginning of a sync: the phone tells how it is, and gets what it needs to know."""
    given, now = told(), utcnow()
    with write() as current:
        found = devices.hello(current, device().id, given, now=now)
    return as_json({**_about(found, doer()), "wipe": device().wipe})


@endpoint("/pin", "PUT")
def choose_pin() -> Response:
    """The person's own PIN for the next sign-in."""
    pin = told().get("pin")
    if device().actor_kind != USER:
        raise Problem(Kind.FORBIDDEN)
    with write() as current:
        phone_sign_in.choose_pin(current, pin if isinstance(pin, str) else "", by=doer(), now=utcnow())
    return nothing()


@endpoint("/sign-out", "POST")
def sign_out() -> Response:
    with write() as current:
        devices.sign_out(current, device().id, by=doer(), now=utcnow())
    return nothing()


@endpoint("/wiped", "POST", also_ended=True)
def wiped() -> Response:
    """The phone has deleted what it had sent; a revoked one may still say so."""
    with write() as current:
        devices.wiped(current, device().id, by=doer(), now=utcnow())
    return nothing()
