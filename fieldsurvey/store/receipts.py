"""Receipts: the code that a phone was given for a version of a submission, and what it was given for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Row, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission, SubmissionVersion, insert_if_new


class StoredReceipt(Base):
    __tablename__ = "receipts"
    __table_args__ = (Index("uq_receipts_version_id", "version_id", unique=True),)

    code: Mapped[str] = mapped_column(primary_key=True)  # eight letters of Crockford base32
    version_id: Mapped[int] = mapped_column(ForeignKey("submission_versions.id"))
    sha256: Mapped[str]  # of the XML
    key_id: Mapped[str]  # of the key that signed it
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    at: Mapped[datetime]


def add(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether it was new: neither the code nor the version had been used."""
    statement = insert_if_new(StoredReceipt, connection)
    return connection.execute(statement, row, execution_options={"preserve_rowcount": True}).rowcount == 1


def of_version(connection: Connection | Session, version_id: int) -> Row[str, str, str, datetime] | None:
    """code, sha256, key_id, at of a version's receipt."""
    columns = (StoredReceipt.code, StoredReceipt.sha256, StoredReceipt.key_id, StoredReceipt.at)
    return connection.execute(select(*columns).where(StoredReceipt.version_id == version_id)).one_or_none()


def with_fate(session: Session, code: str) -> Row[StoredReceipt, SubmissionVersion, Submission, Area, Round] | None:
    """(StoredReceipt, SubmissionVersion, Submission, Area of the village or None, Round) of a code."""
    query = (
        select(StoredReceipt, SubmissionVersion, Submission, Area, Round)
        .join(SubmissionVersion, SubmissionVersion.id == StoredReceipt.version_id)
        .join(Submission, Submission.id == SubmissionVersion.submission_id)
        .join(Form, Form.id == Submission.form_id)
        .join(Round, Round.id == Form.round_id)
        .outerjoin(Area, Area.id == Submission.village_id)
        .where(StoredReceipt.code == code)
    )
    return session.execute(query).one_or_none()
