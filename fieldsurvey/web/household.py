"""One household: its page, the officer's decision about it, the paper score, and the look at identity numbers."""

from __future__ import annotations

from flask import Response, after_this_request, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import classify, reveal, review
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import doubts, returned
from fieldsurvey.outputs import household as product
from fieldsurvey.outputs.household import Look
from fieldsurvey.rules import permissions, workflow
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.store import cases, visits
from fieldsurvey.store.cases import Case
from fieldsurvey.web import context, decision, outcome, search
from fieldsurvey.web.decision import Typed
from fieldsurvey.web.door import door
from fieldsurvey.web.search import Search

# Said on the page itself, above what the officer had typed.
SAID_HERE = {Kind.REASON_MISSING, Kind.STATE_CHANGED, Kind.TRANSITION_FORBIDDEN, Kind.UNEXPECTED_VALUE}


@door.get("/review/<int:case_id>")
@requires(Permission.READ_HOUSEHOLDS)
def household(case_id: int) -> str:
    """The household's page. `?submission=` and `?version=` show another one, to be read only."""
    return _page(case_id)


@door.get("/review/<int:case_id>/notes/<int:review_id>/<int:position>")
@requires(Permission.READ_HOUSEHOLDS)
def spoken_note(case_id: int, review_id: int, position: int) -> Response:
    """The sound of a spoken note."""
    product.find(session(), case_id, by=doer())
    found = returned.spoken_note(session(), review_id, position, doer())
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    answer = send_file(blobs().path(found[0]), mimetype=found[1], etag=False)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _page(case_id: int, refused: Problem | None = None, typed: Typed | None = None, revealed: bool = False) -> str:
    context.current_round()
    after_this_request(_may_record)
    asked = request.args
    look = Look(context.locale(), revealed, asked.get("submission", type=int), asked.get("version", type=int))
    found = product.dossier(session(), case_id, look, by=doer())
    return render_template(
        "household.html",
        d=found,
        possible=_possible(found),
        search=search.asked(),
        outcome=outcome.take(),
        refused=refused,
        typed=typed,
        revealed=revealed,
        quick=decision.QUICK,
        **_more(found),
    )


def _may_record(answer: Response) -> Response:
    """The officer may speak a note."""
    answer.headers["Permissions-Policy"] = "camera=(), microphone=(self), geolocation=()"
    return answer


def _more(found: product.Dossier) -> dict[str, object]:
    """What is odd about the household, and the visits that brought no questionnaire."""
    case = found.case
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS, case.round_id)
    return {
        "doubts": doubts.of_case(session(), case.id, scope) if found.sheet is not None else [],
        "known": visits.of_household(session(), case.round_id, case.household_id) if case.attempts else [],
    }


def _possible(found: product.Dossier) -> tuple[Decision, ...]:
    """The decisions that the reader can take about what is shown."""
    case = found.case
    if not found.under_review or not permissions.allows(doer(), Permission.REVIEW, case.place, case.round_id):
        return ()
    return workflow.possible(State(case.state))


@door.get("/review/<int:case_id>/<any(decide, 'paper-score', reveal):_step>")
@requires(Permission.READ_HOUSEHOLDS)
def household_again(case_id: int, _step: str) -> AnyResponse:
    """Who reloads, or changes the language on, the answer to a form gets the household's page."""
    return redirect(url_for("web.household", case_id=case_id, **search.asked().args()))


@door.get("/review/<int:case_id>/next")
@requires(Permission.READ_HOUSEHOLDS)
def next_household(case_id: int) -> AnyResponse:
    """To the next case of the same queue, leaving this one as it is."""
    case, _ = product.find(session(), case_id, by=doer())
    return redirect(_onward(case, search.asked()))


@door.post("/review/<int:case_id>/decide")
@requires(Permission.REVIEW)
def decide(case_id: int) -> AnyResponse | tuple[str, int]:
    """Take the decision and go on to the next case of the same queue."""
    typed, wanted = decision.read(), search.asked()
    product.find(session(), case_id, by=doer())
    try:
        case = _decided(case_id, typed)
    except Problem as refused:
        return _said_here(case_id, refused, typed)
    if typed.decision is Decision.REOPEN:
        return redirect(url_for("web.household", case_id=case.id, **wanted.args()))
    return redirect(_onward(case, wanted))


def _decided(case_id: int, typed: Typed) -> Case:
    with write() as current:
        case = review.decide(
            current,
            case_id,
            typed.decision,
            by=doer(),
            now=utcnow(),
            reason=typed.reason,
            notes=typed.as_notes(),
            seen_version=typed.seen_version,
        )
    outcome.remember(typed.decision, [case.id])
    return case


def _said_here(case_id: int, refused: Problem, typed: Typed | None = None) -> tuple[str, int]:
    if refused.kind not in SAID_HERE:
        raise refused
    return _page(case_id, refused, typed), refused.kind.status


def _onward(case: Case, wanted: Search) -> str:
    """The next case of the same queue; the queue itself when nothing is left."""
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS, case.round_id)
    following = cases.next_id(session(), case.round_id, scope, wanted.filter, case.id)
    if following is None:
        return url_for("web.queue", **wanted.args())
    return url_for("web.household", case_id=following, **wanted.args())


@door.post("/review/<int:case_id>/paper-score")
@requires(Permission.REVIEW)
def paper_score(case_id: int) -> AnyResponse | tuple[str, int]:
    """B1 from the paper form decides in place of the computed one; left empty, the computed one decides again."""
    product.find(session(), case_id, by=doer())
    try:
        points = _points(request.form.get("points", "").strip())
        with write() as current:
            classify.enter_paper_score(current, case_id, points, by=doer(), now=utcnow())
    except Problem as refused:
        return _said_here(case_id, refused)
    return redirect(url_for("web.household", case_id=case_id, **search.asked().args()))


def _points(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Problem(Kind.UNEXPECTED_VALUE, field="B1", value=text)
    return int(text) if text else None


@door.post("/review/<int:case_id>/reveal")
@requires(Permission.REVEAL)
def reveal_numbers(case_id: int) -> str:
    """The page with identity numbers in full, once; the look is written down."""
    product.find(session(), case_id, by=doer())
    with write() as current:
        reveal.note_look(current, case_id, by=doer(), now=utcnow())
    return _page(case_id, revealed=True)
