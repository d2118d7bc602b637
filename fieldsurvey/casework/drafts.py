"""Verbs on the draft of a form: the version that testers see, until it is published or thrown away."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import form_datasets
from fieldsurvey.casework.sign_ins import new_token
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import changes, definition
from fieldsurvey.forms import entities as entity_forms
from fieldsurvey.forms import media as media_kinds
from fieldsurvey.forms.definition import Definition
from fieldsurvey.forms.xform import GROUP, Schema
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, blobs, entities, rounds, submissions
from fieldsurvey.store import forms as store
from fieldsurvey.store.forms import Form, FormMedia, FormVersion

MADE_BY_US = {"areas.csv": store.AREAS, "households.csv": store.HOUSEHOLDS, "members.csv": store.MEMBERS}
ITEMSETS = "itemsets.csv"


def create(
    session: Session,
    round_id: int,
    made: Definition,
    folder: blobs.BlobFolder,
    *,
    ignore_warnings: bool = False,
    by: Doer,
    now: datetime,
) -> Form:
    """A new form with its draft. Raises META_MISSING, FORM_WARNINGS, ALREADY_EXISTS."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, round_id)
    if not any(one.name == "meta" and one.kind == GROUP for one in made.schema.fields):
        raise Problem(Kind.META_MISSING)
    xml_form_id = made.schema.form_id
    if not ignore_warnings:
        once = store.was_deleted(session, round_id, xml_form_id)
        deleted = [{"type": "deletedFormExists", "details": {"xmlFormId": xml_form_id}}] if once else []
        _warn(made, deleted + _outdated(made.schema))
    rounds.hold(session, round_id)
    if store.by_xml_form_id(session, round_id, xml_form_id) is not None:
        raise id_taken(round_id, xml_form_id)
    form = Form(round_id=round_id, xml_form_id=xml_form_id, state=store.OPEN, created_by=by.id or None, created_at=now)
    session.add(form)
    session.flush()
    _set_draft(session, form, made, folder, by, now)
    audit.record(session, "form.create", "form", form.id, by=by, now=now)
    return form


def id_taken(round_id: int, xml_form_id: str) -> Problem:
    values = [str(round_id), xml_form_id]
    return Problem(Kind.ALREADY_EXISTS, fields=["projectId", "xmlFormId"], values=values, value=xml_form_id)


def replace(
    session: Session,
    form: Form,
    made: Definition,
    folder: blobs.BlobFolder,
    *,
    ignore_warnings: bool = False,
    by: Doer,
    now: datetime,
) -> None:
    """Make this the form's draft, in place of an older one and of what was sent to that.

    Raises UNEXPECTED_VALUE where it is another form's, FIELD_TYPE_CONFLICT, FORM_WARNINGS.
    """
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    if made.schema.form_id != form.xml_form_id:
        reason = f"the form is {form.xml_form_id}"
        raise Problem(Kind.UNEXPECTED_VALUE, field="xmlFormId", value=made.schema.form_id, reason=reason)
    store.hold(session, form)
    older = [Schema.from_dict(stored) for stored in store.published_fields(session, form.id)]
    changes.require_compatible(older, made.schema)
    if not ignore_warnings:
        gone = changes.gone(older[-1], made.schema) if older else []
        _warn(made, [{"type": "structureChanged", "details": gone}] if gone else [])
    before = form.draft_id
    _set_draft(session, form, made, folder, by, now)
    form.updated_at = now
    session.flush()
    audit.record(
        session,
        "form.update.draft.set",
        "form",
        form.id,
        by=by,
        now=now,
        oldDraftDefId=before,
        newDraftDefId=form.draft_id,
    )


def of_published(session: Session, form: Form) -> Definition:
    """What phones get, to make a draft of it again; raises MISSING_PARAMETER where they get nothing."""
    version = session.get(FormVersion, form.published_id) if form.published_id is not None else None
    if version is None:
        raise Problem(Kind.MISSING_PARAMETER, field="xml")
    return Definition(version.xml, Schema.from_dict(version.fields), stored=version.xlsx_sha256, mime=version.xlsx_mime)


def rename(session: Session, form: Form, version: str, *, by: Doer, now: datetime) -> None:
    """Give the draft another version name, in its XML too."""
    draft = session.get_one(FormVersion, form.draft_id)
    made = definition.from_xml(definition.with_version(draft.xml, version).encode())
    draft.version, draft.xml, draft.fields = made.schema.version, made.xml, made.schema.as_dict()
    for name, digest in made.digests().items():
        setattr(draft, name, digest)
    session.flush()
    ids = {"oldDraftDefId": draft.id, "newDraftDefId": draft.id}
    audit.record(session, "form.update.draft.set", "form", form.id, by=by, now=now, **ids)


