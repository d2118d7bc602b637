"""A browser without a window: keeps cookies, carries the page's CSRF token into forms, follows redirects."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import PASSWORD, Person

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._seen(self.client.get(path, **options))

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, follow: bool = True, **options: Any
    ) -> TestResponse:
        """Send a form of the page that was last seen."""
        fields = {"csrf_token": self.token, **(data or {})}
        return self._seen(self.client.post(path, data=fields, follow_redirects=follow, **options))

    def upload(self, path: str, name: str, content: bytes) -> TestResponse:
        """Send a file with the form of the page that was last seen."""
        return self.post(path, {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")

    def sign_in(self, person: Person, password: str = PASSWORD) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", {"name": person.sign_in, "password": password})

    def _seen(self, page: TestResponse) -> TestResponse:
        if page.mimetype == "text/html":
            found = _TOKEN.search(page.text)
            self.token = unescape(found.group(1)) if found else self.token
        return page
