"""Questionnaires: upload an XLSForm, look its draft over, publish it, open and close it, take the files away."""

from __future__ import annotations

import shutil
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import form_files
from fieldsurvey.casework import publishing as verbs
from fieldsurvey.casework.facts import is_household_form
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, utcnow, write
from fieldsurvey.forms import xlsform
from fieldsurvey.forms.xform import Schema
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import form_list, questions
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import forms as store
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import context
from fieldsurvey.web.door import door

STATES = (store.OPEN, store.CLOSING, store.CLOSED)
# The first bytes of what may have been uploaded; a spreadsheet is given back as it came.
SPREADSHEETS = ((b"PK", "xlsx"), (b"\xd0\xcf\x11\xe0", "xls"))


@door.get("/forms", endpoint="forms")
@requires(Permission.MANAGE_FORMS)
def show_forms() -> str:
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="admin.forms.title")
    return _list(of)


def _list(of: Round, **more: Any) -> str:
    return render_template("forms.html", of=of, forms=form_list.of_round(session(), of.id), **more)


@door.post("/forms")
@requires(Permission.MANAGE_FORMS)
def upload_form() -> tuple[str, int] | str:
    """The draft that came of the file, with pyxform's warnings; or the list of what is wrong with it."""
    of, by, file = _round(), doer(), request.files.get("file")
    if file is None or not file.filename:
        return _list(of, nothing_chosen=True), Kind.MISSING_PARAMETER.status
    try:
        content = file.read()
        converted = xlsform.convert(content, file.filename, odk_validate=_has_java())
        with write() as current:
            draft = verbs.upload(current, of.id, converted, content, blobs(), by=by, now=utcnow())
    except Problem as refused:
        if refused.kind is not Kind.XLSFORM_INVALID:
            raise
        return _list(of, complaints=_complaints(refused), file_name=file.filename), refused.kind.status
    form = session().get_one(Form, draft.form_id)
    return _draft_page(form, draft, warnings=[one.as_dict() for one in converted.warnings], file_name=file.filename)


def _has_java() -> bool:
    """ODK Validate, which knows more than pyxform, runs on Java."""
    return shutil.which("java") is not None


def _complaints(refused: Problem) -> list[dict[str, Any]]:
    """Complaints about the XForm itself are bare sentences."""
    return [one if isinstance(one, dict) else {"text": one} for one in refused.params.get("complaints", [])]


@door.get("/forms/<int:form_id>")
@requires(Permission.MANAGE_FORMS)
def form(form_id: int) -> str:
    found = _form(form_id)
    version = session().get(FormVersion, found.published_id) if found.published_id else None
    history = form_list.history(session(), found.id)
    page = _content(version) if version else {}
    return render_template("form.html", form=found, version=version, history=history, states=STATES, **page)


@door.get("/forms/<int:form_id>/draft")
@requires(Permission.MANAGE_FORMS)
def form_draft(form_id: int) -> str:
    found = _form(form_id)
    return _draft_page(found, _draft(found))


def _draft_page(found: Form, draft: FormVersion, **more: Any) -> str:
    taken = store.version_of(session(), found.id, draft.version) is not None
    return render_template("form_draft.html", form=found, version=draft, taken=taken, **_content(draft), **more)


def _content(version: FormVersion) -> dict[str, Any]:
    """What the page about a version says of its content."""
    schema = Schema.from_dict(version.fields)
    return {
        "questions": questions.questions(schema, context.locale()),
        "count": questions.count(schema),
        "household": is_household_form(schema),
        "lacking": [one.name for one in version.media if one.source == store.FILE and one.blob is None],
    }


@door.post("/forms/<int:form_id>/draft/media")
@requires(Permission.MANAGE_FORMS)
def add_form_media(form_id: int) -> AnyResponse:
    by, file, name = doer(), request.files.get("file"), request.form.get("name", "")
    if file is None or not file.filename:
        flash(context.t("admin.forms.choose_file"), "problem")
        return redirect(url_for("web.form_draft", form_id=form_id))
    stored = blobs().put(file.stream)
    with write() as current:
        form_files.give(current, _form(form_id), name, stored, mime=file.mimetype, by=by, now=utcnow())
    flash(context.t("admin.forms.media_added", name=name), "done")
    return redirect(url_for("web.form_draft", form_id=form_id))


@door.post("/forms/<int:form_id>/publish")
@requires(Permission.MANAGE_FORMS)
def publish_form(form_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        version = verbs.publish(current, _form(form_id), by=by, now=utcnow())
    flash(context.t("admin.forms.published", version=version.version), "done")
    return redirect(url_for("web.form", form_id=form_id))


@door.post("/forms/<int:form_id>/state")
@requires(Permission.MANAGE_FORMS)
def set_form_state(form_id: int) -> AnyResponse:
    by, state = doer(), request.form.get("state", "")
    with write() as current:
        verbs.set_state(current, _form(form_id), state, by=by, now=utcnow())
    flash(context.t(f"admin.forms.state_set.{state}"), "done")
    return redirect(url_for("web.form", form_id=form_id))


@door.get("/forms/<int:form_id>/versions/<int:version_id>.xml")
@requires(Permission.MANAGE_FORMS)
def form_xml(form_id: int, version_id: int) -> Response:
    """The XForm as phones get it."""
    found = _form(form_id)
    version = _version(found, version_id)
    answer = Response(version.xml.encode(), content_type="application/xml; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=_file_name(found, version, "xml"))
    return answer


@door.get("/forms/<int:form_id>/versions/<int:version_id>.xlsx")
@requires(Permission.MANAGE_FORMS)
def form_spreadsheet(form_id: int, version_id: int) -> Response:
    """The file that was uploaded."""
    found = _form(form_id)
    version = _version(found, version_id)
    path = blobs().path(version.xlsx_sha256) if version.xlsx_sha256 else None
    if path is None or not path.exists():
        raise Problem(Kind.NOT_FOUND)
    with path.open("rb") as file:
        start = file.read(4)
    kind = next((kind for mark, kind in SPREADSHEETS if start.startswith(mark)), "txt")
    return send_file(path, as_attachment=True, download_name=_file_name(found, version, kind), etag=False)


def _file_name(found: Form, version: FormVersion, kind: str) -> str:
    return f"{found.xml_form_id}-{version.version or 'draft'}.{kind}"


def _round() -> Round:
    of = context.current_round()
    if of is None:
        raise Problem(Kind.NOT_FOUND)
    return of


def _form(form_id: int) -> Form:
    """The form, if the reader may manage those of its round."""
    found = session().get(Form, form_id)
    if found is None or found.deleted_at is not None:
        raise Problem(Kind.NOT_FOUND)
    if not permissions.holds(doer(), Permission.MANAGE_FORMS, found.round_id):
        raise Problem(Kind.NOT_FOUND)
    return found


def _draft(found: Form) -> FormVersion:
    draft = session().get(FormVersion, found.draft_id) if found.draft_id is not None else None
    if draft is None:
        raise Problem(Kind.NOT_FOUND)
    return draft


def _version(found: Form, version_id: int) -> FormVersion:
    version = session().get(FormVersion, version_id)
    if version is None or version.form_id != found.id:
        raise Problem(Kind.NOT_FOUND)
    return version
