"""How far a round has come: the areas one level below the one looked at, with their counts. Read from kept counters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas
from fieldsurvey.store import progress as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round

BELOW = {Level.PROVINCE: Level.COMMUNE, Level.COMMUNE: Level.VILLAGE, Level.VILLAGE: Level.VILLAGE}


class Order(StrEnum):
    LEAST = "least"  # least complete first; areas without a list last
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases by state; the classes count approved cases only."""

    not_visited: int = 0
    received: int = 0
    has_issues: int = 0
    edited: int = 0
    approved: int = 0
    rejected: int = 0
    poor: int = 0
    near_poor: int = 0
    not_poor: int = 0

    @property
    def total(self) -> int:
        return self.not_visited + self.visited

    @property
    def visited(self) -> int:
        return self.waiting + self.has_issues + self.done

    @property
    def waiting(self) -> int:
        """The officer's turn."""
        return self.received + self.edited

    @property
    def done(self) -> int:
        """Decided: nothing is left to do."""
        return self.approved + self.rejected

    def share(self, part: int) -> float:
        return part / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One area of the table. `open_below`: the reader may look into it."""

    id: int
    code: str
    name: str
    name_fold: str
    above: str
    counts: Counts
    last_received_at: datetime | None
    open_below: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """`path` leads from the widest area to the one looked at (empty: everything that the reader may see)."""

    path: tuple[Area, ...]
    level: Level  # of the lines
    lines: tuple[Line, ...]  # those that were searched for, in order
    shown: Counts  # their sum
    totals: Counts  # the sum of all lines
    areas: int  # the number of all lines
    links: frozenset[int]  # areas of the path that the reader may look at

    @property
    def focus(self) -> Area | None:
        return self.path[-1] if self.path else None


@dataclass(frozen=True, slots=True)
class View:
    """What the reader chose to see."""

    area_id: int | None = None
    villages: bool = False  # of a province: its villages instead of its communes
    name: str = ""
    order: Order = Order.LEAST


def overview(session: Session, of: Round, scope: Scope, view: View) -> Overview:
    """Two statements. Raises NOT_FOUND for an area outside the scope, as for one that does not exist."""
    path = _path(session, of, scope, view.area_id)
    level = _level(scope, path, view.villages)
    inside = AreaRef(Level(path[-1].level), path[-1].id) if path else None
    lines = [_line(row, scope, level) for row in store.table(session, of.id, scope, level, inside)]
    found = _searched(lines, view.name)
    return Overview(
        path=path,
        level=level,
        lines=tuple(sorted(found, key=_KEYS[view.order])),
        shown=added(line.counts for line in found),
        totals=added(line.counts for line in lines),
        areas=len(lines),
        links=frozenset(area.id for area in path if scope.covers(area.place)),
    )


def _path(session: Session, of: Round, scope: Scope, area_id: int | None) -> tuple[Area, ...]:
    """To the area asked for, else to the one that holds all the reader may see of the round."""
    wishes = [area_id] if area_id is not None else [of.area_id, _only(scope)]
    found = areas.paths(session, [wish for wish in wishes if wish is not None])
    covered = [path for path in found.values() if scope.covers(path[-1].place)]
    if area_id is not None and not covered:
        raise Problem(Kind.NOT_FOUND)
    return max(covered, key=len, default=())


def _only(scope: Scope) -> int | None:
    every = scope.provinces | scope.communes | scope.villages
    return next(iter(every)) if len(every) == 1 and not scope.everywhere else None


def _level(scope: Scope, path: tuple[Area, ...], villages: bool) -> Level:
    if path:
        level = Level(path[-1].level)
        return Level.VILLAGE if villages and level is Level.PROVINCE else BELOW[level]
    if scope.everywhere or scope.provinces:
        return Level.PROVINCE
    return Level.COMMUNE if scope.communes else Level.VILLAGE


def _line(row: Row[Any], scope: Scope, level: Level) -> Line:
    place = Area(id=row.id, level=row.level, parent_id=row.parent_id, province_id=row.province_id).place
    return Line(
        id=row.id,
        code=row.code,
        name=row.full_name,
        name_fold=row.name_fold,
        above=row.above or "",
        counts=Counts(*(int(getattr(row, field.name)) for field in fields(Counts))),
        last_received_at=row.last_received_at,
        open_below=level is not Level.VILLAGE and scope.covers(place),
    )


def _searched(lines: list[Line], name: str) -> list[Line]:
    words = fold(name)
    return [line for line in lines if words in line.name_fold or line.code.startswith(words)] if words else lines


def _least_first(line: Line) -> tuple[bool, float, float, str]:
    counts = line.counts
    return not counts.total, counts.share(counts.done), counts.share(counts.visited), line.code


_KEYS = {Order.LEAST: _least_first, Order.NAME: lambda line: (line.name_fold, line.code)}


def added(every: Iterable[Counts]) -> Counts:
    """The sum."""
    columns = zip(*((getattr(one, field.name) for field in fields(Counts)) for one in every), strict=True)
    return Counts(*map(sum, columns))
