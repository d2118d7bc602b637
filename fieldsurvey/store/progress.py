"""Completion counts per village and round, kept in the transaction that changes a case, never computed for a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import areas, day_counts, hot
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.rounds import OPEN, Round
from fieldsurvey.store.submissions import insert_if_new

STATE_COLUMNS = {
    State.NOT_VISITED: "not_visited",
    State.RECEIVED: "received",
    State.HAS_ISSUES: "has_issues",
    State.EDITED: "edited",
    State.APPROVED: "approved",
    State.REJECTED: "rejected",
}
CLASS_COLUMNS = {"poor": "poor", "near_poor": "near_poor", "not_poor": "not_poor"}
# Of the unvisited: somebody has been there without a questionnaire; nobody has to come again (rules.visiting).
VISIT_COLUMNS = ("attempted", "given_up")
COLUMNS = (*STATE_COLUMNS.values(), *CLASS_COLUMNS.values(), *VISIT_COLUMNS)


class Progress(Placed, Base):
    """One village in one round. State columns add up to its cases; class columns count approved cases only."""

    __tablename__ = "progress"
    __table_args__ = (
        UniqueConstraint("round_id", "village_id"),
        Index(None, "round_id", "commune_id"),
        Index(None, "round_id", "province_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    not_visited: Mapped[int] = mapped_column(default=0, server_default="0")
    received: Mapped[int] = mapped_column(default=0, server_default="0")
    has_issues: Mapped[int] = mapped_column(default=0, server_default="0")
    edited: Mapped[int] = mapped_column(default=0, server_default="0")
    approved: Mapped[int] = mapped_column(default=0, server_default="0")
    rejected: Mapped[int] = mapped_column(default=0, server_default="0")
    poor: Mapped[int] = mapped_column(default=0, server_default="0")
    near_poor: Mapped[int] = mapped_column(default=0, server_default="0")
    not_poor: Mapped[int] = mapped_column(default=0, server_default="0")
    attempted: Mapped[int] = mapped_column(default=0, server_default="0")
    given_up: Mapped[int] = mapped_column(default=0, server_default="0")
    last_received_at: Mapped[datetime | None]  # when the newest submission arrived
    # Counts every change of the village's list as phones see it: their hash is made of it, so it only grows.
    list_changes: Mapped[int] = mapped_column(default=0, server_default="0")


_TABLE: Any = Progress.__table__
_OPEN_ROUNDS = select(Round.id).where(Round.state == OPEN)
_ROW = (_TABLE.c.round_id == bindparam("of_round"), _TABLE.c.village_id == bindparam("of_village"))


def move(
    connection: Connection,
    round_id: int,
    village_id: int | None,
    before: State,
    after: State,
    *,
    received_at: datetime | None = None,
    household_class: str | None = None,
    attempted: bool = False,
    given_up: bool = False,
) -> None:
    """One case of the village went from one state to another. Last in its transaction: the row is a crowded one.

    `household_class`: with which it has been approved, or is now. `attempted`, `given_up`: what the case was counted
    as while it was unvisited.
    """
    if village_id is not None and (before is not after or received_at is not None):
        approval = (after is State.APPROVED) - (before is State.APPROVED)
        no_longer = tuple(name for name, was in zip(VISIT_COLUMNS, (attempted, given_up), strict=True) if was)
        statement = _moving(before, after, received_at is not None, household_class if approval else None, no_longer)
        values = {"of_round": round_id, "of_village": village_id}
        hot.execute(connection, statement, {**values, "at": received_at} if received_at is not None else values)


@cache
def _moving(
    before: State, after: State, received: bool, household_class: str | None, no_longer: tuple[str, ...]
) -> Any:
    """Built once for each pair of states: it stands on the path of intake."""
    changes: dict[Any, Any] = {_TABLE.c.last_received_at: bindparam("at")} if received else {}
    changes |= {_TABLE.c[name]: _TABLE.c[name] - 1 for name in no_longer}
    if household_class is not None:
        of_class = _TABLE.c[CLASS_COLUMNS[household_class]]
        changes[of_class] = of_class + 1 if after is State.APPROVED else of_class - 1
    if before is not after:
        less, more = _TABLE.c[STATE_COLUMNS[before]], _TABLE.c[STATE_COLUMNS[after]]
        changes |= {less: less - 1, more: more + 1}
    changes[_TABLE.c.list_changes] = _TABLE.c.list_changes + 1
    return update(_TABLE).where(*_ROW).values(changes)


def count(connection: Connection, round_id: int, village_id: int | None, column: str, by: int) -> None:
    """Add `by` to one column: a case came into being."""
    if village_id is not None:
        more = {_TABLE.c[column]: _TABLE.c[column] + by, _TABLE.c.list_changes: _TABLE.c.list_changes + 1}
        statement = update(_TABLE).where(*_ROW).values(more)
        connection.execute(statement, {"of_round": round_id, "of_village": village_id})


def ensure(connection: Connection, round_id: int, place: Place) -> None:
    """The village's row, made if it is not there."""
    if place.village_id is not None:
        connection.execute(insert_if_new(Progress, connection), {"round_id": round_id, **asdict(place)})


