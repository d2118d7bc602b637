"""Request ids, JSON logs, metrics, health and readiness. Nothing personal: routes instead of paths, ids instead of names."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import time
from typing import Any

import orjson
import prometheus_client
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import multiprocess
from sqlalchemy import text

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, db
from fieldsurvey.guards import public

REQUESTS = prometheus_client.Counter("fieldsurvey_requests", "Requests answered", ["route", "method", "status"])
SECONDS = prometheus_client.Histogram(
    "fieldsurvey_request_seconds",
    "Server time of a request",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
log = logging.getLogger("fieldsurvey.access")
pages = Blueprint("observability", __name__)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


def start_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger("fieldsurvey")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False


def observe(app: Flask) -> None:
    """Measure and log every request of the app, and serve the three pages for machines."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_blueprint(pages)


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if given.isalnum() and len(given) <= 64 else secrets.token_hex(8)


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "unmatched"
    REQUESTS.labels(route, request.method, response.status_code).inc()
    SECONDS.labels(route).observe(seconds)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers["Server-Timing"] = f"app;dur={seconds * 1000:.1f}"
    if log.isEnabledFor(logging.INFO):
        known = g.get("doer")
        fields = {
            "request": g.get("request_id"),
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "actor": known.id if known else None,
        }
        log.info("request", extra={"fields": fields})
    return response


@pages.get("/healthz")
@public
def health() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
@public
def readiness() -> Response:
    """The database answers and the data folder can be written."""
    try:
        db.session.execute(text("SELECT 1"))
    except Exception as problem:
        raise Problem(Kind.NOT_READY) from problem
    if not os.access(config().data, os.W_OK):
        raise Problem(Kind.NOT_READY)
    return Response("ready\n", mimetype="text/plain")


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus text of all workers."""
    registry: Any = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(prometheus_client.generate_latest(registry), content_type=prometheus_client.CONTENT_TYPE_LATEST)
