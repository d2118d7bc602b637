"""Signing in by e-mail or phone number and password, with a limit on failures; used by the web page and by Basic."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from fieldsurvey.casework import passwords
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.days import day_of
from fieldsurvey.store import people
from fieldsurvey.store.people import Actor

WINDOW = timedelta(minutes=15)
REMEMBERED = timedelta(minutes=5)
_MOST_REMEMBERED = 2000
_PHONE = re.compile(r"^\+?[\d\s.\-()]{8,20}$")
# Basic sends the password with each request; a verified one need not be verified again for a while.
_verified: OrderedDict[str, tuple[int, str, datetime]] = OrderedDict()


def normal_name(name: str) -> tuple[str | None, str | None]:
    """(e-mail, None) or (None, phone in national form): `+84 912 345 678` → `0912345678`."""
    name = name.strip()
    if not _PHONE.match(name):
        return name.lower(), None
    digits = re.sub(r"\D", "", name)
    return None, "0" + digits[2:] if digits.startswith("84") and len(digits) >= 11 else digits


def identify(session: Session, name: str, password: str, *, secret: str, limit: int, now: datetime) -> Actor:
    """The person with this name and password; raises TOO_MANY_ATTEMPTS, CREDENTIALS_WRONG."""
    if people.failures_since(session, hash_of_name(secret, name), now - WINDOW) >= limit:
        raise Problem(Kind.TOO_MANY_ATTEMPTS, minutes=int(WINDOW.total_seconds() // 60))
    known = _remembered(session, secret, name, password, now)
    if known is not None:
        return known
    actor = people.by_sign_in_name(session, *normal_name(name))
    if not passwords.matches(actor.password_hash if actor else None, password) or actor is None:
        raise Problem(Kind.CREDENTIALS_WRONG)
    require_working(actor, now)
    _remember(secret, name, password, actor, now)
    return actor


def require_working(actor: Actor, now: datetime) -> None:
    """Said only to whoever has shown who they are. Raises ACCOUNT_ENDED."""
    if actor.valid_until is not None and not actor.works_on(day_of(now)):
        raise Problem(Kind.ACCOUNT_ENDED, day=actor.valid_until.strftime("%d/%m/%Y"))


def note_failure(session: Session, name: str, *, secret: str, now: datetime) -> None:
    people.add_failure(session, hash_of_name(secret, name), now)


def note_success(session: Session, name: str, *, secret: str, now: datetime) -> None:
    people.forget_failures(session, hash_of_name(secret, name), now - WINDOW)


def hash_of_name(secret: str, name: str) -> str:
    email, phone = normal_name(name)
    return passwords.keyed_hash(secret, "sign-in", email or phone or "")


def _key(secret: str, name: str, password: str) -> str:
    return passwords.keyed_hash(secret, "verified", f"{name}\0{password}")


def _remembered(session: Session, secret: str, name: str, password: str, now: datetime) -> Actor | None:
    """A person verified a moment ago, unless the password has changed since."""
    found = _verified.get(_key(secret, name, password))
    if found is None or found[2] < now:
        return None
    actor = people.active(session, found[0])
    known = actor is not None and actor.sign_in_key == found[1] and actor.works_on(day_of(now))
    return actor if known else None


def _remember(secret: str, name: str, password: str, actor: Actor, now: datetime) -> None:
    _verified[_key(secret, name, password)] = actor.id, actor.sign_in_key, now + REMEMBERED
    while len(_verified) > _MOST_REMEMBERED:
        _verified.popitem(last=False)
