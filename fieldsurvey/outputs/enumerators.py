"""Every enumerator of a round on one page: how much is left, pace, returns, overdue, last contact, telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from fieldsurvey.outputs import forecast, workload
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, assignments, day_counts
from fieldsurvey.store.rounds import Round


class Order(StrEnum):
    LATE = "late"  # who will be latest first
    SILENT = "silent"  # who has not been heard of for longest first
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Line:
    """One village with its enumerator. `late` None: at this pace never."""

    village_id: int
    village: str
    commune: str
    person: str
    phone: str
    last_seen: datetime | None
    total: int
    sent: int
    left: int
    returned: int
    overdue: int
    pace: float
    late: int | None


def lines(
    session: Session, of: Round, scope: Scope, inside: AreaRef | None, today: date, order: Order, name: str = ""
) -> list[Line]:
    """A line for each village with households. The number of statements does not depend on the number of villages."""
    work = forecast.lines(session, of, scope, Level.VILLAGE, inside, today)
    people = assignments.by_grant(session, scope)
    seen = workload.last_contacts(session, (row.id for rows in people.values() for row in rows[:1]))
    overdue = day_counts.overdue(session, of.id, scope, Level.VILLAGE, today, inside)
    paths = _paths(session, [one.id for one in work])
    above = {village: path[-2].full_name if len(path) > 1 else "" for village, path in paths.items()}
    found = []
    for one in work:
        row = people[one.id][0] if one.id in people else None
        late = one.outlook.late if one.outlook.finish is not None else None
        found.append(
            Line(
                one.id, one.name, above.get(one.id, ""), row.display_name if row else "", (row.phone or "") if row else "",
                seen.get(row.id) if row else None, one.counts.total, one.counts.sent, one.work.left,
                one.counts.has_issues, overdue.get(one.id, 0), one.work.pace, late,
            )
        )  # fmt: skip
    return sorted(_named(found, name), key=_KEYS[order])


def _paths(session: Session, ids: list[int]) -> dict[int, tuple[areas.Area, ...]]:
    return areas.paths(session, ids) if ids else {}


def _named(found: list[Line], name: str) -> list[Line]:
    words = fold(name)
    return (
        [one for one in found if words in fold(f"{one.person} {one.village} {one.commune} {one.phone}")]
        if words
        else found
    )


def _by_delay(line: Line) -> tuple[bool, int, int, str]:
    """Who will never be done at this pace first."""
    return line.late is not None, -(line.late or 0), -line.left, line.village


def _by_silence(line: Line) -> tuple[bool, float, str]:
    return line.last_seen is not None, line.last_seen.timestamp() if line.last_seen else 0.0, line.village


_KEYS = {Order.LATE: _by_delay, Order.SILENT: _by_silence, Order.NAME: lambda line: (line.commune, line.village)}
