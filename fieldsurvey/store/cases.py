"""Cases: one household in one round, with its review state. The queue and the progress pages read this table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Row,
    Select,
    UniqueConstraint,
    case,
    exists,
    false,
    func,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import AreaRef
from fieldsurvey.rules.listing import Source
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import names
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import insert_if_new


class Case(Placed, Base):
    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("round_id", "household_id"),
        Index("ix_cases_queue_commune", "round_id", "commune_id", "state", "id"),
        # A round has one province: these serve the province's supervisor and the administrator.
        Index("ix_cases_queue", "round_id", "state", "id"),
        Index(None, "round_id", "id"),
        Index(None, "household_id"),  # whether a household stands on any list
        Index(None, "round_id", "village_id", "id"),  # a village's list, and the recount of one village
        Index(
            "ix_cases_assignee",
            "round_id",
            "assignee_id",
            postgresql_where=text("assignee_id IS NOT NULL"),
            sqlite_where=text("assignee_id IS NOT NULL"),
        ),
        Index(
            "ix_cases_doubts", "round_id", "id", postgresql_where=text("doubts > 0"), sqlite_where=text("doubts > 0")
        ),
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
    assignee_id: Mapped[int | None]  # who is to visit; null: the village's enumerators by their grants
    due_on: Mapped[date | None]  # the day by which somebody is to have been there
    list_source: Mapped[str | None]  # rules.listing.Source: why it stands on the list; null: before this was kept
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")  # visits without a questionnaire
    outcome: Mapped[str | None]  # rules.visiting.Outcome of the newest of them
    given_up: Mapped[bool] = mapped_column(default=False, server_default=false())  # by the rule of attempts
    sent_on: Mapped[date | None]  # the day, in Vietnam, on which the first questionnaire came
    doubts: Mapped[int] = mapped_column(default=0, server_default="0")  # those that nobody has settled
    lat: Mapped[float | None] = mapped_column(Float)  # where the house is, by the newest questionnaire
    lon: Mapped[float | None] = mapped_column(Float)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the officer looks for; None or empty means any."""

    states: tuple[str, ...] = ()
    village_id: int | None = None
    commune_id: int | None = None
    household_class: str | None = None
    name_fold: str = ""
    duplicates_only: bool = False
    doubts_only: bool = False


def _matching(round_id: int, scope: Scope, wanted: Filter) -> list[Any]:
    """Conditions on a case, but for its state and the name."""
    conditions: list[Any] = [Case.round_id == round_id, in_scope(Case, scope)]
    if wanted.village_id is not None:
        conditions.append(Case.village_id == wanted.village_id)
        commune = select(Area.parent_id).where(Area.id == wanted.village_id).scalar_subquery()
        conditions.append(Case.commune_id == commune)  # says nothing new, but leads to the index
    if wanted.commune_id is not None:
        conditions.append(Case.commune_id == wanted.commune_id)
    if wanted.household_class:
        conditions.append(Case.household_class == wanted.household_class)
    if wanted.duplicates_only:
        conditions.append(Case.duplicates > 0)
    if wanted.doubts_only:
        conditions.append(Case.doubts > 0)
    return conditions


def _ids(session: Session, round_id: int, scope: Scope, wanted: Filter, after: int, size: int) -> Any:
    """The ids of one page.

    An index holds the cases of each state in order, so each state gives its first ones. Where a commune is looked
    through, that index begins with the commune, so there the states are named although any will do.
    """
    page = select(Case.id).where(*_matching(round_id, scope, wanted), Case.id > after).limit(size)
    narrow = wanted.commune_id or wanted.village_id or not (scope.everywhere or scope.provinces)
    if wanted.name_fold and not narrow:
        return _of_name(session, page, wanted)
    if wanted.name_fold:
        page = page.where(exists().where(Household.id == Case.household_id, names.spoken(wanted.name_fold)))
    page = page.order_by(Case.id)
    states = wanted.states or (tuple(State) if narrow else ())
    each = [page.where(Case.state == state) for state in states]
    if len(each) < 2:
        return each[0] if each else page
    return union_all(*(select(one.c.id) for one in (part.subquery() for part in each)))


