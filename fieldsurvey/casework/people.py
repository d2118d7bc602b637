"""Accounts and phones: create a person with roles, change a password, hand out a phone's token and take it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import passwords
from fieldsurvey.casework.signing_in import normal_name
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission, Role
from fieldsurvey.rules.permissions import Grant as GrantRule
from fieldsurvey.store import audit, hot
from fieldsurvey.store.areas import Area
from fieldsurvey.store.people import APP_USER, USER, Actor, Grant, still_works

# The levels of area that a role may be bound to; the first is the usual one.
LEVELS: dict[Role, tuple[Level, ...]] = {
    Role.ENUMERATOR: (Level.VILLAGE, Level.COMMUNE),
    Role.COMMUNE_OFFICER: (Level.COMMUNE,),
    Role.COMMUNE_LEADER: (Level.COMMUNE,),
    Role.PROVINCE_SUPERVISOR: (Level.PROVINCE,),
    Role.ADMINISTRATOR: (Level.PROVINCE, Level.COMMUNE),
}
_CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"
# Stands for the server itself: seeding, the command line.
SYSTEM = Doer(0, "fieldsurvey", (GrantRule(Role.ADMINISTRATOR),))


def create_user(
    session: Session,
    name: str,
    sign_in_name: str,
    password: str,
    role: Role,
    area: Area | None,
    *,
    by: Doer | None,
    now: datetime,
) -> Actor:
    """A person who signs in. `by` None: the server itself. Raises ALREADY_EXISTS, NAME_MISSING, UNEXPECTED_VALUE."""
    if by is not None:
        permissions.require(by, Permission.MANAGE_PEOPLE, area.place if area else Place())
    if not fits(role, area):
        raise Problem(Kind.UNEXPECTED_VALUE, field="area", value=area.code if area else role.value)
    actor = _add_user(session, name, sign_in_name, password, now)
    actor.grants = [_grant(role, area, None)]
    for column, area_id in _place(area).items():
        setattr(actor, column, area_id)
    session.flush()
    audit.record(session, "user.create", "actor", actor.id, by=by, now=now, role=role.value)
    return actor


def create_account(
    session: Session, name: str, sign_in_name: str, password: str | None, *, by: Doer, now: datetime
) -> Actor:
    """A person without any role yet. Without a password nobody can sign in until one has been set."""
    permissions.require_for_server(by, Permission.MANAGE_PEOPLE)
    actor = _add_user(session, name, sign_in_name, password, now)
    actor.created_by = by.id or None
    session.flush()
    audit.record(session, "user.create", "actor", actor.id, by=by, now=now, data={"actorId": actor.id})
    return actor


def _add_user(session: Session, name: str, sign_in_name: str, password: str | None, now: datetime) -> Actor:
    if password is not None:
        passwords.require(password)
    email, phone = normal_name(sign_in_name)
    if not tidy(name) or not (email or phone):
        raise Problem(Kind.NAME_MISSING)
    _require_free(session, sign_in_name)
    actor = Actor(
        kind=USER,
        display_name=tidy(name),
        email=email,
        phone=phone,
        password_hash=passwords.hashed(password) if password is not None else None,
        sign_in_key=secrets.token_hex(8),
        created_at=now,
    )
    session.add(actor)
    return actor


def _require_free(session: Session, sign_in_name: str) -> None:
    email, phone = normal_name(sign_in_name)
    taken = select(Actor.id).where(
        Actor.deleted_at.is_(None), (Actor.email == email) if email else Actor.phone == phone
    )
    if session.scalar(taken) is not None:
        raise Problem(Kind.ALREADY_EXISTS, value=sign_in_name, table="users", fields=["email"], values=[sign_in_name])


def require_managing(by: Doer, actor: Actor) -> None:
    """Whether `by` looks after this account. One with a role beyond all areas is only for who looks after them all."""
    permissions.require(by, Permission.MANAGE_PEOPLE, actor.place)
    if any(grant.area_id is None for grant in actor.grants):
        permissions.require_for_server(by, Permission.MANAGE_PEOPLE)


def fits(role: Role, area: Area | None) -> bool:
    """Whether the role may be bound to this area. Only an administrator may be without one."""
    return role is Role.ADMINISTRATOR if area is None else Level(area.level) in LEVELS.get(role, ())


def generated_password() -> str:
    """One that can be read out over the telephone: four groups, no letter that looks like another."""
    return "-".join("".join(secrets.choice(_CLEAR) for _ in range(4)) for _ in range(4))


def _grant(role: Role, area: Area | None, round_id: int | None) -> Grant:
    return Grant(
        role=role.value, area_level=area.level if area else None, area_id=area.id if area else None, round_id=round_id
    )


def _place(area: Area | None) -> dict[str, int | None]:
    place = area.place if area else Place()
    return {"province_id": place.province_id, "commune_id": place.commune_id, "village_id": place.village_id}


def change_account(
    session: Session, actor: Actor, name: str | None, sign_in_name: str | None, *, by: Doer, now: datetime
) -> None:
    """Another name, another e-mail or phone number; None: as it was. People may do it to themselves."""
    if by.id != actor.id:
        require_managing(by, actor)
    if name is not None:
        if not tidy(name):
            raise Problem(Kind.NAME_MISSING)
        actor.display_name = tidy(name)
    if sign_in_name is not None:
        _rename(session, actor, sign_in_name)
    actor.updated_at = now
    changed = {"displayName": name is not None, "email": sign_in_name is not None}
    data = {column: True for column, given in changed.items() if given}
    audit.record(session, "user.update", "actor", actor.id, by=by, now=now, data=data)


def _rename(session: Session, actor: Actor, sign_in_name: str) -> None:
    email, phone = normal_name(sign_in_name)
    if (email or actor.email, phone or actor.phone) == (actor.email, actor.phone):
        return
    _require_free(session, sign_in_name)
    actor.email, actor.phone = email or actor.email, phone or actor.phone


def invalidate_password(session: Session, actor: Actor, *, by: Doer, now: datetime) -> None:
    """The password no longer works, and every session of the person ends."""
    require_managing(by, actor)
    actor.password_hash, actor.sign_in_key = None, secrets.token_hex(8)
    audit.record(session, "user.update", "actor", actor.id, by=by, now=now, data={"password": None})


def set_password(session: Session, actor: Actor, password: str, *, by: Doer | None, now: datetime) -> None:
    """A new password; every session of a browser ends (those of scripts: sign_ins.end_all)."""
    if by is not None and by.id != actor.id:
        require_managing(by, actor)
    passwords.require(password)
    actor.password_hash, actor.sign_in_key = passwords.hashed(password), secrets.token_hex(8)
    audit.record(session, "user.update", "actor", actor.id, by=by, now=now, data={"password": True})


def deactivate(session: Session, actor: Actor, *, by: Doer, now: datetime) -> None:
    """The person can no longer sign in; what they have done stays under their name. Nobody shuts themselves out."""
    require_managing(by, actor)
    if actor.id == by.id:
        raise Problem(Kind.FORBIDDEN)
    actor.deleted_at, actor.sign_in_key = now, secrets.token_hex(8)
    audit.record(session, "user.delete", "actor", actor.id, by=by, now=now)


def create_phone(
    session: Session,
    name: str,
    round_id: int,
    village: Area,
    *,
    secret: str,
    by: Doer,
    now: datetime,
    owner: Actor | None = None,
) -> Actor:
    """A phone of a village head in a round. Its token can be shown again with `token_of`, and is never stored."""
    permissions.require(by, Permission.MANAGE_DEVICES, village.place, round_id)
    if not tidy(name):
        raise Problem(Kind.NAME_MISSING)
    nonce = secrets.token_hex(16)
    phone = Actor(
        kind=APP_USER,
        display_name=tidy(name),
        round_id=round_id,
        owner_id=owner.id if owner else None,
        sign_in_key=secrets.token_hex(8),
        token_nonce=nonce,
        token_hash=token_hash(token_from(secret, nonce)),
        created_by=by.id or None,
        created_at=now,
        grants=[_grant(Role.ENUMERATOR, village, round_id)],
        **_place(village),
    )
    session.add(phone)
    session.flush()
    audit.record(session, "field_key.create", "actor", phone.id, by=by, now=now)
    return phone


def revoke_phone(session: Session, phone: Actor, *, by: Doer, now: datetime) -> None:
    """The phone's token stops working at once; what it has sent stays."""
    permissions.require(by, Permission.MANAGE_DEVICES, phone.place, phone.round_id)
    phone.token_hash = phone.token_nonce = None
    phone.deleted_at = now
    audit.record(session, "field_key.delete", "actor", phone.id, by=by, now=now)


