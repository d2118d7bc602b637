"""Points tables for income (form B1), each for its period, read from data/, and the score of a household by one.

How one kind of item is counted is in `items`; what the points decide is in `classification`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.household import Household, persons_of
from fieldsurvey.rules.items import Item, ItemPoints, item_from
from fieldsurvey.rules.law import LawLookupError, Source, in_force, read_law, source_from

__all__ = [
    "Cutoffs",
    "Item",
    "ItemPoints",
    "NoPointsTableInForceError",
    "PointsTable",
    "all_points_tables",
    "points_table_in_force",
    "score",
]


class NoPointsTableInForceError(LawLookupError):
    """No points table holds on the day asked for."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Points that separate the classes in one type of area: within the income line up to `b1`, poor from `b2` on."""

    b1: int  # at most, inclusive
    b2: int  # at least, inclusive
    article: str


@dataclass(frozen=True, slots=True, eq=False)
class PointsTable:
    """A points table of form B1 with the cut-offs of its classes by area type."""

    id: str
    title: str
    valid_from: date
    valid_to: date
    cutoffs: Mapping[AreaType, Cutoffs]
    items: Mapping[AreaType, tuple[Item, ...]]
    source: Source

    @property
    def verified(self) -> bool:
        """Whether an official has compared the table with the annex of the circular."""
        return self.source.verified

    @property
    def verified_by(self) -> str:
        return self.source.verified_by

    @property
    def verified_at(self) -> date | None:
        return self.source.verified_at

    def named_codes(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Item, question and the codes that it knows."""
        for item in self.items[AreaType.RURAL]:  # the points differ by type of area, the codes do not
            for question, codes in item.named_codes():
                yield item.id, question, codes


@cache
def all_points_tables() -> tuple[PointsTable, ...]:
    """Every points table that we know, oldest first."""
    return tuple(_points_table(law) for law in read_law("points"))


def points_table_in_force(on: date) -> PointsTable:
    """The points table of that day, verified or not. Raises NoPointsTableInForceError."""
    table = in_force(all_points_tables(), on)
    if table is None:
        raise NoPointsTableInForceError("rules.law.no_points_table_in_force", on=on.isoformat())
    return table


def score(household: Household, area_type: AreaType | str, table: PointsTable) -> tuple[ItemPoints, ...]:
    """Points of the household, item by item, in the table's order; every asset is a line of its own.

    An item has 0 points and names what is missing when an unanswered question could still change its points.
    """
    items, persons = table.items[AreaType(area_type)], persons_of(household)
    return tuple([line for item in items for line in item.score(item, household, persons)])


def _points_table(law: dict[str, Any]) -> PointsTable:
    return PointsTable(
        id=law["id"],
        title=law["title"],
        valid_from=law["valid_from"],
        valid_to=law["valid_to"],
        cutoffs=MappingProxyType({AreaType(area): _cutoffs(table) for area, table in law["cutoffs"].items()}),
        items={area: tuple(item_from(table, area) for table in law["items"]) for area in AreaType},
        source=source_from(law["source"]),
    )


def _cutoffs(table: dict[str, Any]) -> Cutoffs:
    return Cutoffs(b1=table["b1_at_most"], b2=table["b2_at_least"], article=source_from(table["source"]).article)
