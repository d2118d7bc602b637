"""Entity lists for Power BI, Excel and Tableau: OData, one table for each list."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, request

from fieldsurvey.api import wire
from fieldsurvey.api.datasets import DATASET, reading_scope
from fieldsurvey.api.door import route
from fieldsurvey.api.odata import JSON, XML, addressed, require_protocol, say_xml, sent
from fieldsurvey.extensions import session, utcnow
from fieldsurvey.outputs import entity_feed, entity_files, entity_filters, entity_sources
from fieldsurvey.outputs.odata.query import Query
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sending import streamed, tagged
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.rounds import Round

SERVICE = f"{DATASET}.svc"


@route("GET", SERVICE, asks=Permission.READ_ENTITIES)
def service(project: Round, dataset: Dataset) -> Response:
    """The tables of the list: one."""
    require_protocol("json")
    table = entity_feed.TABLE
    described: dict[str, Any] = {
        "@odata.context": f"{addressed()[1]}/$metadata",
        "value": [{"name": table, "kind": "EntitySet", "url": table}],
    }
    return sent(Response(wire.dumps(described), content_type=JSON))


@route("GET", f"{SERVICE}/$metadata", asks=Permission.READ_ENTITIES, told=say_xml)
def metadata(project: Round, dataset: Dataset) -> Response:
    """What the rows of the table are made of, as EDMX."""
    require_protocol("xml")
    source = entity_sources.of_dataset(session(), dataset)
    described = entity_feed.description(dataset.name, list(source.properties))
    return sent(Response(described, content_type=XML))


@route("GET", f"{SERVICE}/Entities", asks=Permission.READ_ENTITIES)
def entities(project: Round, dataset: Dataset) -> Response:
    """The entities; `$top`, `$skip`, `$count`, `$filter`, `$orderby`, `$select`, `$search`, `$skiptoken`."""
    require_protocol("json")
    query, scope = Query.read(request.args), reading_scope(project)
    source = entity_sources.of_dataset(session(), dataset)
    sought = entity_filters.conditions(session(), source, request.args, utcnow())
    digest = None if query.filter else _digest(dataset, entity_files.Cut(scope))
    if digest is not None and digest in request.if_none_match:
        return sent(tagged(Response(content_type=JSON), digest))
    at = entity_feed.Address(*addressed())
    page = streamed(lambda reading: entity_feed.pages(reading, source, scope, query, sought, at), JSON)
    if digest is not None:
        page.set_etag(digest)
    return sent(page)


def _digest(dataset: Dataset, cut: entity_files.Cut) -> str:
    """Of this page as this caller may see it. A filter may speak of the present time, so that it has none."""
    whole = entity_files.digest(session(), dataset, cut)
    return hashlib.md5(f"{whole} {request.full_path}".encode(), usedforsecurity=False).hexdigest()
