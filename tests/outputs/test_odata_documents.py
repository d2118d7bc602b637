"""EDMX held to golden files, and to the rules of CSDL 4.0 that a client relies on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from fieldsurvey.forms import xform
from fieldsurvey.forms.xform import Schema
from fieldsurvey.outputs.odata import documents
from tests import central
from tests.world import World

GOLDEN = Path(__file__).parents[1] / "api" / "golden"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
PRIMITIVE = {
    "Edm.String", "Edm.Int64", "Edm.Decimal", "Edm.Boolean", "Edm.Date", "Edm.DateTimeOffset", "Edm.GeographyPoint",
    "Edm.GeographyLineString", "Edm.GeographyPolygon",
}  # fmt: skip


def edmx(form: str | Schema, scored: bool = False) -> str:
    schema = form if isinstance(form, Schema) else xform.read(form)
    return documents.metadata(schema, schema.form_id, scored)


@pytest.mark.parametrize(
    ("form", "golden"), [(central.DOUBLE_REPEAT, "doubleRepeat.edmx.xml"), (central.TYPES, "types.edmx.xml")]
)
def test_metadata(form: str, golden: str) -> None:
    assert edmx(form) == (GOLDEN / golden).read_text(encoding="utf-8")


def types_in(model: Any) -> Iterator[str]:
    for schema in model.iter(f"{EDM}Schema"):
        for kind in ("EntityType", "ComplexType", "EnumType"):
            yield from (f"{schema.get('Namespace')}.{one.get('Name')}" for one in schema.findall(f"{EDM}{kind}"))


def faults(text: str) -> list[str]:
    """What breaks a rule: a type that is nowhere, a name given twice, a key or target that is not there."""
    model = etree.fromstring(text.encode())
    types, sets = list(types_in(model)), [one.get("Name") for one in model.iter(f"{EDM}EntitySet")]
    found = [f"twice: {name}" for name in types if types.count(name) > 1]
    for one in model.iter(f"{EDM}Property", f"{EDM}NavigationProperty"):
        kind = one.get("Type").removeprefix("Collection(").removesuffix(")")
        if kind not in PRIMITIVE and kind not in types:
            found.append(f"no such type: {kind}")
    for one in model.iter(f"{EDM}EntityType", f"{EDM}ComplexType"):
        names = [inner.get("Name") for inner in one if inner.get("Name")]
        found += [f"twice: {name}" for name in names if names.count(name) > 1]
        keys = [key.get("Name") for key in one.iter(f"{EDM}PropertyRef")]
        found += [f"no such key: {key}" for key in keys if key not in names]
    found += [f"no such type: {one.get('EntityType')}" for one in model.iter(f"{EDM}EntitySet")
              if one.get("EntityType") not in types]  # fmt: skip
    return found + [f"no such set: {one.get('Target')}" for one in model.iter(f"{EDM}NavigationPropertyBinding")
                    if one.get("Target") not in sets]  # fmt: skip


@pytest.mark.parametrize("form", central.FORMS)
def test_metadata_keeps_the_rules(form: str) -> None:
    assert faults(edmx(form)) == []


def test_metadata_of_households_keeps_the_rules(world: World) -> None:
    text = edmx(world.schema, scored=True)

    assert faults(text) == []
    assert 'Name="__fieldsurvey" Type="org.opendatakit.submission.scores"' in text


def test_fault_is_found() -> None:
    assert faults(edmx(central.SIMPLE).replace("org.opendatakit.submission.metadata", "other")) == [
        "no such type: other"
    ]
