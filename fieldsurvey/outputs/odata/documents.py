"""What an OData service says of itself: its tables, and their properties with types, as EDMX 4.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fieldsurvey.forms.xform import FIELD, GROUP, REPEAT, Field, Schema
from fieldsurvey.outputs.odata import tables
from fieldsurvey.outputs.odata.answer_fields import SCORES
from fieldsurvey.outputs.odata.query import identifier
from fieldsurvey.outputs.odata.tables import ROOT, Table

TYPES = {
    "int": "Int64",
    "integer": "Int64",
    "long": "Int64",
    "short": "Int64",
    "decimal": "Decimal",
    "boolean": "Boolean",
    "geopoint": "GeographyPoint",
    "geotrace": "GeographyLineString",
    "geoshape": "GeographyPolygon",
    "date": "Date",
    "dateTime": "DateTimeOffset",
}
_SUBMISSION = "org.opendatakit.submission"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_SYSTEM = {
    "submissionDate": "Edm.DateTimeOffset",
    "updatedAt": "Edm.DateTimeOffset",
    "deletedAt": "Edm.DateTimeOffset",
    "submitterId": "Edm.String",
    "submitterName": "Edm.String",
    "attachmentsPresent": "Edm.Int64",
    "attachmentsExpected": "Edm.Int64",
    "status": f"{_SUBMISSION}.Status",
    "reviewState": f"{_SUBMISSION}.ReviewState",
    "deviceId": "Edm.String",
    "edits": "Edm.Int64",
    "formVersion": "Edm.String",
}
_SCORES = {
    "class": "Edm.String",
    "b1": "Edm.Int64",
    "b2": "Edm.Int64",
    "standard": "Edm.String",
    "pointsTable": "Edm.String",
    "fromPaper": "Edm.Boolean",
}
_ENUMS = {
    "Status": ("notDecrypted", "missingEncryptedFormData"),
    "ReviewState": ("hasIssues", "edited", "rejected", "approved"),
}
_CAPABILITY = "Org.OData.Capabilities.V1"


def service(schema: Schema, address: str) -> dict[str, Any]:
    """The service document: every table."""
    names = [table.name for table in tables.all_tables(schema)]
    return {
        "@odata.context": f"{address}/$metadata",
        "value": [{"name": name, "kind": "EntitySet", "url": name} for name in names],
    }


def metadata(schema: Schema, xml_form_id: str, scored: bool) -> str:
    """The EDMX of a form."""
    namespace = f"org.opendatakit.user.{identifier(xml_form_id)}"
    own = "".join(_Form(schema, namespace, scored).types())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">\n  <edmx:DataServices>\n'
        f'    <Schema xmlns="{_EDM}" Namespace="{_SUBMISSION}">\n{_of_all_forms(scored)}    </Schema>\n'
        f'    <Schema xmlns="{_EDM}" Namespace="{namespace}">\n{own}{_container(schema, xml_form_id, namespace)}'
        "    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n"
    )


def _of_all_forms(scored: bool) -> str:
    enums = (
        f'      <EnumType Name="{name}">\n'
        + "".join(f'        <Member Name="{one}"/>\n' for one in members)
        + "      </EnumType>\n"
        for name, members in _ENUMS.items()
    )
    scores = _complex("scores", _SCORES.items()) if scored else ""
    return _complex("metadata", _SYSTEM.items()) + scores + "".join(enums)


def _complex(name: str, properties: Any) -> str:
    return _type("ComplexType", name, "".join(_property(*one) for one in properties))


def _type(kind: str, name: str, inner: str) -> str:
    return f"      <{kind} Name={quoteattr(name)}>\n{inner}      </{kind}>\n"


def _property(name: str, kind: str) -> str:
    return f"        <Property Name={quoteattr(name)} Type={quoteattr(kind)}/>\n"


class _Form:
    """The types of one form."""

    def __init__(self, schema: Schema, namespace: str, scored: bool) -> None:
        self.schema, self.namespace, self.scored = schema, namespace, scored
        self.below = tables.children_of(schema)

    def types(self) -> Iterator[str]:
        for table in tables.all_tables(self.schema):
            yield _type("EntityType", table.name, self._key(table) + self._properties(table.path))
        for one in self.schema.fields:
            if one.kind == GROUP:
                yield _type("ComplexType", _dotted(one), self._properties(one.path))

    def _key(self, table: Table) -> str:
        key = '        <Key><PropertyRef Name="__id"/></Key>\n'
        key += '        <Property Name="__id" Type="Edm.String" Nullable="false"/>\n'
        if table.path:
            return key + _property(table.parent_key, "Edm.String")
        system = _property("__system", f"{_SUBMISSION}.metadata")
        return key + system + (_property(SCORES, f"{_SUBMISSION}.scores") if self.scored else "")

    def _properties(self, path: str) -> str:
        return "".join(map(self._written, self.below[path]))

    def _written(self, one: Field) -> str:
        name = identifier(one.name)
        if one.kind == FIELD:
            return _property(name, f"Edm.{TYPES.get(one.type, 'String')}")
        if one.kind == GROUP:
            return _property(name, f"{self.namespace}.{_dotted(one)}")
        kind = f"Collection({self.namespace}.{ROOT}.{_dotted(one)})"
        return f"        <NavigationProperty Name={quoteattr(name)} Type={quoteattr(kind)}/>\n"


def _dotted(one: Field) -> str:
    return ".".join(map(identifier, one.path.split("/")))


def _container(schema: Schema, xml_form_id: str, namespace: str) -> str:
    sets = []
    for table in tables.all_tables(schema):
        annotations = "" if table.path else _annotations(schema)
        head = f"<EntitySet Name={quoteattr(table.name)} EntityType={quoteattr(f'{namespace}.{table.name}')}>"
        sets.append(f"        {head}\n{_bindings(schema, table)}{annotations}        </EntitySet>\n")
    return _type("EntityContainer", identifier(xml_form_id), "".join(sets))


def _bindings(schema: Schema, table: Table) -> str:
    """Which table the rows of a repeat inside are in."""
    inside = (one for one in schema.fields if one.kind == REPEAT and _repeat_around(schema, one) == table.path)
    prefix = f"{table.path}/" if table.path else ""
    return "".join(
        f'          <NavigationPropertyBinding Path="{_path(one.path.removeprefix(prefix))}"'
        f' Target="{ROOT}.{_dotted(one)}"/>\n'
        for one in inside
    )


def _repeat_around(schema: Schema, one: Field) -> str:
    path = one.parent
    while path and schema.by_path[path].kind != REPEAT:
        path = schema.by_path[path].parent
    return path


def _path(path: str) -> str:
    return "/".join(map(identifier, path.split("/")))


def _annotations(schema: Schema) -> str:
    """What may be asked of the table of submissions."""
    repeats = [_path(one.path) for one in schema.fields if one.kind == REPEAT]
    unfit = "".join(f"<PropertyPath>{escape(path)}</PropertyPath>" for path in repeats)
    filters = _value("Filterable", "true") + _value("RequiresFilter", "false")
    if unfit:
        filters += f'<PropertyValue Property="NonFilterableProperties"><Collection>{unfit}</Collection></PropertyValue>'
    level = f'EnumMember="{_CAPABILITY}.ConformanceLevelType/Minimal"'
    return "".join(
        f"          {one}\n"
        for one in (
            f'<Annotation Term="{_CAPABILITY}.ConformanceLevel" {level}/>',
            f'<Annotation Term="{_CAPABILITY}.BatchSupported" Bool="false"/>',
            _restriction("CountRestrictions", _value("Countable", "true")),
            _restriction("FilterRestrictions", filters),
            _restriction("SortRestrictions", _value("Sortable", "true")),
            _restriction("ExpandRestrictions", _value("Expandable", "true")),
        )
    )


def _restriction(name: str, inner: str) -> str:
    return f'<Annotation Term="{_CAPABILITY}.{name}"><Record>{inner}</Record></Annotation>'


def _value(name: str, value: str) -> str:
    return f'<PropertyValue Property="{name}" Bool="{value}"/>'
