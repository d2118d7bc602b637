"""The officer's queue: a page of cases to look at, and one decision on many of them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import review
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import queue as cases_queue
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.web import context, decision, outcome, search
from fieldsurvey.web.door import door


@door.get("/review")
@requires(Permission.READ_HOUSEHOLDS)
def queue() -> str:
    """One page of the queue. `?after=` is the id of the last case of the page before."""
    opened = context.current_round()
    if opened is None:
        return render_template("no_round.html")
    wanted, after = search.asked(), request.args.get("after", 0, type=int)
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS, opened.id)
    found = cases_queue.queue(session(), opened.id, scope, wanted.filter, after)
    offered = decision.BATCH[wanted.tab] if context.may(Permission.REVIEW, opened.id) else ()
    shown = {"queue": found, "search": wanted, "after": after, "outcome": outcome.take(), "offered": offered}
    return render_template("queue.html", tabs=cases_queue.TABS, quick=decision.QUICK, **shown)


@door.get("/review/batch")
@requires(Permission.READ_HOUSEHOLDS)
def queue_again() -> AnyResponse:
    """Who reloads the answer to a batch gets the queue."""
    return redirect(url_for("web.queue", **search.asked().args()))


@door.post("/review/batch")
@requires(Permission.REVIEW)
def decide_many() -> AnyResponse:
    """One decision on the ticked cases; each box holds `id:version`, the version that was on the screen."""
    wanted, typed, seen = search.asked(), decision.read(), _ticked(request.form.getlist("case"))
    known = {case_id: version for case_id, version in seen.items() if version}
    with write() as current:
        batch = review.decide_many(
            current, list(seen), typed.decision, by=doer(), now=utcnow(), reason=typed.reason, seen=known
        )
    outcome.remember(typed.decision, batch.done, batch.refused)
    if typed.decision is Decision.REOPEN and len(batch.done) == 1:
        return redirect(url_for("web.household", case_id=batch.done[0], **wanted.args()))
    return redirect(url_for("web.queue", **wanted.args()))


def _ticked(boxes: list[str]) -> dict[int, int]:
    """Case id → version that was seen; 0 where the box does not say."""
    pairs = (box.partition(":") for box in boxes[: cases_queue.PAGE])
    return {int(one): int(seen or 0) for one, _, seen in pairs if one.isdecimal() and (seen or "0").isdecimal()}
