"""Forms of a project: made of an XForm or a spreadsheet, listed, changed, deleted and brought back."""

from __future__ import annotations

from typing import Any

from flask import request

from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, may, route
from fieldsurvey.api.schemas.forms import FormChangeSchema, FormSchema
from fieldsurvey.casework import drafts, publishing
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, session, utcnow, write
from fieldsurvey.forms import definition
from fieldsurvey.forms.definition import Definition
from fieldsurvey.guards import doer
from fieldsurvey.outputs import form_records as output
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import forms as store
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.rounds import Round

FORM = "/projects/<project_id>/forms/<xml_form_id>"


def uploaded() -> Definition | None:
    """The form in the body, if there is one. Converted before any transaction begins, because it takes a while."""
    request.max_content_length = config().max_form_mb * 1_000_000
    content, mime = request.get_data(), request.mimetype
    if not content:
        return None
    if mime in definition.EXCEL:
        return definition.from_spreadsheet(content, mime, request.headers.get("X-XlsForm-FormId-Fallback"))
    return definition.from_xml(content)


def asking() -> Doer | None:
    """The caller, where the extended metadata is asked for."""
    return doer() if wire.extended() else None


def readable(project: Round, form: Form, version: FormVersion) -> FormVersion:
    """The version, if the caller may read it."""
    if not any(may(one, project, form) for one in output.reading(version.published_at, form.state)):
        raise Problem(Kind.FORBIDDEN)
    return version


def shown(project: Round, form: Form) -> FormVersion:
    """The version that stands for the form: what phones get, else the draft."""
    version = session().get_one(FormVersion, form.published_id or form.draft_id)
    return readable(project, form, version)


@route("GET", "/projects/<project_id>/forms", asks=ITSELF, gives=FormSchema, many=True)
def forms(project: Round) -> list[dict[str, Any]]:
    """The forms that the caller may read, by name. `?deleted=true`: those that can be brought back."""
    if not (may(Permission.READ_FORMS, project) or may(Permission.READ_OPEN_FORMS, project)):
        raise Problem(Kind.FORBIDDEN)
    deleted, extended = wire.flag("deleted"), wire.extended()
    return output.of_round(session(), project.id, doer(), deleted=deleted, extended=extended)


@route("POST", "/projects/<project_id>/forms", asks=Permission.MANAGE_FORMS, gives=FormSchema)
def create(project: Round) -> dict[str, Any]:
    """A new form from an XForm or XLSForm; with `?publish=true` phones get it at once."""
    made, by, now = uploaded(), doer(), utcnow()
    if made is None:
        raise Problem(Kind.MISSING_PARAMETER, field="formId")
    ignore = wire.flag("ignoreWarnings")
    with write() as current:
        form = drafts.create(current, project.id, made, blobs(), ignore_warnings=ignore, by=by, now=now)
        if wire.flag("publish"):
            publishing.publish(current, form, by=by, now=now)
    return output.one(session(), form, form.published_id or form.draft_id or 0, extended_for=asking())


@route("GET", FORM, asks=ITSELF, gives=FormSchema)
def form(project: Round, form: Form) -> dict[str, Any]:
    """One form, as the version that phones get, else as its draft."""
    return output.one(session(), form, shown(project, form).id, extended_for=asking())


@route("PATCH", FORM, asks=Permission.MANAGE_FORMS, takes=FormChangeSchema, gives=FormSchema)
def change(project: Round, form: Form) -> dict[str, Any]:
    """Open the form, close it or let it run out; let people fill it in the browser."""
    given = wire.loaded(FormChangeSchema())
    state, webforms = given.get("state"), given.get("webformsEnabled")
    with write() as current:
        publishing.update(current, form, state=state, webforms=webforms, by=doer(), now=utcnow())
    return output.one(session(), form, form.published_id or form.draft_id or 0)


@route("DELETE", FORM, asks=Permission.MANAGE_FORMS)
def delete(project: Round, form: Form) -> dict[str, Any]:
    """Put the form aside, with its submissions."""
    with write() as current:
        publishing.delete(current, form, by=doer(), now=utcnow())
    return wire.SUCCESS


@route("POST", "/projects/<project_id>/forms/<form_id>/restore", asks=Permission.MANAGE_FORMS)
def restore(project: Round, form_id: str) -> dict[str, Any]:
    """Bring a deleted form back, by its number: several of one id may be deleted."""
    found = store.deleted(session(), project.id, wire.whole_number(form_id))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    with write() as current:
        publishing.restore(current, found, by=doer(), now=utcnow())
    return wire.SUCCESS
