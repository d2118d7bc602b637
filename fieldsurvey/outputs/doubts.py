"""A household's doubts in words: what is odd, the other side as far as the reader may see it, and whom to call there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Role, Scope
from fieldsurvey.store import areas
from fieldsurvey.store import doubts as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.doubts import OPEN, Doubt
from fieldsurvey.store.people import USER, Actor, Grant
from fieldsurvey.store.register import Household


@dataclass(frozen=True, slots=True)
class Other:
    """The other household. Beyond the reader's areas only its commune is told, and whom to call there."""

    commune: str
    case_id: int | None = None
    household_uuid: str = ""
    name: str = ""
    village: str = ""
    officers: tuple[tuple[str, str], ...] = ()  # name, telephone


@dataclass(frozen=True, slots=True)
class Shown:
    """One doubt. `params` fill the sentence `doubts.kind.<kind>`."""

    doubt: Doubt
    params: Mapping[str, Any]
    other: Other | None

    @property
    def open(self) -> bool:
        return self.doubt.state == OPEN


def of_case(session: Session, case_id: int, scope: Scope) -> list[Shown]:
    """The doubts of a case that the reader may see; open ones first."""
    found = store.of_case(session, case_id)
    if not found:
        return []
    homes = _homes(session, found, scope)
    communes = areas.with_ids(session, sorted({one.other_commune_id for one in found if one.other_commune_id}))
    outside = {one.other_commune_id for one in found if one.other_household_id and one.other_household_id not in homes}
    officers = _officers(session, {one for one in outside if one is not None})
    return [Shown(one, one.detail, _other(one, homes, communes, officers)) for one in found]


def _homes(session: Session, found: Sequence[Doubt], scope: Scope) -> dict[int, Other]:
    """Household → how it is shown, of those that the reader may see."""
    ids = sorted({one.other_household_id for one in found if one.other_household_id is not None})
    query = (
        select(Household, Area.full_name)
        .outerjoin(Area, Area.id == Household.village_id)
        .where(Household.id.in_(ids), in_scope(Household, scope))
    )
    return {
        one.id: Other("", None, one.uuid, one.head_name, village or "") for one, village in session.execute(query)
    } if ids else {}  # fmt: skip


def _other(
    one: Doubt, homes: Mapping[int, Other], communes: Mapping[int, Area], officers: Mapping[int, list[tuple[str, str]]]
) -> Other | None:
    if one.other_household_id is None:
        return None
    commune = communes.get(one.other_commune_id or 0)
    name = commune.full_name if commune is not None else ""
    known = homes.get(one.other_household_id)
    if known is None:
        return Other(name, officers=tuple(officers.get(one.other_commune_id or 0, ())))
    return Other(name, one.other_case_id, known.household_uuid, known.name, known.village)


def _officers(session: Session, communes: set[int]) -> dict[int, list[tuple[str, str]]]:
    """Commune → its officers: an office telephone is no secret."""
    query = (
        select(Grant.area_id, Actor.display_name, Actor.phone)
        .join(Actor, Actor.id == Grant.actor_id)
        .where(Grant.role == Role.COMMUNE_OFFICER.value, Grant.area_level == Level.COMMUNE.value)
        .where(Grant.area_id.in_(sorted(communes)), Actor.kind == USER, Actor.deleted_at.is_(None))
        .order_by(Actor.id)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for commune, name, phone in session.execute(query) if communes else ():
        if commune is not None:
            found.setdefault(commune, []).append((name, phone or ""))
    return found


def open_count(session: Session, round_id: int, scope: Scope) -> int:
    """How many households have an open doubt, at most a hundred: the number beside the queue's filter."""
    query = select(Case.id).where(Case.round_id == round_id, Case.doubts > 0, in_scope(Case, scope)).limit(100)
    return len(session.scalars(query).all())
