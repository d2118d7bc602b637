"""The register as officers read it: the households that are looked for, and everything about one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import undoing
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.outputs import register_history
from fieldsurvey.outputs.register_history import Step
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold, masked
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.store import areas, handovers, household_events, household_years, people, register, register_search
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.handovers import Handover
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.register_search import PAGE, Wanted
from fieldsurvey.store.rounds import Round

EVENTS = 30  # of the history on one page
OFFERED = 5  # of the newest events it is asked whether they can be undone
_NUMBER = re.compile(r"\d{9}|\d{12}", re.ASCII)


class Typed(NamedTuple):
    """What was typed into the one field, by its look."""

    name_fold: str = ""
    code: str = ""
    id_number: str = ""


def typed(text: str) -> Typed:
    """9 or 12 digits are an identity number, other text with a digit a legal number, else it is a name."""
    digits = re.sub(r"[\s.]", "", text)
    if _NUMBER.fullmatch(digits):
        return Typed(id_number=digits)
    return Typed(code=text.strip()) if any(sign.isdecimal() for sign in text) else Typed(name_fold=fold(text))


@dataclass(frozen=True, slots=True)
class Found:
    """One page of households. `following`: the id after which the next page starts, None on the last one."""

    rows: Sequence[Row[Household, Area, Area]]  # household, village, commune
    following: int | None


def search(session: Session, scope: Scope, wanted: Wanted, after: int = 0, size: int = PAGE) -> Found:
    """One page of the households of the scope that are looked for; at most two statements."""
    if wanted.code and len(wanted.code) < register_search.SHORTEST_CODE and (scope.everywhere or scope.provinces):
        return Found((), None)
    rows = register_search.page(session, scope, wanted, after, size + 1)
    return Found(rows[:size], rows[size - 1][0].id if len(rows) > size else None)


class Choices(NamedTuple):
    """Areas and years to filter by. `communes` is empty for who has one only."""

    communes: Sequence[Area]
    villages: Sequence[Area]
    years: Sequence[int]


def choices(session: Session, scope: Scope, commune_id: int | None) -> Choices:
    found = register_search.communes(session, scope)
    only = found[0].id if len(found) == 1 else None
    chosen = next((one.id for one in found if one.id == commune_id), only)
    villages = areas.children(session, chosen, Level.VILLAGE) if chosen is not None else ()
    return Choices(() if only else found, villages, register_search.years(session))


@dataclass(frozen=True)
class Card:
    """Everything about one household. `revealed`: identity numbers are shown in full; the caller has logged it."""

    household: Household
    path: tuple[Area, ...]
    everybody: Sequence[Member]
    years: Sequence[HouseholdYear]
    steps: Sequence[Step]
    earlier: int | None  # the id of the last event shown, where older ones follow
    undoable: frozenset[int]
    handover: Handover | None
    receiver: str
    cases: Sequence[Row[Case, Round]]  # newest round first
    revealed: bool

    @cached_property
    def present(self) -> list[Member]:
        return [one for one in self.everybody if one.gone_at is None]

    @cached_property
    def gone(self) -> list[Member]:
        return [one for one in self.everybody if one.gone_at is not None]

    def number(self, member: Member) -> str:
        """The identity number as this reader may see it now."""
        return (member.id_number if self.revealed else masked(member.id_number)) if member.id_number else ""


def find(session: Session, uuid: str, *, by: Doer) -> Household:
    """The household, if `by` may read it; NOT_FOUND otherwise, so that nobody learns that it exists."""
    found = register.by_uuid(session, uuid)
    if found is None or not permissions.allows(by, Permission.READ_REGISTER, found.place):
        raise Problem(Kind.NOT_FOUND)
    return found


def card(session: Session, uuid: str, *, by: Doer, reveal: bool = False, before: int | None = None) -> Card:
    """Everything about one household; `before`: an event's id, for the older part of the history. Raises NOT_FOUND."""
    household = find(session, uuid, by=by)
    everybody = register.everybody(session, household.id)
    events = household_events.of_household(session, household.id, before, EVENTS + 1)
    shown = events[:EVENTS]
    offered = handovers.open_of(session, household.id)
    may_edit = permissions.allows(by, Permission.EDIT_REGISTER, household.place)
    names = people.names(session, {one.actor_id for one in shown if one.actor_id is not None})
    return Card(
        household=household,
        path=_path(session, household),
        everybody=everybody,
        years=household_years.of_household(session, household.id),
        steps=register_history.steps(session, shown, names, {one.uuid: one.name for one in everybody}, reveal),
        earlier=shown[-1].id if len(events) > EVENTS else None,
        undoable=frozenset(undoing.possible(session, shown[:OFFERED])) if may_edit else frozenset(),
        handover=offered,
        receiver=_receiver(session, offered) if offered else "",
        cases=_cases(session, household, by),
        revealed=reveal,
    )


def _path(session: Session, household: Household) -> tuple[Area, ...]:
    """Village, commune, province: the narrowest first, as addresses are written."""
    lowest = household.village_id or household.commune_id or household.province_id
    found = areas.paths(session, [lowest]) if lowest else {}
    return tuple(reversed(next(iter(found.values()), ())))


def _receiver(session: Session, one: Handover) -> str:
    area_id = one.to_village_id or one.to_commune_id
    path = areas.paths(session, [area_id])[area_id]
    return ", ".join(area.full_name for area in reversed(path))


def _cases(session: Session, household: Household, by: Doer) -> Sequence[Row[Case, Round]]:
    """The household's cases that `by` may open."""
    query = select(Case, Round).join(Round, Round.id == Case.round_id)
    found = session.execute(query.where(Case.household_id == household.id).order_by(Round.id.desc())).all()
    return [row for row in found if permissions.allows(by, Permission.READ_HOUSEHOLDS, row[0].place, row[0].round_id)]


class Inbox(NamedTuple):
    """Hand-overs, and the names of the areas in them."""

    arriving: Sequence[Row[Handover, Household]]
    leaving: Sequence[Row[Handover, Household]]
    answered: Sequence[Row[Handover, Household]]
    places: dict[int, str]
    villages: dict[int, Sequence[Area]]  # of each receiving commune

    def place(self, commune_id: int | None, village_id: int | None) -> str:
        ids = (one for one in (village_id, commune_id) if one is not None)
        return ", ".join(self.places.get(one, "") for one in ids)


MOST = 100


def inbox(session: Session, by: Doer) -> Inbox:
    """What waits for the answer of `by`, what they wait for, and the last answers."""
    scope = permissions.scope(by, Permission.EDIT_REGISTER)
    arriving, leaving = handovers.open_to(session, scope, MOST), handovers.open_from(session, scope, MOST)
    answered = handovers.answered(session, scope, 20)
    ids = {area_id for one, _ in (*arriving, *leaving, *answered) for area_id in _areas_of(one) if area_id is not None}
    names = {key: area.full_name for key, area in areas.with_ids(session, list(ids)).items()}
    receiving = {one.to_commune_id for one, _ in arriving}
    villages = {key: areas.children(session, key, Level.VILLAGE) for key in receiving}
    return Inbox(arriving, leaving, answered, names, villages)


def _areas_of(one: Handover) -> tuple[int | None, ...]:
    return one.from_commune_id, one.from_village_id, one.to_commune_id, one.to_village_id


def waiting(session: Session, by: Doer) -> int:
    """How many households wait for the answer of `by`; up to a hundred."""
    scope = permissions.scope(by, Permission.EDIT_REGISTER)
    return len(handovers.open_to(session, scope, MOST)) if scope else 0
