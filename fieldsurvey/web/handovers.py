"""The hand-overs of a commune: households that it is offered, that it has offered, and the last answers."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import handing_over, households
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import register as product
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.web import context, ids
from fieldsurvey.web.door import door

SAID_HERE = {Kind.HANDOVER_ANSWERED, Kind.AREA_UNFIT, Kind.REASON_MISSING, Kind.HOUSEHOLD_GONE}


@door.get("/register/handovers", endpoint="handovers")
@requires(Permission.EDIT_REGISTER)
def show_handovers() -> str:
    return render_template("handovers.html", box=product.inbox(session(), doer()))


@door.post("/register/handovers/<int:handover_id>/accept")
@requires(Permission.EDIT_REGISTER)
def accept_handover(handover_id: int) -> AnyResponse:
    """Into the village that was chosen; the household and its case move in this moment."""
    try:
        with write() as current:
            village = households.village_of(current, ids.given(request.form, "village"))
            household = handing_over.accept(current, handover_id, village, by=doer(), now=utcnow())
    except Problem as refused:
        return _refused(refused)
    flash(context.t("register.handovers.accepted", name=household.head_name, village=village.full_name), "done")
    return redirect(url_for("web.register_household", uuid=household.uuid))


@door.post("/register/handovers/<int:handover_id>/decline")
@requires(Permission.EDIT_REGISTER)
def decline_handover(handover_id: int) -> AnyResponse:
    try:
        with write() as current:
            handing_over.decline(current, handover_id, request.form.get("reason", ""), by=doer(), now=utcnow())
    except Problem as refused:
        return _refused(refused)
    flash(context.t("register.handovers.declined"), "done")
    return redirect(url_for("web.handovers"))


@door.post("/register/handovers/<int:handover_id>/withdraw")
@requires(Permission.EDIT_REGISTER)
def withdraw_handover(handover_id: int) -> AnyResponse:
    try:
        with write() as current:
            handing_over.withdraw(current, handover_id, by=doer(), now=utcnow())
    except Problem as refused:
        return _refused(refused)
    flash(context.t("register.handovers.withdrawn"), "done")
    return redirect(url_for("web.handovers"))


def _refused(problem: Problem) -> AnyResponse:
    """The list again, which shows how things stand."""
    if problem.kind not in SAID_HERE:
        raise problem
    flash(context.t(problem.kind.message_id, **problem.params), "problem")
    return redirect(url_for("web.handovers"))