def touch(connection: Connection, village_ids: Collection[int | None], round_id: int | None = None) -> None:
    """The lists of these villages have changed though no case went from one state to another: a name, a member, who
    is to visit, by when. `round_id` None: in all open rounds. Last in its transaction, like `move`.
    """
    wanted = sorted({one for one in village_ids if one is not None})
    of_round = _TABLE.c.round_id == round_id if round_id is not None else _TABLE.c.round_id.in_(_OPEN_ROUNDS)
    for start in range(0, len(wanted), 5000):
        some = _TABLE.c.village_id.in_(wanted[start : start + 5000])
        connection.execute(update(_TABLE).where(of_round, some).values(list_changes=_TABLE.c.list_changes + 1))


def list_version(connection: Connection, round_id: int, scope: Scope, visitor_id: int | None = None) -> str:
    """Moves with every change of the round's list within the scope. A sum over its villages: no household is counted.

    `visitor_id`: the villages too in which households were given to this person.
    """
    changes = cast(func.coalesce(func.sum(Progress.list_changes), 0), BigInteger)
    here = in_scope(Progress, scope)
    if visitor_id is not None:
        given = select(Case.village_id).where(Case.round_id == round_id, Case.assignee_id == visitor_id)
        here = here | Progress.village_id.in_(given)
    query = select(func.count(), changes).where(Progress.round_id == round_id, here)
    villages, changed = connection.execute(query).one()
    return f"{villages}-{changed}"


def table(
    session: Session, round_id: int, scope: Scope, level: Level, inside: AreaRef | None = None
) -> Sequence[Row[Any]]:
    """The areas of one level with their sums, those without a listed household too; one statement.

    Columns: those of the area, `above` (name of the area above); at the end COLUMNS and `last_received_at`.
    """
    sums = _sums(round_id, scope, level).subquery()
    above = aliased(Area)
    area = (Area.id, Area.level, Area.code, Area.full_name, Area.name_fold, Area.parent_id, Area.province_id)
    counts = (func.coalesce(sums.c[one], 0).label(one) for one in COLUMNS)
    query: Any = (
        select(*area, above.full_name.label("above"), *counts, sums.c.last_received_at)
        .outerjoin(sums, sums.c.area_id == Area.id)
        .outerjoin(above, above.id == Area.parent_id)
        .where(Area.level == level.value, Area.valid_to.is_(None))
        .where(or_(sums.c.area_id.is_not(None), and_(true(), *areas.limited(scope, level))))
    )
    query = query.where(areas.inside(inside, level)) if inside is not None else query
    return session.execute(query).all()


def _sums(round_id: int, scope: Scope, level: Level) -> Select[Any]:
    key = getattr(Progress, f"{level.value}_id")
    sums = [cast(func.sum(getattr(Progress, column)), BigInteger).label(column) for column in COLUMNS]  # not a Decimal
    newest = func.max(Progress.last_received_at).label("last_received_at")
    query = select(key.label("area_id"), *sums, newest)
    return query.where(Progress.round_id == round_id, in_scope(Progress, scope)).group_by(key)


def totals(session: Session, round_id: int, scope: Scope, inside: AreaRef | None = None) -> Mapping[str, int]:
    """Column → sum over the scope, or over one area of it."""
    sums = [func.coalesce(func.sum(getattr(Progress, column)), 0).label(column) for column in COLUMNS]
    query = select(*sums).where(Progress.round_id == round_id, in_scope(Progress, scope))
    if inside is not None:
        query = query.where(getattr(Progress, f"{inside.level.value}_id") == inside.id)
    row = session.execute(query).one()
    return {column: int(value) for column, value in row._mapping.items()}


