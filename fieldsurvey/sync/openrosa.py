"""The OpenRosa endpoints: formList, form, manifest, media, integrity, submission. Each stands with and without a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from fieldsurvey import callers
from fieldsurvey.callers import base_url, locale
from fieldsurvey.casework import intake
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, reading, session, utcnow, write_rows, write_together
from fieldsurvey.guards import doer, signed_in
from fieldsurvey.outputs import datasets, entity_files, phone_lists
from fieldsurvey.outputs.entity_sources import REGISTER
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.sending import list_file
from fieldsurvey.store import blobs as blob_store
from fieldsurvey.store import forms, register, rounds
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.forms import Form, FormMedia, FormVersion
from fieldsurvey.sync import wire
from fieldsurvey.translations import say

door = Blueprint("sync", __name__)
View = TypeVar("View", bound=Callable[..., Any])
READS = (Permission.READ_OPEN_FORMS, Permission.READ_FORMS)  # either will do to fetch an open form
# What is kept aside for rescue when refused: the village head did their part.
RESCUED = {
    Kind.XML_BROKEN,
    Kind.XML_ENCODING,
    Kind.XML_FORBIDDEN,
    Kind.XML_TOO_DEEP,
    Kind.MISSING_PARAMETER,
    Kind.INSTANCE_ID_BAD,
    Kind.FORM_UNKNOWN,
    Kind.VERSION_UNKNOWN,
    Kind.VILLAGE_UNKNOWN,
    Kind.OUTSIDE_AREA,
    Kind.INSTANCE_CONFLICT,
    Kind.CORRECTION_STALE,
    Kind.DEPRECATED_ID_UNKNOWN,
    Kind.NOT_EDITABLE,
    Kind.ROUND_CLOSED,
    Kind.FORM_CLOSED,
}


def endpoint(rule: str, *methods: str) -> Callable[[View], View]:
    """Serve a view below the project."""

    def decorate(view: View) -> View:
        guarded = signed_in(view)
        address = f"/v1/projects/<int:round_id>{rule}"
        door.add_url_rule(address, view.__name__, guarded, methods=list(methods or ("GET",)))
        return guarded

    return decorate


@door.before_request
def authenticate() -> None:
    if request.endpoint in {"sync.form_list", "sync.manifest", "sync.submission", "sync.integrity"}:
        wire.require_version()
    callers.remember()
    if callers.nobody():
        raise Problem(Kind.CREDENTIALS_WRONG)


@door.after_request
def add_headers(answer: Response) -> Response:
    return wire.add_headers(answer)


@door.errorhandler(Problem)
def problem(error: Problem) -> Response:
    return wire.say_xml(error)


@door.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    return wire.say_xml(Problem(Kind.TOO_LARGE, limit=config().max_upload_mb))


@door.errorhandler(Exception)
def unexpected(error: Exception) -> Response:
    current_app.logger.getChild("sync").error("unexpected", exc_info=error)
    return wire.say_xml(Problem(Kind.UNEXPECTED))


def _scope(round_id: int) -> Scope:
    if rounds.by_id(session(), round_id) is None:
        raise Problem(Kind.NOT_FOUND)
    return permissions.scope(doer(), Permission.SUBMIT, round_id)


@endpoint("/formList")
def form_list(round_id: int) -> Response:
    """Open forms of the round that the caller may fill; empty, not forbidden, for who may fill none."""
    _scope(round_id)
    by, found = doer(), forms.published(session(), round_id, request.args.get("formID"))
    return wire.form_list(
        _form_entry(base_url(round_id), form.xml_form_id, version)
        for form, version in found
        if permissions.holds(by, Permission.READ_OPEN_FORMS, round_id, form.id)
    )


def _form_entry(base: str, xml_form_id: str, version: FormVersion) -> dict[str, str]:
    address = f"{base}/forms/{quote(xml_form_id, safe='')}"
    entry = {
        "formID": xml_form_id,
        "name": version.title or xml_form_id,
        "version": version.version,
        "hash": f"md5:{version.md5}",
        "downloadUrl": f"{address}.xml",
    }
    return {**entry, "manifestUrl": f"{address}/manifest"} if version.media else entry


def _version(round_id: int, xml_form_id: str) -> FormVersion:
    """The version that phones get; raises NOT_FOUND, FORBIDDEN."""
    found = forms.published(session(), round_id, xml_form_id)
    if not found:
        raise Problem(Kind.NOT_FOUND)
    form, version = found[0]
    if not any(permissions.holds(doer(), one, round_id, form.id) for one in READS):
        raise Problem(Kind.FORBIDDEN)
    return version


@endpoint("/forms/<xml_form_id>.xml")
def form(round_id: int, xml_form_id: str) -> Response:
    version = _version(round_id, xml_form_id)
    answer = Response(version.xml.encode(), content_type="application/xml; charset=utf-8")
    return _tagged(answer, version.md5)


@endpoint("/forms/<xml_form_id>/manifest")
def manifest(round_id: int, xml_form_id: str) -> Response:
    """The files that the server has, each with its hash."""
    version = _version(round_id, xml_form_id)
    return wire.manifest(_media_entries(base_url(round_id), round_id, xml_form_id, version))


def _media_entries(
    base: str, round_id: int, xml_form_id: str, version: FormVersion
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    for media in version.media:
        digest = _media_hash(round_id, media)
        if digest is None:
            continue
        address = f"{base}/forms/{quote(xml_form_id, safe='')}/attachments/{quote(media.name)}"
        entry = {"filename": media.name, "hash": f"md5:{digest}", "downloadUrl": address}
        if media.source in {forms.HOUSEHOLDS, forms.DATASET}:
            name, kind = _list_of(media)
            yield {**entry, "integrityUrl": f"{base}/datasets/{quote(name)}/integrity"}, {"type": kind}
        else:
            yield entry, {}


def _list_of(media: FormMedia) -> tuple[str, str]:
    """The list that a file is made of, and how phones call such a file."""
    if media.source == forms.HOUSEHOLDS:
        return REGISTER, "entityList"
    dataset = _dataset_of(media)
    return dataset.name, "approvalEntityList" if dataset.approval_required else "entityList"


def _dataset_of(media: FormMedia) -> Dataset:
    return session().get_one(Dataset, media.dataset_id)


def _media_hash(round_id: int, media: FormMedia) -> str | None:
    if media.source == forms.DATASET:
        return entity_files.digest(session(), _dataset_of(media), _cut_of(media))
    if media.source != forms.FILE:
        return phone_lists.md5(_made(round_id, media))
    blob = blob_store.by_hash(session(), media.blob) if media.blob else None
    return blob.md5 if blob else None


def _cut_of(media: FormMedia) -> entity_files.Cut:
    """What the caller may have of the list behind a file."""
    version = session().get_one(FormVersion, media.version_id)
    return entity_files.cut_for(session(), _dataset_of(media), doer(), version.form_id)


def _made(round_id: int, media: FormMedia) -> bytes:
    """A list that we make, cut to the caller's areas."""
    scope = _scope(round_id)
    if media.source == forms.AREAS:
        return phone_lists.areas_csv(session(), scope)
    return phone_lists.households_csv(session(), round_id, scope, config().locale)


