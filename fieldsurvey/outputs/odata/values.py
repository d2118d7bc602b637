"""Answers, which are text, as OData's JSON has them: numbers, moments, places as GeoJSON or well-known text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Convert = Callable[[Any], Any]
_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+)")
_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_HOURS_ONLY = re.compile(r"[+-]\d\d$")
_HIGHEST, _HUGE = 1 << 63, 10**300


def converters(wkt: bool) -> dict[str, Convert]:
    """XForms type → what makes a value of an answer. Types that are not here stay text."""
    return {
        "int": integer,
        "integer": integer,
        "long": integer,
        "short": integer,
        "decimal": number,
        "boolean": boolean,
        "dateTime": moment,
        "geopoint": _point_wkt if wkt else _point,
        "geotrace": (lambda text: _line_wkt("LINESTRING (%s)", text)) if wkt else _trace,
        "geoshape": (lambda text: _line_wkt("POLYGON ((%s))", text)) if wkt else _shape,
    }


def integer(text: Any) -> int | float | None:
    whole: int | None
    try:
        whole = int(text)
    except (ValueError, TypeError):
        found = _LEADING_INTEGER.match(text) if isinstance(text, str) else None
        whole = int(found[1][:302]) if found else None  # longer than that is beyond _HUGE
    if whole is None or -_HIGHEST <= whole < _HIGHEST:
        return whole
    return float(whole) if abs(whole) < _HUGE else None


def number(text: Any) -> int | float | None:
    try:
        value = float(text)
    except (ValueError, TypeError):
        found = _LEADING_NUMBER.match(text) if isinstance(text, str) else None
        if found is None:
            return None
        value = float(found[1])
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def boolean(text: Any) -> Any:
    return {"true": True, "1": True, "false": False, "0": False}.get(text) if isinstance(text, str) else None


def moment(text: Any) -> Any:
    """Phones may write the zone as `+07`, and most readers want `+07:00`."""
    return f"{text}:00" if isinstance(text, str) and _HOURS_ONLY.search(text) else text


def _position(text: str) -> tuple[list[float], float | None] | None:
    """([longitude, latitude, altitude], accuracy) of `latitude longitude altitude accuracy`."""
    parts = [number(part) for part in text.split()[:4]]
    if len(parts) < 2 or parts[0] is None or parts[1] is None:
        return None
    place = [parts[1], parts[0]]
    if len(parts) > 2 and parts[2] is not None:
        place.append(parts[2])
    return place, parts[3] if len(parts) > 3 else None


def _positions(text: Any) -> list[tuple[list[float], float | None]]:
    found = (_position(part) for part in text.split(";")) if isinstance(text, str) else ()
    return [one for one in found if one is not None]


def _point(text: Any) -> dict[str, Any] | None:
    found = _position(text) if isinstance(text, str) else None
    if found is None:
        return None
    place, accuracy = found
    made: dict[str, Any] = {"type": "Point", "coordinates": place}
    return made if accuracy is None else {**made, "properties": {"accuracy": accuracy}}


def _trace(text: Any) -> dict[str, Any] | None:
    return _line("LineString", text, lambda places: places)


def _shape(text: Any) -> dict[str, Any] | None:
    return _line("Polygon", text, lambda places: [places])


def _line(kind: str, text: Any, arranged: Callable[[list[Any]], list[Any]]) -> dict[str, Any] | None:
    found = _positions(text)
    if not found:
        return None
    made: dict[str, Any] = {"type": kind, "coordinates": arranged([place for place, _ in found])}
    accuracies = [accuracy or None for _, accuracy in found]
    return {**made, "properties": {"accuracies": accuracies}} if any(accuracies) else made


def _point_wkt(text: Any) -> str | None:
    found = _position(text) if isinstance(text, str) else None
    return f"POINT ({_numbers(found[0])})" if found else None


def _line_wkt(shape: str, text: Any) -> str | None:
    found = _positions(text)
    return shape % ",".join(_numbers(place) for place, _ in found) if found else None


def _numbers(place: list[float]) -> str:
    return " ".join(map(str, place))
