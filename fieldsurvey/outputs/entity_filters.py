"""What `$filter` and `$search` mean for an entity list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from fieldsurvey.outputs.entity_sources import Source
from fieldsurvey.outputs.odata import conditions as odata
from fieldsurvey.outputs.odata import expression
from fieldsurvey.outputs.odata.conditions import Field, Kind

_SYSTEM = {
    "createdAt": Kind.MOMENT,
    "updatedAt": Kind.MOMENT,
    "deletedAt": Kind.MOMENT,
    "creatorId": Kind.INTEGER,
    "conflict": Kind.TEXT,
}
_DELETED = "__system/deletedAt"


def fields(source: Source) -> dict[str, Field]:
    """What an entity list may be filtered and sorted by."""
    system = {f"__system/{name}": Field(source.columns[name], kind) for name, kind in _SYSTEM.items()}
    return {"__id": Field(source.columns["uuid"]), **system}


def conditions(session: Session, source: Source, given: Mapping[str, str], now: datetime) -> list[ColumnElement[bool]]:
    """Of the parameters of a request; deleted entities are left out unless the filter speaks of them.

    Raises FILTER_BROKEN, FILTER_UNSUPPORTED, FILTER_FIELD_UNSUPPORTED.
    """
    text, sought = given.get("$filter"), given.get("$search")
    found = [source.found(sought)] if sought and sought.strip() else []
    if text:
        tree = expression.parse(text)
        found.append(odata.where(tree, fields(source), dialect=session.get_bind().dialect.name, now=now))
        if _DELETED not in expression.names(tree):
            found.append(source.live)
    elif found:
        found.append(source.live)
    return found
