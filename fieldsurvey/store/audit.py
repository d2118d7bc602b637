"""The audit trail: who did what to which subject, and when. Rows are only ever added; the database refuses the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, ForeignKey, Index, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import hot
from fieldsurvey.store.base import Base


class AuditEntry(Base):
    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "subject", "subject_id", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "action", "id"),
        Index(None, "at", postgresql_using="brin"),  # rows come in order of time: next to nothing on each insert
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]  # submission.create, case.approve, …
    subject: Mapped[str]  # submission, case, form, actor, …
    subject_id: Mapped[int | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    params: Mapped[dict[str, Any]]  # parameters of the sentence; no personal data
    notes: Mapped[str | None]  # why, in the words of who did it (X-Action-Notes)
    at: Mapped[datetime]


_INSERT = insert(AuditEntry)
Entry = dict[str, Any]  # a row of the table


def record(
    connection: Connection | Session,
    action: str,
    subject: str,
    subject_id: int | None,
    *,
    by: Doer | None,
    now: datetime,
    **params: Any,
) -> None:
    hot.add(connection, _INSERT, entry(action, subject, subject_id, by=by, now=now, **params))


def record_all(connection: Connection, entries: Sequence[Entry]) -> None:
    """Several at once, in their order."""
    if len(entries) == 1:
        hot.add(connection, _INSERT, entries[0])
    elif entries:
        connection.execute(_INSERT, entries)


def entry(action: str, subject: str, subject_id: int | None, *, by: Doer | None, now: datetime, **params: Any) -> Entry:
    return {
        "action": action,
        "subject": subject,
        "subject_id": subject_id,
        "actor_id": (by.id or None) if by else None,  # the server itself has no id
        "params": params,
        "notes": by.notes if by else None,
        "at": now,
    }


@lru_cache(maxsize=4096)
def actee_id(subject: str, subject_id: int) -> str:
    """Always the same for the same thing; in the form of a random UUID, because that is what programs check for."""
    return str(UUID(bytes=sha256(f"{subject}:{subject_id}".encode()).digest()[:16], version=4))


def newest(connection: Connection | Session) -> int:
    """The id of the newest entry: while it stays the same, nothing has been changed."""
    return connection.scalar(select(func.max(AuditEntry.id))) or 0


def last_acts(session: Session, actor_ids: Collection[int]) -> dict[int, datetime]:
    """Actor id → when the actor last did anything that is written down; for a phone: when it last sent something."""
    actor = AuditEntry.actor_id
    query = select(actor, func.max(AuditEntry.at)).where(actor.in_(actor_ids)).group_by(actor)
    return {actor_id: at for actor_id, at in session.execute(query) if actor_id is not None}


def of_subject(session: Session, subject: str, subject_id: int) -> list[AuditEntry]:
    """Newest first."""
    query = select(AuditEntry).where(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
    return list(session.scalars(query.order_by(AuditEntry.id.desc())))
