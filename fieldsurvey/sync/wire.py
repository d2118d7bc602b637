"""OpenRosa on the wire: the XML documents that we write, the multipart that we read, the headers on every answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from typing import Any

import orjson
from flask import Request, Response, request
from lxml import etree
from multipart import MultipartError, MultipartParser, MultipartPart, ParserLimitReached, parse_options_header

from fieldsurvey.callers import locale
from fieldsurvey.casework.attachments import FilePart
from fieldsurvey.casework.intake import Upload, of_client
from fieldsurvey.config import Config
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, utcnow
from fieldsurvey.translations import say

VERSION = "1.0"
XML_PART = "xml_submission_file"
XML = "text/xml; charset=utf-8"
FORM_LIST = "http://openrosa.org/xforms/xformsList"
MANIFEST = "http://openrosa.org/xforms/xformsManifest"
RESPONSE = "http://openrosa.org/http/response"
_SPOOL = 256 * 1024  # parts larger than this wait on disk, not in memory


def document(root: Any, status: int = 200) -> Response:
    """Laid out as ODK Central lays out its own, because some clients compare texts."""
    if len(root):
        etree.indent(root, level=1)
    else:
        root.text = "\n  "
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n  ' + etree.tostring(root, encoding="UTF-8")
    return Response(body, status=status, content_type=XML)


def message(text: str, status: int, nature: str = "") -> Response:
    """An OpenRosaResponse. Collect shows its text to the village head, so it is for people."""
    root = etree.Element("OpenRosaResponse", {"items": "0"}, nsmap={None: RESPONSE})
    etree.SubElement(root, "message", {"nature": nature}).text = text
    return document(root, status)


def say_xml(problem: Problem) -> Response:
    """A problem in the phone's dialect; but JSON where not even the multipart could be read, as ODK Central does."""
    if problem.kind is Kind.MULTIPART_BROKEN:
        body = {"message": _sentence(problem), "code": float(problem.kind.value), "details": problem.params["reason"]}
        answer = Response(orjson.dumps(body), status=400, content_type="application/json; charset=utf-8")
    else:
        answer = message(_sentence(problem), problem.kind.status, "error")
    answer.headers["X-Fieldsurvey-Problem"] = problem.kind.value
    if problem.kind is Kind.CREDENTIALS_WRONG:
        answer.headers["WWW-Authenticate"] = 'Basic realm="fieldsurvey", charset="UTF-8"'
    return answer


def _sentence(problem: Problem) -> str:
    return say(problem.kind.message_id, locale(), **problem.params)


def add_headers(answer: Response) -> Response:
    """What OpenRosa wants on every answer, errors too."""
    headers = answer.headers
    headers["X-OpenRosa-Version"] = VERSION
    headers["X-OpenRosa-Accept-Content-Length"] = str(config().max_upload_bytes)
    headers.setdefault("Date", format_datetime(utcnow(), usegmt=True))
    headers["Content-Language"] = locale()
    headers["Vary"] = "Accept-Encoding, Accept-Language, Origin"
    headers["Cache-Control"] = "private, no-cache" if request.method in {"GET", "HEAD"} else "no-store"
    return answer


def require_version() -> None:
    given = request.headers.get("X-OpenRosa-Version")
    if given != VERSION:
        raise Problem(Kind.HEADER_INVALID, field="X-OpenRosa-Version", value=given)


def form_list(entries: Iterable[dict[str, str]]) -> Response:
    return document(_listing("xforms", FORM_LIST, "xform", ((entry, {}) for entry in entries)))


def manifest(entries: Iterable[tuple[dict[str, str], dict[str, str]]]) -> Response:
    """Entries are (elements, attributes) of each mediaFile."""
    return document(_listing("manifest", MANIFEST, "mediaFile", entries))


