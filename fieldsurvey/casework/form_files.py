"""Verbs on the files that a form's draft expects: give one, take it away, link it to a list of entities."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import media as media_kinds
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, blobs, forms
from fieldsurvey.store.forms import Form, FormMedia, FormVersion


def give(
    session: Session,
    form: Form,
    name: str,
    stored: dict[str, str | int],
    *,
    mime: str | None = None,
    by: Doer,
    now: datetime,
) -> FormMedia:
    """Give the draft one of the files that it expects; raises NOT_FOUND where it expects none of this name.

    The file is in the folder of blobs already: phones need not wait while a large one is written.
    """
    media = _expected(session, form, name, by)
    blobs.add(session, stored)
    _set(session, form, media, str(stored["sha256"]), mime, None, by=by, now=now)
    return media


def take_away(session: Session, form: Form, name: str, *, by: Doer, now: datetime) -> None:
    """Raises NOT_FOUND where there is nothing to take away."""
    media = _expected(session, form, name, by)
    if media.blob is None and media.dataset_id is None:
        raise Problem(Kind.NOT_FOUND)
    _set(session, form, media, None, None, None, by=by, now=now)


def link(session: Session, form: Form, name: str, dataset_id: int | None, *, by: Doer, now: datetime) -> FormMedia:
    """Let the content of the file be a list of entities, or no longer; raises DATASET_LINK_FORBIDDEN."""
    media = _expected(session, form, name, by)
    if dataset_id is not None and media.type != media_kinds.FILE:
        raise Problem(Kind.DATASET_LINK_FORBIDDEN)
    _set(session, form, media, None, None, dataset_id, by=by, now=now)
    return media


def _expected(session: Session, form: Form, name: str, by: Doer) -> FormMedia:
    """The draft's place for the file. Files that we make ourselves have none."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    draft = session.get(FormVersion, form.draft_id) if form.draft_id is not None else None
    found = next((media for media in draft.media if media.name == name), None) if draft else None
    if found is None or found.source not in {forms.FILE, forms.DATASET}:
        raise Problem(Kind.NOT_FOUND)
    return found


def _set(
    session: Session,
    form: Form,
    media: FormMedia,
    blob: str | None,
    mime: str | None,
    dataset_id: int | None,
    *,
    by: Doer,
    now: datetime,
) -> None:
    details = {
        "formDefId": media.version_id,
        "name": media.name,
        "oldBlobId": media.blob,
        "newBlobId": blob,
        "oldDatasetId": media.dataset_id,
        "newDatasetId": dataset_id,
    }
    media.blob, media.mime, media.dataset_id, media.updated_at = blob, mime, dataset_id, now
    media.source = forms.FILE if dataset_id is None else forms.DATASET
    session.flush()
    audit.record(session, "form.attachment.update", "form", form.id, by=by, now=now, **details)
