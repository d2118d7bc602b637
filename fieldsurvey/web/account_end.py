"""The last day of an account, set by who looks after it: the officer of the commune, or the administrator."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import pins
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import people
from fieldsurvey.web import context, paths
from fieldsurvey.web.door import door


@door.post("/people/<int:person_id>/until")
@requires(Permission.MANAGE_ENUMERATORS)
def limit_account(person_id: int) -> AnyResponse:
    """Empty: without an end."""
    by, given = doer(), request.form.get("until", "").strip()
    try:
        last_day = date.fromisoformat(given) if given else None
    except ValueError:
        raise Problem(Kind.UNEXPECTED_VALUE, field="until", value=given[:40]) from None
    with write() as current:
        found = people.active(current, person_id)
        if found is None or not permissions.allows(by, Permission.MANAGE_ENUMERATORS, found.place):
            raise Problem(Kind.NOT_FOUND)
        pins.limit(current, found, last_day, by=by, now=utcnow())
    flash(context.t("imports.until.done", name=found.display_name), "done")
    return redirect(paths.back())
