"""What belongs to a version of a form: XML, spreadsheet, fields, files; of what phones get, of a version, of the draft."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Response, request
from marshmallow import Schema as WireSchema

from fieldsurvey import form_reading
from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, found_dataset, route
from fieldsurvey.api.forms import FORM, asking
from fieldsurvey.api.schemas.forms import FieldSchema, FormFileSchema, FormSchema, LinkSchema
from fieldsurvey.casework import form_files as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, utcnow, write
from fieldsurvey.forms.xform import Schema
from fieldsurvey.guards import doer
from fieldsurvey.outputs import entity_files, form_fields, form_records
from fieldsurvey.outputs import form_files as output
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sending import CSV, disposition, list_file, tagged
from fieldsurvey.store import blobs as blob_store
from fieldsurvey.store import forms
from fieldsurvey.store.forms import Form, FormMedia, FormVersion
from fieldsurvey.store.rounds import Round

XML = "application/xml; charset=utf-8"
EXCEL = {
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IN_MEMORY = 256 * 1024  # bytes; a larger file waits on disk
View = Callable[..., Any]


def resource(tail: str, *, gives: type[WireSchema] | None = None, many: bool = False) -> Callable[[View], View]:
    """Serve a view for what stands for the form, for each of its versions and for its draft: it gets the FormVersion."""

    def decorate(view: View) -> View:
        for name, base in (("", FORM), ("_of_version", f"{FORM}/versions/<version>"), ("_of_draft", f"{FORM}/draft")):
            route("GET", base + tail, asks=ITSELF, gives=gives, many=many)(_finding(view, name))
        return view

    return decorate


def _finding(view: View, name: str) -> View:
    def find(project: Round, form: Form, version: str = "", **found: Any) -> Any:
        if name == "_of_draft":
            return view(form, form_reading.draft(form), **found)
        return view(form, form_reading.published(form, version) if name else form_reading.shown(form), **found)

    find.__name__, find.__module__, find.__doc__ = view.__name__ + name, view.__module__, view.__doc__
    return find


@resource(".xml")
def xml(form: Form, version: FormVersion) -> Response:
    """The XForm, as phones get it."""
    return tagged(Response(version.xml.encode(), content_type=XML), version.md5)


@resource(".xls")
def xls(form: Form, version: FormVersion) -> Response:
    """The spreadsheet that the form was made of, if it was an old one."""
    return _spreadsheet(form, version, "xls")


@resource(".xlsx")
def xlsx(form: Form, version: FormVersion) -> Response:
    """The spreadsheet that the form was made of."""
    return _spreadsheet(form, version, "xlsx")


def _spreadsheet(form: Form, version: FormVersion, ending: str) -> Response:
    blob = blob_store.by_hash(session(), version.xlsx_sha256) if version.xlsx_sha256 else None
    if blob is None or (version.xlsx_mime or EXCEL["xlsx"]) != EXCEL[ending]:
        raise Problem(Kind.NOT_FOUND)
    return wire.send_blob(blob.sha256, blob.md5, f"{form.xml_form_id}.{ending}", EXCEL[ending])


@resource("/fields", gives=FieldSchema, many=True)
def fields(form: Form, version: FormVersion) -> list[dict[str, Any]]:
    """What the version asks; `?odata=true` under the names of OData tables."""
    return form_fields.of_schema(Schema.from_dict(version.fields), odata=wire.flag("odata"))


@resource("/attachments", gives=FormFileSchema, many=True)
def files(form: Form, version: FormVersion) -> list[dict[str, Any]]:
    """The files that the version expects, and whether each is there."""
    return [output.on_wire(session(), media) for media in version.media]


@resource("/attachments/<name>")
def file(form: Form, version: FormVersion, name: str) -> Response:
    """A file of the version; a list of entities is cut to what the caller may have. ETag, 304."""
    media = next((media for media in version.media if media.name == name), None)
    reader = form_reading.reader(form, version)
    digest = output.digest(session(), media, reader) if media else None
    if media is None or digest is None:
        raise Problem(Kind.NOT_FOUND)
    if media.source == forms.FILE:
        return wire.send_blob(media.blob or "", digest, name, media.mime or mimetypes.guess_type(name)[0])
    if media.source == forms.DATASET:
        dataset, cut = output.dataset_of(session(), media), output.cut_of(session(), media, reader)
        return list_file(lambda reading: entity_files.for_phone(reading, dataset, cut), name, digest)
    if digest in request.if_none_match:
        return tagged(Response(content_type=CSV), digest)
    made = Response(output.made(session(), media, reader), content_type=CSV)
    made.headers["Content-Disposition"] = disposition(name)
    return tagged(made, digest)


@route("GET", f"{FORM}/versions", asks=ITSELF, gives=FormSchema, many=True)
def versions(project: Round, form: Form) -> list[dict[str, Any]]:
    """The published versions, newest first."""
    form_reading.shown(form)
    return form_records.versions(session(), form, extended=wire.extended())


@route("GET", f"{FORM}/versions/<version>", asks=ITSELF, gives=FormSchema)
def version(project: Round, form: Form, version: str) -> dict[str, Any]:
    """A published version."""
    found = form_reading.published(form, version)
    return form_records.one(session(), form, found.id, extended_for=asking())


DRAFT_FILE = f"{FORM}/draft/attachments/<name>"


@route("POST", DRAFT_FILE, asks=Permission.MANAGE_FORMS, gives=FormFileSchema)
def give(project: Round, form: Form, name: str) -> dict[str, Any]:
    """Give the draft one of the files that it expects."""
    mime = request.headers.get("Content-Type") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    _expected(form, name)
    with SpooledTemporaryFile(IN_MEMORY) as content:
        copyfileobj(request.stream, content)
        content.seek(0)
        stored = blobs().put(content)
    with write() as current:
        media = verbs.give(current, form, name, stored, mime=mime, by=doer(), now=utcnow())
    return output.on_wire(session(), media)


@route("PATCH", DRAFT_FILE, asks=Permission.MANAGE_FORMS, takes=LinkSchema, gives=FormFileSchema)
def link(project: Round, form: Form, name: str) -> dict[str, Any]:
    """Let the file's content be the entity list of its name, or no longer."""
    given = wire.loaded(LinkSchema())
    _expected(form, name)
    dataset = found_dataset(project, re.sub(r"\.csv$", "", name, flags=re.IGNORECASE))
    with write() as current:
        media = verbs.link(current, form, name, dataset.id if given["dataset"] else None, by=doer(), now=utcnow())
    return output.on_wire(session(), media)


@route("DELETE", DRAFT_FILE, asks=Permission.MANAGE_FORMS)
def take_away(project: Round, form: Form, name: str) -> dict[str, Any]:
    """Take a file of the draft away."""
    with write() as current:
        verbs.take_away(current, form, name, by=doer(), now=utcnow())
    return wire.SUCCESS


def _expected(form: Form, name: str) -> FormMedia:
    """Before anything is stored: raises NOT_FOUND."""
    media = next((one for one in form_reading.draft(form).media if one.name == name), None)
    if media is None:
        raise Problem(Kind.NOT_FOUND)
    return media
