"""Sealed drafts: what a phone has begun, as bytes that only the phone can open, kept in case the phone loses them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, Row, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base

PLAIN = "plain:"  # before the instanceID of a form that the server itself keeps between two pages


class SealedDraft(Base):
    __tablename__ = "sealed_drafts"
    __table_args__ = (Index("uq_sealed_drafts", "actor_id", "instance_id", unique=True), Index(None, "updated_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    instance_id: Mapped[str]
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, nullable=False)
    size: Mapped[int]
    sha256: Mapped[str]
    updated_at: Mapped[datetime]


def of_actor(session: Session, actor_id: int, prefix: str = "") -> Sequence[SealedDraft]:
    """A phone's, or with the prefix PLAIN those of the plain pages; newest first, without their content."""
    query = select(SealedDraft).where(SealedDraft.actor_id == actor_id)
    plain = SealedDraft.instance_id.startswith(PLAIN)
    query = query.where(plain if prefix == PLAIN else ~plain)
    return session.scalars(query.order_by(SealedDraft.updated_at.desc(), SealedDraft.id.desc())).all()


def one(session: Session, actor_id: int, instance_id: str) -> SealedDraft | None:
    query = select(SealedDraft).where(SealedDraft.actor_id == actor_id, SealedDraft.instance_id == instance_id)
    return session.scalar(query)


def content(session: Session, actor_id: int, instance_id: str) -> Row[bytes, str] | None:
    """content, sha256."""
    query = select(SealedDraft.content, SealedDraft.sha256)
    return session.execute(
        query.where(SealedDraft.actor_id == actor_id, SealedDraft.instance_id == instance_id)
    ).one_or_none()


def size_of_others(session: Session, actor_id: int, instance_id: str) -> int:
    """Bytes of the person's drafts but this one."""
    query = select(func.sum(SealedDraft.size)).where(
        SealedDraft.actor_id == actor_id, SealedDraft.instance_id != instance_id
    )
    return int(session.scalar(query) or 0)


def remove(connection: Connection | Session, actor_id: int, instance_id: str) -> None:
    connection.execute(
        delete(SealedDraft).where(SealedDraft.actor_id == actor_id, SealedDraft.instance_id == instance_id)
    )


def remove_older(session: Session, before: datetime) -> None:
    session.execute(delete(SealedDraft).where(SealedDraft.updated_at < before))
