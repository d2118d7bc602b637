"""Review rounds (đợt rà soát): one year's review in one area. On the wire a round is a project."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base

OPEN, CLOSED = "open", "closed"


class Round(Base):
    __tablename__ = "rounds"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    year: Mapped[int]  # whose lists the round prepares
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))  # null: no area limit
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str]  # open | closed
    attempts_needed: Mapped[int] = mapped_column(default=3, server_default="3")  # visits until nobody comes again
    description: Mapped[str | None]
    archived: Mapped[bool] = mapped_column(default=False)  # listed last, still readable
    practice: Mapped[bool] = mapped_column(default=False)  # a practice village: nothing in it is real
    practice_round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))  # where this round's people practise
    practice_needed: Mapped[int] = mapped_column(default=0)  # practice households before real work opens; 0: at once
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


def all_rounds(session: Session) -> Sequence[Round]:
    """Newest first."""
    return session.scalars(select(Round).where(Round.deleted_at.is_(None)).order_by(Round.id.desc())).all()


def around(session: Session, areas: Collection[int], above: Collection[int | None]) -> Sequence[Round]:
    """The rounds that concern some areas, newest first: of the areas above them, of themselves, or inside them."""
    inside = or_(Area.parent_id.in_(areas), Area.province_id.in_(areas))
    return session.scalars(
        select(Round)
        .outerjoin(Area, Area.id == Round.area_id)
        .where(Round.deleted_at.is_(None), or_(Round.area_id.is_(None), Round.area_id.in_(above), inside))
        .order_by(Round.id.desc())
    ).all()


def by_id(session: Session, round_id: int) -> Round | None:
    found = session.get(Round, round_id)
    return found if found is not None and found.deleted_at is None else None


def hold(session: Session, round_id: int) -> None:
    """What two people must not do at the same time in a round waits here until the first one's transaction ends."""
    session.execute(select(Round.id).where(Round.id == round_id).with_for_update(key_share=True))


def current(session: Session) -> Round | None:
    """The newest open round, else the newest; never one for practice."""
    rounds = [found for found in all_rounds(session) if not found.practice]
    return next((found for found in rounds if found.state == OPEN), rounds[0] if rounds else None)
