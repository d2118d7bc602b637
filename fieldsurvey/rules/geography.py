"""Distances on the ground, as exact as a walk from house to house needs them."""

from __future__ import annotations

from collections.abc import Iterable
from math import asin, cos, hypot, radians, sin, sqrt
from statistics import median
from typing import NamedTuple

EARTH = 6_371_000  # metres, mean radius


class Point(NamedTuple):
    """WGS 84, degrees."""

    lat: float
    lon: float


def metres(one: Point, other: Point) -> float:
    """Along the ground, as the crow flies."""
    lat, lon = radians(other.lat - one.lat), radians(other.lon - one.lon)
    half = sin(lat / 2) ** 2 + cos(radians(one.lat)) * cos(radians(other.lat)) * sin(lon / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


def middle(points: Iterable[Point]) -> Point | None:
    """The median of latitudes and longitudes: a few wrong points do not move it. None without points."""
    known = list(points)
    return Point(median(one.lat for one in known), median(one.lon for one in known)) if known else None


def diagonal(south_west: Point, north_east: Point) -> float:
    """How far it is across a box, in metres."""
    across = metres(south_west, Point(south_west.lat, north_east.lon))
    return hypot(across, metres(south_west, Point(north_east.lat, south_west.lon)))
