"""Applications (Mẫu 01, Mẫu 04): the book of them, taking one in, accepting, refusing, undoing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import applications as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import listing
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.listing import Answer, Application, Cause, Channel
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import applications as store
from fieldsurvey.store import areas
from fieldsurvey.store.register import Household
from fieldsurvey.web import chosen, context, ids
from fieldsurvey.web.door import door

MINE = Permission.MANAGE_LISTS
PAGE = 50
SAID_HERE = {Kind.NAME_MISSING, Kind.UNEXPECTED_VALUE, Kind.NOT_FOUND}
Choice = TypeVar("Choice", bound=StrEnum)


@door.get("/applications", endpoint="applications")
@requires(MINE)
def show_applications() -> str:
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="lists.applications.title")
    scope = chosen.scope(MINE, of)
    answer = request.args.get("answer", Answer.PENDING.value)
    shown = answer if answer in set(Answer) else Answer.PENDING.value
    rows = store.page(session(), of.id, scope, shown, before=ids.given(request.args, "before"), size=PAGE + 1)
    return render_template(
        "applications.html", of=of, rows=rows[:PAGE], answer=shown, answers=Answer,
        counts=store.counts(session(), of.id, scope), more=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
    )  # fmt: skip


@door.get("/applications/new")
@requires(MINE)
def new_application() -> str:
    return _form_page({"received_on": chosen.today().isoformat(), "kind": Application.REVIEW.value})


@door.post("/applications/new")
@requires(MINE)
def receive_application() -> AnyResponse | str | tuple[str, int]:
    by, form = doer(), request.form
    if "find" in form:
        return _form_page(form)
    try:
        with write() as current:
            of = chosen.round_now()
            village = chosen.area("village", Level.VILLAGE, MINE, of)
            made = verbs.receive(current, of, village, _paper(), by=by, now=utcnow())
            if "accept" in form:
                verbs.accept(current, made.id, by=by, now=utcnow())
    except Problem as refused:
        if refused.kind not in SAID_HERE:
            raise
        return _form_page(form, refused), refused.kind.status
    flash(context.t("lists.applications.received", name=made.applicant), "done")
    return redirect(url_for("web.applications"))


def _paper() -> verbs.Paper:
    form = request.form
    household = session().get(Household, ids.given(form, "household") or ids.NOBODY)
    return verbs.Paper(
        kind=_one_of(Application, "kind"),
        applicant=form.get("applicant", "") or (household.head_name if household else ""),
        received_on=chosen.day("received_on") or chosen.today(),
        household=household,
        number=form.get("number", ""),
        id_number=form.get("id_number", ""),
        phone=form.get("phone", ""),
        address=form.get("address", ""),
        causes=tuple(Cause(one) for one in form.getlist("cause") if one in set(Cause)),
        reason=form.get("reason", ""),
        channel=_one_of(Channel, "channel"),
    )


def _one_of(choices: type[Choice], name: str) -> Choice:
    given = request.form.get(name, next(iter(choices)).value)
    if given not in set(choices):
        raise Problem(Kind.UNEXPECTED_VALUE, field=name, value=given[:40])
    return choices(given)


def _form_page(form: Mapping[str, str], refused: Problem | None = None) -> str:
    of = chosen.a_round()
    scope, words = chosen.scope(MINE, of), form.get("q", "").strip()[:100]
    return render_template(
        "application_new.html", of=of, form=form, refused=refused, villages=areas.villages_in_scope(session(), scope)[:500],
        found=listing.found_households(session(), of.id, scope, words) if words else [], kinds=Application, causes=Cause,
        channels=Channel, ticked=request.form.getlist("cause"), today=chosen.today(),
    )  # fmt: skip


@door.post("/applications/<int:application_id>/<any(accept, refuse, withdraw, reopen):step>")
@requires(MINE)
def answer_application(application_id: int, step: str) -> AnyResponse:
    by, now, reason = doer(), utcnow(), request.form.get("reason", "")
    with write() as current:
        if step == "accept":
            verbs.accept(current, application_id, by=by, now=now)
        elif step == "reopen":
            verbs.reopen(current, application_id, by=by, now=now)
        else:
            verbs.refuse(current, application_id, reason, by=by, now=now, withdrawn=step == "withdraw")
    flash(context.t(f"lists.applications.done.{step}"), "done")
    return redirect(url_for("web.applications"))
