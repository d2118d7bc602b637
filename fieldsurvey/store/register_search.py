"""Looking for households of the register as somebody types: by name, legal number or identity number, with filters.

Pages go by key (the household's id). Each kind of search has an index that leads to its first rows: a commune is looked
through by its own index, a province by the index of names, of numbers or of classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, column, exists, select, table, text, true, union_all
from sqlalchemy.orm import Session, aliased

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, names
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household, Member

PAGE = 50
_LAST = "\U0010ffff"  # behind every text that begins with the same letters
SHORTEST_CODE = 5  # in a province; the code of a commune


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty or None means any. One of the three texts at most."""

    name_fold: str = ""
    code: str = ""  # beginning of the legal number
    id_number: str = ""  # whole
    commune_id: int | None = None
    village_id: int | None = None
    household_class: str | None = None
    year: int | None = None  # in which it had that class, or stood in the list; None: the list in force
    ceased: bool = False  # those that are no longer in the register, instead of those that are


def page(
    session: Session, scope: Scope, wanted: Wanted, after: int = 0, size: int = PAGE
) -> Sequence[Row[Household, Area, Area]]:
    """(household, village, commune) in the order of the household's id; `after`: the last id of the page before."""
    found = _ids(session, scope, wanted, after, size).subquery()
    village, commune = aliased(Area), aliased(Area)
    query = (
        select(Household, village, commune)
        .join(found, found.c.id == Household.id)
        .outerjoin(village, village.id == Household.village_id)
        .outerjoin(commune, commune.id == Household.commune_id)
    )
    return session.execute(query.order_by(Household.id).limit(size)).all()


def _ids(session: Session, scope: Scope, wanted: Wanted, after: int, size: int) -> Any:
    """The ids of one page."""
    dialect = session.get_bind().dialect.name
    key: ColumnElement[Any] = Household.id.expression
    narrow = bool(wanted.commune_id or wanted.village_id) or not (scope.everywhere or scope.provinces)
    if wanted.id_number:
        return _page(scope, wanted, key + 0, after, size).where(_has_number(wanted.id_number))
    if wanted.code and not narrow:  # "+ 0" keeps SQLite from walking through all ids instead of the numbers
        return _page(scope, wanted, key + 0, after, size).where(_begins(wanted.code, dialect), _of_class(wanted))
    if narrow:
        found = _page(scope, wanted, key, after, size).where(_of_class(wanted))
        return found.where(_spoken(wanted), _begins(wanted.code, dialect) if wanted.code else true())
    if wanted.name_fold and (names.rare(session, wanted.name_fold) or not wanted.household_class):
        return _of_name(scope, wanted, after, size, dialect)
    if wanted.year:
        return _of_year(scope, wanted, after, size)
    return _page(scope, wanted, key, after, size).where(_of_class(wanted), _spoken(wanted))


def _page(scope: Scope, wanted: Wanted, key: ColumnElement[Any], after: int, size: int) -> Select[Any]:
    return select(Household.id).where(*_where(scope, wanted), key > after).order_by(key).limit(size)


def _where(scope: Scope, wanted: Wanted) -> list[ColumnElement[bool]]:
    gone = Household.deleted_at.is_not(None) if wanted.ceased else Household.deleted_at.is_(None)
    conditions: list[ColumnElement[bool]] = [gone, in_scope(Household, scope)]
    if wanted.village_id is not None:
        conditions.append(Household.village_id == wanted.village_id)
    elif wanted.commune_id is not None:
        conditions.append(Household.commune_id == wanted.commune_id)
    return conditions


def _has_number(id_number: str) -> ColumnElement[bool]:
    """Who is gone counts too: the question is where this person has been."""
    return Household.id.in_(select(Member.household_id).where(Member.id_number == id_number))


def _begins(code: str, dialect: str) -> ColumnElement[bool]:
    if dialect == "sqlite":
        return and_(Household.code >= code, Household.code < code + _LAST)
    return Household.code.startswith(code, autoescape=True)


def _spoken(wanted: Wanted) -> ColumnElement[bool]:
    return names.spoken(wanted.name_fold) if wanted.name_fold else true()


def _of_class(wanted: Wanted) -> ColumnElement[bool]:
    """The class in the list in force, or in the year asked for."""
    if wanted.year is None:
        return Household.prior_class == wanted.household_class if wanted.household_class else true()
    then = exists().where(HouseholdYear.household_id == Household.id, HouseholdYear.year == wanted.year)
    return then.where(HouseholdYear.household_class == wanted.household_class) if wanted.household_class else then


def _of_name(scope: Scope, wanted: Wanted, after: int, size: int, dialect: str) -> Any:
    """Through the index of names; SQLite's gives its rows in the order of their ids by itself."""
    if dialect != "sqlite":
        found = _page(scope, wanted, Household.id.expression, after, size)
        return found.where(Household.id.in_(names.matching(wanted.name_fold, dialect)), _of_class(wanted))
    index = table("household_names", column("rowid"))
    matches = text("household_names MATCH :wanted").bindparams(wanted=names.typed(wanted.name_fold))
    query = select(Household.id).select_from(index).join(Household, Household.id == index.c.rowid)
    query = query.where(matches, index.c.rowid > after, *_where(scope, wanted), _of_class(wanted))
    return query.order_by(index.c.rowid).limit(size)


def _of_year(scope: Scope, wanted: Wanted, after: int, size: int) -> Any:
    """Through the index of classes: each class gives its first households, of which the page takes the first."""
    classes = [wanted.household_class] if wanted.household_class else [one.value for one in HouseholdClass]
    here = HouseholdYear.household_id
    each = [
        select(here.label("id"))
        .join(Household, Household.id == here)
        .where(HouseholdYear.year == wanted.year, HouseholdYear.household_class == one, here > after)
        .where(*_where(scope, wanted), _spoken(wanted))
        .order_by(here)
        .limit(size)
        for one in classes
    ]
    if len(each) == 1:
        return each[0]
    return union_all(*(select(part.c.id) for part in (one.subquery() for one in each)))


def communes(session: Session, scope: Scope) -> Sequence[Area]:
    """To choose from: the communes of the scope that have villages, by name."""
    used = select(Area.parent_id).where(Area.level == Level.VILLAGE.value, Area.valid_to.is_(None))
    query = select(Area).where(Area.level == Level.COMMUNE.value, Area.valid_to.is_(None), Area.id.in_(used))
    return session.scalars(query.where(*areas.limited(scope, Level.COMMUNE)).order_by(Area.name_fold, Area.code)).all()


def years(session: Session) -> list[int]:
    """The years of which there are lists, newest first; a step through the index for each."""
    newest = select(HouseholdYear.year).order_by(HouseholdYear.year.desc()).limit(1)
    found: list[int] = []
    following = session.scalar(newest)
    while following is not None:
        found.append(following)
        following = session.scalar(newest.where(HouseholdYear.year < following))
    return found
