"""Settling a doubt on the household's page, and taking that back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import doubts as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.rules.doubting import Settled
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.web import context, search
from fieldsurvey.web.door import door


@door.post("/doubts/<int:doubt_id>/settle")
@requires(Permission.REVIEW)
def settle_doubt(doubt_id: int) -> AnyResponse:
    by, result = doer(), request.form.get("result", "")
    if result not in {one.value for one in verbs.BY_OFFICERS}:
        raise Problem(Kind.MISSING_PARAMETER, field="result")
    with write() as current:
        found = verbs.settle(current, doubt_id, Settled(result), request.form.get("note", ""), by=by, now=utcnow())
    flash(context.t(f"doubts.done.{result}"), "done")
    return redirect(url_for("web.household", case_id=found.case_id, **search.asked().args(), _anchor="doubts"))


@door.post("/doubts/<int:doubt_id>/reopen")
@requires(Permission.REVIEW)
def reopen_doubt(doubt_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        found = verbs.reopen(current, doubt_id, by=by, now=utcnow())
    flash(context.t("doubts.done.reopened"), "done")
    return redirect(url_for("web.household", case_id=found.case_id, **search.asked().args(), _anchor="doubts"))