@endpoint("/forms/<xml_form_id>/attachments/<name>")
def attachment(round_id: int, xml_form_id: str, name: str) -> Response:
    """A media file of the form. ETag is its md5; 304 when the phone has it."""
    version = _version(round_id, xml_form_id)
    media = next((media for media in version.media if media.name == name), None)
    digest = _media_hash(round_id, media) if media else None
    if media is None or digest is None:
        raise Problem(Kind.NOT_FOUND)
    if media.source == forms.DATASET:
        dataset, cut = _dataset_of(media), _cut_of(media)
        return list_file(lambda reading: entity_files.for_phone(reading, dataset, cut), name, digest)
    if media.source == forms.FILE:
        answer = send_file(blobs().path(media.blob or ""), download_name=name, as_attachment=True, etag=False)
    else:
        answer = Response(_made(round_id, media), content_type="text/csv; charset=utf-8")
    return _tagged(answer, digest)


def _tagged(answer: Response, digest: str) -> Response:
    """With an ETag; 304 when the phone has it."""
    answer.set_etag(digest)
    answer.make_conditional(request)
    return answer


@endpoint("/datasets/<name>/integrity")
def integrity(round_id: int, name: str) -> Response:
    """Which of the entities that a phone has are gone."""
    project = rounds.by_id(session(), round_id)
    dataset = datasets.by_name(session(), project, name) if project else None
    if dataset is None:
        raise Problem(Kind.NOT_FOUND)
    ids = request.args.get("id")
    asked = [uuid.strip() for uuid in ids.split(",")] if ids else None
    if dataset.is_register:
        scope = _scope(round_id)
        if not scope:
            raise Problem(Kind.FORBIDDEN)
        return wire.integrity(register.deleted_among(session(), scope, asked))
    form_id = datasets.open_form(session(), dataset, doer())
    if form_id is None and not permissions.holds(doer(), Permission.READ_ENTITIES, round_id):
        raise Problem(Kind.FORBIDDEN)
    cut = entity_files.cut_for(session(), dataset, doer(), form_id)
    return wire.integrity(entity_files.presence(session(), dataset, cut, asked))


