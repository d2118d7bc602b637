"""An entity list as OData: its rows, page by page, and the document that describes them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import orjson
from lxml import etree
from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.outputs import entity_files, entity_filters
from fieldsurvey.outputs.entity_sources import Source
from fieldsurvey.outputs.odata import conditions
from fieldsurvey.outputs.odata.query import Query, identifier, make_token, next_link, with_skip
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import moment_text

TABLE = "Entities"
# Name below __system → its type.
SYSTEM = {
    "createdAt": "DateTimeOffset",
    "creatorId": "String",
    "creatorName": "String",
    "updates": "Int64",
    "updatedAt": "DateTimeOffset",
    "deletedAt": "DateTimeOffset",
    "version": "Int64",
    "conflict": "String",
}
_CHUNK = 1000


class Address(NamedTuple):
    """Of a page, with what it asks for, and of the service that it belongs to."""

    page: str
    service: str


def selected(source: Source, query: Query) -> frozenset[str] | None:
    """What a row shows; None: everything. Raises PROPERTY_UNKNOWN."""
    if query.select is None:
        return None
    known = {"__id", "__system", "label", *source.properties, *(f"__system/{name}" for name in SYSTEM)}
    unknown = next((name for name in query.select if name not in known), None)
    if unknown is not None:
        raise Problem(Kind.PROPERTY_UNKNOWN, property=unknown)
    return frozenset(query.select)


def pages(
    session: Session, source: Source, scope: Scope, query: Query, sought: Sequence[ColumnElement[bool]], at: Address
) -> Iterator[bytes]:
    """One page as it is written. Raises what `selected` and `$orderby` raise."""
    shown = selected(source, query)
    wanted = (source.inside(scope), *(sought or (source.live,)))
    order = _order(source, query)
    head: dict[str, Any] = {"@odata.context": f"{at.service}/$metadata#{TABLE}"}
    if query.count:
        head["@odata.count"] = session.scalar(source.select(func.count()).where(*wanted))
    rows = _columns(session, source).where(*wanted, *_after(source, query)).order_by(*order).offset(query.skip or None)
    if query.top is not None:
        rows = rows.limit(query.top + 1)  # one more, to know whether there are more
    found = iter(session.execute(rows.execution_options(yield_per=_CHUNK)))
    yield orjson.dumps(head)[:-1] + b',"value":['
    last = yield from _values(islice(found, query.top), source, shown)
    more = query.top is not None and query.top > 0 and next(found, None) is not None
    yield b"]" + (_next(at.page, query, last) if more else b"") + b"}"


def _order(source: Source, query: Query) -> list[Any]:
    stable = source.columns["id"]
    if query.orderby is None:
        return [stable.desc()]
    return list(conditions.order(query.orderby, entity_filters.fields(source), stable=stable))


def _after(source: Source, query: Query) -> list[ColumnElement[bool]]:
    """Those older than the last one of the page before, which may have been deleted since."""
    if query.skiptoken is None:
        return []
    columns = source.columns
    last = source.select(columns["id"]).where(columns["uuid"] == str(query.skiptoken.get("uuid", "")))
    return [columns["id"] < last.scalar_subquery()]


def _columns(session: Session, source: Source) -> Select[Any]:
    columns, dialect = source.columns, session.get_bind().dialect.name
    moments = {name: moment_text(columns[name], dialect) for name in ("createdAt", "updatedAt", "deletedAt")}
    return source.select(
        columns["uuid"], columns["label"],
        moments["createdAt"], columns["creatorId"], entity_files.creator_name(source), columns["version"],
        moments["updatedAt"], moments["deletedAt"], columns["conflict"],
        *source.properties.values(),
    )  # fmt: skip


def _values(rows: Iterator[Any], source: Source, shown: frozenset[str] | None) -> Generator[bytes, None, str]:
    """Returns the UUID of the last one."""
    names = [(name, identifier(name)) for name in source.properties]
    before, last = b"", ""
    while chunk := list(islice(rows, _CHUNK)):
        last = chunk[-1][0]
        yield before + orjson.dumps([_value(row, names, shown) for row in chunk])[1:-1]
        before = b","
    return last


def _value(row: Any, names: Sequence[tuple[str, str]], shown: frozenset[str] | None) -> dict[str, Any]:
    uuid, label, created, creator_id, creator, version, updated, deleted, conflict, *properties = row
    value = {"__id": uuid, "label": label}
    system = {
        "createdAt": created,
        "creatorId": None if creator_id is None else str(creator_id),
        "creatorName": creator,
        "updates": version - 1,
        "updatedAt": updated,
        "deletedAt": deleted,
        "version": version,
        "conflict": conflict,
    }
    if shown is None:
        given = {name: text or "" for (_, name), text in zip(names, properties, strict=True)}
        return {**value, "__system": system, **given}
    return {
        **{name: one for name, one in value.items() if name in shown},
        **_system(system, shown),
        **{name: text or "" for (own, name), text in zip(names, properties, strict=True) if own in shown},
    }


def _system(system: Mapping[str, Any], shown: frozenset[str]) -> dict[str, Any]:
    some = system if "__system" in shown else {name: one for name, one in system.items() if f"__system/{name}" in shown}
    return {"__system": some} if some else {}


def _next(address: str, query: Query, last: str) -> bytes:
    if query.orderby is None:
        link = next_link(address, make_token(uuid=last))
    else:  # the token knows only the order of the list
        link = with_skip(address, query.skip + (query.top or 0))
    return b',"@odata.nextLink":' + orjson.dumps(link)


# The document that describes the rows


_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_SYSTEM_SPACE = "org.opendatakit.entity"
_CAPABLE = "Org.OData.Capabilities.V1"


def description(name: str, properties: Sequence[str]) -> bytes:
    """The EDMX."""
    root = etree.Element(f"{{{_EDMX}}}Edmx", {"Version": "4.0"}, nsmap={"edmx": _EDMX})
    services = etree.SubElement(root, f"{{{_EDMX}}}DataServices")
    metadata = etree.SubElement(_schema(services, _SYSTEM_SPACE), f"{{{_EDM}}}ComplexType", {"Name": "metadata"})
    for one, kind in SYSTEM.items():
        _property(metadata, one, f"Edm.{kind}")
    space = f"org.opendatakit.user.{identifier(name)}"
    schema = _schema(services, space)
    names = [identifier(one) for one in properties]
    _entity_type(schema, names)
    container = etree.SubElement(schema, f"{{{_EDM}}}EntityContainer", {"Name": identifier(name)})
    kind = f"{space}.{TABLE}"
    entities = etree.SubElement(container, f"{{{_EDM}}}EntitySet", {"Name": TABLE, "EntityType": kind})
    _capabilities(entities, names)
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return made


def _schema(services: Any, space: str) -> Any:
    return etree.SubElement(services, f"{{{_EDM}}}Schema", {"Namespace": space}, nsmap={None: _EDM})


def _property(parent: Any, name: str, kind: str) -> None:
    etree.SubElement(parent, f"{{{_EDM}}}Property", {"Name": name, "Type": kind})


def _entity_type(schema: Any, names: Sequence[str]) -> None:
    made = etree.SubElement(schema, f"{{{_EDM}}}EntityType", {"Name": TABLE})
    key = etree.SubElement(made, f"{{{_EDM}}}Key")
    etree.SubElement(key, f"{{{_EDM}}}PropertyRef", {"Name": "__id"})
    _property(made, "__id", "Edm.String")
    _property(made, "__system", f"{_SYSTEM_SPACE}.metadata")
    for name in ("label", *names):
        _property(made, name, "Edm.String")


def _capabilities(entities: Any, names: Sequence[str]) -> None:
    """What may be asked of the rows: counting, filters on what the server adds, sorting, searching; no expanding."""
    _annotation(entities, "ConformanceLevel", {"EnumMember": f"{_CAPABLE}.ConformanceLevelType/Minimal"})
    _annotation(entities, "BatchSupported", {"Bool": "false"})
    _record(_annotation(entities, "CountRestrictions"), {"Countable": "true"})
    functions = etree.SubElement(_annotation(entities, "FilterFunctions"), f"{{{_EDM}}}Collection")
    for one in ("contains", "startswith", "endswith"):
        etree.SubElement(functions, f"{{{_EDM}}}String").text = one
    record = _record(_annotation(entities, "FilterRestrictions"), {"Filterable": "true", "RequiresFilter": "false"})
    value = etree.SubElement(record, f"{{{_EDM}}}PropertyValue", {"Property": "NonFilterableProperties"})
    paths = etree.SubElement(value, f"{{{_EDM}}}Collection")
    for name in names:
        etree.SubElement(paths, f"{{{_EDM}}}PropertyPath").text = name
    _record(_annotation(entities, "SortRestrictions"), {"Sortable": "true"})
    _record(_annotation(entities, "ExpandRestrictions"), {"Expandable": "false"})
    _record(_annotation(entities, "SearchRestrictions"), {"Searchable": "true"})


def _annotation(parent: Any, term: str, attributes: Mapping[str, str] | None = None) -> Any:
    return etree.SubElement(parent, f"{{{_EDM}}}Annotation", {"Term": f"{_CAPABLE}.{term}", **(attributes or {})})


def _record(annotation: Any, values: Mapping[str, str]) -> Any:
    record = etree.SubElement(annotation, f"{{{_EDM}}}Record")
    for name, value in values.items():
        etree.SubElement(record, f"{{{_EDM}}}PropertyValue", {"Property": name, "Bool": value})
    return record