def _listing(name: str, namespace: str, item: str, entries: Iterable[tuple[dict[str, str], dict[str, str]]]) -> Any:
    root = etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})
    for elements, attributes in entries:
        node = etree.SubElement(root, f"{{{namespace}}}{item}", attributes)
        for tag, text in elements.items():
            etree.SubElement(node, f"{{{namespace}}}{tag}").text = text
    return root


def integrity(entities: Iterable[tuple[str, bool]]) -> Response:
    root = etree.Element("data")
    listed = etree.SubElement(root, "entities")
    for uuid, deleted in entities:
        node = etree.SubElement(listed, "entity", {"id": uuid})
        etree.SubElement(node, "deleted").text = "true" if deleted else "false"
    return document(root)


@contextmanager
def read_upload(incoming: Request) -> Iterator[Upload]:
    """The multipart body. Raises MULTIPART_BROKEN, XML_MISSING, TOO_LARGE, TOO_MANY_FILES, CONTENT_ENCODING."""
    settings = config()
    _refuse_unread(incoming, settings)
    kind, options = parse_options_header(incoming.headers.get("Content-Type", ""))
    if kind != "multipart/form-data":
        raise Problem(Kind.XML_MISSING)
    if not options.get("boundary"):
        raise _broken("Multipart: Boundary not found")
    parts: list[MultipartPart] = []
    try:
        _read_parts(incoming, options["boundary"], settings, parts)
        yield _upload(incoming, parts, settings)
    finally:
        for part in parts:
            part.close()


def _refuse_unread(incoming: Request, settings: Config) -> None:
    if incoming.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(Kind.CONTENT_ENCODING)  # a few kilobytes could unpack to anything
    if (incoming.content_length or 0) > settings.max_upload_bytes:
        raise Problem(Kind.TOO_LARGE, limit=settings.max_upload_mb)


def _read_parts(incoming: Request, boundary: str, settings: Config, parts: list[MultipartPart]) -> None:
    # One part beyond the limit is read, so that "too many" can be told from "broken".
    parser = MultipartParser(
        incoming.stream,
        boundary,
        -1 if incoming.content_length is None else incoming.content_length,
        strict=True,
        part_limit=settings.max_upload_files + 2,
        spool_limit=_SPOOL,
        memory_limit=8 * _SPOOL + settings.max_xml_kb * 1024,
        disk_limit=settings.max_upload_bytes,
    )
    try:
        for part in parser:
            parts.append(part)
            if len(parts) > settings.max_upload_files + 1:  # the XML and *isIncomplete* stand beside the files
                raise Problem(Kind.TOO_MANY_FILES, limit=settings.max_upload_files)
    except ParserLimitReached:
        raise Problem(Kind.TOO_LARGE, limit=settings.max_upload_mb) from None
    except (MultipartError, UnicodeDecodeError) as error:
        raise _broken("Malformed part header" if "header" in str(error) else "Unexpected end of form") from None
    if not incoming.content_length and not parts:
        raise _broken("Unexpected end of form")


def _broken(reason: str) -> Problem:
    """In the words that programs of ODK Central know."""
    return Problem(Kind.MULTIPART_BROKEN, reason=reason)


def _upload(incoming: Request, parts: list[MultipartPart], settings: Config) -> Upload:
    xml = next((part for part in parts if part.name == XML_PART and part.filename is not None), None)
    if xml is None:
        raise Problem(Kind.XML_MISSING)
    if xml.size > settings.max_xml_kb * 1024:
        raise Problem(Kind.TOO_LARGE, limit=settings.max_xml_kb / 1024)
    files = tuple(
        FilePart(part.name, part.filename, part.content_type, part.file)
        for part in parts
        if part is not xml and part.filename is not None and part.file is not None
    )
    return Upload(xml.raw, files, of_client(incoming.args.get("deviceID")), _user_agent(incoming))


def _user_agent(incoming: Request) -> str | None:
    client, agent = incoming.headers.get("ODK-Client"), incoming.headers.get("User-Agent")
    return of_client(" ".join(text for text in (client, agent) if text))
