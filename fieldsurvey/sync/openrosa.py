"""The OpenRosa endpoints: formList, form, manifest, media, integrity, submission. Each stands with and without a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from fieldsurvey import afterwards, callers, form_reading
from fieldsurvey.callers import base_url, locale
from fieldsurvey.casework import intake
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, reading, session, utcnow, write_rows, write_together
from fieldsurvey.guards import doer, signed_in
from fieldsurvey.outputs import datasets, entity_files, form_files
from fieldsurvey.outputs.form_files import Reader
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.store import forms, register, rounds
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.sync import wire
from fieldsurvey.translations import say

door = Blueprint("sync", __name__)
View = TypeVar("View", bound=Callable[..., Any])


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
    wire.require_version()
    callers.remember()
    if callers.nobody():
        raise Problem(Kind.CREDENTIALS_WRONG)
    afterwards.heard_of(doer().id)


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


def _form_entry(base: str, xml_form_id: str, version: FormVersion, draft: str = "") -> dict[str, str]:
    address = f"{base}/forms/{quote(xml_form_id, safe='')}{draft}"
    entry = {
        "formID": xml_form_id,
        "name": version.title or xml_form_id,
        "version": version.version,
        "hash": f"md5:{version.md5}",
        "downloadUrl": f"{address}.xml",
    }
    return {**entry, "manifestUrl": f"{address}/manifest"} if version.media else entry


def _form(round_id: int, xml_form_id: str) -> Form:
    _scope(round_id)
    found = forms.by_xml_form_id(session(), round_id, xml_form_id)
    if found is None:
        raise Problem(Kind.DRAFT_GONE if callers.draft_token() else Kind.NOT_FOUND)
    return found


@endpoint("/forms/<xml_form_id>/draft/formList")
def draft_form_list(round_id: int, xml_form_id: str) -> Response:
    """The one draft, for trying it out."""
    version = form_reading.draft(_form(round_id, xml_form_id))
    return wire.form_list([_form_entry(base_url(round_id), xml_form_id, version, "/draft")])


@endpoint("/forms/<xml_form_id>/manifest")
def manifest(round_id: int, xml_form_id: str) -> Response:
    """The files that the server has, each with its hash."""
    form = _form(round_id, xml_form_id)
    return _manifest(form, form_reading.shown(form), "")


@endpoint("/forms/<xml_form_id>/versions/<version>/manifest")
def version_manifest(round_id: int, xml_form_id: str, version: str) -> Response:
    """The files of a published version."""
    form = _form(round_id, xml_form_id)
    return _manifest(form, form_reading.published(form, version), f"/versions/{quote(version, safe='')}")


@endpoint("/forms/<xml_form_id>/draft/manifest")
def draft_manifest(round_id: int, xml_form_id: str) -> Response:
    """The files of the draft."""
    form = _form(round_id, xml_form_id)
    return _manifest(form, form_reading.draft(form), "/draft")


def _manifest(form: Form, version: FormVersion, tail: str) -> Response:
    base, reader = base_url(form.round_id), form_reading.reader(form, version)
    address = f"{base}/forms/{quote(form.xml_form_id, safe='')}{tail}/attachments"
    return wire.manifest(_media_entries(base, address, version, reader))


def _media_entries(
    base: str, address: str, version: FormVersion, reader: Reader
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    for media in version.media:
        digest = form_files.digest(session(), media, reader)
        if digest is None:
            continue
        entry = {"filename": media.name, "hash": f"md5:{digest}", "downloadUrl": f"{address}/{quote(media.name)}"}
        of = form_files.list_of(session(), media)
        if of is None:
            yield entry, {}
        else:
            yield {**entry, "integrityUrl": f"{base}/datasets/{quote(of[0])}/integrity"}, {"type": of[1]}


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
            if refused.kind in intake.RESCUED:
                _keep_aside(round_id, upload.xml, refused)
            if refused.kind is Kind.FORBIDDEN:  # 401, so that the phone asks for another person's password
                raise Problem(Kind.CREDENTIALS_WRONG) from None
            raise
    return _thank(receipt)


@endpoint("/forms/<xml_form_id>/draft/submission", "GET", "POST")
def draft_submission(round_id: int, xml_form_id: str) -> Response:
    """As `submission`, for trying out the draft of a form: kept apart from the real ones."""
    form = _form(round_id, xml_form_id)
    if form.draft_id is None:
        raise Problem(Kind.DRAFT_GONE if callers.draft_token() else Kind.NOT_FOUND)
    if request.method != "POST":
        return Response(status=204)
    with wire.read_upload(request) as upload:
        return _thank(_receive(round_id, upload, callers.tester(form), to=form))


def _receive(round_id: int, upload: intake.Upload, by: Doer, to: Form | None = None) -> intake.Receipt:
    now = utcnow()
    parcel = intake.open_parcel(reading(), round_id, upload, blobs(), by=by, now=now, to=to, draft=to is not None)
    receipt = write_together(lambda connection: intake.receive(connection, parcel, by=by, now=now))
    if to is None:
        afterwards.look_at(receipt.submission_id)
    return receipt


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
