"""The door of the phone app, `/sync`: a device's key as Bearer, JSON both ways, the server's clock on every answer.

What the app may rely on stands in docs/phone-app-protocol.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from fieldsurvey import callers
from fieldsurvey.casework import devices
from fieldsurvey.casework.devices import Found
from fieldsurvey.casework.receipts import wire_moment
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, reading, utcnow
from fieldsurvey.guards import public, signed_in
from fieldsurvey.translations import LOCALES, say

PREFIX = "/sync"
PROTOCOL = "1"
JSON = "application/json"
door = Blueprint("phone_app", __name__, url_prefix=PREFIX)
View = TypeVar("View", bound=Callable[..., Any])
_MOST_JSON = 64 * 1024
_OPEN = "open_to_anybody"
_ALSO_ENDED = "also_for_an_ended_key"


def endpoint(rule: str, *methods: str, anybody: bool = False, also_ended: bool = False) -> Callable[[View], View]:
    """Serve a view below /sync. `anybody`: without a key; `also_ended`: with a key that was revoked, too."""

    def decorate(view: View) -> View:
        guarded: Any = public(view) if anybody else signed_in(view)
        setattr(guarded, _OPEN, anybody)
        setattr(guarded, _ALSO_ENDED, also_ended)
        door.add_url_rule(rule, view.__name__, guarded, methods=list(methods or ("GET",)))
        return guarded  # type: ignore[no-any-return]

    return decorate


@door.before_request
def authenticate() -> None:
    """Set `g.doer` and `g.device` from the key of the device."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, _OPEN, False):
        return
    token = callers.bearer()
    if not token:
        raise Problem(Kind.CREDENTIALS_WRONG)
    g.device = devices.by_token(reading(), token, utcnow(), also_ended=getattr(view, _ALSO_ENDED, False))
    g.doer = g.device.doer


def device() -> Found:
    """The device that calls."""
    found: Found = g.device
    return found


@door.after_request
def add_headers(answer: Response) -> Response:
    now, headers = utcnow(), answer.headers
    headers["X-Fieldsurvey-Sync"] = PROTOCOL
    headers["X-Fieldsurvey-Time"] = wire_moment(now)
    headers.setdefault("Date", format_datetime(now, usegmt=True))
    headers.setdefault("Cache-Control", "private, no-cache" if request.method in {"GET", "HEAD"} else "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Vary"] = "Accept-Encoding, Authorization"
    known: Found | None = g.get("device")
    if known is not None and known.wipe:
        headers.setdefault("X-Fieldsurvey-Wipe", "sent")
    return answer


@door.errorhandler(Problem)
def problem(error: Problem) -> Response:
    return say_json(error)


@door.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    return say_json(Problem(Kind.TOO_LARGE, limit=config().max_upload_mb))


@door.errorhandler(Exception)
def unexpected(error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return say_json(
            Problem(Kind.METHOD_NOT_ALLOWED if error.code == 405 else Kind.UNPARSEABLE, format="", rawLength=0)
        )
    current_app.logger.getChild("sync").error("unexpected", exc_info=error)
    return say_json(Problem(Kind.UNEXPECTED))


def say_json(error: Problem) -> Response:
    """A problem in the app's dialect: a code, and a sentence in each language."""
    details = {name: value for name, value in error.params.items() if isinstance(value, str | int | float | bool)}
    answer = as_json(
        {
            "code": error.kind.value,
            "kind": error.kind.name.lower(),
            "message": {
                one: say(error.kind.message_id, one, **{"limit": config().max_upload_mb, **error.params})
                for one in LOCALES
            },
            "rescued": bool(g.get("rescued", False)),
            "details": details,
        },
        error.kind.status,
    )
    if error.kind.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="fieldsurvey"'
    if error.params.get("wipe"):
        answer.headers["X-Fieldsurvey-Wipe"] = "sent"
    if "offset" in details:
        answer.headers["Upload-Offset"] = str(details["offset"])
    if "minutes" in details:
        answer.headers["Retry-After"] = str(int(details["minutes"]) * 60)
    return add_headers(answer)


def as_json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status=status, content_type=JSON)


def nothing() -> Response:
    return Response(status=204)


def told() -> dict[str, Any]:
    """The JSON object of the request's body; empty where there is no body. Raises UNPARSEABLE, TOO_LARGE."""
    raw = body(_MOST_JSON)
    try:
        found = orjson.loads(raw) if raw.strip() not in {b"", b"null"} else {}
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Problem(Kind.UNPARSEABLE, format="json", rawLength=len(raw))
    return found


def body(most: int) -> bytes:
    """The request's body, unpacked where it is gzip. Raises TOO_LARGE, GZIP_BROKEN, CONTENT_ENCODING."""
    too_much = Problem(Kind.TOO_LARGE, limit=round(most / 1_000_000, 1))
    if (request.content_length or 0) > most:
        raise too_much
    raw = request.stream.read(most + 1)
    if len(raw) > most:
        raise too_much
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return raw
    if encoding != "gzip":
        raise Problem(Kind.CONTENT_ENCODING)
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(raw, most + 1)
    except zlib.error:
        raise Problem(Kind.GZIP_BROKEN) from None
    if len(plain) > most:
        raise too_much
    if not unpacking.eof:
        raise Problem(Kind.GZIP_BROKEN)
    return plain
