"""What `$filter` and `$search` mean for an entity list."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
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


# Parameters of a time → how an entity's creation is compared with it.
TIMES: dict[str, Callable[[Any, datetime], Any]] = {
    "start__gte": operator.ge,
    "start__gt": operator.gt,
    "end__lte": operator.le,
    "end__lt": operator.lt,
}


@dataclass(frozen=True, slots=True)
class OnMap:
    """What of a list is wanted on a map; empty means any."""

    creator_ids: Sequence[int] = ()
    uuids: Sequence[str] = ()
    conflicts: Sequence[str | None] = ()
    deleted: bool = False
    times: Mapping[str, datetime] = field(default_factory=dict)
    search: str = ""


def on_map(source: Source, wanted: OnMap) -> list[ColumnElement[bool]]:
    columns = source.columns
    found = [~source.live if wanted.deleted else source.live]
    if wanted.creator_ids:
        found.append(columns["creatorId"].in_(wanted.creator_ids))
    if wanted.uuids:
        found.append(columns["uuid"].in_(wanted.uuids))
    if wanted.conflicts:
        named = columns["conflict"].in_([one for one in wanted.conflicts if one is not None])
        found.append(or_(named, columns["conflict"].is_(None)) if None in wanted.conflicts else named)
    if wanted.search.strip():
        found.append(source.found(wanted.search))
    return [*found, *(TIMES[name](columns["createdAt"], at) for name, at in wanted.times.items())]
