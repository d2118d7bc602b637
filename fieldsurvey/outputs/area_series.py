"""A commune's poor and near-poor households year by year, for the territory that it has today: mergers and splits are
read through the crosswalk, so that a series of five years survives them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.store import area_changes, areas
from fieldsurvey.store.area_changes import AreaChange
from fieldsurvey.store.areas import Area
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household


@dataclass(frozen=True, slots=True)
class Year:
    """Households of each class in one year's list. `traced`: how many of them are counted for where they live today,
    because the commune of that year was split and the list does not name their village.
    """

    year: int
    poor: int
    near_poor: int
    not_poor: int
    traced: int

    @property
    def total(self) -> int:
        return self.poor + self.near_poor + self.not_poor


@dataclass(frozen=True, slots=True)
class Origins:
    """What a commune's territory was before: areas that came in whole, and parts of communes that were split."""

    whole: frozenset[int]  # the commune itself, and communes that went into it as a whole
    villages: frozenset[int]  # villages of split communes that came here
    split: frozenset[int]  # those communes
    changes: Sequence[AreaChange] = field(default=())

    @property
    def others(self) -> frozenset[int]:
        return self.whole | self.split


def origins(session: Session, commune_id: int) -> Origins:
    """Through all changes back to the first territory that is known; a few statements for each step back."""
    whole, split, seen = {commune_id}, set[int](), list[AreaChange]()
    reached = {commune_id}
    while reached:
        changes = [one for one in area_changes.touching(session, reached) if one.new_id in reached]
        seen += changes
        olds = {one.old_id for one in changes} - whole - split
        parts: dict[int, set[int]] = defaultdict(set)
        for one in area_changes.touching(session, olds) if olds else ():
            if one.old_id in olds:
                parts[one.old_id].add(one.new_id)
        came = {old for old in olds if parts[old] <= whole}
        whole |= came
        split |= olds - came
        reached = olds
    return Origins(frozenset(whole), _villages(session, whole, split), frozenset(split), seen)


def _villages(session: Session, whole: Collection[int], split: Collection[int]) -> frozenset[int]:
    """The villages of split communes whose successor lies in the territory, or is it."""
    if not split:
        return frozenset()
    inside = select(Area.id).where(or_(Area.parent_id.in_(whole), Area.id.in_(whole)))
    old = select(Area.id).where(Area.parent_id.in_(split), Area.level == Level.VILLAGE.value)
    query = select(AreaChange.old_id).where(AreaChange.old_id.in_(old), AreaChange.new_id.in_(inside))
    return frozenset(session.scalars(query))


def series(session: Session, commune_id: int) -> list[Year]:
    """Oldest year first; years of which no list is known are left out."""
    found = origins(session, commune_id)
    table = HouseholdYear
    counts = _counted(session, table.commune_id.in_(sorted(found.whole)))
    traced: dict[int, dict[str, int]] = {}
    if found.split:
        in_villages = and_(table.commune_id.in_(sorted(found.split)), table.village_id.in_(sorted(found.villages)))
        _add(counts, _counted(session, in_villages))
        loose = and_(table.commune_id.in_(sorted(found.split)), table.village_id.is_(None))
        here = select(Household.id).where(Household.commune_id == commune_id)
        traced = _counted(session, and_(loose, table.household_id.in_(here)))
        _add(counts, traced)
    return [
        Year(
            year,
            poor=by.get(HouseholdClass.POOR, 0),
            near_poor=by.get(HouseholdClass.NEAR_POOR, 0),
            not_poor=by.get(HouseholdClass.NOT_POOR, 0),
            traced=sum(traced.get(year, {}).values()),
        )
        for year, by in sorted(counts.items())
    ]


def _counted(session: Session, condition: ColumnElement[bool]) -> dict[int, dict[str, int]]:
    """Year → class → households."""
    query = select(HouseholdYear.year, HouseholdYear.household_class, func.count()).where(condition)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for year, household_class, count in session.execute(
        query.group_by(HouseholdYear.year, HouseholdYear.household_class)
    ):
        found[year][household_class] = count
    return found


def _add(counts: dict[int, dict[str, int]], more: dict[int, dict[str, int]]) -> None:
    for year, by in more.items():
        mine = counts.setdefault(year, {})
        for name, count in by.items():
            mine[name] = mine.get(name, 0) + count


@dataclass(frozen=True, slots=True)
class Village:
    """A village of the commune's page with its number of households."""

    area: Area
    households: int


@dataclass(frozen=True, slots=True)
class CommunePage:
    """Everything that the page of a commune shows."""

    commune: Area
    province: Area | None
    villages: Sequence[Village]
    closed: Sequence[Area]
    years: Sequence[Year]
    came_from: Sequence[tuple[Area, AreaChange]]


def commune_page(session: Session, commune: Area) -> CommunePage:
    """A fixed number of statements, whatever the size of the commune."""
    found = origins(session, commune.id)
    before = areas.with_ids(session, [one.old_id for one in found.changes])
    every = session.scalars(
        select(Area).where(Area.parent_id == commune.id, Area.level == Level.VILLAGE.value).order_by(Area.code)
    ).all()
    living = _living(session, commune.id)
    return CommunePage(
        commune=commune,
        province=session.get(Area, commune.parent_id) if commune.parent_id else None,
        villages=[Village(one, living.get(one.id, 0)) for one in every if one.valid_to is None],
        closed=[one for one in every if one.valid_to is not None],
        years=series(session, commune.id),
        came_from=[(before[one.old_id], one) for one in found.changes if one.old_id in before],
    )


def _living(session: Session, commune_id: int) -> dict[int, int]:
    """Village id → households of the register that live there."""
    present = case((Household.deleted_at.is_(None), 1))
    query = select(Household.village_id, func.count(present)).where(Household.commune_id == commune_id)
    return {village: count for village, count in session.execute(query.group_by(Household.village_id)) if village}
