"""The API's description: every route is in it, and no operation in it can be made to fail with a 500."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings

from fieldsurvey import api
from fieldsurvey.api.door import OPERATIONS, Operation
from fieldsurvey.rules.permissions import Permission
from tests.cast import ADMIN, ROUND, Person
from tests.rest import Rest

RestOf = Callable[[Person | None], Rest]
# Addresses that exist, so that more than the first step of each view is asked.
KNOWN = {"project_id": ROUND, "xml_form_id": "ra-soat-ho"}
api.load()


def test_every_route_is_described(rest: RestOf) -> None:
    found = rest(None).get("/openapi.json").json

    assert found["openapi"].startswith("3.1")
    assert sum(len(path) for path in found["paths"].values()) == len(OPERATIONS)


def test_every_route_says_what_it_does() -> None:
    assert [one.rule for one in OPERATIONS if not one.says.endswith(".")] == []


def test_permission_stands_beside_the_operation(rest: RestOf) -> None:
    create = rest(None).get("/openapi.json").json["paths"]["/projects"]["post"]

    assert create["x-permission"] == Permission.MANAGE_SERVER
    assert create["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/NewProject")


@pytest.mark.parametrize(("language", "title"), [("vi", "API của máy chủ"), ("en", "The server&#39;s API")])
def test_description_as_a_page(rest: RestOf, language: str, title: str) -> None:
    page = rest(None).get("/docs", headers={"Accept-Language": language}).text

    assert title in page
    assert "POST /v1/projects" in page


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.rule}")
def test_no_input_breaks_the_server(app: Flask, rest: RestOf, operation: Operation) -> None:
    """Schemathesis makes requests that fit the description, and some that do not."""
    described = schemathesis.openapi.from_wsgi("/v1/openapi.json", app)
    path = re.sub(r"<(?:path:)?(\w+)>", r"{\1}", operation.rule)
    headers = rest(ADMIN).headers

    @given(case=described[path][operation.method].as_strategy())
    @settings(max_examples=6, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
    def ask(case: Any) -> None:
        case.path_parameters |= {name: value for name, value in KNOWN.items() if name in case.path_parameters}
        answer = case.call(headers=headers)
        # Central answers 501 to what it does not have.
        assert answer.status_code < 500 or answer.status_code == 501, answer.text

    ask()
