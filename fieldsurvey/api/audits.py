"""The audit trail: of the whole server, and of one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from sqlalchemy import ColumnElement

from fieldsurvey import callers
from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.audits import AuditSchema
from fieldsurvey.extensions import session
from fieldsurvey.outputs import audits, submission_history
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round


@route("GET", "/audits", asks=Permission.READ_AUDIT, gives=AuditSchema, many=True)
def all_audits() -> Sequence[dict[str, Any]]:
    """Everything that was done, newest first; `action` names one or a category, `start` and `end` the time."""
    return entries_where()


@route(
    "GET", "/projects/<project_id>/forms/<xml_form_id>/audits", asks=Permission.READ_AUDIT, gives=AuditSchema, many=True
)
def form_audits(project: Round, form: Form) -> Sequence[dict[str, Any]]:
    """What was done to a form itself, newest first."""
    return entries_where(audits.of_subject("form", form.id))


def entries_where(*wanted: ColumnElement[bool]) -> Sequence[dict[str, Any]]:
    """The entries that fit, as the query asks, in the reader's language."""
    offset, limit = wire.paging()
    action = request.args.get("action")
    by_action = [audits.of_action(action)] if action else []
    by_time = audits.between(wire.asked_moment("start"), wire.asked_moment("end"))
    found = audits.entries(
        session(), *wanted, *by_action, *by_time, offset=offset, limit=limit, extended=wire.extended()
    )
    return submission_history.in_words(found, callers.locale())
