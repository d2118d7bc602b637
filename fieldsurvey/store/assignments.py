"""Who visits which household: every act of assigning with what it changed, so that it can be undone; and workloads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Row, case, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.geography import Point
from fieldsurvey.rules.permissions import Role, Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import USER, Actor, Grant
from fieldsurvey.store.register import Household


class AssignmentAct(Placed, Base):
    """One act: households given to somebody, or dates set. `changes`: [[case, assignee before, after, due before, after]]."""

    __tablename__ = "assignment_acts"
    __table_args__ = (Index(None, "round_id", "commune_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    kind: Mapped[str]  # assign · hand_over · move · sheet · due · default
    reason: Mapped[str | None]
    to_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))  # who got them, if one person
    households: Mapped[int]
    changes: Mapped[list[Any]]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    actor_name: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


OPEN = (State.NOT_VISITED.value, State.HAS_ISSUES.value)  # somebody has to go there (again)


def acts(session: Session, round_id: int, scope: Scope, limit: int = 20) -> Sequence[AssignmentAct]:
    """Newest first."""
    query = select(AssignmentAct).where(AssignmentAct.round_id == round_id, in_scope(AssignmentAct, scope))
    return session.scalars(query.order_by(AssignmentAct.id.desc()).limit(limit)).all()


def enumerators(session: Session, commune_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Who may be given households of these communes: id, display_name, phone, village_id, commune_id; by name."""
    query: Any = (
        select(Actor.id, Actor.display_name, Actor.phone, Actor.village_id, Actor.commune_id)
        .join(Grant, Grant.actor_id == Actor.id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), Actor.commune_id.in_(commune_ids))
        .where(Grant.role == Role.ENUMERATOR.value)
        .distinct()
    )
    return session.execute(query.order_by(Actor.display_name, Actor.id)).all()


def by_grant(session: Session, scope: Scope, commune_id: int | None = None) -> dict[int, list[Row[Any]]]:
    """Village id → its enumerators (id, display_name, phone, last_seen_at), who was there first in front."""
    query: Any = (
        select(Grant.area_id, Actor.id, Actor.display_name, Actor.phone, Actor.last_seen_at)
        .join(Actor, Actor.id == Grant.actor_id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), Grant.role == Role.ENUMERATOR.value)
        .where(Grant.area_level == Level.VILLAGE.value, in_scope(Actor, scope))
        .order_by(Actor.id)
    )
    query = query.where(Actor.commune_id == commune_id) if commune_id is not None else query
    found: dict[int, list[Row[Any]]] = {}
    for row in session.execute(query):
        found.setdefault(row.area_id, []).append(row)
    return found


def mine(scope: Scope, person_id: int | None) -> ColumnElement[bool]:
    """The condition on a case that a person's phone lists it: in the phone's villages and not given to somebody else,
    or given to this person wherever it is. Without a person (a phone that nobody owns): the villages.
    """
    here = in_scope(Case, scope)
    if person_id is None:
        return here
    return or_(here & (Case.assignee_id.is_(None) | (Case.assignee_id == person_id)), Case.assignee_id == person_id)


def villages_of(session: Session, round_id: int, person_id: int) -> Sequence[int]:
    """The villages in which households were given to a person by name."""
    query = select(Case.village_id).where(Case.round_id == round_id, Case.assignee_id == person_id).distinct()
    return [village for village in session.scalars(query) if village is not None]


def workload(session: Session, round_id: int, commune_id: int, today: date) -> Sequence[Row[Any]]:
    """Households of a commune by (village, who they were given to): assignee_id null is the village's own.

    Columns: village_id, assignee_id, total, not_visited, given_up, returned, overdue.
    """

    def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    unvisited = (Case.state == State.NOT_VISITED.value) & Case.given_up.is_(False)
    query: Any = (
        select(
            Case.village_id,
            Case.assignee_id,
            func.count().label("total"),
            counted(unvisited).label("not_visited"),
            counted((Case.state == State.NOT_VISITED.value) & Case.given_up).label("given_up"),
            counted(Case.state == State.HAS_ISSUES.value).label("returned"),
            counted(unvisited & (Case.due_on < today)).label("overdue"),
        )
        .where(Case.round_id == round_id, Case.commune_id == commune_id)
        .group_by(Case.village_id, Case.assignee_id)
    )
    return session.execute(query).all()


_HOUSE = (
    Case.id,
    Case.household_id,
    Household.head_name,
    Household.code,
    Household.address,
    Case.state,
    Case.assignee_id,
    Case.due_on,
    Case.attempts,
    Case.outcome,
    Case.given_up,
    Case.village_id,
    func.coalesce(Case.lat, Household.lat).label("lat"),
    func.coalesce(Case.lon, Household.lon).label("lon"),
)


def left(session: Session, round_id: int, village_id: int, states: Collection[State]) -> Sequence[Row[Any]]:
    """Cases of a village in some states, with the columns of _HOUSE; lat, lon: by this round, else by the register."""
    query: Any = (
        select(*_HOUSE)
        .join(Household, Household.id == Case.household_id)
        .where(Case.round_id == round_id, Case.village_id == village_id)
        .where(Case.state.in_([one.value for one in states]))
        .order_by(Case.id)
    )
    return session.execute(query).all()


def to_visit(session: Session, round_id: int, scope: Scope, person_id: int | None, limit: int) -> Sequence[Row[Any]]:
    """What a person has to visit, wherever it is: the columns of `left`, given-up ones last."""
    query: Any = (
        select(*_HOUSE)
        .join(Household, Household.id == Case.household_id)
        .where(Case.round_id == round_id, mine(scope, person_id), Case.state.in_(OPEN))
        .order_by(Case.given_up, Case.id)
        .limit(limit)
    )
    return session.execute(query).all()


def centres(session: Session, round_id: int, commune_id: int) -> dict[int, Point]:
    """Village → the middle of its known houses."""
    lat, lon = func.coalesce(Case.lat, Household.lat), func.coalesce(Case.lon, Household.lon)
    query = (
        select(Case.village_id, func.avg(lat), func.avg(lon))
        .join(Household, Household.id == Case.household_id)
        .where(Case.round_id == round_id, Case.commune_id == commune_id, lat.is_not(None))
        .group_by(Case.village_id)
    )
    return {village: Point(float(y), float(x)) for village, y, x in session.execute(query) if village is not None}
