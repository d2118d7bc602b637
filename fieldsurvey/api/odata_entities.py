"""Entity lists for Power BI, Excel and Tableau: OData, one table for each list."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from flask import Response, request

from fieldsurvey.api import wire
from fieldsurvey.api.datasets import DATASET, reading_scope
from fieldsurvey.api.door import route
from fieldsurvey.callers import base_url
from fieldsurvey.extensions import session, utcnow
from fieldsurvey.outputs import entity_feed, entity_files, entity_filters, entity_sources
from fieldsurvey.outputs.odata.query import Query
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sending import streamed, tagged
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.rounds import Round

SERVICE = f"{DATASET}.svc"
ROWS = "application/json; charset=utf-8; odata.metadata=minimal"


def _versioned(answer: Response) -> Response:
    answer.headers["OData-Version"] = "4.0"
    return answer


def _address(project: Round, dataset: Dataset) -> str:
    return f"{base_url(project.id)}/datasets/{quote(dataset.name, safe='')}.svc"


@route("GET", SERVICE, asks=Permission.READ_ENTITIES)
def service(project: Round, dataset: Dataset) -> Response:
    """The tables of the list: one."""
    table = entity_feed.TABLE
    described: dict[str, Any] = {
        "@odata.context": f"{_address(project, dataset)}/$metadata",
        "value": [{"name": table, "kind": "EntitySet", "url": table}],
    }
    return _versioned(Response(wire.dumps(described), content_type=ROWS))


@route("GET", f"{SERVICE}/$metadata", asks=Permission.READ_ENTITIES)
def metadata(project: Round, dataset: Dataset) -> Response:
    """What the rows of the table are made of, as EDMX."""
    source = entity_sources.of_dataset(session(), dataset)
    described = entity_feed.description(dataset.name, list(source.properties))
    return _versioned(Response(described, content_type="application/xml; charset=utf-8"))


@route("GET", f"{SERVICE}/Entities", asks=Permission.READ_ENTITIES)
def entities(project: Round, dataset: Dataset) -> Response:
    """The entities; `$top`, `$skip`, `$count`, `$filter`, `$orderby`, `$select`, `$search`, `$skiptoken`."""
    query, scope = Query.read(request.args), reading_scope(project)
    source = entity_sources.of_dataset(session(), dataset)
    sought = entity_filters.conditions(session(), source, request.args, utcnow())
    digest = None if query.filter else _digest(dataset, entity_files.Cut(scope))
    if digest is not None and digest in request.if_none_match:
        return _versioned(tagged(Response(content_type=ROWS), digest))
    address = f"{_address(project, dataset)}/{entity_feed.TABLE}?{request.query_string.decode()}"
    sent = streamed(lambda reading: entity_feed.pages(reading, source, scope, query, sought, address), ROWS)
    if digest is not None:
        sent.set_etag(digest)
    return _versioned(sent)


def _digest(dataset: Dataset, cut: entity_files.Cut) -> str:
    """Of this page as this caller may see it. A filter may speak of the present time, so that it has none."""
    whole = entity_files.digest(session(), dataset, cut)
    return hashlib.md5(f"{whole} {request.full_path}".encode(), usedforsecurity=False).hexdigest()
