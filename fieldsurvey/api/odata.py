"""Submissions as OData 4, for Power BI, Excel and other tables: the service of a form, and that of its draft."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha1
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Response, request

from fieldsurvey.addresses import segments
from fieldsurvey.api import handing_out, wire
from fieldsurvey.api.door import route
from fieldsurvey.api.forms import FORM
from fieldsurvey.api.submissions import seen
from fieldsurvey.callers import locale
from fieldsurvey.casework import versions
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, reading, session, utcnow
from fieldsurvey.forms.xform import Schema
from fieldsurvey.outputs.odata import documents, single, submissions
from fieldsurvey.outputs.odata.query import Query
from fieldsurvey.outputs.odata.submissions import Asked
from fieldsurvey.outputs.submission_rows import Source
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sending import streamed
from fieldsurvey.store import audit
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.translations import say

JSON = "application/json; charset=utf-8; odata.metadata=minimal"
XML = "text/xml; charset=utf-8"
READ = Permission.READ_HOUSEHOLDS
OPTIONS = frozenset(
    {
        "$format", "$count", "$skip", "$top", "$filter", "$wkt", "$expand", "$select", "$skiptoken", "$orderby",
        "$search", "viewAs", "st",
    }
)  # fmt: skip


_FORMATS = {"json": re.compile("json"), "xml": re.compile("xml|atom")}
_ALLOWED = {"json": ["application/json", "json"], "xml": ["application/xml", "atom"]}


def require_protocol(wanted: str) -> None:
    """Raises FORMAT_UNACCEPTABLE, NOT_FOUND (an older OData), NOT_SUPPORTED (an option that nobody knows)."""
    asked = request.args.get("$format") or request.headers.get("Accept") or ""
    takes = {name for name, pattern in _FORMATS.items() if pattern.search(asked.lower())}
    if takes and wanted not in takes and "*/*" not in asked:
        raise Problem(Kind.FORMAT_UNACCEPTABLE, allowed=_ALLOWED[wanted], got=asked)
    newest = request.headers.get("OData-MaxVersion", "4")
    if newest[:1].isdigit() and int(newest.split(".")[0][:3]) < 4:
        raise Problem(Kind.NOT_FOUND)
    unknown = next((name for name in request.args if name not in OPTIONS), None)
    if unknown is not None:
        raise Problem(Kind.NOT_SUPPORTED, feature=unknown)


def addressed() -> tuple[str, str]:
    """(address as it was written, address of the service)."""
    raw = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
    path = raw[raw.index("/v1/") :] if "/v1/" in raw else raw  # a proxy may send the whole address
    host = config().public_url or request.host_url.rstrip("/")
    service = _SERVICE.match(path)
    return host + path, host + (service[0] if service else path)


_SERVICE = re.compile(r"/.*?\.svc(?=[/?]|$)")


def sent(answer: Response) -> Response:
    answer.headers["OData-Version"] = "4.0"
    return answer


def say_xml(problem: Problem) -> Response:
    """A problem in the description of a service, which is XML."""
    sentence = say(problem.kind.message_id, locale(), **problem.params)
    details = escape(wire.dumps(problem.params).decode()) if problem.params else ""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<error code={quoteattr(problem.kind.value)}>\n'
        f"  <message>{escape(sentence)}</message>\n  <details>{details}</details>\n</error>"
    )
    return sent(Response(body, status=problem.kind.status, content_type=XML))


def _questions(form: Form, draft: bool) -> tuple[Schema, bool]:
    """What the form asks, and whether households get a class for it. Raises NOT_FOUND without a draft or publication."""
    version_id = form.draft_id if draft else form.published_id
    if version_id is None:
        raise Problem(Kind.NOT_FOUND)
    schema, household = versions.questions(reading(), version_id)
    return schema, household and not draft


def _asked(form: Form, draft: bool) -> Asked:
    schema, household = _questions(form, draft)
    source = Source(form, draft, (seen(form),), scored=household)
    address, service = addressed()
    return Asked(source, schema, Query.read(request.args), address, service)


def _tag(form: Form, draft: bool) -> str | None:
    """Of all that may change an answer: what is done is written down, so the newest entry tells of any change."""
    if draft:
        return None
    scope = seen(form)
    areas = (scope.everywhere, sorted(scope.provinces), sorted(scope.communes), sorted(scope.villages))
    parts = (audit.newest(reading()), form.published_id, areas, addressed()[0])
    return sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


def _answered(form: Form, draft: bool, write: Callable[[Asked], Response]) -> Response:
    require_protocol("json")
    asked, tag = _asked(form, draft), _tag(form, draft)
    if tag is not None and tag in request.if_none_match:
        return sent(Response(status=304, headers={"ETag": f'"{tag}"'}))
    handing_out.note(form, draft, "odata")
    answer = write(asked)
    if tag is not None:
        answer.set_etag(tag)
    return sent(answer)


def _service(form: Form, draft: bool) -> Response:
    require_protocol("json")
    schema, _ = _questions(form, draft)
    described = documents.service(schema, addressed()[1])
    return sent(Response(wire.dumps(described), content_type=JSON))


def _metadata(form: Form, draft: bool) -> Response:
    require_protocol("xml")
    schema, household = _questions(form, draft)
    return sent(Response(documents.metadata(schema, form.xml_form_id, household), content_type=XML))


def _rows(form: Form, draft: bool, resource: str) -> Response:
    parts = segments(resource)
    path = single.path(parts)
    if path is None and len(parts) > 1:
        raise Problem(Kind.NOT_FOUND)

    def write(asked: Asked) -> Response:
        if path is not None:
            return Response(single.rows(session(), asked, path), content_type=JSON)
        now = utcnow()
        return streamed(lambda apart: submissions.table(apart, asked, parts[0], now), JSON)

    return _answered(form, draft, write)


@route("GET", f"{FORM}.svc", asks=READ)
def service(project: Round, form: Form) -> Response:
    """The tables of a form: its submissions and each repeat."""
    return _service(form, draft=False)


@route("GET", f"{FORM}/draft.svc", asks=READ)
def draft_service(project: Round, form: Form) -> Response:
    """The tables of a form's draft."""
    return _service(form, draft=True)


@route("GET", f"{FORM}.svc/$metadata", asks=READ, told=say_xml)
def metadata(project: Round, form: Form) -> Response:
    """The properties of a form's tables, with their types (EDMX)."""
    return _metadata(form, draft=False)


@route("GET", f"{FORM}/draft.svc/$metadata", asks=READ, told=say_xml)
def draft_metadata(project: Round, form: Form) -> Response:
    """The properties of the tables of a form's draft."""
    return _metadata(form, draft=True)


@route("GET", f"{FORM}.svc/<path:resource>", asks=READ)
def rows(project: Round, form: Form, resource: str) -> Any:
    """Rows: `Submissions`, `Submissions.children.child`, `Submissions('uuid:…')/children/child`; `$filter`, `$top`, …."""
    return _rows(form, draft=False, resource=resource)


@route("GET", f"{FORM}/draft.svc/<path:resource>", asks=READ)
def draft_rows(project: Round, form: Form, resource: str) -> Any:
    """Rows of what was sent to a form's draft."""
    return _rows(form, draft=True, resource=resource)
