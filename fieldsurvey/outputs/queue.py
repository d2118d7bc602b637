"""The officer's queue: one page of cases, the counts of its tabs, and the areas to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import WAITING, State
from fieldsurvey.store import cases, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case, Filter
from fieldsurvey.store.register import Household

PAGE = 50
TABS: Mapping[str, tuple[State, ...]] = {
    "waiting": tuple(sorted(WAITING)),
    "returned": (State.HAS_ISSUES,),
    "approved": (State.APPROVED,),
    "rejected": (State.REJECTED,),
    "not_visited": (State.NOT_VISITED,),
    "all": (),
}


@dataclass(frozen=True, slots=True)
class Queue:
    """`following`: the id after which the next page starts, None on the last one."""

    rows: Sequence[Row[Case, Household, Area]]
    following: int | None
    counts: Mapping[str, int]
    communes: Mapping[int, Area]
    villages: Sequence[Area]

    @property
    def several_communes(self) -> bool:
        return len(self.communes) > 1


def queue(session: Session, round_id: int, scope: Scope, wanted: Filter, after: int = 0) -> Queue:
    """One page of the cases that are looked for. The counts cover the area looked at, whatever else is asked."""
    rows = cases.page(session, round_id, scope, wanted, after=after, size=PAGE + 1)
    to_choose = progress.areas_of(session, round_id, scope, wanted.commune_id or _only_commune(scope))
    return Queue(
        rows=rows[:PAGE],
        following=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
        counts=_counts(progress.totals(session, round_id, scope, _looked_at(wanted))),
        communes={one.id: one for one in to_choose if one.level == Level.COMMUNE},
        villages=[one for one in to_choose if one.level == Level.VILLAGE],
    )


def _only_commune(scope: Scope) -> int | None:
    """The commune of who has just one: its villages are offered at once."""
    wide = scope.everywhere or scope.provinces or len(scope.communes) != 1
    return None if wide else next(iter(scope.communes))


def _looked_at(wanted: Filter) -> AreaRef | None:
    if wanted.village_id is not None:
        return AreaRef(Level.VILLAGE, wanted.village_id)
    return AreaRef(Level.COMMUNE, wanted.commune_id) if wanted.commune_id is not None else None


def _counts(totals: Mapping[str, int]) -> dict[str, int]:
    """Cases of each tab."""
    columns = progress.STATE_COLUMNS
    return {tab: sum(totals[columns[state]] for state in states or columns) for tab, states in TABS.items()}
