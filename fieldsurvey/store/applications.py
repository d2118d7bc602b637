"""Applications of households: to be reviewed (Mẫu 01) or to leave the list (Mẫu 04); who, when, why, and the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.listing import Answer
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.register import Household


class Application(Placed, Base):
    __tablename__ = "applications"
    __table_args__ = (Index(None, "round_id", "commune_id", "answer", "id"), Index(None, "household_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    kind: Mapped[str]  # rules.listing.Application
    number: Mapped[str | None]  # in the commune's book of incoming papers
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))  # null: not in the register (yet)
    applicant: Mapped[str]
    name_fold: Mapped[str]
    id_number: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    causes: Mapped[list[Any]]  # rules.listing.Cause
    reason: Mapped[str | None]  # in the household's words
    channel: Mapped[str]  # rules.listing.Channel
    received_on: Mapped[date]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    answer: Mapped[str]  # rules.listing.Answer
    answer_reason: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]


def page(
    session: Session, round_id: int, scope: Scope, answer: str | None, *, before: int | None = None, size: int = 50
) -> Sequence[Row[Application, Household, Area]]:
    """Newest first; `before`: the last id of the page before. The household is null where the register has none."""
    query = (
        select(Application, Household, Area)
        .outerjoin(Household, Household.id == Application.household_id)
        .outerjoin(Area, Area.id == Application.village_id)
        .where(Application.round_id == round_id, in_scope(Application, scope))
    )
    if answer is not None:
        query = query.where(Application.answer == answer)
    if before is not None:
        query = query.where(Application.id < before)
    return session.execute(query.order_by(Application.id.desc()).limit(size)).all()


def counts(session: Session, round_id: int, scope: Scope) -> dict[str, int]:
    """Answer → number of applications."""
    query = select(Application.answer, func.count()).where(
        Application.round_id == round_id, in_scope(Application, scope)
    )
    return dict(session.execute(query.group_by(Application.answer)).all())


def locked(session: Session, application_id: int) -> Application | None:
    """The application, held until the transaction ends."""
    query = select(Application).where(Application.id == application_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def pending_by_village(session: Session, round_id: int, scope: Scope, commune_id: int | None) -> dict[int, int]:
    """Village id → applications that nobody has answered."""
    query = select(Application.village_id, func.count()).where(
        Application.round_id == round_id, in_scope(Application, scope), Application.answer == Answer.PENDING.value
    )
    if commune_id is not None:
        query = query.where(Application.commune_id == commune_id)
    return {village: count for village, count in session.execute(query.group_by(Application.village_id)) if village}
