"""Submissions as phones sent them: the logical submission, each version of it byte for byte, and its attachments.

The functions below the tables are on the hot path of intake: one statement each, the usual ones through `hot`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import Place
from fieldsurvey.store import hot
from fieldsurvey.store.base import Base, Packed, Placed


class Submission(Placed, Base):
    """One record of a form through all its corrections; the wire knows it by its first instanceID."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("form_id", "instance_id", "draft"),
        Index(None, "case_id"),
        Index(None, "form_id", "draft", "id"),  # lists and exports page by it
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    instance_id: Mapped[str]
    draft: Mapped[bool] = mapped_column(default=False)  # sent to a draft of the form; never touches a case
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    submitter_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    device_id: Mapped[str | None]
    user_agent: Mapped[str | None]
    review_state: Mapped[str | None]  # as on the wire: null (received), hasIssues, edited, approved, rejected
    edits: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class SubmissionVersion(Base):
    __tablename__ = "submission_versions"
    __table_args__ = (
        UniqueConstraint("form_id", "instance_id", "draft"),
        Index("ix_submission_versions_submission", "submission_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_versions.id"))
    instance_id: Mapped[str]
    deprecated_id: Mapped[str | None]  # the version that this one replaces
    draft: Mapped[bool] = mapped_column(default=False)
    current: Mapped[bool]
    xml: Mapped[bytes] = mapped_column(Packed)
    answers: Mapped[dict[str, Any]]
    local_key: Mapped[str | None]  # of an encrypted submission: the key of its content, itself encrypted
    encrypted_file: Mapped[str | None]  # the attachment that holds its content
    instance_name: Mapped[str | None]
    submitter_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    device_id: Mapped[str | None]
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime]


class Comment(Base):
    """A remark on a submission as a whole."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "submission_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    body: Mapped[str]
    created_at: Mapped[datetime]


class Attachment(Base):
    """A file that a version names; `blob` is null until it has arrived."""

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("version_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("submission_versions.id"))
    name: Mapped[str]
    mime: Mapped[str | None]
    blob: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))


def insert_if_new(table: Any, connection: Connection, *, returning_id: bool = False) -> Any:
    """INSERT … ON CONFLICT DO NOTHING for the connection's database."""
    return _insert_if_new(table, connection.dialect.name, returning_id)


@lru_cache
def _insert_if_new(table: Any, dialect: str, returning_id: bool) -> Any:
    """Built once: on the path of intake the building would cost as much as the running."""
    statement = (postgresql_insert if dialect == "postgresql" else sqlite_insert)(table).on_conflict_do_nothing()
    return statement.returning(table.id) if returning_id else statement


def add(connection: Connection, row: dict[str, Any]) -> int | None:
    """The new submission's id, or None where the form already has this instanceID."""
    return hot.one_id(connection, insert_if_new(Submission, connection, returning_id=True), row)


_ADD_ATTACHMENT = insert(Attachment)
_VERSION_BY_INSTANCE = (
    select(
        SubmissionVersion.id,
        SubmissionVersion.submission_id,
        SubmissionVersion.xml,
        SubmissionVersion.current,
        SubmissionVersion.form_version_id,
        Submission.deleted_at,
        Submission.submitter_id,
        Submission.case_id,
        Submission.province_id,
        Submission.commune_id,
        Submission.village_id,
    )
    .join(Submission, Submission.id == SubmissionVersion.submission_id)
    .where(
        SubmissionVersion.form_id == bindparam("form_id"),
        SubmissionVersion.instance_id == bindparam("instance_id"),
        SubmissionVersion.draft == bindparam("draft"),
    )
)


def add_version(connection: Connection, row: dict[str, Any]) -> int | None:
    """The new version's id, or None where another version of the form already has this instanceID."""
    return hot.one_id(connection, insert_if_new(SubmissionVersion, connection, returning_id=True), row)


def version_by_instance(connection: Connection, form_id: int, instance_id: str, draft: bool = False) -> Any:
    """The Row of the version that carries this instanceID, with its submission's fate."""
    found: Any = connection.execute(
        _VERSION_BY_INSTANCE, {"form_id": form_id, "instance_id": instance_id, "draft": draft}
    )
    return found.one_or_none()


def supersede(connection: Connection, version_id: int) -> bool:
    """Mark a version as replaced; False when somebody else replaced it first."""
    statement = update(SubmissionVersion).where(SubmissionVersion.id == version_id, SubmissionVersion.current)
    return connection.execute(statement.values(current=False)).rowcount == 1


def add_attachments(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_ADD_ATTACHMENT, rows)


def attachments_of(connection: Connection, version_id: int) -> dict[str, Any]:
    query = select(Attachment.id, Attachment.name, Attachment.blob, Attachment.mime)
    return {row.name: row for row in connection.execute(query.where(Attachment.version_id == version_id))}


def fill_attachment(connection: Connection, attachment_id: int, blob: str, mime: str) -> None:
    connection.execute(update(Attachment).where(Attachment.id == attachment_id).values(blob=blob, mime=mime))


