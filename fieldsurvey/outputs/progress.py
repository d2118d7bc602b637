"""How far a round has come: the areas one level below the one looked at, with their counts. Read from kept counters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, day_counts
from fieldsurvey.store import progress as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round

BELOW = {Level.PROVINCE: Level.COMMUNE, Level.COMMUNE: Level.VILLAGE, Level.VILLAGE: Level.VILLAGE}


class Order(StrEnum):
    LEAST = "least"  # least complete first; areas without a list last
    NAME = "name"


class Counts(NamedTuple):
    """Cases by state; the classes count approved cases only; at the end what is known of unvisited ones.

    In the order of store.progress.COLUMNS.
    """

    not_visited: int = 0
    received: int = 0
    has_issues: int = 0
    edited: int = 0
    approved: int = 0
    rejected: int = 0
    poor: int = 0
    near_poor: int = 0
    not_poor: int = 0
    attempted: int = 0
    given_up: int = 0

    @property
    def total(self) -> int:
        return self.not_visited + self.received + self.has_issues + self.edited + self.approved + self.rejected

    @property
    def sent(self) -> int:
        """A questionnaire has come."""
        return self.total - self.not_visited

    @property
    def visited(self) -> int:
        """Somebody has been there, with a questionnaire or without."""
        return self.sent + self.attempted

    @property
    def left(self) -> int:
        """Somebody has to go there for the first time, or again because nobody was met."""
        return self.not_visited - self.given_up

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


class Line(NamedTuple):
    """One area of the table. `open_below`: the reader may look into it."""

    id: int
    code: str
    name: str
    name_fold: str
    above: str
    counts: Counts
    last_received_at: datetime | None
    open_below: bool
    overdue: int = 0  # unvisited, and the day for it has passed


@dataclass(frozen=True, slots=True)
class Overview:
    """`path` leads from the widest area to the one looked at (empty: everything that the reader may see)."""

    path: tuple[Area, ...]
    level: Level  # of the lines
    lines: tuple[Line, ...]  # those that were searched for, in order
    shown: Counts  # their sum
    totals: Counts  # the sum of all lines
    areas: int  # the number of all lines
    overdue: int  # of all lines
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


def overview(session: Session, of: Round, scope: Scope, view: View, today: date | None = None) -> Overview:
    """Three statements. Without `today` nothing is overdue.

    Raises NOT_FOUND for an area outside the scope, as for one that does not exist.
    """
    path = _path(session, of, scope, view.area_id)
    level = _level(scope, path, view.villages)
    inside = AreaRef(Level(path[-1].level), path[-1].id) if path else None
    late = day_counts.overdue(session, of.id, scope, level, today, inside) if today is not None else {}
    lines = [_line(row, scope, level, late) for row in store.table(session, of.id, scope, level, inside)]
    found, totals = _searched(lines, view.name), added(line.counts for line in lines)
    return Overview(
        path=path,
        level=level,
        lines=tuple(sorted(found, key=_KEYS[view.order])),
        shown=totals if found is lines else added(line.counts for line in found),
        totals=totals,
        areas=len(lines),
        overdue=sum(line.overdue for line in lines),
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


def _line(row: Row[Any], scope: Scope, level: Level, late: Mapping[int, int]) -> Line:
    return Line(
        id=row.id,
        code=row.code,
        name=row.full_name,
        name_fold=row.name_fold,
        above=row.above or "",
        counts=Counts._make(row[-len(store.COLUMNS) - 1 : -1]),
        last_received_at=row.last_received_at,
        open_below=level is not Level.VILLAGE and scope.covers(_place(row, level)),
        overdue=late.get(row.id, 0),
    )


def _place(row: Row[Any], level: Level) -> Place:
    return Place(row.id) if level is Level.PROVINCE else Place(row.parent_id, row.id)


def _searched(lines: list[Line], name: str) -> list[Line]:
    words = fold(name)
    return [line for line in lines if words in line.name_fold or line.code.startswith(words)] if words else lines


def _least_first(line: Line) -> tuple[bool, float, float, str]:
    counts, total = line.counts, line.counts.total
    return not total, counts.done / (total or 1), -counts.not_visited / (total or 1), line.code


def _by_name(line: Line) -> tuple[list[str | int], str]:
    """`thon 2` before `thon 10`: numbers in a name count as numbers. Text and numbers alternate, so they compare."""
    return [int(part) if part.isdecimal() else part for part in _NUMBER.split(line.name_fold)], line.code


_NUMBER = re.compile(r"(\d+)")
_KEYS: dict[Order, Callable[[Line], Any]] = {Order.LEAST: _least_first, Order.NAME: _by_name}


def added(every: Iterable[Counts]) -> Counts:
    """The sum."""
    return Counts(*map(sum, zip(*every, strict=True)))


CSV_COLUMNS = (
    "code", "name", "above", "total", "not_visited", "waiting", "returned", "approved", "rejected", "done_percent",
    "poor", "near_poor", "not_poor", "last_received_at", "visited", "sent", "given_up", "overdue",
)  # fmt: skip


def csv_rows(page: Overview, written: Callable[[datetime | None], str]) -> Iterator[tuple[object, ...]]:
    """The lines in the order of CSV_COLUMNS; `written` gives a moment in the reader's zone."""
    for line in page.lines:
        counts = line.counts
        states = (counts.not_visited, counts.waiting, counts.has_issues, counts.approved, counts.rejected)
        classes = (counts.poor, counts.near_poor, counts.not_poor)
        done = round(100 * counts.share(counts.done), 1)
        last = written(line.last_received_at)
        visits = (counts.visited, counts.sent, counts.given_up, line.overdue)
        yield line.code, line.name, line.above, counts.total, *states, done, *classes, last, *visits
