"""Verbs on forms: make a draft, publish it, copy it to another round, close it. A published version never changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import drafts, form_datasets
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import definition, xlsform
from fieldsurvey.forms.xform import Schema
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, blobs, entities, rounds, submissions
from fieldsurvey.store import forms as store
from fieldsurvey.store.forms import Form, FormMedia, FormVersion

STATES = {store.OPEN, store.CLOSING, store.CLOSED}


def upload(
    session: Session,
    round_id: int,
    converted: xlsform.Converted,
    content: bytes,
    folder: blobs.BlobFolder,
    *,
    by: Doer,
    now: datetime,
) -> FormVersion:
    """Make the draft of a form, new or known, from a converted XLSForm file; replaces an older draft.

    Converting takes a second and stands before the transaction, so that phones need not wait for it.
    """
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, round_id)
    if rounds.by_id(session, round_id) is None:
        raise Problem(Kind.NOT_FOUND)
    made = definition.of_converted(converted, content)
    form = store.by_xml_form_id(session, round_id, made.schema.form_id)
    if form is None:
        form = drafts.create(session, round_id, made, folder, ignore_warnings=True, by=by, now=now)
    else:
        drafts.replace(session, form, made, folder, ignore_warnings=True, by=by, now=now)
    return session.get_one(FormVersion, form.draft_id)


def publish(session: Session, form: Form, version: str | None = None, *, by: Doer, now: datetime) -> FormVersion:
    """Make the draft the version that phones get, under another version name if one is given.

    Its version name must be new: phones tell versions apart by it.
    """
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    store.hold(session, form)
    if form.draft_id is None:
        raise Problem(Kind.NOT_FOUND)
    if version is not None:
        drafts.rename(session, form, version, by=by, now=now)
    draft = session.get_one(FormVersion, form.draft_id)
    if store.is_taken(session, form, draft.version):
        raise Problem(Kind.VERSION_EXISTS, xmlFormId=form.xml_form_id, version=draft.version)
    submissions.remove_drafts(session.connection(), form.id)
    older = form.published_id
    draft.published_at, draft.published_by, draft.publish_note = now, by.id or None, by.notes
    form.published_id, form.draft_id, form.draft_token = draft.id, None, None
    form.updated_at = now if now != form.created_at else None  # published at once: nothing has changed yet
    session.flush()
    form_datasets.publish(session, form.round_id, draft, by=by, now=now)
    audit.record(session, "form.update.publish", "form", form.id, by=by, now=now, oldDefId=older, newDefId=draft.id)
    return draft


def copy(session: Session, from_round: int, to_round: int, *, by: Doer, now: datetime) -> int:
    """Publish in one round what phones get in another, with its media; returns how many forms.

    A form that the round has already stays as it is.
    """
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, from_round)
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, to_round)
    if rounds.by_id(session, from_round) is None or rounds.by_id(session, to_round) is None:
        raise Problem(Kind.NOT_FOUND)
    there = {form.xml_form_id for form in store.of_round(session, to_round)}
    found = [one for one in store.published(session, from_round) if one[0].xml_form_id not in there]
    made = []
    for form, version in found:
        made.append(_copied(session, form, version, to_round, by, now))
        form_id = made[-1].form_id
        audit.record(session, "form.copy", "form", form_id, by=by, now=now, version=version.version, source=form.id)
    lists = entities.published_ids(session, to_round)
    for twin in made:
        form_datasets.link(session, twin, lists, by=by, now=now)
    return len(made)


def _copied(session: Session, form: Form, version: FormVersion, to_round: int, by: Doer, now: datetime) -> FormVersion:
    made = Form(
        round_id=to_round, xml_form_id=form.xml_form_id, state=store.OPEN, created_by=by.id or None, created_at=now
    )
    session.add(made)
    session.flush()
    twin = drafts.twin(version, made.id, by, now)
    twin.published_at, twin.published_by = now, by.id or None
    twin.media = [_same(media) for media in version.media]
    session.add(twin)
    session.flush()
    made.published_id = twin.id
    form_datasets.declare(session, to_round, twin.id, Schema.from_dict(twin.fields).entities, by=by, now=now)
    form_datasets.publish(session, to_round, twin, by=by, now=now)
    return twin


def _same(media: FormMedia) -> FormMedia:
    """The file of another round's form; a list of entities is a list of its own round."""
    source = store.FILE if media.source == store.DATASET else media.source
    return FormMedia(name=media.name, type=media.type, source=source, blob=media.blob, mime=media.mime)


def set_state(session: Session, form: Form, state: str, *, by: Doer, now: datetime) -> None:
    """open: phones fetch and send · closing: phones still send · closed: neither."""
    update(session, form, by=by, now=now, state=state)


def update(
    session: Session, form: Form, *, by: Doer, now: datetime, state: str | None = None, webforms: bool | None = None
) -> None:
    """Change what is given. `webforms`: people fill the form in the browser."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    if state is not None and state not in STATES:
        raise Problem(Kind.UNEXPECTED_VALUE, field="state", value=state)
    data: dict[str, object] = {}
    if state is not None:
        form.state = data["state"] = state
    if webforms is not None:
        form.webforms = data["webformsEnabled"] = webforms
    form.updated_at = now
    session.flush()
    audit.record(session, "form.update", "form", form.id, by=by, now=now, data=data)


def delete(session: Session, form: Form, *, by: Doer, now: datetime) -> None:
    """Put the form aside, with its submissions; it can be brought back."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    form.deleted_at = now
    session.flush()
    audit.record(session, "form.delete", "form", form.id, by=by, now=now)


def restore(session: Session, form: Form, *, by: Doer, now: datetime) -> None:
    """Bring a deleted form back; raises ALREADY_EXISTS where another has its place."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    rounds.hold(session, form.round_id)
    if store.by_xml_form_id(session, form.round_id, form.xml_form_id) is not None:
        raise drafts.id_taken(form.round_id, form.xml_form_id)
    form.deleted_at = None
    session.flush()
    audit.record(session, "form.restore", "form", form.id, by=by, now=now)