def remove_drafts(connection: Connection, form_id: int) -> None:
    """Forget what was sent to the form's draft: it was only tried out."""
    drafts = select(Submission.id).where(Submission.form_id == form_id, Submission.draft)
    versions = select(SubmissionVersion.id).where(SubmissionVersion.submission_id.in_(drafts))
    connection.execute(delete(Attachment).where(Attachment.version_id.in_(versions)))
    connection.execute(delete(SubmissionVersion).where(SubmissionVersion.submission_id.in_(drafts)))
    connection.execute(delete(Comment).where(Comment.submission_id.in_(drafts)))
    connection.execute(delete(Submission).where(Submission.form_id == form_id, Submission.draft))


def current_version(session: Session, submission_id: int) -> SubmissionVersion | None:
    return session.scalar(
        select(SubmissionVersion).where(SubmissionVersion.submission_id == submission_id, SubmissionVersion.current)
    )


class Present(NamedTuple):
    """What a decision looks at: the present version of a submission, and the name that it keeps."""

    version_id: int
    instance_id: str
    answers: dict[str, Any]


_PRESENT = (
    select(SubmissionVersion.id, Submission.instance_id, SubmissionVersion.answers)
    .join(Submission, Submission.id == SubmissionVersion.submission_id)
    .where(SubmissionVersion.submission_id == bindparam("of"), SubmissionVersion.current)
)


def present(session: Session, submission_id: int) -> Present | None:
    row = session.connection().execute(_PRESENT, {"of": submission_id}).one_or_none()
    return Present(*row) if row else None


def versions(session: Session, submission_id: int) -> Sequence[SubmissionVersion]:
    """All versions, newest first."""
    query = select(SubmissionVersion).where(SubmissionVersion.submission_id == submission_id)
    return session.scalars(query.order_by(SubmissionVersion.id.desc())).all()


def attachments(session: Session, version_id: int) -> Sequence[Attachment]:
    return session.scalars(
        select(Attachment).where(Attachment.version_id == version_id).order_by(Attachment.name)
    ).all()


def attachment(session: Session, attachment_id: int) -> tuple[Attachment, Submission] | None:
    """A file with the submission that it belongs to, whoever asks: the caller decides about rights."""
    found = session.execute(
        select(Attachment, Submission)
        .join(SubmissionVersion, SubmissionVersion.id == Attachment.version_id)
        .join(Submission, Submission.id == SubmissionVersion.submission_id)
        .where(Attachment.id == attachment_id, Submission.deleted_at.is_(None))
    ).one_or_none()
    return (found[0], found[1]) if found else None


def of_case(session: Session, case_id: int) -> Sequence[Submission]:
    """All submissions of a case, in the order of arrival."""
    query = select(Submission).where(Submission.case_id == case_id, Submission.deleted_at.is_(None))
    return session.scalars(query.order_by(Submission.id)).all()


class Found(NamedTuple):
    """A submission by its address: as much of it as most verbs need."""

    id: int
    instance_id: str
    version_id: int  # the present one
    case_id: int | None
    place: Place


_FIND = (
    select(
        Submission.id,
        Submission.instance_id,
        SubmissionVersion.id,
        Submission.case_id,
        Submission.province_id,
        Submission.commune_id,
        Submission.village_id,
    )
    .join(SubmissionVersion, and_(SubmissionVersion.submission_id == Submission.id, SubmissionVersion.current))
    .where(Submission.form_id == bindparam("of_form"), Submission.instance_id == bindparam("named"))
    .where(Submission.draft.is_(False), Submission.deleted_at.is_(None))
)


def find(connection: Connection, form_id: int, instance_id: str) -> Found | None:
    """A submission, no draft, by its first instanceID, whoever asks: the caller decides about rights."""
    row = hot.execute(connection, _FIND, {"of_form": form_id, "named": instance_id}).fetchone()
    return Found(row[0], row[1], row[2], row[3], Place(*row[4:])) if row else None


def by_instance(
    session: Session, form_id: int, instance_id: str, draft: bool, *, deleted: bool = False, hold: bool = False
) -> Submission | None:
    """A submission by its first instanceID. `hold`: nobody else deletes or restores it until the transaction ends."""
    gone = Submission.deleted_at.is_not(None) if deleted else Submission.deleted_at.is_(None)
    query = select(Submission).where(
        Submission.form_id == form_id, Submission.instance_id == instance_id, Submission.draft.is_(draft), gone
    )
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def root_of(session: Session, form_id: int, instance_id: str, draft: bool) -> Submission | None:
    """The submission of which some version has this instanceID."""
    version = SubmissionVersion
    query = select(Submission).join(version, version.submission_id == Submission.id)
    of_form = (version.form_id == form_id, version.instance_id == instance_id, version.draft.is_(draft))
    return session.scalar(query.where(*of_form, Submission.deleted_at.is_(None)))


def version(session: Session, submission_id: int, instance_id: str) -> SubmissionVersion | None:
    return session.scalar(
        select(SubmissionVersion).where(
            SubmissionVersion.submission_id == submission_id, SubmissionVersion.instance_id == instance_id
        )
    )


def comments(session: Session, submission_id: int) -> Sequence[Comment]:
    """Newest first."""
    query = select(Comment).where(Comment.submission_id == submission_id)
    return session.scalars(query.order_by(Comment.id.desc())).all()
