"""The audit trail: of the whole server, and of one form."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import ColumnElement

from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.audits import AuditSchema
from fieldsurvey.extensions import session
from fieldsurvey.outputs import audits
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round


@route("GET", "/audits", asks=Permission.READ_AUDIT, gives=AuditSchema, many=True)
def all_audits() -> list[dict[str, Any]]:
    """Everything that was done, newest first; `action` names one or a category, `start` and `end` the time."""
    return _entries()


@route(
    "GET", "/projects/<project_id>/forms/<xml_form_id>/audits", asks=Permission.READ_AUDIT, gives=AuditSchema, many=True
)
def form_audits(project: Round, form: Form) -> list[dict[str, Any]]:
    """What was done to a form itself, newest first."""
    return entries_of("form", form.id)


def entries_of(subject: str, subject_id: int) -> list[dict[str, Any]]:
    """What was done to one thing, newest first, as the query asks."""
    return _entries(audits.of_subject(subject, subject_id))


def _entries(*wanted: ColumnElement[bool]) -> list[dict[str, Any]]:
    offset, limit = wire.paging()
    action = request.args.get("action")
    by_action = [audits.of_action(action)] if action else []
    by_time = audits.between(wire.asked_moment("start"), wire.asked_moment("end"))
    return audits.entries(
        session(), *wanted, *by_action, *by_time, offset=offset, limit=limit, extended=wire.extended()
    )
