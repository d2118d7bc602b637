"""Which area an entity belongs to: the village or commune whose code is in its property of that name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store.areas import Area

NOWHERE = Place()
_LEVELS = (Level.VILLAGE, Level.COMMUNE)  # the properties that are looked at, the narrower first


def named(data: Mapping[str, Any]) -> bool:
    """Whether the data say anything about an area."""
    return any(data.get(level.value) for level in _LEVELS)


def of_each(connection: Connection, many: Iterable[Mapping[str, Any]]) -> list[Place]:
    """One statement, however many they are; none where no area is named."""
    listed = list(many)
    codes = {level: {data[level.value] for data in listed if data.get(level.value)} for level in _LEVELS}
    places = _places(connection, codes) if any(codes.values()) else {}
    return [
        next((places[key] for level in _LEVELS if (key := (level.value, data.get(level.value))) in places), NOWHERE)
        for data in listed
    ]


def of_one(connection: Connection, data: Mapping[str, Any]) -> Place:
    return of_each(connection, [data])[0]


def require(connection: Connection, data: Mapping[str, Any], round_id: int, *, by: Doer) -> None:
    """Who looks after a part of the area makes entities only there. Raises FORBIDDEN, OUTSIDE_AREA."""
    if not permissions.scope(by, Permission.MANAGE_ENTITIES, round_id).everywhere:
        permissions.require(by, Permission.MANAGE_ENTITIES, of_one(connection, data), round_id)


def _places(connection: Connection, codes: Mapping[Level, set[str]]) -> dict[tuple[str, str | None], Place]:
    wanted = [and_(Area.level == level.value, Area.code.in_(sorted(some))) for level, some in codes.items() if some]
    query = select(Area.level, Area.code, Area.id, Area.parent_id, Area.province_id)
    found: dict[tuple[str, str | None], Place] = {}
    for level, code, area_id, parent_id, province_id in connection.execute(
        query.where(or_(*wanted), Area.valid_to.is_(None))
    ):
        is_village = level == Level.VILLAGE.value
        found[level, code] = Place(province_id, parent_id, area_id) if is_village else Place(parent_id, area_id)
    return found
