"""The register: households and their members as last approved. A household's key is its UUID; legal numbers change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import Base, Placed, in_scope


class Household(Placed, Base):
    __tablename__ = "households"
    __table_args__ = (
        UniqueConstraint("uuid"),
        Index(None, "village_id", "id"),
        Index(None, "commune_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str]  # the entity's name on the wire
    version: Mapped[int]  # grows with each change; __version on the wire
    code: Mapped[str | None]  # legal household number
    head_name: Mapped[str]
    name_fold: Mapped[str]  # for search: accents and đ folded
    address: Mapped[str | None]
    member_count: Mapped[int | None]
    prior_class: Mapped[str | None]  # class in the list in force
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Member(Base):
    """A person of a household, from the last approved answers."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("household_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    position: Mapped[int]  # 1-based order on the form
    name: Mapped[str]
    birth_year: Mapped[int | None]
    birth_date: Mapped[date | None]  # null where only the year is known
    sex: Mapped[str | None]
    relation: Mapped[str | None]
    ethnicity: Mapped[str | None]
    id_number: Mapped[str | None]


def deleted_among(session: Session, scope: Scope, uuids: Sequence[str] | None) -> Sequence[tuple[str, bool]]:
    """(uuid, deleted?) of the known households, or of all in the scope when None; unknown ones are left out."""
    query = select(Household.uuid, Household.deleted_at.is_not(None)).where(in_scope(Household, scope))
    if uuids is not None:
        query = query.where(Household.uuid.in_(uuids))
    return [(uuid, bool(deleted)) for uuid, deleted in session.execute(query.order_by(Household.id))]


def replace_members(session: Session, household_id: int, rows: Sequence[dict[str, Any]]) -> None:
    session.execute(delete(Member).where(Member.household_id == household_id))
    if rows:
        session.connection().execute(
            insert(Member), [{"household_id": household_id, "position": at, **row} for at, row in enumerate(rows, 1)]
        )


def members(session: Session, household_id: int) -> Sequence[Member]:
    return session.scalars(select(Member).where(Member.household_id == household_id).order_by(Member.position)).all()
