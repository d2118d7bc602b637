"""Entities on a map: those whose property `geometry` is a place, as GeoJSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from fieldsurvey.outputs import geometry
from fieldsurvey.outputs.entity_sources import Source
from fieldsurvey.rules.permissions import Scope

PROPERTY = "geometry"
_CHUNK = 1000


def features(
    session: Session, source: Source, scope: Scope, *wanted: ColumnElement[bool], limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Newest first; what is no place is passed over."""
    if PROPERTY not in source.properties:
        return iter(())
    field = source.properties[PROPERTY]
    query = source.select(source.columns["uuid"], field).where(field != "", source.inside(scope), *wanted)
    rows = session.execute(query.order_by(source.columns["id"].desc()).execution_options(yield_per=_CHUNK))
    found = ((uuid, geometry.of_text(text)) for uuid, text in rows)
    made = (
        {"type": "Feature", "id": uuid, "geometry": place, "properties": None}
        for uuid, place in found
        if place is not None
    )
    return islice(made, limit)
