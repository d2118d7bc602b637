"""Classification results: what the rules said of one version of a submission, with every point kept for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base, PackedJson


class Result(Base):
    """One scoring. A later one (a correction, a paper score) is a further row; none is changed."""

    __tablename__ = "results"
    __table_args__ = (Index(None, "submission_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("submission_versions.id"))
    standard_id: Mapped[str]  # nd-07-2021
    table_id: Mapped[str]  # b1-tt-07-2021
    household_class: Mapped[str]
    b1: Mapped[int]  # B1 that decided
    b2: Mapped[int]  # B2
    paper_score_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))  # who entered B1 from paper, if so
    detail: Mapped[dict[str, Any]] = mapped_column(PackedJson)  # rules.classification.Classification.as_dict()
    created_at: Mapped[datetime]


def newest(session: Session, submission_id: int) -> Result | None:
    query = select(Result).where(Result.submission_id == submission_id)
    return session.scalar(query.order_by(Result.id.desc()).limit(1))
