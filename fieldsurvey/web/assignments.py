"""Who visits whom in a commune: workloads, a village or single households to somebody, hand-over, days, undo."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import assign_households as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import forecast, listing, workload
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import assignments as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.assignments import AssignmentAct
from fieldsurvey.store.people import Actor
from fieldsurvey.web import chosen, context, ids
from fieldsurvey.web.door import door

MINE = Permission.ASSIGN_HOUSEHOLDS


@door.get("/work", endpoint="work")
@requires(MINE)
def show_work() -> AnyResponse | str:
    """One commune's people and villages; the communes, where the reader has several and has chosen none."""
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="work.title")
    if ids.given(request.args, "commune") is None:
        name = request.args.get("name", "").strip()[:100]
        lines = listing.communes(session(), of.id, chosen.scope(MINE, of), chosen.inside(of), name)
        if len(lines) != 1 or name:
            return render_template("work_communes.html", of=of, lines=lines, name=name)
        return redirect(url_for("web.work", commune=lines[0].id))
    commune, scope = chosen.area("commune", Level.COMMUNE, MINE, of), chosen.scope(MINE, of)
    villages, proposed = forecast.proposals(session(), of, scope, commune, chosen.today())
    return render_template(
        "work.html", of=of, commune=commune, workers=workload.workers(session(), of.id, commune, chosen.today()),
        villages=villages, proposals=proposed, targets=workload.targets(session(), commune.id),
        own=store.by_grant(session(), scope, commune.id), today=chosen.today(),
        acts=[one for one in store.acts(session(), of.id, scope) if one.commune_id == commune.id],
    )  # fmt: skip


@door.get("/work/village")
@requires(MINE)
def village_work() -> str:
    """One village's households that somebody has to visit, to be given to somebody one by one."""
    of = chosen.a_round()
    village = chosen.area("village", Level.VILLAGE, MINE, of)
    targets = workload.targets(session(), village.parent_id or 0)
    return render_template(
        "work_village.html", of=of, village=village, targets=targets, people={one.id: one.name for one in targets},
        rows=store.left(session(), of.id, village.id, (State.NOT_VISITED, State.HAS_ISSUES)), today=chosen.today(),
    )  # fmt: skip


@door.post("/work/assign")
@requires(MINE)
def assign_households() -> AnyResponse:
    """The ticked households, or the whole village, to somebody; `to` empty: back to the village's own."""
    by, of = doer(), chosen.a_round()
    with write() as current:
        village = chosen.area("village", Level.VILLAGE, MINE, of)
        to, ticked = _person("to"), chosen.numbers("case")
        if request.form.get("what") == "ticked" and not ticked:
            raise Problem(Kind.MISSING_PARAMETER, field="case")
        if ticked:
            act = verbs.assign(current, chosen.round_now(), ticked, to, by=by, now=utcnow())
        else:
            act = verbs.assign_village(current, chosen.round_now(), village, to, by=by, now=utcnow())
    return _done(act, village.parent_id, to)


@door.post("/work/hand-over")
@requires(MINE)
def hand_over() -> AnyResponse:
    by, of = doer(), chosen.a_round()
    with write() as current:
        commune = chosen.area("commune", Level.COMMUNE, MINE, of)
        giver, to = _person("from"), _person("to")
        if giver is None or to is None or giver.id == to.id:
            raise Problem(Kind.NO_ENUMERATOR, person=to.display_name if to else "?")
        reason = request.form.get("reason", "")
        act = verbs.hand_over(current, chosen.round_now(), commune, giver, to, reason, by=by, now=utcnow())
    return _done(act, commune.id, to)


@door.post("/work/due")
@requires(MINE)
def set_due() -> AnyResponse:
    """A day for the unvisited households of a village, of one person, or of the whole commune."""
    by, of = doer(), chosen.a_round()
    due_on = chosen.day("due_on")
    with write() as current:
        area = _area_of_due()
        person = _person("person")
        act = verbs.set_due(
            current, chosen.round_now(), area, due_on, by=by, now=utcnow(), assignee_id=person.id if person else None
        )
    said = context.t("work.due_set", count=context.number(act.households), day=context.day(due_on) or "–")
    flash(said, "done")
    commune_id = area.parent_id if area.level == Level.VILLAGE.value else area.id
    return redirect(url_for("web.work", round=of.id, commune=commune_id))


def _area_of_due() -> Area:
    of = chosen.a_round()
    if request.form.get("village"):
        return chosen.area("village", Level.VILLAGE, MINE, of)
    return chosen.area("commune", Level.COMMUNE, MINE, of)


@door.post("/work/move")
@requires(MINE)
def move_households() -> AnyResponse:
    """A move that the forecast proposed, with one tap."""
    by, of = doer(), chosen.a_round()
    with write() as current:
        origin = chosen.area("origin", Level.VILLAGE, MINE, of)
        target = chosen.area("target", Level.VILLAGE, MINE, of)
        to, count = _person("to"), request.form.get("count", 0, type=int)
        if to is None or target.parent_id != origin.parent_id or not 0 < count <= 1000:
            raise Problem(Kind.UNEXPECTED_VALUE, field="count", value=count)
        cases = forecast.chosen_cases(current, of, origin.id, target.id, origin.parent_id or 0, count)
        act = verbs.move(current, chosen.round_now(), cases, to, by=by, now=utcnow(), reason=target.full_name)
    return _done(act, origin.parent_id, to)


@door.post("/work/acts/<int:act_id>/undo")
@requires(MINE)
def undo_act(act_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        undone = verbs.undo(current, act_id, by=by, now=utcnow())
        act = current.get_one(AssignmentAct, act_id)
    name = "undone" if not undone.left else "undone_partly"
    said = context.t(f"work.{name}", count=context.number(undone.households), left=context.number(undone.left))
    flash(said, "done")
    return redirect(url_for("web.work", commune=act.commune_id))


def _person(name: str) -> Actor | None:
    """Whom the form names; None where it names nobody."""
    given = ids.given(request.form, name)
    if given is None:
        return None
    found = session().get(Actor, given)
    if found is None:
        raise Problem(Kind.NO_ENUMERATOR, person="?")
    return found


def _done(act: AssignmentAct, commune_id: int | None, to: Actor | None) -> AnyResponse:
    name = to.display_name if to is not None else context.t("work.own_people")
    flash(context.t("work.given", count=context.number(act.households), name=name), "done")
    return redirect(url_for("web.work", commune=commune_id))
