"""Signing in and out, the first page, the language, and the files of static/."""

from __future__ import annotations

from hmac import compare_digest

from flask import Response, g, redirect, render_template, request, send_from_directory, url_for
from flask import session as browser
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey import callers
from fieldsurvey.casework import signing_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, login, session, utcnow, write
from fieldsurvey.guards import public, signed_in
from fieldsurvey.rules.days import day_of
from fieldsurvey.store import people
from fieldsurvey.store.people import Actor
from fieldsurvey.translations import LOCALES
from fieldsurvey.web import context, paths
from fieldsurvey.web.door import door

FOR_EVER = "public, max-age=31536000, immutable"


def prepare() -> None:
    login.user_loader(_load)


def _load(identity: str) -> Actor | None:
    """The person of a session, unless the account ended or its password changed since."""
    number, _, key = identity.partition(":")
    actor = people.active(session(), int(number)) if number.isdecimal() else None
    if actor is None or actor.kind != people.USER or not actor.works_on(day_of(utcnow())):
        return None
    if not compare_digest(actor.sign_in_key, key):
        return None
    return actor


@door.get("/")
@signed_in
def home() -> AnyResponse:
    """The first page of the reader's menu."""
    pages = context.menu()
    if not pages:
        raise Problem(Kind.FORBIDDEN)
    return redirect(url_for(pages[0].endpoint))


@door.get("/sign-in")
@public
def sign_in_page() -> AnyResponse | str:
    if "doer" in g:
        return redirect(paths.same_site(request.args.get("next")) or "/")
    return render_template("sign_in.html", name="", next=request.args.get("next", ""))


@door.post("/sign-in")
@public
def sign_in() -> AnyResponse | tuple[str, int]:
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    try:
        actor = _identified(name, password)
    except Problem as refused:
        form = {"name": name, "next": request.form.get("next", ""), "refused": refused}
        return render_template("sign_in.html", **form), refused.kind.status
    _start(actor)
    return redirect(paths.same_site(request.form.get("next")) or "/")


def _identified(name: str, password: str) -> Actor:
    """The person; a success forgets the failures."""
    actor = callers.identified(name, password)
    with write() as current:
        signing_in.note_success(current, name, secret=config().secret_key, now=utcnow())
        actor.last_seen_at = utcnow()
    return actor


def _start(actor: Actor) -> None:
    """A new session: nothing but the language outlives the one before."""
    chosen = browser.get("locale")
    browser.clear()
    browser.permanent = True
    if chosen:
        browser["locale"] = chosen
    login_user(actor)


@door.post("/sign-out")
@signed_in
def sign_out() -> AnyResponse:
    logout_user()
    browser.clear()
    return redirect(url_for("web.sign_in_page"))


@door.post("/language")
@public
def choose_language() -> AnyResponse:
    wanted = request.form.get("locale")
    if wanted in LOCALES:
        browser["locale"] = wanted
    return redirect(paths.back())


@door.get("/static/<path:name>")
@public
def static_file(name: str) -> Response:
    """A file of ours; kept for ever when its address carries its hash."""
    answer = send_from_directory(paths.STATIC, name)
    answer.headers["Cache-Control"] = FOR_EVER if request.args.get("v") else "no-cache"
    return answer
