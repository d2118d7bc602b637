"""When each village will be done at its present pace, and the moves of households that would mend a delay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from fieldsurvey.outputs.progress import Counts
from fieldsurvey.rules import forecast as rules
from fieldsurvey.rules import next_house
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.forecast import WINDOW, Outlook, Work
from fieldsurvey.rules.geography import Point, metres
from fieldsurvey.rules.next_house import House
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import assignments, day_counts, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round


@dataclass(frozen=True, slots=True)
class Line:
    """One area: what is left, at which pace, and when it will be done."""

    id: int
    name: str
    counts: Counts
    work: Work
    outlook: Outlook

    needed: float  # households a day that would be in time


@dataclass(frozen=True, slots=True)
class Proposal:
    """`households` of one village to the enumerator of another."""

    origin: Line
    target: Line
    households: int
    person_id: int
    person: str


def lines(session: Session, of: Round, scope: Scope, level: Level, inside: AreaRef | None, today: date) -> list[Line]:
    """The latest first. Three statements, whatever the number of areas."""
    since = today - timedelta(days=WINDOW - 1)
    sent = day_counts.sent_since(session, of.id, scope, level, since, inside)
    due = day_counts.next_due(session, of.id, scope, level, inside)
    found = [_line(row, sent, due, of, today) for row in progress.table(session, of.id, scope, level, inside)]
    return sorted((one for one in found if one.counts.total), key=_urgency)


def _line(row: Row[Any], sent: Mapping[int, tuple[int, date]], due: Mapping[int, date], of: Round, today: date) -> Line:
    counts = Counts._make(row[-len(progress.COLUMNS) - 1 : -1])
    number, first = sent.get(row.id, (0, today))
    # A village that has sent on one day of the last week has had the whole week, unless the round began in it.
    begun = max(of.starts_on, today - timedelta(days=WINDOW - 1))
    first = min(first, today) if counts.sent == number else begun
    pace = rules.pace(number, min(first, today), today)
    work = Work(row.id, counts.left, pace, min(due.get(row.id, of.ends_on), of.ends_on))
    needed = work.left / max(1, (work.until - today).days + 1)
    return Line(row.id, row.full_name, counts, work, rules.outlook(work, today), needed)


def _urgency(line: Line) -> tuple[bool, bool, int, int, str]:
    return line.outlook.in_time, line.outlook.finish is not None, -line.outlook.late, -line.work.left, line.name


def proposals(
    session: Session, of: Round, scope: Scope, commune: Area, today: date
) -> tuple[list[Line], list[Proposal]]:
    """A commune's villages, and the moves that would bring them into time; only to villages with an enumerator."""
    found = lines(session, of, scope, Level.VILLAGE, commune.ref, today)
    people = assignments.by_grant(session, scope, commune.id)
    by_id = {one.id: one for one in found}
    # A village without an enumerator may be helped and helps nobody.
    works = [one.work for one in found if one.id in people or not one.outlook.in_time]
    made = rules.moves(works, today, _distances(assignments.centres(session, of.id, commune.id)))
    return found, [
        Proposal(by_id[one.origin], by_id[one.target], one.households, people[one.target][0].id,
                 people[one.target][0].display_name)
        for one in made if one.target in people
    ]  # fmt: skip


def _distances(centres: Mapping[int, Point]) -> Callable[[int, int], float]:
    def distance(one: int, other: int) -> float:
        here, there = centres.get(one), centres.get(other)
        return metres(here, there) if here is not None and there is not None else inf

    return distance


def chosen_cases(
    session: Session, of: Round, origin_id: int, target_id: int, commune_id: int, count: int
) -> Sequence[int]:
    """Which of a village's households to move: those nearest to the village that takes them, untried ones first."""
    rows = assignments.left(session, of.id, origin_id, (State.NOT_VISITED,))
    start = assignments.centres(session, of.id, commune_id).get(target_id)
    houses = [
        House(row.id, due_on=row.due_on, at=Point(row.lat, row.lon) if row.lat is not None else None, attempts=row.attempts)
        for row in rows if not row.given_up and row.assignee_id is None
    ]  # fmt: skip
    return [one.id for one in next_house.order(houses, start)[:count]]
