"""Addresses: the prefix that says who calls, and ids that hold a slash.

`/v1/key/TOKEN/…` and `/v1/test/TOKEN/…` mean the same resource as `/v1/…`, for whoever holds the token. So each resource
has one route, and the token travels beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from werkzeug.routing import UnicodeConverter, ValidationError

KEY, DRAFT_TOKEN = "fieldsurvey.key", "fieldsurvey.draft_token"
_PREFIX = re.compile(r"/v1/(key|test)/([^/]+)(/.*)")
_SLASH = "\ue000"  # stands for an encoded slash until the route is found; no id holds this letter
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)


class Addresses:
    """WSGI middleware."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ.get("RAW_URI", "").partition("?")[0]
        if _ENCODED_SLASH.search(raw):
            environ["PATH_INFO"] = unquote_to_bytes(_ENCODED_SLASH.sub(quote(_SLASH), raw)).decode("latin-1")
        found = _PREFIX.fullmatch(environ.get("PATH_INFO", ""))
        if found:
            kind, token, rest = found.groups()
            environ[KEY if kind == "key" else DRAFT_TOKEN] = token
            environ["PATH_INFO"] = f"/v1{rest}"
        return self.app(environ, start_response)


def segments(path: str) -> list[str]:
    """The parts of the rest of an address, each of which may hold an encoded slash."""
    return [part.replace(_SLASH, "/") for part in path.split("/")]


class Segment(UnicodeConverter):
    """One part of an address, which may hold an encoded slash."""

    def to_python(self, value: str) -> str:
        if "\0" in value:  # nothing is called that, and PostgreSQL does not even ask for it
            raise ValidationError
        return value.replace(_SLASH, "/")

    def to_url(self, value: str) -> str:
        return quote(value, safe="")
