"""create_app: the one place that knows every package."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from fieldsurvey import api, observability, sync, web
from fieldsurvey.addresses import Addresses, Segment
from fieldsurvey.config import Config
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import close_connection, csrf, db, login
from fieldsurvey.store.engine import engine_options, prepare

API_PREFIX = "/v1/"
HTTP_KINDS = {404: Kind.NOT_FOUND, 405: Kind.METHOD_NOT_ALLOWED, 413: Kind.TOO_LARGE}


def create_app(config: Config) -> Flask:
    """The WSGI application for these settings."""
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(
        FIELDSURVEY=config,
        SECRET_KEY=config.secret_key,
        TESTING=config.env == "testing",
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        MAX_CONTENT_LENGTH=config.max_upload_bytes,
        MAX_FORM_PARTS=10_000,  # a note and a recording beside each question about each of fifteen people
        MAX_FORM_MEMORY_SIZE=4_000_000,
        SESSION_COOKIE_NAME="fieldsurvey",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.production,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=config.session_hours),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: an officer may leave a page open over lunch
        WTF_CSRF_CHECK_DEFAULT=False,  # the web door checks; phones carry no cookie
    )
    config.data.mkdir(parents=True, exist_ok=True)
    observability.start_logging(config.log_level)
    _wrap(app, config)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    app.teardown_appcontext(close_connection)
    csrf.init_app(app)
    login.init_app(app)
    observability.observe(app)
    sync.register(app)
    api.register(app)
    web.register(app)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(Exception, _unexpected)
    return app


def _wrap(app: Flask, config: Config) -> None:
    """What stands between the server and the app."""
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.wsgi_app = Addresses(app.wsgi_app)  # type: ignore[method-assign]
    app.url_map.converters["default"] = Segment


def _http_problem(error: HTTPException) -> Response:
    kind = HTTP_KINDS.get(error.code or 500, Kind.UNEXPECTED)
    if kind is Kind.UNEXPECTED and (error.code or 500) < 500:
        return Response(error.get_body(), status=error.code, headers=dict(error.get_headers()))
    return _problem(Problem(kind))


def _unexpected(error: Exception) -> Response:
    observability.log.error("unexpected", exc_info=error)
    return _problem(Problem(Kind.UNEXPECTED))


def _problem(problem: Problem) -> Response:
    """A problem outside any door: in the dialect of the path that was asked for."""
    if request.path.startswith(f"{sync.PREFIX}/"):
        return sync.say_json(problem)
    return api.say_json(problem) if request.path.startswith(API_PREFIX) else web.say_page(problem)
