"""Device keys of the phone app: one for 90 days in exchange for a sign-in; revoking it; asking to wipe what was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update
from sqlalchemy.orm import Session

from fieldsurvey.casework.people import GRANT_COLUMNS, doer_of, token_hash
from fieldsurvey.casework.sign_ins import new_token
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.permissions import Grant as GrantRule
from fieldsurvey.store import audit, devices
from fieldsurvey.store.devices import Device
from fieldsurvey.store.people import APP_USER, Actor, Grant
from fieldsurvey.store.rounds import Round

LASTS = timedelta(days=90)
LONGEST = 120  # letters of what a phone says of itself
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Found:
    """The device that calls, and whom it acts for."""

    id: int
    doer: Doer
    actor_kind: str
    wipe: bool  # the office wants what was sent deleted


def sign_in(
    session: Session, actor: Actor, told: dict[str, Any], user_agent: str | None, *, now: datetime
) -> tuple[str, Device]:
    """A new key for the person's device; the same installation gets a new key in place of its old one."""
    install_id = _text(told.get("installId")) or new_token()
    device = devices.of_install(session, actor.id, install_id)
    if device is None:
        device = Device(actor_id=actor.id, install_id=install_id, created_at=now)
        session.add(device)
    token = new_token()
    device.token_hash, device.sign_in_key, device.expires_at = token_hash(token), actor.sign_in_key, now + LASTS
    device.revoked_at = device.wipe_asked_at = device.wiped_at = None
    device.name = _text(told.get("name")) or "?"
    device.user_agent = user_agent
    device.province_id, device.commune_id, device.village_id = actor.province_id, actor.commune_id, actor.village_id
    take_down(device, told, now)
    actor.last_seen_at = now
    session.flush()
    audit.record(session, "device.create", "device", device.id, by=actor.doer(), now=now)
    return token, device


def take_down(device: Device, told: dict[str, Any], now: datetime) -> None:
    """What the phone says of itself; what is no such value is passed over."""
    device.last_seen_at = now
    version = _text(told.get("appVersion"))
    device.app_version = version or device.app_version
    for column, name in (("free_mb", "freeMb"), ("unsent", "unsent"), ("drafts", "drafts")):
        value = told.get(name)
        if isinstance(value, int | float) and 0 <= value < _MOST:
            setattr(device, column, int(value))
    battery = told.get("battery")
    if isinstance(battery, int | float) and 0 <= battery <= 1:
        device.battery = round(battery * 100)
    if isinstance(told.get("persisted"), bool):
        device.persisted = told["persisted"]


def _text(value: object) -> str | None:
    return (tidy(value.replace("\0", ""))[:LONGEST] or None) if isinstance(value, str) else None


_BY_TOKEN = (
    select(
        Device.id.label("device_id"),
        Device.revoked_at,
        Device.expires_at,
        Device.wipe_asked_at,
        Device.wiped_at,
        Device.sign_in_key.label("device_key"),
        Actor.sign_in_key,
        Actor.kind,
        Actor.token_hash,
        Actor.deleted_at,
        Actor.valid_until,
        Actor.display_name,
        *GRANT_COLUMNS,
        Round.practice_round_id,
    )
    .join(Actor, Actor.id == Device.actor_id)
    .outerjoin(Grant, Grant.actor_id == Actor.id)
    .outerjoin(Round, and_(Round.id == Grant.round_id, Round.practice_round_id.is_not(None)))
    .where(Device.token_hash == bindparam("hash"))
)


def by_token(connection: Connection, token: str, now: datetime, *, also_ended: bool = False) -> Found:
    """Who calls; one statement. Raises CREDENTIALS_WRONG, DEVICE_REVOKED, DEVICE_EXPIRED with `wipe` where it is asked.

    `also_ended`: a revoked phone may still say that it has wiped what the office wanted wiped.
    """
    rows = connection.execute(_BY_TOKEN, {"hash": token_hash(token)}).all()
    if not rows:
        raise Problem(Kind.CREDENTIALS_WRONG)
    first = rows[0]
    over = first.valid_until is not None and first.valid_until < day_of(now)
    ended = over or first.deleted_at is not None or first.device_key != first.sign_in_key
    wipe = first.wipe_asked_at is not None and first.wiped_at is None
    if also_ended:
        return Found(first.device_id, doer_of(rows), first.kind, wipe)
    if first.revoked_at is not None or ended or (first.kind == APP_USER and first.token_hash is None):
        raise Problem(Kind.DEVICE_REVOKED, wipe=wipe)
    if first.expires_at <= now:
        raise Problem(Kind.DEVICE_EXPIRED, wipe=wipe)
    return Found(first.device_id, _practising(doer_of(rows), rows), first.kind, wipe)


def _practising(doer: Doer, rows: Any) -> Doer:
    """A phone that was made for one round may practise in that round's practice village too."""
    practice = {row.round_id: row.practice_round_id for row in rows if row.practice_round_id is not None}
    more = tuple(
        GrantRule(grant.role, grant.area, practice[grant.round_id])
        for grant in doer.grants
        if grant.round_id in practice and grant.form_id is None
    )
    return replace(doer, grants=(*doer.grants, *more)) if more else doer


def hello(session: Session, device_id: int, told: dict[str, Any], *, now: datetime) -> Device:
    """The phone begins to sync: its key lasts another 90 days."""
    device = session.get_one(Device, device_id)
    device.expires_at = now + LASTS
    take_down(device, told, now)
    return device


def seen(connection: Connection, device_id: int, now: datetime) -> None:
    connection.execute(update(Device).where(Device.id == device_id).values(last_seen_at=now))


def sign_out(session: Session, device_id: int, *, by: Doer, now: datetime) -> None:
    """The phone gives its key back."""
    session.get_one(Device, device_id).revoked_at = now
    audit.record(session, "device.session.end", "device", device_id, by=by, now=now)


def wiped(session: Session, device_id: int, *, by: Doer, now: datetime) -> None:
    """The phone has deleted what was sent."""
    session.get_one(Device, device_id).wiped_at = now
    audit.record(session, "device.wiped", "device", device_id, by=by, now=now)


def revoke(session: Session, device_id: int, *, by: Doer, now: datetime) -> Device:
    """The key stops working at once; what is on the phone stays there until somebody signs in again."""
    device = _managed(session, device_id, by)
    device.revoked_at = device.revoked_at or now
    audit.record(session, "device.revoke", "device", device_id, by=by, now=now)
    return device


def ask_wipe(session: Session, device_id: int, *, by: Doer, now: datetime) -> Device:
    """At its next contact the phone deletes what it has sent. What is unsent it keeps, whatever happens."""
    device = _managed(session, device_id, by)
    device.wipe_asked_at, device.wiped_at = now, None
    audit.record(session, "device.wipe", "device", device_id, by=by, now=now)
    return device


def take_back_wipe(session: Session, device_id: int, *, by: Doer, now: datetime) -> Device:
    device = _managed(session, device_id, by)
    device.wipe_asked_at = None
    audit.record(session, "device.wipe.cancel", "device", device_id, by=by, now=now)
    return device


def _managed(session: Session, device_id: int, by: Doer) -> Device:
    """NOT_FOUND outside the officer's area, so that nobody learns that it exists."""
    found = session.get(Device, device_id)
    if found is None or not permissions.allows(by, Permission.MANAGE_DEVICES, found.place):
        raise Problem(Kind.NOT_FOUND)
    return found
