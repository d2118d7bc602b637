"""Health, readiness, metrics and logs; nothing personal in them."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from flask import Flask

from fieldsurvey.observability import JsonFormatter
from tests.cast import HEAD, Person
from tests.phone import Phone
from tests.world import World


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


def test_health_and_readiness(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/healthz").data == b"ok\n"
    assert client.get("/readyz").data == b"ready\n"


def test_not_ready_without_the_database(app: Flask) -> None:
    with app.app_context():
        from fieldsurvey.extensions import db

        Path(db.engine.url.database or "").unlink()
        db.engine.dispose()
        Path(db.engine.url.database or "").mkdir()

    assert app.test_client().get("/readyz").status_code == 503


def test_metrics_name_routes_not_paths(app: Flask, phone: Callable[[Person], Phone]) -> None:
    collect = phone(HEAD)
    collect.form_list()

    text = app.test_client().get("/metrics").text

    assert 'route="/v1/projects/<int:round_id>/formList"' in text
    assert collect.base.split("/")[3] not in text


def test_logs_are_json_without_personal_data(app: Flask, phone: Callable[[Person], Phone]) -> None:
    collect = phone(HEAD)
    collect.fetch()
    with app.app_context():
        answers = World().answers(World().list_household("Nguyễn Thị Tuyến"))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger("fieldsurvey")
    log.addHandler(handler)
    log.setLevel("INFO")
    try:
        assert collect.send(collect.fill(answers)).status == 201
    finally:
        log.removeHandler(handler)

    lines = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [("HEAD", 204), ("POST", 201)]
    assert all(line["route"].startswith("/v1/projects/<int:round_id>/") and line["actor"] for line in lines)
    written = stream.getvalue()
    for secret in ("Tuyến", collect.base.split("/")[3], answers["members"][0]["m_name"], "Phùng"):
        assert secret not in written


def test_request_id_is_handed_back(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/healthz", headers={"X-Request-Id": "abc123"}).headers["X-Request-Id"] == "abc123"
    assert client.get("/healthz", headers={"X-Request-Id": "a b\tc"}).headers["X-Request-Id"] != "a b\tc"


def test_exceptions_are_logged_whole() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "unexpected", (), __import__("sys").exc_info()
        )

    assert "ValueError: broken" in orjson.loads(JsonFormatter().format(record))["exception"]
