"""The fields of a form's version as programs see them: ODK Central's list of fields."""

from __future__ import annotations

import re
from typing import Any

from fieldsurvey.forms.xform import FIELD, REPEAT, Field, Schema

_FIRST, _OTHERS = re.compile(r"^(?=[^A-Za-z_])"), re.compile(r"[^A-Za-z0-9_]+")


def of_schema(schema: Schema, odata: bool = False) -> list[dict[str, Any]]:
    """In the order of the form. `odata`: under the names that OData tables use."""
    return [_field(one, odata) for one in schema.fields]


def _field(one: Field, odata: bool) -> dict[str, Any]:
    parts = [odata_name(part) if odata else part for part in one.path.split("/")]
    kind = one.type if one.kind == FIELD else "repeat" if one.kind == REPEAT else "structure"
    return {
        "path": "/" + "/".join(parts),
        "name": parts[-1],
        "type": kind,
        "binary": one.binary or None,
        "selectMultiple": True if one.control == "select" else None,
    }


def odata_name(name: str) -> str:
    """A name that OData allows: letters, digits and underscores, no digit first."""
    return _OTHERS.sub("_", _FIRST.sub("_", name))
