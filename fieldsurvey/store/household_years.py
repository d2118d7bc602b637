"""The class of each household in each year, with the decision that gave it and where the household then was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base, Placed


class HouseholdYear(Placed, Base):
    """One household in the list of one year. Its areas are those of that time: they never move with the household."""

    __tablename__ = "household_years"
    __table_args__ = (
        UniqueConstraint("household_id", "year"),
        Index(None, "year", "household_class", "household_id"),
        Index(None, "commune_id", "year", "household_class", "village_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    year: Mapped[int]  # whose list
    household_class: Mapped[str]  # rules.classification.HouseholdClass
    member_count: Mapped[int | None]  # persons in the household then
    decision_number: Mapped[str | None]  # of the decision that recognised it; null: none known
    decision_date: Mapped[date | None]  # benefits count from this day
    source: Mapped[str]  # rules.register.Source
    facts: Mapped[
        dict[str, Any] | None
    ]  # what an imported list says besides: b1, b2, minority, no_labour, merit, causes


def of_household(session: Session, household_id: int) -> Sequence[HouseholdYear]:
    """Newest year first."""
    query = select(HouseholdYear).where(HouseholdYear.household_id == household_id)
    return session.scalars(query.order_by(HouseholdYear.year.desc())).all()


def of_year(session: Session, household_id: int, year: int) -> HouseholdYear | None:
    query = select(HouseholdYear).where(HouseholdYear.household_id == household_id, HouseholdYear.year == year)
    return session.scalar(query)
