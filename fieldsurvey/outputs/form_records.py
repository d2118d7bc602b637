"""Forms and their versions as programs see them: ODK Central's Form, straight from rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import actors
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.store import forms as store
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.entities import FormDataset
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.people import PUBLIC_LINK, Actor
from fieldsurvey.store.submissions import Submission

SHOWN = func.coalesce(Form.published_id, Form.draft_id)  # the version that stands for a form
_COLUMNS: tuple[Any, ...] = (
    Form.id,
    Form.round_id,
    Form.xml_form_id,
    Form.state,
    Form.webforms,
    Form.draft_id,
    Form.draft_token,
    Form.created_by,
    Form.created_at,
    Form.updated_at,
    Form.deleted_at,
    FormVersion.id.label("version_id"),
    FormVersion.version,
    FormVersion.title,
    FormVersion.md5,
    FormVersion.sha1,
    FormVersion.sha256,
    FormVersion.xlsx_mime,
    FormVersion.public_key,
    FormVersion.published_by,
    FormVersion.published_at,
    FormVersion.publish_note,
)


def _record(row: Any) -> dict[str, Any]:
    draft = row.version_id == row.draft_id
    record = {
        "projectId": row.round_id,
        "xmlFormId": row.xml_form_id,
        "state": row.state,
        "enketoId": None,  # people fill forms on phones and on our own pages
        "enketoOnceId": None,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
        "webformsEnabled": row.webforms,
        "keyId": row.version_id if row.public_key else None,
        "version": row.version,
        "hash": row.md5,
        "sha": row.sha1,
        "sha256": row.sha256,
        "draftToken": row.draft_token if draft else None,
        "publishedAt": row.published_at,
        "name": row.title or None,
    }
    return {**record, "deletedAt": row.deleted_at, "id": row.id} if row.deleted_at is not None else record


def of_round(
    session: Session, round_id: int, by: Doer, *, deleted: bool = False, extended: bool = False
) -> list[dict[str, Any]]:
    """The forms that `by` may read, by name: unpublished ones for who manages them, closed ones not for phones."""
    gone = Form.deleted_at.is_not(None) if deleted else Form.deleted_at.is_(None)
    query = select(*_COLUMNS).join(FormVersion, FormVersion.id == SHOWN).where(Form.round_id == round_id, gone)
    rows = [row for row in session.execute(query.order_by(store.shown_name(), Form.id)) if _may_read(row, by)]
    return _extended(session, rows, by) if extended else [_record(row) for row in rows]


def _may_read(row: Any, by: Doer) -> bool:
    return any(permissions.holds(by, one, row.round_id, row.id) for one in reading(row.published_at, row.state))


def reading(published_at: Any, state: str) -> tuple[Permission, ...]:
    """Any of these permissions lets somebody read a version."""
    if published_at is None:
        return (Permission.MANAGE_FORMS,)
    return (Permission.READ_FORMS,) if state == store.CLOSED else (Permission.READ_OPEN_FORMS, Permission.READ_FORMS)


def one(
    session: Session, form: Form, version_id: int, *, extended_for: Doer | None = None, draft: bool = False
) -> dict[str, Any]:
    """The form as one of its versions; extended with the counts of what this person sees (`draft`: of the draft)."""
    query = select(*_COLUMNS).join(FormVersion, FormVersion.form_id == Form.id).where(FormVersion.id == version_id)
    row = session.execute(query.where(Form.id == form.id)).one()
    return _extended(session, [row], extended_for, draft)[0] if extended_for else _record(row)


def by_id(session: Session, form_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Form id → form, deleted ones too; one statement for a whole list."""
    query = select(*_COLUMNS).outerjoin(FormVersion, FormVersion.id == SHOWN).where(Form.id.in_(form_ids))
    return {row.id: _record(row) for row in session.execute(query)}


def versions(session: Session, form: Form, *, extended: bool = False) -> list[dict[str, Any]]:
    """The published versions, newest first; extended: with who published them and why."""
    query = select(*_COLUMNS).join(FormVersion, FormVersion.form_id == Form.id)
    published = query.where(Form.id == form.id, FormVersion.published_at.is_not(None))
    rows = session.execute(published.order_by(FormVersion.published_at.desc(), FormVersion.id.desc())).all()
    if not extended:
        return [_record(row) for row in rows]
    people = actors.by_id(session, [row.published_by for row in rows])
    return [
        {
            **_record(row),
            "excelContentType": row.xlsx_mime,
            "publishedBy": people.get(row.published_by),
            "publishNotes": row.publish_note,
        }
        for row in rows
    ]


def _extended(session: Session, rows: Sequence[Any], by: Doer, draft: bool = False) -> list[dict[str, Any]]:
    scope = permissions.scope(by, Permission.READ_HOUSEHOLDS, rows[0].round_id) if rows else Scope()
    counts = _counts(session, [row.id for row in rows], draft, scope)
    links = _public_links(session, [row.id for row in rows])
    people = actors.by_id(session, [row.created_by for row in rows])
    making = select(FormDataset.version_id).where(FormDataset.version_id.in_([row.version_id for row in rows]))
    related = set(session.scalars(making))
    return [
        {
            **_record(row),
            **counts[row.id],
            "excelContentType": row.xlsx_mime,
            "entityRelated": row.version_id in related,
            "publicLinks": links.get(row.id, 0),
            "createdBy": people.get(row.created_by),
        }
        for row in rows
    ]


def _counts(session: Session, form_ids: Sequence[int], draft: bool, scope: Scope) -> dict[int, dict[str, Any]]:
    """Form id → its submissions in the scope, those that wait for somebody by review state, and when the last came."""
    counts: dict[int, dict[str, Any]] = {
        form_id: {
            "submissions": 0,
            "reviewStates": {"received": 0, "hasIssues": 0, "edited": 0},
            "lastSubmission": None,
        }
        for form_id in form_ids
    }
    query = select(Submission.form_id, Submission.review_state, func.count(), func.max(Submission.created_at))
    query = query.where(Submission.form_id.in_(form_ids), Submission.draft.is_(draft), Submission.deleted_at.is_(None))
    query = query.where(in_scope(Submission, scope))
    for form_id, state, number, last in session.execute(query.group_by(Submission.form_id, Submission.review_state)):
        count = counts[form_id]
        count["submissions"] += number
        state = state or "received"
        if state in count["reviewStates"]:
            count["reviewStates"][state] = number
        count["lastSubmission"] = max(filter(None, (count["lastSubmission"], last)), default=None)
    return counts


def _public_links(session: Session, form_ids: Sequence[int]) -> dict[int, int]:
    """Form id → how many links to it still work."""
    query = select(Actor.form_id, func.count()).where(
        Actor.form_id.in_(form_ids),
        Actor.kind == PUBLIC_LINK,
        Actor.deleted_at.is_(None),
        Actor.token_hash.is_not(None),
    )
    return {form_id: count for form_id, count in session.execute(query.group_by(Actor.form_id)) if form_id is not None}
