"""What programs write of entities, read and checked: one, a change of one, or many from a file."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from fieldsurvey.casework.entities import Change
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import entities as rules

_KEYS = ("label", "uuid", "data")
New = tuple[str, Change]  # uuid and what it shall be


def new(body: Any, properties: Collection[str]) -> New:
    """Raises UNEXPECTED_ATTRIBUTES, WRONG_TYPE, MISSING_PARAMETER, UNEXPECTED_VALUE, ENTITY_INVALID."""
    known = _known(body)
    given = known.get("uuid")
    if given and not isinstance(given, str):
        _wrong("uuid", given, "string")
    name = rules.uuid4(given) if given else str(uuid.uuid4())
    label = _label(known)
    if label is None:
        raise Problem(Kind.MISSING_PARAMETER, field="label")
    return name, Change(label, _data(known, properties))


def change(body: Any, properties: Collection[str]) -> Change:
    """Raises the same; of label and data one may be missing."""
    known = _known(body)
    label = _label(known)
    if label is None and known.get("data") is None:
        raise Problem(Kind.ENTITY_INVALID, reason="It has neither a label nor data.")
    return Change(label, _data(known, properties))


def many(body: Mapping[str, Any], properties: Collection[str]) -> list[New]:
    """The entities of `{"entities": […]}`."""
    given = body["entities"]
    if not isinstance(given, list) or not given:
        actual = "empty array" if isinstance(given, list) else "not an array"
        raise Problem(Kind.UNEXPECTED_ATTRIBUTES, expected=["entities: [...]"], actual=[actual])
    return [new(one, properties) for one in given]


def file(source: Any, count: int, user_agent: str | None) -> dict[str, Any]:
    """Where many came from; raises MISSING_PARAMETER, WRONG_TYPE."""
    if not source:
        raise Problem(Kind.MISSING_PARAMETER, field="source")
    name, size = (source.get("name"), source.get("size")) if isinstance(source, dict) else (None, None)
    if not name:
        raise Problem(Kind.MISSING_PARAMETER, field="source.name")
    if not isinstance(name, str):
        _wrong("name", name, "string")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int | float)):
        _wrong("size", size, "number")
    return {"name": name, **({"size": size} if size else {}), "count": count, "userAgent": user_agent}


def _known(body: Any) -> dict[str, Any]:
    """A JSON object with keys that an entity has."""
    actual = list(body) if isinstance(body, dict) else [type(body).__name__]
    if not isinstance(body, dict) or any(key not in _KEYS for key in actual):
        raise Problem(Kind.UNEXPECTED_ATTRIBUTES, expected=list(_KEYS), actual=actual)
    return body


def _label(known: Mapping[str, Any]) -> str | None:
    label = known.get("label")
    if label is None:
        return None
    if not isinstance(label, str):
        _wrong("label", label, "string")
    if not label.strip():
        raise Problem(Kind.UNEXPECTED_VALUE, field="label", value="(empty string)", reason="blank")
    return str(label)


def _data(known: Mapping[str, Any], properties: Collection[str]) -> dict[str, str]:
    data = known.get("data")
    if data is None:
        return {}
    if not isinstance(data, dict):
        _wrong("data", data, "object")
    for name, value in data.items():
        if not isinstance(value, str):
            _wrong(name, value, "string")
        if name not in properties:
            raise Problem(Kind.ENTITY_INVALID, reason=f"The list has no property “{name}”.")
    return dict(data)


def _wrong(field: str, value: Any, expected: str) -> NoReturn:
    raise Problem(Kind.WRONG_TYPE, field=field, value=value, expected=expected)
