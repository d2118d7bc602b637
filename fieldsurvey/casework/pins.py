"""The first PIN of an enumerator, six digits to sign in with by telephone number, and the last day of an account.

The PIN is derived from a nonce and the server's secret like a phone's token, so that a sheet can be printed again and
nothing is kept that could be guessed at.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date, datetime

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission, Role
from fieldsurvey.store import audit, people
from fieldsurvey.store.people import Actor

DIGITS = 6
# What is tried first by whoever guesses.
_POOR = {"123456", "654321", "112233", "121212", "123123", "102030"} | {str(digit) * DIGITS for digit in range(10)}


def new_nonce() -> str:
    return secrets.token_hex(16)


def pin_from(secret: str, nonce: str) -> str:
    """Six digits, none of those that are tried first."""
    for turn in range(100):
        digest = hmac.new(secret.encode(), f"pin:{nonce}:{turn}".encode(), hashlib.sha256).digest()
        pin = f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"
        if pin not in _POOR:
            break
    return pin


def pin_of(actor: Actor, *, secret: str) -> str | None:
    return pin_from(secret, actor.pin_nonce) if actor.pin_nonce else None


def matches(actor: Actor, given: str, *, secret: str) -> bool:
    """Whether this is the account's PIN; blanks between the digits do not matter."""
    pin = pin_of(actor, secret=secret)
    return pin is not None and hmac.compare_digest(pin.encode(), "".join(given.split()).encode())


def _require_managing(by: Doer, actor: Actor) -> None:
    """An officer looks after the enumerators of the commune, and after nobody who may do more."""
    if permissions.allows(by, Permission.MANAGE_PEOPLE, actor.place):
        return
    permissions.require(by, Permission.MANAGE_ENUMERATORS, actor.place)
    if not actor.grants or any(grant.role != Role.ENUMERATOR for grant in actor.grants):
        raise Problem(Kind.FORBIDDEN)


def limit(session: Session, actor: Actor, last_day: date | None, *, by: Doer, now: datetime) -> None:
    """The last day on which the account works, and with it the phones in its name; None: without an end."""
    _require_managing(by, actor)
    if actor.id == by.id:
        raise Problem(Kind.FORBIDDEN)
    actor.valid_until = last_day
    for phone in people.phones_of_owner(session, actor.id):
        phone.valid_until = last_day
    data = {"validUntil": last_day.isoformat() if last_day else None}
    audit.record(session, "user.update", "actor", actor.id, by=by, now=now, data=data)
