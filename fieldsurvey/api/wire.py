"""JSON on the wire as ODK Central writes it: moments with milliseconds, problems with their number, flags in headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NoReturn, TypeVar
from urllib.parse import unquote

import orjson
from flask import Response, request, send_file
from marshmallow import EXCLUDE, Schema, ValidationError
from sqlalchemy.orm import Session

from fieldsurvey.callers import locale
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs
from fieldsurvey.sending import disposition, streamed, tagged
from fieldsurvey.translations import say

JSON = "application/json; charset=utf-8"
# What a browser may show by itself; anything else is only downloaded.
_SHOWN = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "text/plain"}
_Plain = TypeVar("_Plain")


def moment(at: datetime) -> str:
    """`2026-10-05T02:00:00.000Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def dumps(body: Any) -> bytes:
    return orjson.dumps(body, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


def answer(body: Any, status: int = 200) -> Response:
    return Response(dumps(body), status=status, content_type=JSON)


SUCCESS = {"success": True}


def moved(address: str) -> Response:
    """301, with the sentence that programs of ODK Central have come to read."""
    return Response(
        f"Moved Permanently. Redirecting to {address}",
        301,
        {"Location": address},
        content_type="text/plain; charset=utf-8",
    )


def feature_collection(features: Callable[[Session], Iterator[dict[str, Any]]]) -> Response:
    """GeoJSON of any length."""
    return streamed(lambda reading: _collection(features(reading)), JSON)


def _collection(features: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    before = b'{"type":"FeatureCollection","features":['
    while some := list(islice(features, 500)):
        yield before + dumps(some)[1:-1]
        before = b","
    yield b"]}" if before == b"," else before + b"]}"


def streamed_list(write: Callable[[Session], Iterator[list[Any]]]) -> Response:
    """A JSON array of any length."""
    return streamed(lambda reading: _array(write(reading)), JSON)


def _array(chunks: Iterator[list[Any]]) -> Iterator[bytes]:
    before = b"["
    for chunk in chunks:
        if chunk:
            yield before + dumps(chunk)[1:-1]
            before = b","
    yield b"[]" if before == b"[" else b"]"


def say_json(problem: Problem) -> Response:
    """A problem with Central's number, its sentence in the reader's language, and the values for programs."""
    sentence = say(problem.kind.message_id, locale(), **problem.params)
    body = {"message": sentence, "code": float(problem.kind.value), "details": problem.params or None}
    return answer(body, problem.kind.status)


def flag(name: str) -> bool:
    """A query parameter that is true or not there."""
    return request.args.get(name, "").lower() == "true"


def extended() -> bool:
    """Whether the caller wants the extended metadata of a resource."""
    return request.headers.get("X-Extended-Metadata", "").lower() == "true"


def action_notes() -> str | None:
    """Why the caller does it, percent-encoded in a header, as headers carry no Vietnamese. Raises HEADER_INVALID."""
    given = request.headers.get("X-Action-Notes")
    try:
        return unquote(given, errors="strict") if given else None
    except UnicodeDecodeError:
        raise Problem(Kind.HEADER_INVALID, field="x-action-notes") from None


def whole_number(text: str, field: str = "id") -> int:
    """An id in an address; raises WRONG_TYPE, OUT_OF_RANGE."""
    if not text.removeprefix("-").isdecimal() or not text.isascii():
        raise Problem(Kind.WRONG_TYPE, field=field, value=text, expected="integer")
    if abs(int(text)) >= 1 << 31:
        raise Problem(Kind.OUT_OF_RANGE, value=text, type="integer")
    return int(text)


def paging() -> tuple[int, int | None]:
    """(offset, limit) of the query; raises WRONG_TYPE, OUT_OF_RANGE."""
    return _count("offset") or 0, _count("limit")


def _count(name: str) -> int | None:
    text = request.args.get(name)
    number = whole_number(text, name) if text else None
    if number is not None and number < 0:
        raise Problem(Kind.OUT_OF_RANGE, value=text, type=name)
    return number


def asked_moment(name: str) -> datetime | None:
    """A day or a moment of the query; `2026-10-05Z` is a day too. Raises WRONG_TYPE."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.removesuffix("Z") if len(text) == len("2026-10-05Z") else text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Problem(Kind.WRONG_TYPE, field=name, value=text, expected="date") from None


def json_body() -> dict[str, Any]:
    """The body, {} when there is none; raises UNPARSEABLE."""
    raw = request.get_data()
    if not raw.strip():
        return {}
    try:
        body = orjson.loads(raw)
        if b"\\u0000" in raw:  # no text holds it, and PostgreSQL would not take it
            raise orjson.JSONDecodeError("a null character", "", 0)
    except orjson.JSONDecodeError:
        raise Problem(Kind.UNPARSEABLE, format="json", rawLength=len(raw)) from None
    if not isinstance(body, dict):
        raise Problem(Kind.WRONG_TYPE, field="body", value=type(body).__name__, expected="object")
    body.pop("__csrf", None)
    return body


def loaded(schema: Schema) -> dict[str, Any]:
    """The body as the schema wants it; what it does not know is left out.

    Raises MISSING_PARAMETER, WRONG_TYPE, UNEXPECTED_VALUE.
    """
    body = json_body()
    try:
        values: dict[str, Any] = schema.load(body, unknown=EXCLUDE)
    except ValidationError as error:
        _refuse(error.messages, body, schema)
    return values


_WRONG_TYPE = re.compile(r"(Not a valid|Invalid) (\w+)")  # marshmallow's own words for another type


def _refuse(messages: Any, body: Any, schema: Schema) -> NoReturn:
    """The first complaint, by the path of its field: `forms.0.xmlFormId`."""
    path, value, said = [], body, messages
    while isinstance(said, dict):
        key, said = next(iter(said.items()))
        path.append(str(key))
        value = value.get(key) if isinstance(value, dict) else value[key] if isinstance(value, list) else None
    field, sentence = ".".join(path), str(said[0])
    if value is None:
        raise Problem(Kind.MISSING_PARAMETER, field=field)
    wrong_type = _WRONG_TYPE.match(sentence)
    if wrong_type:
        raise Problem(Kind.WRONG_TYPE, field=field, value=value, expected=wrong_type[2])
    raise Problem(Kind.UNEXPECTED_VALUE, field=field, value=value, reason=sentence)


@contextmanager
def spooled() -> Iterator[IO[bytes]]:
    """The body as a file; a large one waits on disk, not in memory."""
    with SpooledTemporaryFile(max_size=256 * 1024) as spool:
        copyfileobj(request.stream, spool)
        spool.seek(0)
        yield spool


def send_blob(sha256: str, md5: str, name: str, mime: str | None) -> Response:
    """A stored file. Its ETag is its md5; 304 when the caller has it."""
    mime = mime or "application/octet-stream"
    sent = send_file(blobs().path(sha256), mimetype=mime, etag=False, conditional=True)
    sent.headers["Content-Disposition"] = disposition(name, "inline" if mime in _SHOWN else "attachment")
    sent.headers["X-Content-Type-Options"] = "nosniff"
    return tagged(sent, md5)
