"""An enumerator's own houses in the order of the next one, and visits that brought no questionnaire."""

from __future__ import annotations

from datetime import datetime, time

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import visits as verbs
from fieldsurvey.casework.visits import Attempt
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import next_houses
from fieldsurvey.rules import permissions
from fieldsurvey.rules.days import VIETNAM
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.visiting import NEEDS_NOTE, Outcome
from fieldsurvey.store import cases
from fieldsurvey.store import visits as store
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.web import chosen, context, paths
from fieldsurvey.web.door import door


@door.get("/visits", endpoint="visits")
@requires(Permission.SUBMIT)
def my_houses() -> str:
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="visits.title")
    scope = chosen.scope(Permission.SUBMIT, of)
    stops = next_houses.stops(session(), of.id, scope, doer().id, chosen.today())
    return render_template("visits.html", of=of, stops=stops, today=chosen.today())


@door.get("/visits/<int:case_id>")
@requires(Permission.SUBMIT)
def visit_page(case_id: int) -> str:
    return _page(case_id)


def _page(case_id: int, refused: Problem | None = None) -> str:
    case, household = _mine(case_id)
    of = chosen.a_round()
    return render_template(
        "visit.html", of=of, case=case, household=household, outcomes=Outcome, needs_note=NEEDS_NOTE, refused=refused,
        known=store.of_household(session(), case.round_id, case.household_id), today=chosen.today(), form=request.form,
    )  # fmt: skip


@door.post("/visits/<int:case_id>")
@requires(Permission.SUBMIT)
def record_visit(case_id: int) -> AnyResponse | tuple[str, int]:
    """Nobody was met: why, and when."""
    by, form = doer(), request.form
    outcome = form.get("outcome", "")
    try:
        if outcome not in set(Outcome):
            raise Problem(Kind.MISSING_PARAMETER, field="outcome")
        attempt = Attempt(Outcome(outcome), _moment(), form.get("note", ""), uuid=form.get("uuid", "")[:60])
        with write() as current:
            _mine(case_id)
            verbs.record(current, case_id, attempt, by=by, now=utcnow())
    except Problem as refused:
        if refused.kind not in {Kind.MISSING_PARAMETER, Kind.REASON_MISSING, Kind.UNEXPECTED_VALUE}:
            raise
        return _page(case_id, refused), refused.kind.status
    flash(context.t("visits.recorded"), "done")
    return redirect(paths.same_site(form.get("back")) or url_for("web.visits"))


def _moment() -> datetime:
    """When somebody stood at the door: today now, an earlier day at noon."""
    day = chosen.day("on")
    if day is None or day == chosen.today():
        return utcnow()
    return datetime.combine(day, time(12), VIETNAM)


@door.post("/visits/withdraw/<int:visit_id>")
@requires(Permission.SUBMIT)
def withdraw_visit(visit_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        verbs.withdraw(current, visit_id, by=by, now=utcnow())
    flash(context.t("visits.withdrawn"), "done")
    return redirect(paths.back())


def _mine(case_id: int) -> tuple[Case, Household]:
    """The case, if the reader may visit it or read it; NOT_FOUND otherwise."""
    found = cases.with_household(session(), case_id)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    case = found[0]
    if permissions.allows(doer(), Permission.READ_HOUSEHOLDS, case.place, case.round_id):
        return found
    try:
        verbs.require_visiting(session(), case, doer())
    except Problem:
        raise Problem(Kind.NOT_FOUND) from None
    return found
