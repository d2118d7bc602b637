"""A client of the REST API as a script would be one: signed in with a token, JSON in and out."""

from __future__ import annotations

from contextvars import Context
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from fieldsurvey.casework import sign_ins
from fieldsurvey.extensions import db, utcnow, write
from tests.cast import Person
from tests.world import World

XML = {"Content-Type": "application/xml"}


class Rest:
    """`rest(OFFICER).get("/projects")`; paths are below /v1. Nobody: without any credentials."""

    def __init__(self, app: Flask, person: Person | None) -> None:
        self.client = app.test_client(use_cookies=False)
        self.headers: dict[str, str] = {}
        if person is not None:
            with app.app_context():
                with write() as session:
                    token, _ = sign_ins.begin(session, World().actor(person), now=utcnow())
                db.session.remove()
            self.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **given: Any) -> TestResponse:
        """`json=…` sends JSON, `data=…` bytes or text. Outside the test's own application context, as a real request."""
        headers = {**self.headers, **(headers or {})}
        return Context().run(self.client.open, f"/v1{path}", method=method, headers=headers, **given)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.call("GET", path, **given)

    def post(self, path: str, **given: Any) -> TestResponse:
        return self.call("POST", path, **given)

    def put(self, path: str, **given: Any) -> TestResponse:
        return self.call("PUT", path, **given)

    def patch(self, path: str, **given: Any) -> TestResponse:
        return self.call("PATCH", path, **given)

    def delete(self, path: str, **given: Any) -> TestResponse:
        return self.call("DELETE", path, **given)
