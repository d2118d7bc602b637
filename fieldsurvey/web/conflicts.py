"""Conflicts of lists, decided field by field; and changes of phones that wait for another one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import conflicts as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import conflicts
from fieldsurvey.outputs.conflicts import Conflict
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import context
from fieldsurvey.web.door import door

OTHER = "other"  # a value that neither side had, typed in


@door.get("/conflicts", endpoint="conflicts")
@requires(Permission.READ_ENTITIES)
def show_conflicts() -> str:
    of = context.current_round()
    if of is None:
        return render_template("no_round.html")
    found = conflicts.of_round(session(), of, *_scopes(of))
    waiting = conflicts.held(session(), of, permissions.scope(doer(), Permission.REVIEW, of.id))
    return render_template("conflicts.html", of=of, found=found, waiting=waiting)


def _scopes(of: Round) -> tuple[Scope, Scope]:
    by = doer()
    return permissions.scope(by, Permission.EDIT_REGISTER), permissions.scope(by, Permission.MANAGE_ENTITIES, of.id)


@door.get("/conflicts/<list_name>/<uuid>")
@requires(Permission.READ_ENTITIES)
def conflict(list_name: str, uuid: str) -> str:
    return render_template("conflict.html", of=_round(), one=_conflict(list_name, uuid), refused=None, typed={})


@door.post("/conflicts/<list_name>/<uuid>")
@requires(Permission.READ_ENTITIES)
def decide_conflict(list_name: str, uuid: str) -> AnyResponse | str | tuple[str, int]:
    """What was chosen for each property. Who was overtaken sees both again, with what they had chosen."""
    of, found, form = _round(), _conflict(list_name, uuid), request.form
    try:
        with write() as current:
            query = select(Dataset).where(Dataset.round_id == of.id, Dataset.name == list_name, Dataset.kind.is_(None))
            dataset = current.scalar(query.where(Dataset.published_at.is_not(None)))
            seen = form.get("seen_version", type=int) or 0
            verbs.decide(
                current, of.id, dataset, uuid, _chosen(found), seen, note=form.get("note", ""), by=doer(), now=utcnow()
            )
    except Problem as refused:
        if refused.kind not in {Kind.ENTITY_VERSION_CONFLICT, Kind.ENTITY_INVALID}:
            raise
        page = render_template("conflict.html", of=of, one=_conflict(list_name, uuid), refused=refused, typed=form)
        return page, refused.kind.status
    flash(context.t("conflicts.decided", name=found.label), "done")
    return redirect(url_for("web.conflicts"))


def _chosen(found: Conflict) -> dict[str, str]:
    """Property → the value chosen; a property about which nothing was said stays as it is now."""
    form, made = request.form, {}
    for field in found.fields:
        given = form.get(f"field-{field.name}", "")
        if given == OTHER:
            made[field.name] = form.get(f"other-{field.name}", "").strip()
        elif given.isdecimal() and int(given) < len(field.options):
            made[field.name] = field.options[int(given)].value
    return made


@door.post("/conflicts/waiting")
@requires(Permission.REVIEW)
def force_waiting() -> AnyResponse:
    """Make the changes that were ticked although the ones before them have not come."""
    of = _round()
    ids = [int(text) for text in request.form.getlist("held") if text.isdecimal() and len(text) < 19]
    with write() as current:
        count = verbs.force(current, of.id, ids, by=doer(), now=utcnow())
    flash(context.t("conflicts.forced", count=count), "done")
    return redirect(url_for("web.conflicts") + "#waiting")


def _round() -> Round:
    found = context.current_round()
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _conflict(list_name: str, uuid: str) -> Conflict:
    of = _round()
    found = conflicts.one(session(), of, list_name, uuid, *_scopes(of))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found
