"""The list of a round: what is frozen with number and date, and every household that came on it or left it by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household


class RoundList(Placed, Base):
    """One commune's list in a round, frozen. A change after it stands in `list_changes` with its reason."""

    __tablename__ = "round_lists"
    __table_args__ = (UniqueConstraint("round_id", "commune_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    number: Mapped[str]  # of the decision or document: 12/DS-BCĐ
    decided_on: Mapped[date]
    households: Mapped[int]  # how many stood on it then
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))


class ListChange(Placed, Base):
    """A household that was put on the list or taken off it by hand."""

    __tablename__ = "list_changes"
    __table_args__ = (Index(None, "round_id", "commune_id", "id"), Index(None, "household_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    change: Mapped[str]  # rules.listing.Change
    source: Mapped[str | None]  # rules.listing.Source
    reason: Mapped[str]
    frozen: Mapped[bool]  # the list was frozen already: it stands in the supplement
    before: Mapped[dict[str, Any]]  # of one that was taken off: assignee, due date, so that it can come back
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    actor_name: Mapped[str]


def frozen(session: Session, round_id: int, commune_id: int | None) -> RoundList | None:
    """The commune's list if it is frozen."""
    return session.scalar(select(RoundList).where(RoundList.round_id == round_id, RoundList.commune_id == commune_id))


def frozen_communes(session: Session, round_id: int, scope: Scope) -> dict[int, RoundList]:
    """Commune id → its frozen list."""
    query = select(RoundList).where(RoundList.round_id == round_id, in_scope(RoundList, scope))
    return {one.commune_id: one for one in session.scalars(query) if one.commune_id is not None}


def changes(
    session: Session,
    round_id: int,
    scope: Scope,
    commune_id: int | None,
    *,
    frozen_only: bool = False,
    limit: int = 500,
) -> Sequence[Row[ListChange, Household, Area]]:
    """Newest first, each with its household and village."""
    query = (
        select(ListChange, Household, Area)
        .join(Household, Household.id == ListChange.household_id)
        .outerjoin(Area, Area.id == ListChange.village_id)
        .where(ListChange.round_id == round_id, in_scope(ListChange, scope))
    )
    if commune_id is not None:
        query = query.where(ListChange.commune_id == commune_id)
    if frozen_only:
        query = query.where(ListChange.frozen)
    return session.execute(query.order_by(ListChange.id.desc()).limit(limit)).all()


def change_count(session: Session, round_id: int, commune_id: int) -> int:
    """How many changes the supplement of a commune's frozen list has."""
    query = select(func.count()).where(
        ListChange.round_id == round_id, ListChange.commune_id == commune_id, ListChange.frozen
    )
    return session.scalar(query) or 0


_village = aliased(Area)


def listed(
    session: Session, round_id: int, scope: Scope, commune_id: int | None, village_id: int | None = None
) -> Iterator[Row[Case, Household, Area]]:
    """The list in the order of its paper: village by village. Streamed."""
    query = (
        select(Case, Household, _village)
        .join(Household, Household.id == Case.household_id)
        .join(_village, _village.id == Case.village_id)
        .where(Case.round_id == round_id, in_scope(Case, scope))
        .order_by(_village.code, Case.id)
    )
    if commune_id is not None:
        query = query.where(Case.commune_id == commune_id)
    if village_id is not None:
        query = query.where(Case.village_id == village_id)
    yield from session.execute(query.execution_options(yield_per=500))
