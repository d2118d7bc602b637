"""The list of a round, commune by commune: preview, make, freeze, add and take off single households, undo."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import listing as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import listing as outputs
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.listing import PRIOR, Source
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import applications, lists
from fieldsurvey.store.register import Household
from fieldsurvey.web import chosen, context, ids
from fieldsurvey.web.door import door

MINE = Permission.MANAGE_LISTS


@door.get("/lists", endpoint="lists")
@requires(MINE)
def show_lists() -> AnyResponse | str:
    """The communes with their lists; for who has one commune, its page."""
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="lists.title")
    name = request.args.get("name", "").strip()[:100]
    found = outputs.communes(session(), of.id, chosen.scope(MINE, of), chosen.inside(of), name)
    if len(found) == 1 and not name:
        return redirect(url_for("web.commune_list", commune=found[0].id))
    return render_template("lists.html", of=of, lines=found, name=name)


@door.get("/lists/commune")
@requires(MINE)
def commune_list() -> str:
    """One commune: what would come on the list, what stands on it, what was changed."""
    of = chosen.a_round()
    commune, scope = chosen.area("commune", Level.COMMUNE, MINE, of), chosen.scope(MINE, of)
    words = request.args.get("q", "").strip()[:100]
    return render_template(
        "list_commune.html", of=of, commune=commune, frozen=lists.frozen(session(), of.id, commune.id),
        preview=outputs.preview(session(), of.id, of.year, scope, commune), words=words, today=chosen.today(),
        found=outputs.found_households(session(), of.id, scope, words) if words else [],
        changes=lists.changes(session(), of.id, scope, commune.id, limit=50),
        waiting=applications.counts(session(), of.id, scope).get("pending", 0),
    )  # fmt: skip


@door.get("/lists/village")
@requires(MINE)
def village_list() -> str:
    """The households of one village that stand on the list, each of which can be taken off."""
    of = chosen.a_round()
    village = chosen.area("village", Level.VILLAGE, MINE, of)
    rows = list(lists.listed(session(), of.id, chosen.scope(MINE, of), village.parent_id, village.id))
    return render_template("list_village.html", of=of, village=village, rows=rows)


@door.post("/lists/make")
@requires(MINE)
def make_list() -> AnyResponse:
    of, by = chosen.round_now(), doer()
    classes = [one for one in request.form.getlist("class") if one in PRIOR]
    with write() as current:
        commune = chosen.area("commune", Level.COMMUNE, MINE, of)
        added = verbs.make(current, chosen.round_now(), commune, classes, by=by, now=utcnow())
    flash(context.t("lists.made", count=context.number(added)), "done")
    return _back(commune.id)


@door.post("/lists/freeze")
@requires(MINE)
def freeze_list() -> AnyResponse:
    of, by = chosen.a_round(), doer()
    decided = chosen.day("decided_on") or chosen.today()
    with write() as current:
        commune = chosen.area("commune", Level.COMMUNE, MINE, of)
        made = verbs.freeze(
            current, chosen.round_now(), commune, request.form.get("number", ""), decided, by=by, now=utcnow()
        )
    flash(context.t("lists.frozen_now", number=made.number, count=context.number(made.households)), "done")
    return _back(commune.id)


@door.post("/lists/add")
@requires(MINE)
def add_to_list() -> AnyResponse:
    by = doer()
    with write() as current:
        household = current.get(Household, ids.given(request.form, "household") or ids.NOBODY)
        if household is None:
            raise Problem(Kind.NOT_FOUND)
        reason = request.form.get("reason", "")
        verbs.add(current, chosen.round_now(), household, Source.OFFICER, reason, by=by, now=utcnow())
    flash(context.t("lists.added", name=household.head_name), "done")
    return _back(household.commune_id)


@door.post("/lists/remove")
@requires(MINE)
def remove_from_list() -> AnyResponse:
    by = doer()
    with write() as current:
        case_id = ids.given(request.form, "case") or ids.NOBODY
        change = verbs.remove(current, case_id, request.form.get("reason", ""), by=by, now=utcnow())
        household = current.get_one(Household, change.household_id)
    flash(context.t("lists.removed", name=household.head_name), "done")
    return _back(change.commune_id)


@door.post("/lists/changes/<int:change_id>/undo")
@requires(MINE)
def undo_removal(change_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        case = verbs.bring_back(current, change_id, by=by, now=utcnow())
    flash(context.t("lists.brought_back"), "done")
    return _back(case.commune_id)


def _back(commune_id: int | None) -> AnyResponse:
    return redirect(url_for("web.commune_list", commune=commune_id))
