"""The crosswalk: which area became which, on what day, by whose decision. A merger has several old areas, a split several
new ones; a code that came to mean another territory has two areas and a row between them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base


class AreaChange(Base):
    __tablename__ = "area_changes"
    __table_args__ = (UniqueConstraint("old_id", "new_id"), Index(None, "new_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    old_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    new_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    since: Mapped[date]  # the first day of the new area
    decision: Mapped[str | None]  # number of the decision
    made_at: Mapped[datetime]  # when it was entered here
    made_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))


def touching(session: Session, area_ids: Collection[int]) -> Sequence[AreaChange]:
    """The changes that these areas came from or went into."""
    either = or_(AreaChange.old_id.in_(area_ids), AreaChange.new_id.in_(area_ids))
    return session.scalars(select(AreaChange).where(either).order_by(AreaChange.since, AreaChange.id)).all()
