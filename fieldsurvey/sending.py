"""What any door may send: names of files in headers, tags of versions, and long answers written while they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

from flask import Response, request
from sqlalchemy.orm import Session

from fieldsurvey.extensions import apart

CSV = "text/csv; charset=utf-8"


def disposition(name: str, kind: str = "attachment") -> str:
    """Content-Disposition that keeps a Vietnamese name."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "?" for letter in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def tagged(sent: Response, digest: str) -> Response:
    """With an ETag; 304 when the caller has it."""
    sent.set_etag(digest)
    sent.make_conditional(request)
    return sent


def streamed(write: Callable[[Session], Iterator[bytes]], content_type: str) -> Response:
    """What goes wrong with the beginning is still told as a problem."""
    reading = apart()
    try:
        chunks = write(reading)
        first = next(chunks, b"")
    except BaseException:
        reading.close()
        raise
    sent = Response(_to_the_end(first, chunks, reading), content_type=content_type)
    sent.call_on_close(reading.close)  # the client may hang up before it has taken anything
    return sent


def _to_the_end(first: bytes, chunks: Iterator[bytes], reading: Session) -> Iterator[bytes]:
    try:
        yield first
        yield from chunks
    finally:
        reading.close()


def list_file(write: Callable[[Session], Iterator[bytes]], name: str, digest: str | None) -> Response:
    """A CSV, written only if the caller does not have it already. Without a digest it has no ETag."""
    if digest is not None and digest in request.if_none_match:
        return tagged(Response(content_type=CSV), digest)
    sent = streamed(write, CSV)
    sent.headers["Content-Disposition"] = disposition(name)
    if digest is not None:
        sent.set_etag(digest)  # not `tagged`, which would first write all of it to know its length
    return sent