def token_of(phone: Actor, *, secret: str) -> str:
    """The phone's token: 64 characters of [A-Za-z0-9!$]."""
    return token_from(secret, phone.token_nonce or "")


def token_from(secret: str, nonce: str) -> str:
    digest = hmac.new(secret.encode(), f"phone:{nonce}".encode(), hashlib.sha384).digest()
    return base64.b64encode(digest, altchars=b"!$").decode()


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# What a Doer's grants are made of, for statements that find the caller and the grants at once.
GRANT_COLUMNS = (
    Actor.id.label("actor_id"),
    Grant.role,
    Grant.area_level,
    Grant.area_id,
    Grant.round_id,
    Grant.form_id,
    Actor.province_id,
    Actor.commune_id,
    Actor.village_id,
)
_BY_TOKEN = (
    select(Actor.display_name, *GRANT_COLUMNS)
    .outerjoin(Grant, Grant.actor_id == Actor.id)
    .where(Actor.token_hash == bindparam("hash"), Actor.deleted_at.is_(None), still_works())
)


def doer_by_token(connection: Connection, token: str, now: datetime) -> Doer | None:
    """Who carries the phone with this token, unless its last day is over.

    One statement, as it stands before every request of a phone.
    """
    rows = hot.rows(connection, _BY_TOKEN, {"hash": token_hash(token), "today": day_of(now)})
    if not rows:
        return None
    return doer_of(rows)


def doer_of(rows: Sequence[Any]) -> Doer:
    """From rows with display_name and GRANT_COLUMNS; one row without a role: no grants."""
    first = rows[0]
    place = Place(first.province_id, first.commune_id, first.village_id)
    return Doer(first.actor_id, first.display_name, _rules(rows), place=place)


def _rules(rows: Sequence[Any]) -> tuple[GrantRule, ...]:
    return tuple(
        GrantRule(
            Role(row.role),
            AreaRef(Level(row.area_level), row.area_id) if row.area_level else None,
            row.round_id,
            row.form_id,
        )
        for row in rows
        if row.role
    )