@endpoint("/submission", "GET", "POST")
def submission(round_id: int) -> Response:
    """HEAD and GET: 204, the sign of an OpenRosa server. POST: 201 when it is on disk."""
    if request.method != "POST":
        _scope(round_id)
        return Response(status=204)
    with wire.read_upload(request) as upload:
        try:
            receipt = _receive(round_id, upload, doer())
        except Problem as refused:
            if refused.kind in RESCUED:
                _keep_aside(round_id, upload.xml, refused)
            if refused.kind is Kind.FORBIDDEN:  # 401, so that the phone asks for another person's password
                raise Problem(Kind.CREDENTIALS_WRONG) from None
            raise
    return _thank(receipt)


@endpoint("/forms/<xml_form_id>/draft/submission", "GET", "POST")
def draft_submission(round_id: int, xml_form_id: str) -> Response:
    """As `submission`, for trying out the draft of a form: kept apart from the real ones."""
    form = _draft_form(round_id, xml_form_id)
    if request.method != "POST":
        return Response(status=204)
    with wire.read_upload(request) as upload:
        return _thank(_receive(round_id, upload, callers.tester(form), to=form))


def _draft_form(round_id: int, xml_form_id: str) -> Form:
    _scope(round_id)
    found = forms.by_xml_form_id(session(), round_id, xml_form_id)
    if found is None or found.draft_id is None:
        raise Problem(Kind.DRAFT_GONE if callers.draft_token() else Kind.NOT_FOUND)
    return found


def _receive(round_id: int, upload: intake.Upload, by: Doer, to: Form | None = None) -> intake.Receipt:
    now = utcnow()
    parcel = intake.open_parcel(reading(), round_id, upload, blobs(), by=by, now=now, to=to, draft=to is not None)
    return write_together(lambda connection: intake.receive(connection, parcel, by=by, now=now))


def _keep_aside(round_id: int, xml: bytes, refused: Problem) -> None:
    known = rounds.by_id(session(), round_id)
    with write_rows() as connection:
        intake.keep_aside(connection, known.id if known else None, xml, refused, blobs(), by=doer(), now=utcnow())


def _thank(receipt: intake.Receipt) -> Response:
    sentences = [say(f"sync.{receipt.outcome.value}", locale())]
    if receipt.missing:
        sentences.append(say("sync.missing", locale(), count=len(receipt.missing)))
    if receipt.unexpected:
        sentences.append(say("sync.unexpected", locale(), files=", ".join(receipt.unexpected)))
    return wire.message(" ".join(sentences), 201)