def areas_of(session: Session, round_id: int, scope: Scope, commune_id: int | None) -> Sequence[Area]:
    """To choose from: the communes of the scope that have households in the round, and the villages of one commune."""
    here = select(Progress.commune_id).where(Progress.round_id == round_id, in_scope(Progress, scope))
    wanted: ColumnElement[bool] = Area.id.in_(here)
    if commune_id is not None:
        inside = here.with_only_columns(Progress.village_id).where(Progress.commune_id == commune_id)
        wanted = or_(wanted, Area.id.in_(inside))
    return session.scalars(select(Area).where(wanted).order_by(Area.code)).all()


def by_round(session: Session) -> dict[int, tuple[int, int]]:
    """Round id → (listed households, decided ones)."""
    listed = sum((getattr(Progress, column) for column in STATE_COLUMNS.values()), start=literal(0))
    decided = Progress.approved + Progress.rejected
    query = select(Progress.round_id, func.sum(listed), func.sum(decided)).group_by(Progress.round_id)
    return {round_id: (int(all_), int(done)) for round_id, all_, done in session.execute(query)}


def _recounted(round_id: int) -> Any:
    """SELECT of what the counters should be."""
    states = [
        func.sum(case((Case.state == state.value, 1), else_=0)).label(column) for state, column in STATE_COLUMNS.items()
    ]
    classes = [
        func.sum(case(((Case.state == State.APPROVED.value) & (Case.household_class == name), 1), else_=0)).label(
            column
        )
        for name, column in CLASS_COLUMNS.items()
    ]
    place = (Case.province_id, Case.commune_id, Case.village_id)
    unvisited = Case.state == State.NOT_VISITED.value
    visits = (
        func.sum(case((unvisited & (Case.attempts > 0), 1), else_=0)).label("attempted"),
        func.sum(case((unvisited & Case.given_up, 1), else_=0)).label("given_up"),
    )
    newest = func.max(Case.received_at).label("last_received_at")
    return (
        select(Case.round_id, *place, *states, *classes, *visits, newest)
        .where(Case.round_id == round_id, Case.village_id.is_not(None))
        .group_by(Case.round_id, *place)
    )


def _hold(session: Session) -> None:
    """Nobody moves a counter until this transaction ends: a recount while phones send would lose their steps.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("LOCK TABLE progress IN EXCLUSIVE MODE")


def recount(session: Session, round_id: int) -> None:
    """Throw the counters of a round away and make them again from the cases."""
    _hold(session)
    newest = session.scalar(select(func.max(Progress.list_changes)).where(Progress.round_id == round_id)) or 0
    session.execute(delete(Progress).where(Progress.round_id == round_id))
    columns = ["round_id", "province_id", "commune_id", "village_id", *COLUMNS, "last_received_at"]
    session.execute(insert(Progress).from_select(columns, _recounted(round_id)))
    session.execute(update(Progress).where(Progress.round_id == round_id).values(list_changes=newest + 1))
    day_counts.recount(session, round_id)


def recount_villages(session: Session, round_id: int, places: Collection[Place]) -> None:
    """Count some villages again, after what changes many cases at once or happens seldom.

    Right beside phones that send: their step on a row waits until this transaction ends, and is made on what was
    counted here.
    """
    villages = sorted({place.village_id for place in places if place.village_id is not None})
    session.flush()
    for place in sorted(places, key=lambda place: place.village_id or 0):
        ensure(session.connection(), round_id, place)
    mine = (Progress.round_id == round_id, Progress.village_id.in_(villages))
    session.execute(select(Progress.id).where(*mine).order_by(Progress.id).with_for_update())
    right = {row.village_id: row for row in session.execute(_recounted(round_id).where(Case.village_id.in_(villages)))}
    names = (*COLUMNS, "last_received_at")
    for village in villages:
        row = right.get(village)
        values = {name: getattr(row, name) if row else None if name == "last_received_at" else 0 for name in names}
        session.execute(
            update(Progress)
            .where(Progress.round_id == round_id, Progress.village_id == village)
            .values(list_changes=Progress.list_changes + 1, **values)
        )
    day_counts.recount(session, round_id, villages)


def differences(session: Session, round_id: int) -> list[int]:
    """Villages whose counters differ from a recount; empty is right."""
    kept = {row.village_id: row for row in session.scalars(select(Progress).where(Progress.round_id == round_id))}
    wrong = []
    for row in session.execute(_recounted(round_id)):
        mine = kept.pop(row.village_id, None)
        if mine is None or any(getattr(mine, column) != getattr(row, column) for column in COLUMNS):
            wrong.append(row.village_id)
    wrong += [village for village, row in kept.items() if any(getattr(row, column) for column in COLUMNS)]
    return wrong + sorted(day_counts.differences(session, round_id) - set(wrong))
