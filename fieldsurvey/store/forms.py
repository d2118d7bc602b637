"""Forms, their versions (immutable once published) and the media that belong to a version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Row, UniqueConstraint, and_, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from fieldsurvey.store.base import Base
from fieldsurvey.store.rounds import Round

OPEN, CLOSING, CLOSED = "open", "closing", "closed"
FILE, AREAS, DATASET = "file", "areas", "dataset"  # where a media file's content comes from
HOUSEHOLDS, MEMBERS = "households", "members"  # … from the list of the round


class Form(Base):
    __tablename__ = "forms"
    __table_args__ = (
        Index(
            "uq_forms_round_id_xml_form_id",
            "round_id",
            "xml_form_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            sqlite_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    xml_form_id: Mapped[str]
    state: Mapped[str]  # open | closing | closed
    published_id: Mapped[int | None]  # the version that phones get; null: never published
    draft_id: Mapped[int | None]
    draft_token: Mapped[str | None]  # lets testers fetch the draft and send to it; dies with the draft
    once_token: Mapped[str | None]  # names the form to web forms
    webforms: Mapped[bool] = mapped_column(default=False)  # people fill it in the browser
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class FormVersion(Base):
    __tablename__ = "form_versions"
    __table_args__ = (Index(None, "form_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    version: Mapped[str]  # "" when the XForm has none
    title: Mapped[str]  # "" when the XForm has none
    xml: Mapped[str]  # the XForm as phones get it, byte for byte
    md5: Mapped[str]
    sha1: Mapped[str]
    sha256: Mapped[str]
    xlsx_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))
    xlsx_mime: Mapped[str | None]  # .xlsx or .xls
    public_key: Mapped[str | None]  # of a form whose submissions phones encrypt
    fields: Mapped[dict[str, Any]]  # forms.xform.Schema.as_dict()
    client_editable: Mapped[bool]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    publish_note: Mapped[str | None]

    media: Mapped[list[FormMedia]] = relationship(cascade="all, delete-orphan", order_by="FormMedia.name")


class FormMedia(Base):
    """A file that a version expects; `blob` is null until it is uploaded, and always for files that we make."""

    __tablename__ = "form_media"
    __table_args__ = (UniqueConstraint("version_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("form_versions.id"))
    name: Mapped[str]
    type: Mapped[str] = mapped_column(default="file")  # file | image | audio | video
    source: Mapped[str]  # file | areas | households | members | dataset
    blob: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))
    mime: Mapped[str | None]
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id"))
    updated_at: Mapped[datetime | None]


def shown_name() -> ColumnElement[str]:
    """What lists of forms are ordered by."""
    return func.coalesce(func.nullif(FormVersion.title, ""), Form.xml_form_id)


def hold(session: Session, form: Form) -> None:
    """Read the form anew; who else changes it waits until this transaction ends."""
    session.refresh(form, with_for_update=True)


def by_xml_form_id(session: Session, round_id: int, xml_form_id: str) -> Form | None:
    return session.scalar(
        select(Form).where(Form.round_id == round_id, Form.xml_form_id == xml_form_id, Form.deleted_at.is_(None))
    )


def deleted(session: Session, round_id: int, form_id: int) -> Form | None:
    form = session.get(Form, form_id)
    return form if form is not None and form.round_id == round_id and form.deleted_at is not None else None


def was_deleted(session: Session, round_id: int, xml_form_id: str) -> bool:
    """Whether the round had a form of this id that is deleted now."""
    query = select(Form.id).where(
        Form.round_id == round_id, Form.xml_form_id == xml_form_id, Form.deleted_at.is_not(None)
    )
    return session.execute(query.limit(1)).first() is not None


def is_taken(session: Session, form: Form, version: str) -> bool:
    """Whether this version of the form, or of a deleted form of its id, has been published."""
    query = (
        select(FormVersion.id)
        .join(Form, Form.id == FormVersion.form_id)
        .where(
            Form.round_id == form.round_id,
            Form.xml_form_id == form.xml_form_id,
            FormVersion.version == version,
            FormVersion.published_at.is_not(None),
        )
    )
    return session.execute(query.limit(1)).first() is not None


def published_fields(session: Session, form_id: int) -> Sequence[dict[str, Any]]:
    """What each published version asks, oldest first."""
    query = select(FormVersion.fields).where(FormVersion.form_id == form_id, FormVersion.published_at.is_not(None))
    return session.scalars(query.order_by(FormVersion.id)).all()


_WITH_ROUND = (
    select(Round, Form)
    .outerjoin(
        Form,
        and_(Form.round_id == Round.id, Form.xml_form_id == bindparam("named"), Form.deleted_at.is_(None)),
    )
    .where(Round.id == bindparam("of_round"), Round.deleted_at.is_(None))
)


def with_round(session: Session, round_id: int, xml_form_id: str) -> tuple[Round, Form | None] | None:
    """A round and its form of this name; None where there is no such round."""
    found = session.execute(_WITH_ROUND, {"of_round": round_id, "named": xml_form_id}).one_or_none()
    return (found[0], found[1]) if found else None


def of_round(session: Session, round_id: int) -> Sequence[Form]:
    return session.scalars(
        select(Form).where(Form.round_id == round_id, Form.deleted_at.is_(None)).order_by(Form.xml_form_id)
    ).all()


def version_lines(session: Session, *wanted: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """id, version, title, created_at, published_at of some versions, oldest first: a list needs no XML."""
    query: Any = select(
        FormVersion.id, FormVersion.version, FormVersion.title, FormVersion.created_at, FormVersion.published_at
    )
    return session.execute(query.where(*wanted).order_by(FormVersion.id)).all()


def published_by_round(session: Session) -> dict[int, int]:
    """Round id → number of its forms that phones can have."""
    query = select(Form.round_id, func.count()).where(
        Form.published_id.is_not(None), Form.deleted_at.is_(None), Form.state == OPEN
    )
    return {round_id: count for round_id, count in session.execute(query.group_by(Form.round_id))}


def published(session: Session, round_id: int, xml_form_id: str | None = None) -> Sequence[tuple[Form, FormVersion]]:
    """Open forms with the version that phones get, by title."""
    query = (
        select(Form, FormVersion)
        .join(FormVersion, FormVersion.id == Form.published_id)
        .where(Form.round_id == round_id, Form.deleted_at.is_(None), Form.state == OPEN)
        .order_by(shown_name(), Form.id)
    )
    if xml_form_id is not None:
        query = query.where(Form.xml_form_id == xml_form_id)
    return [(form, version) for form, version in session.execute(query)]


def version_of(session: Session, form_id: int, version: str) -> FormVersion | None:
    """A published version by its name."""
    return session.scalar(
        select(FormVersion).where(
            FormVersion.form_id == form_id, FormVersion.version == version, FormVersion.published_at.is_not(None)
        )
    )


def versions(session: Session, form_id: int) -> Sequence[FormVersion]:
    """Published versions, newest first."""
    return session.scalars(
        select(FormVersion)
        .where(FormVersion.form_id == form_id, FormVersion.published_at.is_not(None))
        .order_by(FormVersion.id.desc())
    ).all()
