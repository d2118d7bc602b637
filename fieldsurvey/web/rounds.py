"""Review rounds: the list, a new one with an older one's forms, opening and closing, the register's households on a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import listing, publishing, visits
from fieldsurvey.casework import rounds as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import areas, forms, progress
from fieldsurvey.store import rounds as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import area_choice, context, ids
from fieldsurvey.web.door import door

LEVELS = (Level.PROVINCE, Level.COMMUNE)  # a round of one village would be a list, not a round


@door.get("/rounds", endpoint="rounds")
@requires(Permission.MANAGE_ROUNDS)
def show_rounds() -> str:
    found = context.known_rounds()
    names = areas.with_ids(session(), [one.area_id for one in found if one.area_id is not None])
    return render_template(
        "rounds.html", rounds=found, areas=names, listed=progress.by_round(session()),
        published=forms.published_by_round(session()), wanted=request.args.get("show", type=int),
    )  # fmt: skip


@door.get("/rounds/new")
@requires(Permission.MANAGE_ROUNDS)
def new_round() -> str:
    today = utcnow().astimezone(context.VIETNAM).date()
    dates = {"starts_on": f"{today.year}-09-01", "ends_on": f"{today.year}-12-14"}  # QĐ 24/2021/QĐ-TTg, article 3
    name = context.t("admin.rounds.usual_name", year=today.year)
    newest = next((str(one.id) for one in _rounds_with_forms()), "")
    return _form_page({"name": name, "year": str(today.year + 1), "forms_from": newest, **dates})


@door.post("/rounds/new")
@requires(Permission.MANAGE_ROUNDS)
def create_round() -> AnyResponse | str | tuple[str, int]:
    by, form = doer(), request.form
    if "find" in form:
        return _form_page(form)
    wrong = _wrong(form)
    if wrong:
        return _form_page(form, wrong), Kind.UNEXPECTED_VALUE.status
    with write() as current:
        area, dates = _chosen_area(), (date.fromisoformat(form["starts_on"]), date.fromisoformat(form["ends_on"]))
        made = verbs.create(current, form["name"], int(form["year"]), area, *dates, by=by, now=utcnow())
        added = listing.make(current, made, area, by=by, now=utcnow()) if "list" in form else 0
        source = ids.given(form, "forms_from")
        copied = publishing.copy(current, _round(source).id, made.id, by=by, now=utcnow()) if source is not None else 0
    flash(context.t("admin.rounds.created", name=made.name, count=context.number(added)), "done")
    if copied:
        flash(context.t("admin.rounds.forms_copied", count=context.number(copied)), "done")
    return redirect(url_for("web.rounds", show=made.id))


@door.post("/rounds/<int:round_id>/state")
@requires(Permission.MANAGE_ROUNDS)
def set_round_state(round_id: int) -> AnyResponse:
    by, state = doer(), request.form.get("state", "")
    with write() as current:
        found = _round(round_id)
        verbs.set_state(current, found, state, by=by, now=utcnow())
    flash(context.t(f"admin.rounds.state_set.{state}", name=found.name), "done")
    return redirect(url_for("web.rounds", show=round_id))


@door.post("/rounds/<int:round_id>/list")
@requires(Permission.MANAGE_ROUNDS)
def list_households(round_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        added = listing.list_households(current, _round(round_id), None, by=by, now=utcnow())
    flash(context.t("admin.rounds.listed", count=context.number(added)), "done")
    return redirect(url_for("web.rounds", show=round_id))


@door.post("/rounds/<int:round_id>/attempts")
@requires(Permission.MANAGE_ROUNDS)
def set_attempts_needed(round_id: int) -> AnyResponse:
    """After how many visits nobody has to come again."""
    by, needed = doer(), request.form.get("needed", 0, type=int)
    with write() as current:
        visits.set_attempts_needed(current, _round(round_id), needed, by=by, now=utcnow())
    flash(context.t("admin.rounds.attempts_set", count=needed), "done")
    return redirect(url_for("web.rounds", show=round_id))


def _form_page(form: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> str:
    scope = _scope()
    found = area_choice.found(scope, LEVELS)
    return render_template(
        "round_new.html", form=form, found=found, wrong=wrong or {}, everywhere=scope.everywhere,
        sources=_rounds_with_forms(),
    )  # fmt: skip


def _rounds_with_forms() -> list[Round]:
    """Whose forms may be copied, newest first."""
    known = forms.published_by_round(session())
    return [one for one in context.known_rounds() if known.get(one.id) and context.may(Permission.MANAGE_FORMS, one.id)]


def _scope() -> Scope:
    return permissions.scope(doer(), Permission.MANAGE_ROUNDS)


def _round(round_id: int) -> Round:
    found = next((one for one in context.known_rounds() if one.id == round_id), None)
    current = store.by_id(session(), round_id)
    if found is None or current is None:
        raise Problem(Kind.NOT_FOUND)
    return current


def _chosen_area() -> Area | None:
    chosen = area_choice.chosen()
    return session().get(Area, chosen) if chosen is not None else None


def _wrong(form: Mapping[str, str]) -> dict[str, str]:
    """Field → message id, for what cannot be read from the form; the verb asks the rest."""
    wrong: dict[str, str] = {}
    if not form.get("name", "").strip():
        wrong["name"] = "admin.wrong.name"
    year = form.get("year", "")
    if not (year.isascii() and year.isdigit() and verbs.FIRST_YEAR <= int(year) <= verbs.LAST_YEAR):
        wrong["year"] = "admin.wrong.year"
    wrong |= {name: "admin.wrong.date" for name in ("starts_on", "ends_on") if not _is_date(form.get(name, ""))}
    if not wrong and form["ends_on"] < form["starts_on"]:
        wrong["ends_on"] = "admin.wrong.ends_first"
    if area_choice.chosen() is None and not ("everywhere" in form and _scope().everywhere):
        wrong["area"] = "admin.wrong.area"
    return wrong


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
