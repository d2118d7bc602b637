"""The register: households and the persons in them as last approved or corrected. A household's key is its UUID; legal
numbers change. Persons stay known: who leaves is marked as gone, not deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Float, ForeignKey, Index, UniqueConstraint, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import hot
from fieldsurvey.store.base import Base, Placed, in_scope


def new_uuid() -> str:
    return str(uuid.uuid4())


class Household(Placed, Base):
    __tablename__ = "households"
    __table_args__ = (
        UniqueConstraint("uuid"),
        Index(None, "village_id", "id"),
        Index(None, "commune_id", "id"),
        Index(None, "code", postgresql_ops={"code": "text_pattern_ops"}),
        Index(None, "prior_class", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str]  # the entity's name on the wire
    version: Mapped[int]  # grows with each change, of a member too; __version on the wire
    code: Mapped[str | None]  # legal household number
    head_name: Mapped[str]
    name_fold: Mapped[str]  # for search: accents and đ folded
    address: Mapped[str | None]
    member_count: Mapped[int | None]
    prior_class: Mapped[str | None]  # class in the list in force
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    gone_reason: Mapped[str | None]  # rules.register.Ceased, of a deleted one
    lat: Mapped[float | None] = mapped_column(Float)  # of the dwelling, WGS 84 degrees
    lon: Mapped[float | None] = mapped_column(Float)


class Member(Base):
    """A person of a household. Who is gone keeps the row: the same person may come back, on a form or by an officer."""

    __tablename__ = "members"
    __table_args__ = (
        UniqueConstraint("uuid"),
        Index(None, "household_id", "position"),
        Index(None, "id_number"),
        Index(None, "name_fold", "birth_year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(default=new_uuid)  # the person's name on the wire, for as long as they are known
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    position: Mapped[int]  # order in the household, from 1; of no meaning for who is gone
    name: Mapped[str]
    name_fold: Mapped[str] = mapped_column(default=lambda context: fold(context.get_current_parameters()["name"]))
    birth_year: Mapped[int | None]
    birth_date: Mapped[date | None]  # null where only the year is known
    sex: Mapped[str | None]
    relation: Mapped[str | None]  # to the head; head: the one
    ethnicity: Mapped[str | None]
    id_number: Mapped[str | None]
    gone_at: Mapped[date | None]  # since when not in the household; null: present
    gone_reason: Mapped[str | None]  # rules.register.Gone


def deleted_among(session: Session, scope: Scope, uuids: Sequence[str] | None) -> Sequence[tuple[str, bool]]:
    """(uuid, deleted?) of the known households, or of all in the scope when None; unknown ones are left out."""
    query = select(Household.uuid, Household.deleted_at.is_not(None)).where(in_scope(Household, scope))
    if uuids is not None:
        query = query.where(Household.uuid.in_(uuids))
    return [(uuid, bool(deleted)) for uuid, deleted in session.execute(query.order_by(Household.id))]


def by_uuid(session: Session, household_uuid: str) -> Household | None:
    """Ceased ones too; whoever asks: the caller decides about rights."""
    return session.scalar(select(Household).where(Household.uuid == household_uuid))


def locked(session: Session, household_ids: Sequence[int]) -> dict[int, Household]:
    """Households held against concurrent changes until the transaction ends, always in the order of their ids."""
    query = select(Household).where(Household.id.in_(household_ids)).order_by(Household.id).with_for_update()
    return {one.id: one for one in session.scalars(query.execution_options(populate_existing=True))}


def members(session: Session, household_id: int) -> Sequence[Member]:
    """Those present, in order."""
    query = select(Member).where(Member.household_id == household_id, Member.gone_at.is_(None))
    return session.scalars(query.order_by(Member.position, Member.id)).all()


def everybody(session: Session, household_id: int) -> Sequence[Member]:
    """Those present in order, then those who are gone, the last one to go first."""
    query = select(Member).where(Member.household_id == household_id)
    order = (Member.gone_at.is_not(None), Member.gone_at.desc(), Member.position, Member.id)
    return session.scalars(query.order_by(*order)).all()


def with_uuids(session: Session, uuids: Sequence[str]) -> dict[str, Member]:
    """Uuid → member, wherever they live."""
    return {one.uuid: one for one in session.scalars(select(Member).where(Member.uuid.in_(uuids)))}


def living_with_number(session: Session, id_number: str) -> Household | None:
    """The household in which somebody present has this identity number; of several the first."""
    query = (
        select(Household)
        .join(Member, Member.household_id == Household.id)
        .where(Member.id_number == id_number, Member.gone_at.is_(None), Household.deleted_at.is_(None))
    )
    return session.scalars(query.order_by(Household.id).limit(1)).first()


_TABLE: Any = Household.__table__
_BUMP = update(_TABLE).where(_TABLE.c.id == bindparam("of")).values(version=_TABLE.c.version + 1)


def bump(connection: Connection, household_id: int) -> None:
    """What phones read of the household has changed though the register has not: Collect takes a row anew only when its
    version has grown.
    """
    hot.execute(connection, _BUMP, {"of": household_id})