def _of_name(session: Session, page: Select[Any], wanted: Filter) -> Select[Any]:
    """The same for a name in a whole province: a name that few have leads to their cases at once."""
    page = page.where(Case.household_id.in_(names.matching(wanted.name_fold, session.get_bind().dialect.name)))
    state: ColumnElement[Any] = Case.state.expression
    number: ColumnElement[Any] = Case.id.expression
    if names.rare(session, wanted.name_fold):
        state, number = state + "", number + 0  # keeps SQLite from walking through an index of states or ids instead
    return (page.where(state.in_(wanted.states)) if wanted.states else page).order_by(number)


def page(
    session: Session, round_id: int, scope: Scope, wanted: Filter, *, after: int = 0, size: int = 50
) -> Sequence[Row[Case, Household, Area]]:
    """One page of the queue in the order of the case's id; `after` is the last id of the page before."""
    ids = _ids(session, round_id, scope, wanted, after, size).subquery()
    query = (
        select(Case, Household, Area)
        .join(ids, ids.c.id == Case.id)
        .join(Household, Household.id == Case.household_id)
        .outerjoin(Area, Area.id == Case.village_id)
    )
    return session.execute(query.order_by(Case.id).limit(size)).all()


def next_id(session: Session, round_id: int, scope: Scope, wanted: Filter, after: int) -> int | None:
    """The case that follows `after` in the same filtered queue, else the first one."""
    for start in (after, 0):
        ids = _ids(session, round_id, scope, wanted, start, 2).subquery()
        found = session.scalars(select(ids.c.id).where(ids.c.id != after).order_by(ids.c.id).limit(1)).first()
        if found is not None:
            return int(found)
    return None


def with_household(session: Session, case_id: int) -> tuple[Case, Household] | None:
    """One case and its household, whoever asks: the caller decides about rights."""
    query = select(Case, Household).join(Household, Household.id == Case.household_id).where(Case.id == case_id)
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None


def head_names(session: Session, scope: Scope, case_ids: Sequence[int]) -> dict[int, str]:
    """Case id → name of the head of household, for those inside the scope."""
    query = select(Case.id, Household.head_name).join(Household, Household.id == Case.household_id)
    return dict(session.execute(query.where(Case.id.in_(case_ids), in_scope(Case, scope))).all())


def add_unvisited(
    session: Session,
    round_id: int,
    inside: AreaRef | None,
    now: datetime,
    source: Source = Source.REGISTER,
    *,
    of_class: str | None = None,
    year: int = 0,
) -> int:
    """Open a case for each household of an area (None: of all) that has none in the round; one statement. How many.

    `of_class`: only those of this class in the list of the year before `year`.
    """
    columns = ("round_id", "household_id", "province_id", "commune_id", "village_id", "state", "duplicates", "version",
               "updated_at", "list_source")  # fmt: skip
    place = (Household.province_id, Household.commune_id, Household.village_id)
    values = (
        literal(State.NOT_VISITED.value), literal(0), literal(1), literal(now, Case.updated_at.type),
        literal(source.value),
    )  # fmt: skip
    query: Any = select(literal(round_id), Household.id, *place, *values).where(
        *listable(round_id, inside), *([prior_class(year) == of_class] if of_class is not None else [])
    )
    connection = session.connection()
    adding = insert_if_new(Case, connection).from_select(columns, query)
    return connection.execute(adding, execution_options={"preserve_rowcount": True}).rowcount


def listable(round_id: int, inside: AreaRef | None) -> list[ColumnElement[bool]]:
    """Conditions on households that could come on a round's list: present, in a known village, not listed yet."""
    listed = exists().where(Case.round_id == round_id, Case.household_id == Household.id)
    found = [Household.deleted_at.is_(None), Household.village_id.is_not(None), ~listed]
    return [*found, getattr(Household, f"{inside.level.value}_id") == inside.id] if inside is not None else found


def prior_class(year: int) -> ColumnElement[str | None]:
    """A household's class in the list of the year before; where no year is known, that of the list in force."""
    before = select(HouseholdYear.household_class).where(
        HouseholdYear.household_id == Household.id, HouseholdYear.year == year - 1
    )
    known = exists().where(HouseholdYear.household_id == Household.id)
    return func.coalesce(before.scalar_subquery(), case((~known, Household.prior_class)))


def locked(session: Session, case_id: int) -> Case | None:
    """The case, held against concurrent decisions until the transaction ends."""
    return session.scalar(
        select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    )
