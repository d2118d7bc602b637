"""A household's history: one row for each change, with who, when, why, and what stood there before and after.

`before` and `after` have the same shape: {"household": {column: value}, "members": {uuid: {column: value} or null},
"year": {column: value} or null, "rounds": […]}; only what changed stands in them, days as ISO text. A null stands for
what was not there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base


class HouseholdEvent(Base):
    __tablename__ = "household_events"
    __table_args__ = (Index(None, "household_id", "id"), Index(None, "batch_id", "id"), Index(None, "undoes_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    kind: Mapped[str]  # rules.register.Change
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))  # null: the server itself
    reason: Mapped[str | None]  # why, in the words of who did it
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    batch_id: Mapped[str | None]  # UUID of the import or act that made it together with others
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("household_events.id"))  # the event taken back by this one
    version: Mapped[int | None]  # of the household after it; null: made in bulk, or before versions were kept


def of_household(
    session: Session, household_id: int, before: int | None = None, size: int = 50
) -> list[HouseholdEvent]:
    """Newest first; `before`: the id of the last one on the page before."""
    query = select(HouseholdEvent).where(HouseholdEvent.household_id == household_id)
    if before is not None:
        query = query.where(HouseholdEvent.id < before)
    return list(session.scalars(query.order_by(HouseholdEvent.id.desc()).limit(size)))


def of_batch(session: Session, batch_id: str) -> Sequence[HouseholdEvent]:
    """Newest first, which is the order in which they are undone."""
    query = select(HouseholdEvent).where(HouseholdEvent.batch_id == batch_id)
    return session.scalars(query.order_by(HouseholdEvent.id.desc())).all()


def undone(session: Session, event_ids: Collection[int]) -> set[int]:
    """Those that have been taken back."""
    query = select(HouseholdEvent.undoes_id).where(HouseholdEvent.undoes_id.in_(event_ids))
    return {one for one in session.scalars(query) if one is not None}


_AFTER = select(HouseholdEvent.id).where(
    HouseholdEvent.household_id == bindparam("of"), HouseholdEvent.version <= bindparam("version")
)


def after_version(connection: Connection, household_id: int, version: int) -> Sequence[Any]:
    """Rows (id, kind, at, actor_id, reason, before, after, version) of what came after a version, oldest first."""
    last = connection.scalars(
        _AFTER.order_by(HouseholdEvent.id.desc()).limit(1), {"of": household_id, "version": version}
    ).one_or_none()
    columns = (
        HouseholdEvent.id, HouseholdEvent.kind, HouseholdEvent.at, HouseholdEvent.actor_id, HouseholdEvent.reason,
        HouseholdEvent.before, HouseholdEvent.after, HouseholdEvent.version,
    )  # fmt: skip
    query = select(*columns).where(HouseholdEvent.household_id == household_id, HouseholdEvent.id > (last or 0))
    return connection.execute(query.order_by(HouseholdEvent.id)).all()