def throw_away(session: Session, form: Form, *, by: Doer, now: datetime) -> None:
    """Raises NOT_PUBLISHED where nothing would be left of the form, NOT_FOUND without a draft."""
    permissions.require_anywhere(by, Permission.MANAGE_FORMS, form.round_id)
    store.hold(session, form)
    if form.published_id is None:
        raise Problem(Kind.NOT_PUBLISHED)
    if form.draft_id is None:
        raise Problem(Kind.NOT_FOUND)
    before = form.draft_id
    _remove(session, form)
    form.draft_id, form.draft_token, form.updated_at = None, None, now
    session.flush()
    audit.record(session, "form.update.draft.delete", "form", form.id, by=by, now=now, oldDraftDefId=before)


def twin(version: FormVersion, form_id: int, by: Doer, now: datetime) -> FormVersion:
    """The same version for another form, without its media."""
    same = ("version", "title", "xml", "md5", "sha1", "sha256", "xlsx_sha256", "xlsx_mime", "public_key", "fields")
    return FormVersion(
        **{name: getattr(version, name) for name in same},
        client_editable=version.client_editable,
        form_id=form_id,
        created_by=by.id or None,
        created_at=now,
    )


def _outdated(schema: Schema) -> list[dict[str, Any]]:
    """A form that is to make entities, but not on phones without a line."""
    version = schema.entities_version
    if not version or entity_forms.supported(version) >= entity_forms.OFFLINE:
        return []
    reason = f"entities-version {version} does not work offline; 2024.1.0 and later do"
    return [{"type": "oldEntityVersion", "details": {"version": version}, "reason": reason}]


def _warn(made: Definition, workflow: list[dict[str, Any]]) -> None:
    warnings: dict[str, Any] = {}
    if made.warnings:
        warnings["xlsFormWarnings"] = list(made.warnings)
    if workflow:
        warnings["workflowWarnings"] = workflow
    if warnings:
        raise Problem(Kind.FORM_WARNINGS, warnings=warnings)


def _set_draft(
    session: Session, form: Form, made: Definition, folder: blobs.BlobFolder, by: Doer, now: datetime
) -> None:
    carried = _carried(session, form)
    if form.draft_id is not None:
        _remove(session, form)
    xlsx = _stored(session, made.spreadsheet, folder) if made.spreadsheet is not None else made.stored
    schema = made.schema
    draft = FormVersion(
        form_id=form.id,
        version=schema.version,
        title=schema.title,
        xml=made.xml,
        **made.digests(),
        xlsx_sha256=xlsx,
        xlsx_mime=made.mime,
        public_key=schema.public_key or None,
        fields=schema.as_dict(),
        client_editable=schema.client_editable,
        created_by=by.id or None,
        created_at=now,
        media=_media(session, form.round_id, made, carried, folder, now),
    )
    session.add(draft)
    session.flush()
    form_datasets.declare(session, form.round_id, draft.id, schema.entities, by=by, now=now)
    form.draft_id, form.draft_token = draft.id, form.draft_token or new_token()


def _carried(session: Session, form: Form) -> dict[str, FormMedia]:
    """The files of the version before: of the draft, else of what phones get."""
    before = form.draft_id or form.published_id
    return {one.name: one for one in session.get_one(FormVersion, before).media} if before is not None else {}


def _media(
    session: Session,
    round_id: int,
    made: Definition,
    carried: dict[str, FormMedia],
    folder: blobs.BlobFolder,
    now: datetime,
) -> list[FormMedia]:
    """A place for each file that the form expects; what the version before had in it stays."""
    lists = {f"{name}.csv": number for name, number in entities.published_ids(session, round_id).items()}
    media = []
    for name, kind in made.schema.media.items():
        one = FormMedia(name=name, type=kind, source=MADE_BY_US.get(name, store.FILE))
        before = carried.get(name)
        if before is not None and before.type == kind:
            one.updated_at = before.updated_at
        if name == ITEMSETS and made.itemsets is not None:
            one.blob, one.mime, one.updated_at = _stored(session, made.itemsets.encode(), folder), "text/csv", now
        elif before is not None and before.type == kind and (before.blob or before.dataset_id):
            one.source, one.blob, one.mime, one.dataset_id = before.source, before.blob, before.mime, before.dataset_id
        elif one.source == store.FILE and kind == media_kinds.FILE and name in lists:
            one.source, one.dataset_id = store.DATASET, lists[name]
        media.append(one)
    return media


def _stored(session: Session, content: bytes, folder: blobs.BlobFolder) -> str:
    blob = folder.put(io.BytesIO(content))
    blobs.add(session, blob)
    return str(blob["sha256"])


def _remove(session: Session, form: Form) -> None:
    """Forget the draft and what was sent to it."""
    submissions.remove_drafts(session.connection(), form.id)
    session.delete(session.get_one(FormVersion, form.draft_id))
    session.flush()
