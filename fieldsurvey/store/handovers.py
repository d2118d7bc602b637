"""Hand-overs: a household is offered to another village or commune, which accepts or declines it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Row, or_, select, text, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.register import Offer
from fieldsurvey.store.base import Base
from fieldsurvey.store.register import Household

_OPEN = f"state = '{Offer.OFFERED.value}'"


class Handover(Base):
    """One offer. The household stays where it is until the offer is accepted; at most one is open."""

    __tablename__ = "handovers"
    __table_args__ = (
        Index("uq_handovers_open", "household_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        Index(None, "household_id", "id"),
        Index(None, "to_commune_id", "state"),
        Index(None, "from_commune_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    state: Mapped[str]  # rules.register.Offer
    reason: Mapped[str]  # why the household moves
    from_province_id: Mapped[int | None]
    from_commune_id: Mapped[int | None]
    from_village_id: Mapped[int | None]
    to_province_id: Mapped[int | None]
    to_commune_id: Mapped[int]
    to_village_id: Mapped[int | None]  # null: the receiver says which of its villages
    offered_at: Mapped[datetime]
    offered_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    answer: Mapped[str | None]  # why it was declined or withdrawn

    @property
    def sender(self) -> Place:
        return Place(self.from_province_id, self.from_commune_id, self.from_village_id)

    @property
    def receiver(self) -> Place:
        return Place(self.to_province_id, self.to_commune_id, self.to_village_id)


def _in(scope: Scope, side: str) -> ColumnElement[bool]:
    """The hand-overs whose one side lies in a scope."""
    if scope.everywhere:
        return true()
    levels = (("province", scope.provinces), ("commune", scope.communes), ("village", scope.villages))
    conditions = [getattr(Handover, f"{side}_{level}_id").in_(sorted(ids)) for level, ids in levels if ids]
    return or_(*conditions) if conditions else ~true()


def open_to(session: Session, scope: Scope, limit: int) -> Sequence[Row[Handover, Household]]:
    """What waits for the answer of somebody in the scope, the oldest first."""
    return _open(session, _in(scope, "to"), limit)


def open_from(session: Session, scope: Scope, limit: int) -> Sequence[Row[Handover, Household]]:
    """What somebody in the scope has offered and nobody has answered yet, the oldest first."""
    return _open(session, _in(scope, "from"), limit)


def _open(session: Session, condition: ColumnElement[bool], limit: int) -> Sequence[Row[Handover, Household]]:
    query = (
        select(Handover, Household)
        .join(Household, Household.id == Handover.household_id)
        .where(Handover.state == Offer.OFFERED.value, condition)
    )
    return session.execute(query.order_by(Handover.id).limit(limit)).all()


def answered(session: Session, scope: Scope, limit: int) -> Sequence[Row[Handover, Household]]:
    """The last ones that were answered, of either side, the newest first."""
    query = (
        select(Handover, Household)
        .join(Household, Household.id == Handover.household_id)
        .where(Handover.state != Offer.OFFERED.value, or_(_in(scope, "to"), _in(scope, "from")))
    )
    return session.execute(query.order_by(Handover.id.desc()).limit(limit)).all()


def open_of(session: Session, household_id: int) -> Handover | None:
    """The household's open offer."""
    return session.scalar(
        select(Handover).where(Handover.household_id == household_id, Handover.state == Offer.OFFERED.value)
    )


def of_household(session: Session, household_id: int) -> Sequence[Handover]:
    """Newest first."""
    query = select(Handover).where(Handover.household_id == household_id)
    return session.scalars(query.order_by(Handover.id.desc())).all()


def locked(session: Session, handover_id: int) -> Handover | None:
    """Held against a second answer until the transaction ends."""
    query = select(Handover).where(Handover.id == handover_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))
