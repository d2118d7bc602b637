"""Signing in on a phone: phone number and PIN (or password), or the code on paper; and the choice of a PIN.

A PIN is short, so it is good for only a few wrong attempts: after MOST_WRONG of them it is dead until a new one is given.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import zlib
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework import passwords, pins, signing_in
from fieldsurvey.casework.people import token_hash
from fieldsurvey.casework.signing_in import WINDOW, normal_name
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, people
from fieldsurvey.store.devices import PhoneSecret
from fieldsurvey.store.people import APP_USER, USER, Actor

MOST_WRONG = 20
GIVEN_DIGITS = 6  # of a PIN that the office gives
_PIN = re.compile(r"[0-9]{4,8}\Z")
_RUN = "01234567890 09876543210"
_KEY = re.compile(r"[A-Za-z0-9!$]{64}\Z")
_KEY_IN_ADDRESS = re.compile(r"/key/([A-Za-z0-9!$]{64})(?:/|\Z)")
_LONGEST_CODE = 4000
_LONGEST_SETTINGS = 20_000


def identify(session: Session, name: str, secret: str, *, server_secret: str, limit: int, now: datetime) -> Actor:
    """The person with this name and this PIN or password. Raises TOO_MANY_ATTEMPTS, CREDENTIALS_WRONG.

    Takes as long for an unknown person as for a wrong PIN: always two verifications.
    """
    name_hash = signing_in.hash_of_name(server_secret, name)
    if people.failures_since(session, name_hash, now - WINDOW) >= limit:
        raise Problem(Kind.TOO_MANY_ATTEMPTS, minutes=int(WINDOW.total_seconds() // 60))
    actor = people.by_sign_in_name(session, *normal_name(name))
    known = session.get(PhoneSecret, actor.id) if actor else None
    alive = known is not None and known.failures < MOST_WRONG
    by_pin = passwords.matches(known.pin_hash if known and alive else None, secret)
    if actor is not None and known is not None and alive and known.pin_hash is None:
        by_pin = pins.matches(actor, secret, secret=server_secret)  # the first one, from the sheet
    by_password = passwords.matches(actor.password_hash if actor else None, secret)
    if actor is None or not (by_pin or by_password):
        raise Problem(Kind.CREDENTIALS_WRONG)
    signing_in.require_working(actor, now)
    return actor


def is_pin(secret: str) -> bool:
    """Whether this can only be a PIN: a password is longer."""
    return bool(_PIN.match("".join(secret.split())))


def note_failure(session: Session, name: str, *, server_secret: str, now: datetime) -> None:
    """Counted for the name, and for the PIN."""
    signing_in.note_failure(session, name, secret=server_secret, now=now)
    actor = people.by_sign_in_name(session, *normal_name(name))
    known = session.get(PhoneSecret, actor.id, with_for_update=True) if actor else None
    if known is not None:
        known.failures += 1


def note_success(session: Session, actor: Actor, name: str, *, server_secret: str, now: datetime) -> None:
    signing_in.note_success(session, name, secret=server_secret, now=now)
    secret_of(session, actor, now).failures = 0


def secret_of(session: Session, actor: Actor, now: datetime) -> PhoneSecret:
    """What the phones of a person need; made when first asked for."""
    known = session.get(PhoneSecret, actor.id)
    if known is None:
        known = PhoneSecret(actor_id=actor.id, draft_salt=secrets.token_urlsafe(24), failures=0, updated_at=now)
        session.add(known)
        session.flush()
    return known


def by_code(session: Session, text: str, now: datetime) -> Actor:
    """The app user whose code was scanned. Raises CODE_UNKNOWN where it is no code of ours, TOKEN_REVOKED."""
    key = _key_in(text[:_LONGEST_CODE].strip())
    if key is None:
        raise Problem(Kind.CODE_UNKNOWN)
    query = select(Actor).where(Actor.token_hash == token_hash(key), Actor.kind == APP_USER, Actor.deleted_at.is_(None))
    found = session.scalar(query)
    if found is None or not found.works_on(day_of(now)):
        raise Problem(Kind.TOKEN_REVOKED)
    return found


def _key_in(text: str) -> str | None:
    """The key itself, an address that holds it, or Collect's settings with such an address."""
    if _KEY.match(text):
        return text
    found = _KEY_IN_ADDRESS.search(text) or _KEY_IN_ADDRESS.search(_address_in_settings(text))
    return found[1] if found else None


def _address_in_settings(text: str) -> str:
    try:
        unpacked = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), _LONGEST_SETTINGS)
        address = orjson.loads(unpacked)["general"]["server_url"]
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError):
        return ""
    return address if isinstance(address, str) else ""


def choose_pin(session: Session, pin: str, *, by: Doer, now: datetime) -> None:
    """One's own PIN. Raises PIN_WEAK, and FORBIDDEN for what is no person."""
    actor = people.active(session, by.id)
    if actor is None or actor.kind != USER:
        raise Problem(Kind.FORBIDDEN)
    if not _PIN.match(pin) or len(set(pin)) == 1 or pin in _RUN:
        raise Problem(Kind.PIN_WEAK)
    _set(session, actor, pin, by, now)


def give_pin(session: Session, actor: Actor, *, by: Doer, now: datetime) -> str:
    """A new PIN for a person of the officer's area, to be told once; the one before is dead."""
    permissions.require(by, Permission.MANAGE_DEVICES, actor.place)
    if actor.kind != USER or any(grant.area_id is None for grant in actor.grants):
        raise Problem(Kind.FORBIDDEN)  # whoever looks after all areas signs in with a password
    pin = _new_pin()
    _set(session, actor, pin, by, now)
    return pin


def _new_pin() -> str:
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(GIVEN_DIGITS))
        if len(set(pin)) > 2 and pin not in _RUN:
            return pin


def _set(session: Session, actor: Actor, pin: str, by: Doer, now: datetime) -> None:
    known = secret_of(session, actor, now)
    actor.pin_nonce = None  # the one from the sheet is dead
    known.pin_hash, known.failures, known.updated_at = passwords.hashed(pin), 0, now
    audit.record(session, "user.update", "actor", actor.id, by=by, now=now, data={"pin": True})
