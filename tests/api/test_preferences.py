"""What people set for their own screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from fieldsurvey.extensions import db
from tests.cast import ADMIN, HEAD, OFFICER, ROUND, Person
from tests.rest import Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
SITE, PROJECT = "/user-preferences/site", f"/user-preferences/project/{ROUND}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def preferences(rest: RestOf, person: Person = OFFICER) -> Any:
    return rest(person).get("/users/current", headers={"X-Extended-Metadata": "true"}).json["preferences"]


@pytest.mark.parametrize("value", [True, None, "null", 9000, [1, 2, "many"], {"1": 2}])
def test_any_json_is_kept(rest: RestOf, value: Any) -> None:
    for value_before in ("something else", value):
        assert rest(OFFICER).put(f"{SITE}/cột", json={"propertyValue": value_before}).status_code == 200
        assert rest(OFFICER).put(f"{PROJECT}/x", json={"propertyValue": value_before}).status_code == 200

    assert preferences(rest) == {"site": {"cột": value}, "projects": {str(ROUND): {"x": value}}}
    assert preferences(rest, ADMIN) == {"site": {}, "projects": {}}


def test_forgotten(rest: RestOf) -> None:
    rest(OFFICER).put(f"{SITE}/x", json={"propertyValue": 1})

    assert rest(HEAD).delete(f"{SITE}/x").status_code == 404
    assert [rest(OFFICER).delete(f"{SITE}/x").status_code for _ in range(2)] == [200, 404]
    assert rest(OFFICER).delete(f"{PROJECT}/x").status_code == 404
    assert preferences(rest)["site"] == {}


@pytest.mark.parametrize(
    ("sent", "code", "details"),
    [
        ({"other": 1}, 400.23, {"property": "propertyValue"}),
        ({"a": 1, "propertyValue": 1}, 400.33, {"expected": ["propertyValue"], "actual": ["a", "propertyValue"]}),
    ],
)
def test_body_is_the_value_and_nothing_else(rest: RestOf, sent: Any, code: float, details: Any) -> None:
    answer = rest(OFFICER).put(f"{SITE}/x", json=sent)

    assert (answer.status_code, answer.json["code"], answer.json["details"]) == (400, code, details)


def test_project_must_be_there(rest: RestOf) -> None:
    answer = rest(OFFICER).put("/user-preferences/project/123/x", json={"propertyValue": 1})

    assert (answer.status_code, answer.json["code"]) == (400, 400.14)


def test_phones_have_none(app: Flask, rest: RestOf) -> None:
    with app.app_context():
        token = World().phone_path(HEAD).split("/")[3]
        db.session.remove()

    assert rest(None).put(f"/key/{token}{SITE}/x", json={"propertyValue": 1}).status_code == 403


def test_it_is_written_down_without_the_value(rest: RestOf) -> None:
    rest(OFFICER).put(f"{PROJECT}/x", json={"propertyValue": "mine"})
    rest(OFFICER).delete(f"{PROJECT}/x")
    deleted, updated = rest(ADMIN).get("/audits?limit=2").json

    assert (updated["action"], updated["details"]) == ("user.preference.update", {"project": "x"})
    assert (deleted["action"], deleted["details"]) == ("user.preference.delete", {"project": "x"})
