"""Submissions and their versions as programs see them: ODK Central's Submission, straight from rows, one statement a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from fieldsurvey.outputs import actors
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.forms import FormVersion
from fieldsurvey.store.people import Actor
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

_CURRENT = aliased(SubmissionVersion)
_LOGICAL: tuple[Any, ...] = (
    Submission.id,
    Submission.instance_id,
    Submission.submitter_id,
    Submission.device_id,
    Submission.user_agent,
    Submission.review_state,
    Submission.edits,
    Submission.created_at,
    Submission.updated_at,
    Submission.deleted_at,
    _CURRENT.id.label("version_id"),
    _CURRENT.instance_id.label("current_instance_id"),
    _CURRENT.instance_name,
    _CURRENT.submitter_id.label("editor_id"),
    _CURRENT.device_id.label("edit_device_id"),
    _CURRENT.user_agent.label("edit_user_agent"),
    _CURRENT.created_at.label("edited_at"),
)


def _query(form_id: int, draft: bool, *wanted: ColumnElement[bool], deleted: bool = False) -> Any:
    gone = Submission.deleted_at.is_not(None) if deleted else Submission.deleted_at.is_(None)
    return (
        select(*_LOGICAL)
        .join(_CURRENT, and_(_CURRENT.submission_id == Submission.id, _CURRENT.current))
        .where(Submission.form_id == form_id, Submission.draft.is_(draft), gone, *wanted)
    )


def page(
    session: Session,
    form_id: int,
    scope: Scope,
    *,
    draft: bool = False,
    deleted: bool = False,
    offset: int = 0,
    limit: int | None = None,
    extended: bool = False,
) -> list[dict[str, Any]]:
    """The submissions of a form in the scope, newest first."""
    query = _query(form_id, draft, in_scope(Submission, scope), deleted=deleted)
    rows = session.execute(query.order_by(Submission.id.desc()).offset(offset).limit(limit)).all()
    return _described(session, rows, extended)


def one(session: Session, submission_id: int, form_id: int, draft: bool, extended: bool = False) -> dict[str, Any]:
    rows = session.execute(_query(form_id, draft, Submission.id == submission_id)).all()
    return _described(session, rows, extended)[0]


def _described(session: Session, rows: Sequence[Any], extended: bool) -> list[dict[str, Any]]:
    if not extended:
        return [_record(row) for row in rows]
    people = actors.by_id(session, [who for row in rows for who in (row.submitter_id, row.editor_id)])
    described = []
    for row in rows:
        entry = _record(row)
        entry["submitter"] = people.get(row.submitter_id)
        entry["currentVersion"]["submitter"] = people.get(row.editor_id)
        described.append(entry)
    return described


def _record(row: Any) -> dict[str, Any]:
    record = {
        "instanceId": row.instance_id,
        "submitterId": row.submitter_id,
        "deviceId": row.device_id,
        "userAgent": row.user_agent,
        "reviewState": row.review_state,
        "edits": row.edits,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
        "currentVersion": {
            "instanceId": row.current_instance_id,
            "instanceName": row.instance_name,
            "submitterId": row.editor_id,
            "deviceId": row.edit_device_id,
            "userAgent": row.edit_user_agent,
            "createdAt": row.edited_at,
            "current": True,
        },
    }
    return {**record, "deletedAt": row.deleted_at} if row.deleted_at is not None else record


_VERSION: tuple[Any, ...] = (
    SubmissionVersion.id,
    SubmissionVersion.instance_id,
    SubmissionVersion.instance_name,
    SubmissionVersion.submitter_id,
    SubmissionVersion.device_id,
    SubmissionVersion.user_agent,
    SubmissionVersion.created_at,
    SubmissionVersion.current,
    FormVersion.version.label("form_version"),
)


def versions(
    session: Session, submission_id: int, *, extended: bool = False, instance_id: str | None = None
) -> list[dict[str, Any]]:
    """Every version of a submission, newest first; or the one with this instanceID."""
    query = select(*_VERSION).join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
    query = query.where(SubmissionVersion.submission_id == submission_id)
    if instance_id is not None:
        query = query.where(SubmissionVersion.instance_id == instance_id)
    rows = session.execute(query.order_by(SubmissionVersion.id.desc())).all()
    people = actors.by_id(session, [row.submitter_id for row in rows]) if extended else {}
    described = []
    for row in rows:
        entry = {
            "instanceId": row.instance_id,
            "instanceName": row.instance_name,
            "submitterId": row.submitter_id,
            "deviceId": row.device_id,
            "userAgent": row.user_agent,
            "createdAt": row.created_at,
            "current": row.current,
            "formVersion": row.form_version,
        }
        described.append({**entry, "submitter": people.get(row.submitter_id)} if extended else entry)
    return described


def files(session: Session, version_id: int) -> list[dict[str, Any]]:
    """The files that a version names, and whether each has come."""
    query = select(Attachment.name, Attachment.blob).where(Attachment.version_id == version_id)
    rows = session.execute(query.order_by(Attachment.name))
    return [{"name": name, "exists": blob is not None} for name, blob in rows]


def submitters(session: Session, form_id: int, draft: bool, scope: Scope) -> list[dict[str, Any]]:
    """Everybody who has sent a submission of the form, by name."""
    sent = select(Submission.submitter_id).where(
        Submission.form_id == form_id, Submission.draft.is_(draft), in_scope(Submission, scope)
    )
    query = select(Actor).where(Actor.id.in_(sent.distinct())).order_by(Actor.display_name, Actor.id)
    return [actors.on_wire(actor) for actor in session.scalars(query)]


def keys(session: Session, form_id: int, draft: bool) -> list[dict[str, Any]]:
    """The public keys with which submissions of the form were encrypted; whose they are, only the form's author knows."""
    used = select(SubmissionVersion.form_version_id).where(
        SubmissionVersion.form_id == form_id, SubmissionVersion.draft.is_(draft)
    )
    query = select(FormVersion.id, FormVersion.public_key, FormVersion.created_at).where(
        FormVersion.form_id == form_id, FormVersion.public_key.is_not(None), FormVersion.id.in_(used)
    )
    found: dict[Any, dict[str, Any]] = {}
    for version_id, public, at in session.execute(query.order_by(FormVersion.id)):
        found.setdefault(public, {"id": version_id, "public": public, "managed": False, "hint": None, "createdAt": at})
    return list(found.values())
