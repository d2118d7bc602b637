"""Practice of a round: set it up, see who has passed, read what a trainee answered otherwise, return it with a note."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import practice as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import practice as outputs
from fieldsurvey.outputs import practice_village
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store import rounds
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import context
from fieldsurvey.web.door import door


@door.get("/rounds/<int:round_id>/practice", endpoint="practice")
@requires(Permission.READ_HOUSEHOLDS)
def practice_page(round_id: int) -> str:
    """Who of the reader's areas has practised how much."""
    of = _round(round_id)
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS, of.id)
    people = outputs.trainees(session(), of, scope, context.locale())
    return render_template(
        "practice.html", of=of, people=people, stories=practice_village.households(), most=verbs.MOST_NEEDED,
        may_set_up=permissions.holds(doer(), Permission.MANAGE_ROUNDS, of.id),
    )  # fmt: skip


@door.post("/rounds/<int:round_id>/practice")
@requires(Permission.MANAGE_ROUNDS)
def set_up_practice(round_id: int) -> AnyResponse:
    """Make the practice round where there is none, and say how many households open real work."""
    needed = request.form.get("needed", type=int)
    with write() as current:
        of = _round(round_id)
        name = context.t("phone_app.practice.name", name=of.name)
        verbs.set_up(current, of, name, -1 if needed is None else needed, by=doer(), now=utcnow())
    flash(context.t("phone_app.practice.set_up"), "done")
    return redirect(url_for("web.practice", round_id=round_id))


@door.post("/rounds/<int:round_id>/practice/<int:submission_id>")
@requires(Permission.REVIEW)
def answer_practice(round_id: int, submission_id: int) -> AnyResponse:
    """Return one practice household with a note, or let it count."""
    form = request.form
    decision = Decision.RETURN if form.get("decision") == Decision.RETURN else Decision.APPROVE
    with write() as current:
        verbs.answer(current, submission_id, decision, form.get("note", ""), by=doer(), now=utcnow())
    flash(context.t(f"phone_app.practice.answered_{decision.value}"), "done")
    return redirect(url_for("web.practice", round_id=round_id))


def _round(round_id: int) -> Round:
    """A real round of the reader's areas."""
    found = next((one for one in context.known_rounds() if one.id == round_id), None)
    current = rounds.by_id(session(), round_id)
    if found is None or current is None or current.practice:
        raise Problem(Kind.NOT_FOUND)
    return current
