"""Cases: one household in one round, with its review state. The queue and the progress pages read this table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, Select, UniqueConstraint, exists, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import AreaRef
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import insert_if_new


class Case(Placed, Base):
    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("round_id", "household_id"),
        Index("ix_cases_queue_commune", "round_id", "commune_id", "state", "id"),
        Index("ix_cases_queue_village", "round_id", "village_id", "state", "id"),
        Index("ix_cases_queue_province", "round_id", "province_id", "state", "id"),
        Index("ix_cases_queue", "round_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    state: Mapped[str]  # rules.workflow.State
    submission_id: Mapped[int | None]  # the submission under review
    duplicates: Mapped[int] = mapped_column(default=0)  # further submissions of the same household
    household_class: Mapped[str | None]  # of the newest result
    b1: Mapped[int | None]  # B1
    b2: Mapped[int | None]  # B2
    received_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)  # grows with each change, so that a stale decision is noticed


@dataclass(frozen=True, slots=True)
class Filter:
    """What the officer looks for; None or empty means any."""

    states: tuple[str, ...] = ()
    village_id: int | None = None
    commune_id: int | None = None
    household_class: str | None = None
    name_fold: str = ""
    duplicates_only: bool = False


def _filtered(round_id: int, scope: Scope, wanted: Filter) -> Select[Case, Household, Area]:
    query = (
        select(Case, Household, Area)
        .join(Household, Household.id == Case.household_id)
        .outerjoin(Area, Area.id == Case.village_id)
        .where(Case.round_id == round_id, in_scope(Case, scope))
    )
    if wanted.states:
        query = query.where(Case.state.in_(wanted.states))
    if wanted.village_id is not None:
        query = query.where(Case.village_id == wanted.village_id)
    if wanted.commune_id is not None:
        query = query.where(Case.commune_id == wanted.commune_id)
    if wanted.household_class:
        query = query.where(Case.household_class == wanted.household_class)
    if wanted.duplicates_only:
        query = query.where(Case.duplicates > 0)
    if wanted.name_fold:
        query = query.where(Household.name_fold.contains(wanted.name_fold, autoescape=True))
    return query


def page(
    session: Session, round_id: int, scope: Scope, wanted: Filter, *, after: int = 0, size: int = 50
) -> Sequence[Row[Case, Household, Area]]:
    """One page of the queue in the order of the case's id; `after` is the last id of the page before."""
    query = _filtered(round_id, scope, wanted).where(Case.id > after).order_by(Case.id).limit(size)
    return session.execute(query).all()


def next_id(session: Session, round_id: int, scope: Scope, wanted: Filter, after: int) -> int | None:
    """The case that follows `after` in the same filtered queue, else the first one."""
    query = _filtered(round_id, scope, wanted).with_only_columns(Case.id).order_by(Case.id).limit(1)
    following = session.scalar(query.where(Case.id > after))
    return following or session.scalar(query.where(Case.id != after))


def with_household(session: Session, case_id: int) -> tuple[Case, Household] | None:
    """One case and its household, whoever asks: the caller decides about rights."""
    query = select(Case, Household).join(Household, Household.id == Case.household_id).where(Case.id == case_id)
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None


def head_names(session: Session, scope: Scope, case_ids: Sequence[int]) -> dict[int, str]:
    """Case id → name of the head of household, for those inside the scope."""
    query = select(Case.id, Household.head_name).join(Household, Household.id == Case.household_id)
    return dict(session.execute(query.where(Case.id.in_(case_ids), in_scope(Case, scope))).tuples().all())


def add_unvisited(session: Session, round_id: int, inside: AreaRef | None, now: datetime) -> int:
    """Open a case for each household of an area (None: of all) that has none in the round; one statement. How many."""
    columns = ("round_id", "household_id", "province_id", "commune_id", "village_id", "state", "duplicates", "version",
               "updated_at")  # fmt: skip
    place = (Household.province_id, Household.commune_id, Household.village_id)
    values = (literal(State.NOT_VISITED.value), literal(0), literal(1), literal(now, Case.updated_at.type))
    listed = exists().where(Case.round_id == round_id, Case.household_id == Household.id)
    query: Any = select(literal(round_id), Household.id, *place, *values).where(
        Household.deleted_at.is_(None), Household.village_id.is_not(None), ~listed
    )
    if inside is not None:
        query = query.where(getattr(Household, f"{inside.level.value}_id") == inside.id)
    connection = session.connection()
    return connection.execute(insert_if_new(Case, connection).from_select(columns, query)).rowcount


def locked(session: Session, case_id: int) -> Case | None:
    """The case, held against concurrent decisions until the transaction ends."""
    return session.scalar(
        select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    )
