"""Reviews: each decision on a case with its reason and the notes on single questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base


class Review(Base):
    __tablename__ = "reviews"
    __table_args__ = (Index(None, "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("submission_versions.id"))  # what was looked at
    decision: Mapped[str]  # rules.workflow.Decision
    reason: Mapped[str | None]
    notes: Mapped[list[Any]]  # [{"ref": "/data/members[2]/m_birth_year", "text": "…"}]
    by_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]


def of_case(session: Session, case_id: int) -> Sequence[Review]:
    """Newest first."""
    return session.scalars(select(Review).where(Review.case_id == case_id).order_by(Review.id.desc())).all()
