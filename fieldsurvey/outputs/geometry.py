"""Answers of place as GeoJSON: `10.7 106.6 3 4.5` is a point, `…; …` a line, and one that ends where it began an area."""

from __future__ import annotations

import re
from typing import Any

Position = list[float]
_NUMBER = r"-?(?:0|[1-9]\d*)(?:\.\d+)?"
_POINT = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})(?:\s+({_NUMBER})(?:\s+(?:0|[1-9]\d*)(?:\.\d+)?)?)?\s*", re.ASCII)


def of_text(text: str) -> dict[str, Any] | None:
    """The geometry that a text describes by its shape; None: it describes none."""
    return point(text) or polygon(text) or line(text)


def point(text: str) -> dict[str, Any] | None:
    found = position(text)
    return {"type": "Point", "coordinates": found} if found else None


def line(text: str) -> dict[str, Any] | None:
    found = positions(text)
    return {"type": "LineString", "coordinates": found} if found else None


def polygon(text: str) -> dict[str, Any] | None:
    found = positions(text)
    closed = found is not None and len(found) >= 4 and found[0] == found[-1]
    return {"type": "Polygon", "coordinates": [found]} if closed else None


def position(text: str) -> Position | None:
    """Longitude, latitude and, where known, altitude; the accuracy is left out."""
    found = _POINT.fullmatch(text)
    if found is None:
        return None
    latitude, longitude, altitude = (float(part) if part is not None else None for part in found.groups())
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return [longitude, latitude] if altitude is None else [longitude, latitude, altitude]


def positions(text: str) -> list[Position] | None:
    """At least two, divided by semicolons; a last semicolon closes the list."""
    parts = text.rstrip().removesuffix(";").split(";")
    found = [position(part) for part in parts]
    if len(found) < 2 or any(one is None for one in found):
        return None
    return [one for one in found if one is not None]
