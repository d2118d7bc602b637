"""The draft of a form: made, looked at, published, thrown away."""

from __future__ import annotations

from typing import Any

from flask import request

from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, route
from fieldsurvey.api.forms import FORM, asking, readable, uploaded
from fieldsurvey.api.schemas.forms import FormSchema
from fieldsurvey.casework import drafts, publishing
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import form_records as output
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.rounds import Round

DRAFT = f"{FORM}/draft"


def draft_of(project: Round, form: Form) -> FormVersion:
    """Raises NOT_FOUND, FORBIDDEN."""
    if form.draft_id is None:
        raise Problem(Kind.NOT_FOUND)
    return readable(project, form, session().get_one(FormVersion, form.draft_id))


@route("GET", DRAFT, asks=ITSELF, gives=FormSchema)
def draft(project: Round, form: Form) -> dict[str, Any]:
    """The form as its draft."""
    return output.one(session(), form, draft_of(project, form).id, extended_for=asking(), draft=True)


@route("POST", DRAFT, asks=Permission.MANAGE_FORMS)
def replace(project: Round, form: Form) -> dict[str, Any]:
    """A new draft from an XForm or XLSForm; without one, from what phones get."""
    made = uploaded() or drafts.of_published(session(), form)
    ignore = wire.flag("ignoreWarnings")
    with write() as current:
        drafts.replace(current, form, made, blobs(), ignore_warnings=ignore, by=doer(), now=utcnow())
    return wire.SUCCESS


@route("POST", f"{DRAFT}/publish", asks=Permission.MANAGE_FORMS)
def publish(project: Round, form: Form) -> dict[str, Any]:
    """Let phones get the draft; `?version=` gives it another version name first."""
    with write() as current:
        publishing.publish(current, form, request.args.get("version") or None, by=doer(), now=utcnow())
    return wire.SUCCESS


@route("DELETE", DRAFT, asks=Permission.MANAGE_FORMS)
def throw_away(project: Round, form: Form) -> dict[str, Any]:
    """Forget the draft and what was sent to it."""
    with write() as current:
        drafts.throw_away(current, form, by=doer(), now=utcnow())
    return wire.SUCCESS
