"""What one enumerator has to visit, in the order of the next house, wherever the households were given to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from fieldsurvey.rules import next_house
from fieldsurvey.rules.geography import Point, middle
from fieldsurvey.rules.next_house import House
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import areas, assignments

MOST = 1_000  # a village has some two hundred


@dataclass(frozen=True, slots=True)
class Stop:
    """One house. `row`: the columns of store.assignments.left."""

    row: Row[Any]
    village: str
    returned: bool
    overdue: bool


def stops(
    session: Session, round_id: int, scope: Scope, person_id: int | None, today: date, start: Point | None = None
) -> Sequence[Stop]:
    """In order; those that nobody has to visit any more are left out. Without `start`, from the middle of the houses."""
    rows = {row.id: row for row in assignments.to_visit(session, round_id, scope, person_id, MOST) if not row.given_up}
    places = [Point(row.lat, row.lon) for row in rows.values() if row.lat is not None]
    houses = [
        House(
            row.id, row.state == State.HAS_ISSUES.value, row.due_on,
            Point(row.lat, row.lon) if row.lat is not None else None, row.attempts,
        )
        for row in rows.values()
    ]  # fmt: skip
    villages = areas.with_ids(session, sorted({row.village_id for row in rows.values()}))
    ordered = [rows[house.id] for house in next_house.order(houses, start or middle(places))]
    return [
        Stop(
            row, villages[row.village_id].full_name if row.village_id in villages else "",
            row.state == State.HAS_ISSUES.value,
            row.state == State.NOT_VISITED.value and row.due_on is not None and row.due_on < today,
        )
        for row in ordered
    ]  # fmt: skip
