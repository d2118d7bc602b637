"""Accounts: who signs in with which role and where; a new one, a new password, an end."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import people as verbs
from fieldsurvey.casework.people import LEVELS
from fieldsurvey.casework.signing_in import normal_name
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import accounts
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Role, Scope
from fieldsurvey.store import areas, disclosures
from fieldsurvey.store import people as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.people import Actor
from fieldsurvey.web import area_choice, context
from fieldsurvey.web.door import door

SHOWN = 100  # a phone's screen holds eight; who wants more searches


@door.get("/people", endpoint="people")
@requires(Permission.MANAGE_PEOPLE)
def show_people() -> str:
    words, role = request.args.get("name", "").strip()[:100], request.args.get("role", "")
    found = accounts.accounts(session(), _scope(), words, role)
    return render_template(
        "people.html", accounts=found[:SHOWN], count=len(found), words=words, role=role, roles=LEVELS
    )


@door.get("/people/new")
@requires(Permission.MANAGE_PEOPLE)
def new_person() -> str:
    return _form_page({"role": Role.ENUMERATOR.value})


@door.post("/people/new")
@requires(Permission.MANAGE_PEOPLE)
def create_person() -> str | tuple[str, int]:
    by, form, password = doer(), request.form, verbs.generated_password()
    if "find" in form:
        return _form_page(form)
    wrong = _wrong(form)
    if wrong:
        return _form_page(form, wrong), Kind.UNEXPECTED_VALUE.status
    try:
        with write() as current:
            role, area = Role(form["role"]), _chosen_area()
            made = verbs.create_user(current, form["name"], form["sign_in"], password, role, area, by=by, now=utcnow())
    except Problem as refused:
        if refused.kind is not Kind.ALREADY_EXISTS:
            raise
        return _form_page(form, {"sign_in": "admin.wrong.sign_in_taken"}), refused.kind.status
    return render_template("person_password.html", person=made, password=password, new=True)


@door.get("/people/<int:person_id>")
@requires(Permission.MANAGE_PEOPLE)
def person(person_id: int) -> str:
    found = _person(person_id)
    ids = [grant.area_id for grant in found.grants if grant.area_id is not None]
    taken = disclosures.of_actor(session(), found.id)
    return render_template("person.html", person=found, paths=areas.paths(session(), ids), taken=taken)


@door.post("/people/<int:person_id>/password")
@requires(Permission.MANAGE_PEOPLE)
def reset_password(person_id: int) -> str:
    """A made-up password, shown this once and kept only as a hash."""
    by, password = doer(), verbs.generated_password()
    with write() as current:
        found = _person(person_id)
        verbs.set_password(current, found, password, by=by, now=utcnow())
    return render_template("person_password.html", person=found, password=password, new=False)


@door.post("/people/<int:person_id>/deactivate")
@requires(Permission.MANAGE_PEOPLE)
def deactivate_person(person_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        found = _person(person_id)
        verbs.deactivate(current, found, by=by, now=utcnow())
    flash(context.t("admin.people.deactivated", name=found.display_name), "done")
    return redirect(url_for("web.people"))


def _scope() -> Scope:
    return permissions.scope(doer(), Permission.MANAGE_PEOPLE)


def _person(person_id: int) -> Actor:
    """The account, if the reader may manage it."""
    found = store.active(session(), person_id)
    if found is None or found.kind != store.USER or not _scope().covers(found.place):
        raise Problem(Kind.NOT_FOUND)
    return found


def _form_page(form: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> str:
    role = _role(form)
    levels = verbs.LEVELS[role] if role else ()
    found = area_choice.found(_scope(), levels) if levels else []
    return render_template("person_new.html", form=form, found=found, wrong=wrong or {}, roles=LEVELS)


def _role(form: Mapping[str, str]) -> Role | None:
    return Role(form["role"]) if form.get("role") in set(Role) else None


def _chosen_area() -> Area | None:
    chosen = area_choice.chosen()
    return session().get(Area, chosen) if chosen is not None else None


def _wrong(form: Mapping[str, str]) -> dict[str, str]:
    """Field → message id, for what the form lacks; the verb asks the rest."""
    wrong: dict[str, str] = {}
    role, (email, phone) = _role(form), normal_name(form.get("sign_in", ""))
    if not form.get("name", "").strip():
        wrong["name"] = "admin.wrong.name"
    if not phone and "@" not in (email or ""):
        wrong["sign_in"] = "admin.wrong.sign_in"
    if role is None:
        wrong["role"] = "admin.wrong.role"
    elif not verbs.fits(role, _chosen_area()):
        wrong["area"] = f"admin.wrong.area_of.{role.value}"
    return wrong
