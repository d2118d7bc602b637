"""The blueprint of the web door: who is signed in, the CSRF check, the headers of every answer, problems as pages."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, csrf
from fieldsurvey.web import paths

door = Blueprint("web", __name__, template_folder="templates")
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # the CSRF check over https wants a referrer from our own pages
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",  # a shared computer must not keep a household's page; files say otherwise themselves
}
A_YEAR = "max-age=31536000; includeSubDomains"
WITHOUT_PERSON = {"web.static_file", "web.phone_app", "web.phone_app_file"}  # no database for these
WITHOUT_SESSION = {"web.sign_in", "web.choose_language"}


@door.before_request
def recognise() -> None:
    """Set `g.actor` and `g.doer` from the session; check the CSRF token of whatever changes something."""
    if request.endpoint in WITHOUT_PERSON:
        return
    if current_user.is_authenticated:
        g.actor = current_user._get_current_object()
        g.doer = g.actor.doer()
    csrf.protect()


@door.after_request
def add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if config().production:
        answer.headers.setdefault("Strict-Transport-Security", A_YEAR)
    return answer


@door.errorhandler(Problem)
def problem_page(problem: Problem) -> AnyResponse:
    return say_page(problem)


@door.errorhandler(CSRFError)
def expired(_error: CSRFError) -> AnyResponse:
    """The token went with the session: sign in again, unless that is just what was tried."""
    stays = "doer" in g or request.endpoint in WITHOUT_SESSION
    return say_page(Problem(Kind.FORM_EXPIRED if stays else Kind.CREDENTIALS_WRONG))


def say_page(problem: Problem) -> Response:
    """The problem as a page: what is wrong, what to do, the way back. Who is not signed in is sent to sign in.

    It asks nothing of the database, which may be the trouble.
    """
    if problem.kind is Kind.CREDENTIALS_WRONG and "doer" not in g:
        target = request.full_path.rstrip("?") if request.method == "GET" else paths.back()
        return add_headers(_plain(redirect(url_for("web.sign_in_page", next=target))))
    params = {"limit": config().max_upload_mb, **problem.params}
    page = render_template("problem.html", problem=problem, params=params, back=paths.back())
    answer = make_response(page, problem.kind.status)
    if "minutes" in params:
        answer.headers["Retry-After"] = str(params["minutes"] * 60)
    return add_headers(answer)


def _plain(answer: AnyResponse) -> Response:
    return make_response(answer)
