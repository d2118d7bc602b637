"""Submissions and their versions as programs see them: ODK Central's Submission, straight from rows, one statement a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from fieldsurvey.outputs import actors
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import in_scope, moment_text
from fieldsurvey.store.forms import FormVersion
from fieldsurvey.store.people import Actor
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

CHUNK = 1000
_CURRENT = aliased(SubmissionVersion)


@lru_cache
def _columns(dialect: str) -> tuple[Any, ...]:
    """In the order in which `_record` takes them; moments come as the text that is sent."""
    return (
        Submission.instance_id,
        Submission.submitter_id,
        Submission.device_id,
        Submission.user_agent,
        Submission.review_state,
        Submission.edits,
        moment_text(Submission.created_at, dialect),
        moment_text(Submission.updated_at, dialect),
        moment_text(Submission.deleted_at, dialect),
        _CURRENT.instance_id,
        _CURRENT.instance_name,
        _CURRENT.submitter_id,
        _CURRENT.device_id,
        _CURRENT.user_agent,
        moment_text(_CURRENT.created_at, dialect),
    )


def listed(
    session: Session,
    form_id: int,
    scope: Scope,
    *,
    draft: bool = False,
    deleted: bool = False,
    offset: int = 0,
    limit: int | None = None,
    extended: bool = False,
) -> Iterator[list[dict[str, Any]]]:
    """The submissions of a form in the scope, newest first, some at a time."""
    gone = Submission.deleted_at.is_not(None) if deleted else Submission.deleted_at.is_(None)
    wanted = (Submission.form_id == form_id, Submission.draft.is_(draft), gone, in_scope(Submission, scope))
    # What is skipped is counted in the index, without a look at its versions.
    ids = select(Submission.id).where(*wanted).order_by(Submission.id.desc()).offset(offset or None).limit(limit)
    page = ids.subquery()
    query = (
        select(*_columns(session.get_bind().dialect.name))
        .join(page, page.c.id == Submission.id)
        .join(_CURRENT, and_(_CURRENT.submission_id == Submission.id, _CURRENT.current))
        .order_by(Submission.id.desc())
    )
    long = limit is None or limit > CHUNK
    found = session.connection().execute(query, execution_options={"yield_per": CHUNK} if long else {})
    for rows in found.partitions(CHUNK):
        yield _described(session, rows, extended)


@lru_cache
def _one(dialect: str) -> Any:
    query = select(*_columns(dialect)).where(Submission.id == bindparam("of"))
    return query.join(_CURRENT, and_(_CURRENT.submission_id == Submission.id, _CURRENT.current))


def one(session: Session, submission_id: int, extended: bool = False) -> dict[str, Any]:
    rows = session.connection().execute(_one(session.get_bind().dialect.name), {"of": submission_id})
    return _described(session, rows, extended)[0]


def _described(session: Session, rows: Iterable[Any], extended: bool) -> list[dict[str, Any]]:
    records = [_record(*row) for row in rows]
    if extended:
        people = actors.by_id(
            session, {who for one in records for who in (one["submitterId"], one["currentVersion"]["submitterId"])}
        )
        for record in records:
            record["submitter"] = people.get(record["submitterId"])
            record["currentVersion"]["submitter"] = people.get(record["currentVersion"]["submitterId"])
    return records


def _record(
    instance_id: str, submitter_id: int | None, device_id: str | None, user_agent: str | None,
    review_state: str | None, edits: int, created_at: str, updated_at: str | None, deleted_at: str | None,
    current_id: str, current_name: str | None, editor_id: int | None, edit_device_id: str | None,
    edit_user_agent: str | None, edited_at: str,
) -> dict[str, Any]:  # fmt: skip
    record = {
        "instanceId": instance_id,
        "submitterId": submitter_id,
        "deviceId": device_id,
        "userAgent": user_agent,
        "reviewState": review_state,
        "edits": edits,
        "createdAt": created_at,
        "updatedAt": updated_at,
        "currentVersion": {
            "instanceId": current_id,
            "instanceName": current_name,
            "submitterId": editor_id,
            "deviceId": edit_device_id,
            "userAgent": edit_user_agent,
            "createdAt": edited_at,
            "current": True,
        },
    }
    return {**record, "deletedAt": deleted_at} if deleted_at is not None else record


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
    """The public keys with which present submissions are encrypted, newest first; whose they are, only the author knows."""
    used = (
        select(SubmissionVersion.form_version_id)
        .join(Submission, Submission.id == SubmissionVersion.submission_id)
        .where(SubmissionVersion.form_id == form_id, SubmissionVersion.draft.is_(draft), SubmissionVersion.current)
        .where(SubmissionVersion.local_key.is_not(None), Submission.deleted_at.is_(None))
    )
    first, public = func.min(FormVersion.id).label("id"), FormVersion.public_key
    query = select(first, public, func.min(FormVersion.created_at)).where(public.is_not(None), FormVersion.id.in_(used))
    return [
        {"id": id_, "public": key, "managed": False, "hint": None, "createdAt": at}
        for id_, key, at in session.execute(query.group_by(public).order_by(first.desc()))
    ]
