"""The answers of each household's last approved questionnaire, one row a round: what the next round's phones begin with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ForeignKey, Index, UniqueConstraint, and_, delete, insert, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from fieldsurvey.store.base import Base
from fieldsurvey.store.rounds import Round


class HouseholdAnswers(Base):
    """What a household was approved with. It stays when forms, submissions' later versions and persons change."""

    __tablename__ = "household_answers"
    __table_args__ = (UniqueConstraint("household_id", "round_id"), Index(None, "round_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    year: Mapped[int]  # of the round
    submission_version_id: Mapped[int | None] = mapped_column(ForeignKey("submission_versions.id"))
    reviewed_on: Mapped[date | None]
    answers: Mapped[dict[str, Any]]  # question → answer, of rules.prior.BLOCKS
    members: Mapped[dict[str, Any]]  # uuid of a member → question → answer
    approved_at: Mapped[datetime]


def keep(session: Session, row: dict[str, Any]) -> None:
    """In place of what an earlier approval in the same round has left."""
    forget(session, row["household_id"], row["round_id"])
    session.connection().execute(insert(HouseholdAnswers), row)


def forget(session: Session, household_id: int, round_id: int) -> None:
    """The approval was taken back."""
    session.execute(
        delete(HouseholdAnswers).where(
            HouseholdAnswers.household_id == household_id, HouseholdAnswers.round_id == round_id
        )
    )


_other = aliased(HouseholdAnswers)


def earlier(table: Any, round_id: int) -> ColumnElement[bool]:
    """The condition that answers are of another round than this one, and of no later year."""
    year = select(Round.year).where(Round.id == round_id).scalar_subquery()
    return and_(table.round_id != round_id, table.year <= year)


def newest_before(household_id: Any, round_id: int) -> ColumnElement[bool]:
    """The condition that a HouseholdAnswers is the last one of a household from before a round; joins to its column."""
    newest = (
        select(_other.id)
        .where(_other.household_id == household_id, earlier(_other, round_id))
        .order_by(_other.year.desc(), _other.approved_at.desc(), _other.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return HouseholdAnswers.id == newest


_BEFORE = select(HouseholdAnswers.answers, HouseholdAnswers.members, HouseholdAnswers.reviewed_on)


def before_round(connection: Connection, household_id: int, round_id: int) -> Any:
    """Row of answers, members and reviewed_on of the last earlier round; None: there are none."""
    return connection.execute(_BEFORE.where(newest_before(household_id, round_id))).one_or_none()
