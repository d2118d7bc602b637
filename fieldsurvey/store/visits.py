"""Visits that brought no questionnaire: each attempt with its reason. What a questionnaire says stands in submissions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base, Placed


class Visit(Placed, Base):
    """One attempt. It names household and round and not the case, so that it outlives a change of the list."""

    __tablename__ = "visits"
    __table_args__ = (UniqueConstraint("uuid"), Index(None, "round_id", "household_id", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str]  # given by who sends it: the same again changes nothing
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    outcome: Mapped[str]  # rules.visiting.Outcome
    note: Mapped[str | None]
    at: Mapped[datetime]  # when somebody stood at the door
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    actor_name: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]  # entered by mistake


def of_household(session: Session, round_id: int, household_id: int) -> Sequence[Visit]:
    """In the order of the visits, withdrawn ones too."""
    query = select(Visit).where(Visit.round_id == round_id, Visit.household_id == household_id)
    return session.scalars(query.order_by(Visit.at, Visit.id)).all()


def by_uuid(session: Session, uuid: str) -> Visit | None:
    return session.scalar(select(Visit).where(Visit.uuid == uuid))
