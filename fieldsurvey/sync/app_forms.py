"""Forms for the phone app: the list, each version's XForm, and its files by hash, so that form and files change together."""

from __future__ import annotations

from flask import Response, request, send_file

from fieldsurvey import form_reading
from fieldsurvey.callers import locale
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session
from fieldsurvey.guards import doer
from fieldsurvey.outputs import entity_files, form_files, phone_app
from fieldsurvey.outputs.form_files import Reader
from fieldsurvey.store import forms
from fieldsurvey.store.forms import Form, FormMedia, FormVersion
from fieldsurvey.sync.app_door import as_json, endpoint

XML = "text/xml; charset=utf-8"


@endpoint("/forms")
def form_list() -> Response:
    """Every form that the person may fill in now."""
    found = list(phone_app.forms_of(session(), doer(), locale()))
    return tagged(as_json(found), phone_app.digest_of(found))


def tagged(answer: Response, digest: str) -> Response:
    """With an ETag; 304 when the phone has it."""
    answer.set_etag(digest)
    answer.make_conditional(request)
    return answer


@endpoint("/forms/<int:form_id>/<version>.xml")
def form_version(form_id: int, version: str) -> Response:
    """The XForm of a published version, byte for byte."""
    found = _version(form_id, version)
    return tagged(Response(found.xml, content_type=XML), found.md5)


def _version(form_id: int, version: str) -> FormVersion:
    form = session().get(Form, form_id)
    if form is None or form.deleted_at is not None:
        raise Problem(Kind.NOT_FOUND)
    return form_reading.published(form, version)


@endpoint("/forms/<int:form_id>/<version>/media/<name>")
def form_media(form_id: int, version: str, name: str) -> Response:
    """One file. With a `hash` that is no longer right: LIST_CHANGED, so that a form never gets another form's files."""
    found = _version(form_id, version)
    media = next((one for one in found.media if one.name == name), None)
    reader = Reader(doer(), session().get_one(Form, form_id).round_id, locale())
    digest = form_files.digest(session(), media, reader) if media is not None else None
    if media is None or digest is None:
        raise Problem(Kind.NOT_FOUND)
    if request.args.get("hash") not in (None, digest):
        raise Problem(Kind.LIST_CHANGED)
    if digest in request.if_none_match:
        return tagged(Response(), digest)
    return tagged(_content(media, reader), digest)


def _content(media: FormMedia, reader: Reader) -> Response:
    if form_files.is_made(media):
        return Response(form_files.made(session(), media, reader), content_type="text/csv; charset=utf-8")
    if media.source == forms.DATASET:
        dataset, cut = form_files.dataset_of(session(), media), form_files.cut_of(session(), media, reader)
        return Response(
            b"".join(entity_files.for_phone(session(), dataset, cut)), content_type="text/csv; charset=utf-8"
        )
    return send_file(blobs().path(media.blob or ""), mimetype=media.mime or "application/octet-stream", etag=False)
