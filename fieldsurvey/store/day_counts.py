"""Households per village and day: how many questionnaires came on it, and how many unvisited houses are due on it.

Kept in the transaction that changes a case, as `progress` is; who touches a row holds the village's row of progress.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    ForeignKey,
    Index,
    UniqueConstraint,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import hot
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.cases import Case


class DayCount(Placed, Base):
    """One village on one day of a round."""

    __tablename__ = "day_counts"
    __table_args__ = (UniqueConstraint("round_id", "village_id", "day"), Index(None, "round_id", "day"))

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    day: Mapped[date]
    sent: Mapped[int] = mapped_column(server_default="0")  # households whose first questionnaire came on it
    due: Mapped[int] = mapped_column(server_default="0")  # unvisited households that are due on it


_TABLE: Any = DayCount.__table__


@lru_cache
def _arriving(dialect: str) -> Any:
    made = (postgresql_insert if dialect == "postgresql" else sqlite_insert)(_TABLE)
    more = {"sent": _TABLE.c.sent + made.excluded.sent, "due": _TABLE.c.due + made.excluded.due}
    return made.on_conflict_do_update(index_elements=["round_id", "village_id", "day"], set_=more)


_LESS_DUE = (
    update(_TABLE)
    .where(
        _TABLE.c.round_id == bindparam("of_round"),
        _TABLE.c.village_id == bindparam("of_village"),
        _TABLE.c.day == bindparam("on_day"),
    )
    .values(due=_TABLE.c.due - 1)
)


def arrived(connection: Connection, round_id: int, place: Place, day: date, due_on: date | None) -> None:
    """A household's first questionnaire: one more that came on `day`, one less that is due on `due_on`.

    On the path of intake, after progress.move.
    """
    if place.village_id is None:
        return
    row = {"round_id": round_id, **asdict(place), "day": day, "sent": 1, "due": -1 if due_on == day else 0}
    hot.execute(connection, _arriving(connection.dialect.name), row)
    if due_on is not None and due_on != day:
        hot.execute(connection, _LESS_DUE, {"of_round": round_id, "of_village": place.village_id, "on_day": due_on})


_PLACE = (Case.province_id, Case.commune_id, Case.village_id)


def _recounted(round_id: int, villages: Collection[int] | None) -> Any:
    """SELECT of what the rows should be."""
    here = [Case.round_id == round_id, Case.village_id.is_not(None)]
    here += [Case.village_id.in_(villages)] if villages is not None else []
    sent = (
        select(Case.round_id, *_PLACE, Case.sent_on.label("day"), func.count().label("sent"), literal(0).label("due"))
        .where(*here, Case.sent_on.is_not(None), Case.state != State.NOT_VISITED.value)
        .group_by(Case.round_id, *_PLACE, Case.sent_on)
    )
    due = (
        select(Case.round_id, *_PLACE, Case.due_on.label("day"), literal(0).label("sent"), func.count().label("due"))
        .where(*here, Case.due_on.is_not(None), Case.state == State.NOT_VISITED.value, Case.given_up.is_(False))
        .group_by(Case.round_id, *_PLACE, Case.due_on)
    )
    both = union_all(sent, due).subquery()
    names = ("round_id", "province_id", "commune_id", "village_id", "day")
    sums = (cast(func.sum(both.c[name]), BigInteger).label(name) for name in ("sent", "due"))
    return select(*(both.c[name] for name in names), *sums).group_by(*(both.c[name] for name in names))


def recount(session: Session, round_id: int, villages: Collection[int] | None = None) -> None:
    """Make the rows of a round, or of some villages of it, anew. The caller holds their rows of progress."""
    gone = delete(DayCount).where(DayCount.round_id == round_id)
    session.execute(gone.where(DayCount.village_id.in_(villages)) if villages is not None else gone)
    columns = ["round_id", "province_id", "commune_id", "village_id", "day", "sent", "due"]
    session.execute(insert(DayCount).from_select(columns, _recounted(round_id, villages)))


def differences(session: Session, round_id: int) -> set[int]:
    """Villages whose rows differ from a recount; empty is right."""
    columns = (DayCount.village_id, DayCount.day, DayCount.sent, DayCount.due)
    rows: Any = session.execute(select(*columns).where(DayCount.round_id == round_id))
    kept = {tuple(row) for row in rows if row.sent or row.due}
    right = {(one.village_id, one.day, one.sent, one.due) for one in session.execute(_recounted(round_id, None))}
    return {row[0] for row in kept ^ right}


def _summed(column: Any) -> Any:
    return cast(func.sum(column), BigInteger)


def overdue(
    session: Session, round_id: int, scope: Scope, level: Level, today: date, inside: AreaRef | None = None
) -> dict[int, int]:
    """Area id → unvisited households whose day has passed; areas without one are left out."""
    key = getattr(DayCount, f"{level.value}_id")
    query = select(key, _summed(DayCount.due)).where(
        DayCount.round_id == round_id, DayCount.day < today, DayCount.due > 0, in_scope(DayCount, scope)
    )
    query = query.where(getattr(DayCount, f"{inside.level.value}_id") == inside.id) if inside is not None else query
    return dict(session.execute(query.group_by(key)).all())


def sent_since(
    session: Session, round_id: int, scope: Scope, level: Level, since: date, inside: AreaRef | None = None
) -> dict[int, tuple[int, date]]:
    """Area id → (questionnaires that came since a day, the first of these days)."""
    key = getattr(DayCount, f"{level.value}_id")
    query = select(key, _summed(DayCount.sent), func.min(DayCount.day)).where(
        DayCount.round_id == round_id, DayCount.day >= since, DayCount.sent > 0, in_scope(DayCount, scope)
    )
    query = query.where(getattr(DayCount, f"{inside.level.value}_id") == inside.id) if inside is not None else query
    return {area: (count, first) for area, count, first in session.execute(query.group_by(key))}


def next_due(
    session: Session, round_id: int, scope: Scope, level: Level, inside: AreaRef | None = None
) -> dict[int, date]:
    """Area id → the last day on which an unvisited household is due."""
    key = getattr(DayCount, f"{level.value}_id")
    query = select(key, func.max(DayCount.day)).where(
        DayCount.round_id == round_id, DayCount.due > 0, in_scope(DayCount, scope)
    )
    query = query.where(getattr(DayCount, f"{inside.level.value}_id") == inside.id) if inside is not None else query
    return dict(session.execute(query.group_by(key)).all())
