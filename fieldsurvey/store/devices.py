"""Devices: a phone app's key to the server, whose it is, and what the phone last told of itself; PINs and salts of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.people import USER, Actor


class Device(Placed, Base):
    """One installation of the phone app with one person's key. Its areas are the person's when they signed in."""

    __tablename__ = "devices"
    __table_args__ = (
        Index("uq_devices_token_hash", "token_hash", unique=True),
        Index("uq_devices_install", "actor_id", "install_id", unique=True),
        Index(None, "commune_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    token_hash: Mapped[str]  # sha256 of the key; stays after revoking, as it proves whose a carried file is
    sign_in_key: Mapped[str]  # of the person when signing in: a new password ends the device's key
    install_id: Mapped[str]  # made by the app once for each installation
    name: Mapped[str]
    app_version: Mapped[str | None]
    user_agent: Mapped[str | None]
    free_mb: Mapped[int | None]
    battery: Mapped[int | None]  # per cent
    unsent: Mapped[int | None]  # finished forms that wait on the phone
    drafts: Mapped[int | None]
    persisted: Mapped[bool | None]  # whether the browser has promised to keep its data
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    wipe_asked_at: Mapped[datetime | None]
    wiped_at: Mapped[datetime | None]


class PhoneSecret(Base):
    """What signing in on a phone needs of a person beside the password."""

    __tablename__ = "phone_secrets"

    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), primary_key=True, autoincrement=False)
    draft_salt: Mapped[str]  # public: with the PIN it makes the key of sealed drafts
    pin_hash: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)  # since the PIN was last right
    updated_at: Mapped[datetime]


def of_install(session: Session, actor_id: int, install_id: str) -> Device | None:
    return session.scalar(select(Device).where(Device.actor_id == actor_id, Device.install_id == install_id))


def with_owner(session: Session, device_id: int) -> tuple[Device, Actor] | None:
    """A device and whose key it holds, whoever asks: the caller decides about rights."""
    query = select(Device, Actor).join(Actor, Actor.id == Device.actor_id).where(Device.id == device_id)
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None


def in_area(session: Session, scope: Scope, *, before: int | None = None, size: int = 100) -> Sequence[Row[Any]]:
    """(Device, Actor, Area of the village or None), newest device first; `before`: the last id of the page before."""
    query: Any = (
        select(Device, Actor, Area)
        .join(Actor, Actor.id == Device.actor_id)
        .outerjoin(Area, Area.id == Device.village_id)
        .where(in_scope(Device, scope))
        .order_by(Device.id.desc())
        .limit(size)
    )
    query = query.where(Device.id < before) if before else query
    return session.execute(query).all()


def people_of(session: Session, scope: Scope, size: int = 300) -> Sequence[Row[Any]]:
    """(Actor, PhoneSecret or None, Area or None) of people in the scope who belong to a village, by village and name."""
    query: Any = (
        select(Actor, PhoneSecret, Area)
        .outerjoin(PhoneSecret, PhoneSecret.actor_id == Actor.id)
        .outerjoin(Area, Area.id == Actor.village_id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), Actor.village_id.is_not(None), in_scope(Actor, scope))
        .order_by(Area.code, Actor.display_name, Actor.id)
        .limit(size)
    )
    return session.execute(query).all()
