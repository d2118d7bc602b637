"""The list of a round as people see it: communes with their lists, a preview before it is made, the list as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs.progress import Counts
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.listing import PRIOR
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import applications, areas, cases, lists, names, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.lists import RoundList
from fieldsurvey.store.register import Household


class CommuneLine(NamedTuple):
    """One commune of the round."""

    id: int
    code: str
    name: str
    name_fold: str
    listed: int
    frozen: RoundList | None


def communes(
    session: Session, round_id: int, scope: Scope, inside: AreaRef | None, name: str = ""
) -> list[CommuneLine]:
    """The communes that the reader may make lists for; those whose list is not frozen first. Two statements."""
    frozen, words = lists.frozen_communes(session, round_id, scope), fold(name)
    found = [
        CommuneLine(
            row.id, row.code, row.full_name, row.name_fold, Counts._make(row[-len(progress.COLUMNS) - 1 : -1]).total,
            frozen.get(row.id),
        )
        for row in progress.table(session, round_id, scope, Level.COMMUNE, inside)
    ]  # fmt: skip
    wanted = [one for one in found if not words or words in one.name_fold or one.code.startswith(words)]
    return sorted(wanted, key=lambda one: (one.frozen is not None, one.code))


class Expected(NamedTuple):
    """One village in the preview: households that would come on the list, and what stands on it."""

    village: Area
    poor: int
    near_poor: int
    applications: int  # that nobody has answered
    listed: int

    @property
    def new(self) -> int:
        return self.poor + self.near_poor


@dataclass(frozen=True, slots=True)
class Preview:
    """What making a commune's list would bring, village by village."""

    lines: tuple[Expected, ...]

    def total(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.lines)


def preview(session: Session, round_id: int, year: int, scope: Scope, commune: Area) -> Preview:
    """Counted in the register of one commune; nothing is changed."""
    prior = cases.prior_class(year)
    query = (
        select(Household.village_id, prior, func.count())
        .where(*cases.listable(round_id, commune.ref), in_scope(Household, scope), prior.in_(list(PRIOR)))
        .group_by(Household.village_id, prior)
    )
    new: dict[int, dict[str, int]] = {}
    for village_id, household_class, count in session.execute(query):
        new.setdefault(village_id or 0, {})[household_class or ""] = count
    waiting = applications.pending_by_village(session, round_id, scope, commune.id)
    kept = {row.id: row for row in progress.table(session, round_id, scope, Level.VILLAGE, commune.ref)}
    villages = areas.children(session, commune.id, Level.VILLAGE)
    return Preview(
        tuple(_expected(one, new.get(one.id, {}), waiting, kept) for one in villages if scope.covers(one.place))
    )


def _expected(
    village: Area, new: Mapping[str, int], waiting: Mapping[int, int], kept: Mapping[int, Row[Any]]
) -> Expected:
    row = kept.get(village.id)
    listed = Counts._make(row[-len(progress.COLUMNS) - 1 : -1]).total if row is not None else 0
    return Expected(village, new.get("poor", 0), new.get("near_poor", 0), waiting.get(village.id, 0), listed)


def found_households(session: Session, round_id: int, scope: Scope, words: str, limit: int = 20) -> Sequence[Row[Any]]:
    """Households of the register to put on the list, by name without accents or by code: Household, Area, case id or null."""
    typed = fold(words)
    query: Any = (
        select(Household, Area, Case.id)
        .outerjoin(Area, Area.id == Household.village_id)
        .outerjoin(Case, (Case.household_id == Household.id) & (Case.round_id == round_id))
        .where(Household.deleted_at.is_(None), in_scope(Household, scope))
    )
    if any(letter.isdigit() for letter in typed):
        query = query.where(Household.code.startswith(words.strip(), autoescape=True))
    elif scope.everywhere or scope.provinces:
        query = query.where(Household.id.in_(names.matching(typed, session.get_bind().dialect.name)))
    else:
        query = query.where(names.spoken(typed))
    return session.execute(query.order_by(Household.id).limit(limit)).all() if typed else []


# Phụ lục I: what the paper needs to be read at a village meeting; the annex's own layout is not known to us.
COLUMNS = ("number", "code", "head_name", "village", "address", "members", "prior_class", "source")


def rows(found: Iterable[Any], said: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    """Cells of the list in the order of COLUMNS; `said`: sentence of `class.*` and `source.*` in the reader's language."""
    for number, row in enumerate(found, start=1):
        case, household, village = tuple(row)
        yield (
            number, household.code or "", household.head_name, village.full_name, household.address or "",
            household.member_count or "", said.get(f"class.{household.prior_class}", ""),
            said.get(f"source.{case.list_source}", ""),
        )  # fmt: skip
