"""Verbs on forms: upload a draft, publish it, copy it to another round, close it. A published version never changes."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import xform, xlsform
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, blobs, rounds
from fieldsurvey.store import forms as store
from fieldsurvey.store.forms import Form, FormMedia, FormVersion

MADE_BY_US = {"areas.csv": store.AREAS, "households.csv": store.HOUSEHOLDS}


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
    """Make the draft of a form from a converted XLSForm file; replaces an older draft.

    Converting takes a second and stands before the transaction, so that phones need not wait for it.
    """
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, round_id)
    if rounds.by_id(session, round_id) is None:
        raise Problem(Kind.NOT_FOUND)
    blob = folder.put(io.BytesIO(content))
    blobs.add(session, blob)
    draft = _draft(session, round_id, converted.xml, str(blob["sha256"]), by, now)
    audit.record(session, "form.upload", "form", draft.form_id, by=by, now=now, version=draft.version)
    return draft


def _draft(session: Session, round_id: int, xml: str, xlsx: str, by: Doer, now: datetime) -> FormVersion:
    schema = xform.read(xml)
    form = store.by_xml_form_id(session, round_id, schema.form_id)
    if form is None:
        form = Form(round_id=round_id, xml_form_id=schema.form_id, state=store.OPEN, created_at=now)
        session.add(form)
        session.flush()
    elif form.draft_id is not None:
        session.delete(session.get_one(FormVersion, form.draft_id))
    draft = FormVersion(
        form_id=form.id,
        version=schema.version,
        title=schema.title or schema.form_id,
        xml=xml,
        md5=hashlib.md5(xml.encode(), usedforsecurity=False).hexdigest(),
        sha1=hashlib.sha1(xml.encode(), usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(xml.encode()).hexdigest(),
        xlsx_sha256=xlsx,
        fields=schema.as_dict(),
        client_editable=schema.client_editable,
        created_by=by.id or None,
        created_at=now,
        media=[FormMedia(name=name, source=MADE_BY_US.get(name, store.FILE)) for name in schema.media],
    )
    session.add(draft)
    session.flush()
    form.draft_id = draft.id
    return draft


def add_media(
    session: Session,
    draft: FormVersion,
    name: str,
    content: bytes,
    folder: blobs.BlobFolder,
    *,
    by: Doer,
    now: datetime,
) -> None:
    """Give the draft one of the files that it expects."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS)
    expected = next((media for media in draft.media if media.name == name and media.source == store.FILE), None)
    if expected is None or draft.published_at is not None:
        raise Problem(Kind.NOT_FOUND)
    blob = folder.put(io.BytesIO(content))
    blobs.add(session, blob)
    expected.blob = str(blob["sha256"])
    audit.record(session, "form.media", "form", draft.form_id, by=by, now=now, file=name)


def publish(session: Session, form: Form, *, by: Doer, now: datetime) -> FormVersion:
    """Make the draft the version that phones get. Its version name must be new: phones tell versions apart by it."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    if form.draft_id is None:
        raise Problem(Kind.NOT_FOUND)
    draft = session.get_one(FormVersion, form.draft_id)
    if store.version_of(session, form.id, draft.version) is not None:
        raise Problem(Kind.VERSION_EXISTS, version=draft.version)
    draft.published_at = now
    form.published_id, form.draft_id = draft.id, None
    audit.record(session, "form.publish", "form", form.id, by=by, now=now, version=draft.version)
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
    for form, version in found:
        form_id = _copied(session, form, version, to_round, by, now)
        audit.record(session, "form.copy", "form", form_id, by=by, now=now, version=version.version, source=form.id)
    return len(found)


_SAME = ("version", "title", "xml", "md5", "xlsx_sha256", "fields", "client_editable")


def _copied(session: Session, form: Form, version: FormVersion, to_round: int, by: Doer, now: datetime) -> int:
    made = Form(round_id=to_round, xml_form_id=form.xml_form_id, state=store.OPEN, created_at=now)
    session.add(made)
    session.flush()
    twin = FormVersion(
        **{name: getattr(version, name) for name in _SAME},
        form_id=made.id,
        created_by=by.id or None,
        created_at=now,
        published_at=now,
        media=[FormMedia(name=media.name, source=media.source, blob=media.blob) for media in version.media],
    )
    session.add(twin)
    session.flush()
    made.published_id = twin.id
    return made.id


def set_state(session: Session, form: Form, state: str, *, by: Doer, now: datetime) -> None:
    """open: phones fetch and send · closing: phones still send · closed: neither."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    if state not in {store.OPEN, store.CLOSING, store.CLOSED}:
        raise Problem(Kind.UNEXPECTED_VALUE, field="state", value=state)
    form.state = state
    audit.record(session, "form.state", "form", form.id, by=by, now=now, state=state)
