"""Doubts about households (the same person twice, the same photo …), and the signals by which they are found.

A signal is a number made from something that should not be alike in two households; equal numbers lead to each other
by one index, whatever was alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base, Placed
from fieldsurvey.store.cases import Case

OPEN = "open"


class Signal(Base):
    """One number of one submission. See rules.doubting."""

    __tablename__ = "signals"
    __table_args__ = (Index(None, "key"),)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    detail: Mapped[dict[str, Any]]  # what a closer look needs: position of the person, latitude and longitude


class Look(Base):
    """The version of a submission that has been looked at for doubts."""

    __tablename__ = "looks"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("submission_versions.id"))


class Doubt(Placed, Base):
    """Something for the officer to look at; never a verdict. A doubt about two households stands once for each side."""

    __tablename__ = "doubts"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "about"),
        Index(None, "other_case_id"),
        Index(None, "round_id", "commune_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    kind: Mapped[str]  # rules.doubting.Kind
    about: Mapped[str]  # what makes it one doubt: the other side's case, or "self"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    other_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    other_household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))  # where it has no case
    other_commune_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    detail: Mapped[dict[str, Any]]  # numbers for the sentence: metres, minutes, positions; no personal data
    state: Mapped[str]  # open · rules.doubting.Settled
    note: Mapped[str | None]
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    settled_name: Mapped[str | None]


def of_case(session: Session, case_id: int) -> Sequence[Doubt]:
    """Open ones first, then the newest."""
    query = select(Doubt).where(Doubt.case_id == case_id)
    return session.scalars(query.order_by(Doubt.state != OPEN, Doubt.id.desc())).all()


def count_again(session: Session, case_ids: Collection[int]) -> None:
    """Set the number of open doubts of these cases."""
    for case_id in sorted(case_ids):
        number = (
            select(func.count()).where(Doubt.case_id == case_id, Doubt.state == OPEN).correlate(None).scalar_subquery()
        )
        session.execute(update(Case).where(Case.id == case_id).values(doubts=number))


_LOOKING = 0x64_6F_75_62_74  # "doubt": the number of PostgreSQL's lock


def one_at_a_time(session: Session) -> None:
    """Two looks at the same moment would not see each other's signals. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOOKING)))


def locked(session: Session, doubt_id: int) -> Doubt | None:
    """The doubt, held until the transaction ends."""
    query = select(Doubt).where(Doubt.id == doubt_id).with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def twin(session: Session, one: Doubt) -> Doubt | None:
    """The same doubt as the other side sees it."""
    if one.other_case_id is None:
        return None
    about = f"case:{one.case_id}"
    query = select(Doubt).where(Doubt.case_id == one.other_case_id, Doubt.kind == one.kind, Doubt.about == about)
    return session.scalar(query.with_for_update())
