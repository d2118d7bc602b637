"""Settings of the site: JSON and pictures, public and not."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import Any

import pytest

from tests.cast import ADMIN, OFFICER, Person
from tests.rest import Rest

RestOf = Callable[[Person | None], Rest]
PICTURE = b"a picture"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def put_picture(rest: RestOf, key: str = "logo", mime: str = "image/custom") -> Any:
    return rest(ADMIN).post(f"/config/{key}", data=PICTURE, headers={"Content-Type": mime})


VALUES = [
    # key,               sent,                                              kept
    ("analytics", {"enabled": True, "email": "a@example.org", "x": 1}, {"enabled": True, "email": "a@example.org"}),
    ("analytics", {"enabled": False, "email": "a@example.org"}, {"enabled": False}),
    ("login-appearance", {"title": "Rà soát", "x": 1}, {"title": "Rà soát"}),
    ("login-appearance", {}, {}),
]


@pytest.mark.parametrize(("key", "sent", "kept"), VALUES)
def test_value_is_set_and_forgotten(rest: RestOf, key: str, sent: Any, kept: Any) -> None:
    admin = rest(ADMIN)
    assert admin.get(f"/config/{key}").status_code == 404
    admin.post(f"/config/{key}", json={"title": "before", "enabled": True})

    answer = admin.post(f"/config/{key}", json=sent)

    assert (answer.json["key"], answer.json["value"]) == (key, kept)
    assert admin.get(f"/config/{key}").json == answer.json
    assert [admin.delete(f"/config/{key}").json for _ in range(2)] == [{"success": True}] * 2
    assert admin.get(f"/config/{key}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_unknown_setting(rest: RestOf, method: str) -> None:
    answer = rest(ADMIN).call(method, "/config/unknown", json={})

    assert (answer.status_code, answer.json["code"]) == (400, 400.8)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_only_administrators_set(rest: RestOf, method: str) -> None:
    assert rest(OFFICER).call(method, "/config/logo").status_code == 403


@pytest.mark.parametrize("key", ["logo", "hero-image"])
def test_picture_is_for_everybody(rest: RestOf, key: str) -> None:
    assert rest(None).get(f"/config/public/{key}").status_code == 404
    assert put_picture(rest, key).json["blobExists"] is True

    sent = rest(None).get(f"/config/public/{key}")

    assert (sent.status_code, sent.data, sent.headers["Content-Type"]) == (200, PICTURE, "image/custom")
    assert sent.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("query", "kept"), [("", "no-cache"), ("?ts=", "no-cache"), ("?x=1", "no-cache"), ("?ts=123", "max-age=31536000")]
)
def test_picture_with_a_time_is_kept_by_browsers(rest: RestOf, query: str, kept: str) -> None:
    put_picture(rest)

    assert rest(None).get(f"/config/public/logo{query}").headers["Cache-Control"] == kept


def test_picture_that_the_caller_has(rest: RestOf) -> None:
    put_picture(rest)
    etag = f'"{md5(PICTURE, usedforsecurity=False).hexdigest()}"'

    has = rest(None).get("/config/public/logo", headers={"If-None-Match": etag})

    assert (has.status_code, has.data) == (304, b"")
    assert rest(None).get("/config/public/logo", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "text/javascript", "image/jpeg"])
def test_no_browser_shows_it_by_itself(rest: RestOf, mime: str) -> None:
    put_picture(rest, mime=mime)

    sent = rest(ADMIN).get("/config/logo")
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert sent.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_public(rest: RestOf) -> None:
    rest(ADMIN).post("/config/analytics", json={"enabled": True})
    rest(ADMIN).post("/config/login-appearance", json={"title": "foo"})
    put_picture(rest)

    found = rest(None).get("/config/public").json

    assert list(found) == ["login-appearance", "logo"]
    assert (found["login-appearance"]["value"], found["logo"]["blobExists"]) == ({"title": "foo"}, True)
    assert rest(None).get("/config/public/analytics").status_code == 403


def test_setting_is_written_down(rest: RestOf) -> None:
    rest(ADMIN).post("/config/analytics", json={"enabled": True})
    put_picture(rest)
    rest(ADMIN).delete("/config/analytics")
    unset, picture, value = rest(ADMIN).get("/audits?action=config.set").json

    assert value["details"] == {"key": "analytics", "value": {"enabled": True}}
    assert list(picture["details"]) == ["key", "blobId"]
    assert unset["details"] == {"key": "analytics", "value": None}
    assert {one["acteeId"] for one in (unset, picture, value)} == {None}
