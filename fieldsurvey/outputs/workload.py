"""Who has how much to do in a commune, how far it lies apart, and when who was last heard of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.geography import Point, diagonal
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import areas, assignments
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.devices import Device
from fieldsurvey.store.people import APP_USER, USER, Actor


class Load(NamedTuple):
    """Households by what is to be done."""

    total: int = 0
    not_visited: int = 0
    given_up: int = 0
    returned: int = 0
    overdue: int = 0

    @property
    def left(self) -> int:
        return self.not_visited + self.returned

    def plus(self, other: Load) -> Load:
        return Load(*(one + two for one, two in zip(self, other, strict=True)))


@dataclass(slots=True)
class Worker:
    """One person, or (id 0) the households of villages without an enumerator."""

    id: int
    name: str
    phone: str
    load: Load = field(default_factory=Load)
    villages: list[str] = field(default_factory=list)
    across: float | None = None  # metres across what is left, where places are known
    last_seen: datetime | None = None


def workers(session: Session, round_id: int, commune: Area, today: date) -> list[Worker]:
    """Everybody who visits in a commune, whoever has most left first."""
    scope = Scope(communes=frozenset({commune.id}))
    by_grant = assignments.by_grant(session, scope, commune.id)
    rows = assignments.workload(session, round_id, commune.id, today)
    known = {
        one.id: Worker(one.id, one.display_name, one.phone or "")
        for one in assignments.enumerators(session, [commune.id])
    }
    names = areas.with_ids(session, sorted({row.village_id for row in rows if row.village_id}))
    boxes: dict[int, list[tuple[Point, Point]]] = {}
    spread = _spread(session, round_id, commune.id)
    for row in rows:
        own = by_grant.get(row.village_id or 0, [])
        who = row.assignee_id or (own[0].id if own else 0)
        worker = known.setdefault(who, Worker(who, "", ""))
        worker.load = worker.load.plus(Load(row.total, row.not_visited, row.given_up, row.returned, row.overdue))
        if row.village_id in names:
            worker.villages.append(names[row.village_id].full_name)
        box = spread.get((row.village_id, row.assignee_id))
        if box is not None:
            boxes.setdefault(who, []).append(box)
    _name_strangers(session, known)
    seen = last_contacts(session, list(known))
    for worker in known.values():
        worker.across = _across(boxes.get(worker.id, []))
        worker.last_seen = seen.get(worker.id)
    return sorted(known.values(), key=lambda one: (-one.load.left, one.name, one.id))


def _name_strangers(session: Session, known: Mapping[int, Worker]) -> None:
    """Who has households here and is no enumerator of the commune any more."""
    nameless = [one.id for one in known.values() if one.id and not one.name]
    for row in (
        session.execute(select(Actor.id, Actor.display_name, Actor.phone).where(Actor.id.in_(nameless)))
        if nameless
        else ()
    ):
        known[row.id].name, known[row.id].phone = row.display_name, row.phone or ""


def _spread(
    session: Session, round_id: int, commune_id: int
) -> dict[tuple[int | None, int | None], tuple[Point, Point]]:
    """(village, assignee) → the box around the known places of what is left to visit."""
    query: Any = (
        select(
            Case.village_id, Case.assignee_id, func.min(Case.lat).label("south"), func.min(Case.lon).label("west"),
            func.max(Case.lat).label("north"), func.max(Case.lon).label("east"),
        )
        .where(Case.round_id == round_id, Case.commune_id == commune_id, Case.lat.is_not(None))
        .group_by(Case.village_id, Case.assignee_id)
    )  # fmt: skip
    return {
        (row.village_id, row.assignee_id): (Point(row.south, row.west), Point(row.north, row.east))
        for row in session.execute(query)
    }


def _across(boxes: Sequence[tuple[Point, Point]]) -> float | None:
    if not boxes:
        return None
    south_west = Point(min(low.lat for low, _ in boxes), min(low.lon for low, _ in boxes))
    north_east = Point(max(high.lat for _, high in boxes), max(high.lon for _, high in boxes))
    return diagonal(south_west, north_east)


def last_contacts(session: Session, people: Iterable[int]) -> dict[int, datetime]:
    """Person → when they or a phone of theirs were last heard of."""
    ids = sorted({one for one in people if one})
    if not ids:
        return {}
    owner: Any = case((Actor.kind == APP_USER, Actor.owner_id), else_=Actor.id)
    query = (
        select(owner.label("person"), func.max(Actor.last_seen_at))
        .where(Actor.deleted_at.is_(None), (Actor.id.in_(ids) & (Actor.kind == USER)) | Actor.owner_id.in_(ids))
        .group_by(owner)
    )
    known = {person: at for person, at in session.execute(query) if at is not None}
    apps = (
        select(Device.actor_id, func.max(Device.last_seen_at)).where(Device.actor_id.in_(ids)).group_by(Device.actor_id)
    )
    for person, at in session.execute(apps):
        known[person] = max(at, known.get(person, at))
    return known


class Target(NamedTuple):
    """Somebody to whom households can be given."""

    id: int
    name: str
    village_id: int | None


def targets(session: Session, commune_id: int) -> list[Target]:
    """The enumerators of a commune, by name."""
    return [Target(one.id, one.display_name, one.village_id) for one in assignments.enumerators(session, [commune_id])]


def left_in_village(session: Session, round_id: int, village_id: int) -> Sequence[Row[Any]]:
    """Cases of a village that somebody has to visit: id, head_name, code, address, state, assignee_id, due_on, attempts."""
    return assignments.left(session, round_id, village_id, (State.NOT_VISITED, State.HAS_ISSUES))
