"""Verbs on a household of the register: register it by hand, correct its attributes, enter the class of a year, let it
cease, restore it. Members: members.py. Splitting and merging: regrouping.py. Moving: handing_over.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import listed, register_changes, registering
from fieldsurvey.casework.person_values import PersonGiven, checked
from fieldsurvey.casework.register_changes import NOTHING, Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.register import HEAD, Ceased, Change, Source
from fieldsurvey.store import areas, handovers, household_years, register
from fieldsurvey.store.areas import Area
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household, Member

CORRECTABLE = ("code", "head_name", "address")
LONGEST_TEXT, LONGEST_REASON = 300, 2000
FIRST_YEAR = 1993  # of the first national poverty line; older lists name other things


@dataclass(frozen=True, slots=True)
class Decision:
    """Of the commune's chairman, that gave a household its class. Either may not be known."""

    number: str = ""
    day: date | None = None


def register_by_hand(
    session: Session,
    village: Area,
    head: PersonGiven,
    *,
    by: Doer,
    now: datetime,
    code: str = "",
    address: str = "",
    even_if_known: bool = False,
) -> Household:
    """A household with its head as only member. Raises FORBIDDEN, OUTSIDE_AREA, AREA_UNFIT, PERSON_INVALID,
    PERSON_KNOWN (unless `even_if_known`: somebody looked and knows better).
    """
    permissions.require(by, Permission.EDIT_REGISTER, village.place)
    require_village(village)
    values = checked(head, now.date()) | {"relation": HEAD}
    if not even_if_known:
        require_unknown(session, values["id_number"])
    made = Household(
        uuid=register.new_uuid(), version=1, head_name=values["name"], name_fold=values["name_fold"],
        code=short(code), address=short(address), member_count=1, created_at=now, updated_at=now, **placed(village.place),
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(Member(uuid=register.new_uuid(), household_id=made.id, position=1, **values))
    register_changes.write_down(session, made, NOTHING, Act(Change.REGISTERED, by, now))
    return made


def correct(
    session: Session,
    household_id: int,
    changes: Mapping[str, str],
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
    reason: str = "",
) -> Household:
    """New values for some of CORRECTABLE. A head who stands among the members gets the new name there too.

    Raises NOT_FOUND, OUTSIDE_AREA, HOUSEHOLD_GONE, HOUSEHOLD_CHANGED, NAME_MISSING.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    was = register_changes.picture(session, household)
    wanted = {name: short(value) for name, value in changes.items() if name in CORRECTABLE}
    if "head_name" in wanted:
        rename_head(session, household, wanted.pop("head_name") or "")
    for name, value in wanted.items():
        setattr(household, name, value)
    register_changes.write_down(session, household, was, Act(Change.CORRECTED, by, now, said(reason)))
    return household


def rename_head(session: Session, household: Household, name: str) -> None:
    if not name:
        raise Problem(Kind.PERSON_INVALID, field="name")
    head = next((one for one in register.members(session, household.id) if one.relation == HEAD), None)
    if head is not None:
        head.name, head.name_fold = name, fold(name)
    household.head_name, household.name_fold = name, fold(name)


def enter_class(
    session: Session,
    household_id: int,
    year: int,
    household_class: HouseholdClass,
    decision: Decision,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
    reason: str = "",
) -> HouseholdYear:
    """The class of a year as a decision gave it, or as it ought to stand. The newest year is the list in force.

    Raises NOT_FOUND, OUTSIDE_AREA, HOUSEHOLD_GONE, HOUSEHOLD_CHANGED, UNEXPECTED_VALUE (year, day of the decision).
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    if not FIRST_YEAR <= year <= now.year + 1:
        raise Problem(Kind.UNEXPECTED_VALUE, field="year", value=year)
    if decision.day is not None and decision.day > now.date():
        raise Problem(Kind.UNEXPECTED_VALUE, field="decision_date", value=decision.day.isoformat())
    was, years = register_changes.picture(session, household), household_years.of_household(session, household.id)
    row = next((one for one in years if one.year == year), None)
    before = registering.year_values(row)
    row = row or HouseholdYear(
        household_id=household.id, year=year, member_count=household.member_count, **placed(household.place)
    )
    row.household_class, row.source = household_class.value, Source.ENTERED.value
    row.decision_number, row.decision_date = short(decision.number), decision.day
    session.add(row)
    if year >= max((one.year for one in years), default=0):
        household.prior_class = household_class.value
    act = Act(Change.CLASSED, by, now, said(reason))
    register_changes.write_down(session, household, was, act, year=(before, registering.year_values(row)))
    return row


def cease(
    session: Session,
    household_id: int,
    why: Ceased,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Household:
    """Out of the register, its members with it; what it was stays readable. Where nobody has visited it yet it leaves
    the lists of the open rounds. Raises REASON_MISSING, HANDOVER_OPEN and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    require_not_offered(session, household)
    was = register_changes.picture(session, household)
    end(session, household, was, why, Act(Change.CEASED, by, now, said(reason)))
    return household


def end(session: Session, household: Household, was: register_changes.Picture, why: Ceased, act: Act) -> None:
    """What ceasing means, for whoever has looked at everything else."""
    household.deleted_at, household.gone_reason = act.now, why.value
    left = listed.leave(session, household.id)
    register_changes.write_down(session, household, was, act, rounds=(left, []))


def restore(session: Session, household_id: int, *, by: Doer, now: datetime, reason: str = "") -> Household:
    """Back into the register as it was. It is listed again in the open rounds whose lists it left.

    Raises NOT_FOUND, OUTSIDE_AREA; nothing happens to a household that has not ceased.
    """
    household = held(session, household_id, by=by, ceased=True)
    if household.deleted_at is None:
        return household
    was = register_changes.picture(session, household)
    household.deleted_at, household.gone_reason = None, None
    back = listed.come_back(session, household, listed.left_at_last_end(session, household.id), now)
    register_changes.write_down(session, household, was, Act(Change.RESTORED, by, now, said(reason)), rounds=([], back))
    return household


def held(
    session: Session, household_id: int, *, by: Doer, seen_version: int | None = None, ceased: bool = False
) -> Household:
    """The household, nobody else changing it until the transaction ends, if `by` may change it.

    `seen_version`: the version that they looked at. Raises NOT_FOUND, FORBIDDEN, OUTSIDE_AREA, HOUSEHOLD_GONE (unless
    `ceased` ones will do), HOUSEHOLD_CHANGED.
    """
    found = register.locked(session, [household_id]).get(household_id)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.EDIT_REGISTER, found.place)
    if found.deleted_at is not None and not ceased:
        raise Problem(Kind.HOUSEHOLD_GONE)
    if seen_version is not None and seen_version != found.version:
        raise Problem(Kind.HOUSEHOLD_CHANGED)
    return found


def require_village(village: Area) -> None:
    """Raises AREA_UNFIT for what is no village, or one that has been closed."""
    if village.level != Level.VILLAGE or village.valid_to is not None:
        raise Problem(Kind.AREA_UNFIT, area=village.full_name)


def require_not_offered(session: Session, household: Household) -> None:
    if handovers.open_of(session, household.id) is not None:
        raise Problem(Kind.HANDOVER_OPEN)


def require_unknown(session: Session, id_number: str | None, but: int | None = None) -> None:
    """Raises PERSON_KNOWN where somebody present in a household, other than `but`, has this number."""
    known = register.living_with_number(session, id_number) if id_number else None
    if known is not None and known.id != but:
        raise Problem(Kind.PERSON_KNOWN, household=known.uuid)


def village_of(session: Session, village_id: int | None) -> Area:
    """Raises AREA_UNFIT where there is none."""
    found = areas.with_ids(session, [village_id]).get(village_id) if village_id is not None else None
    if found is None:
        raise Problem(Kind.AREA_UNFIT, area="?")
    return found


def placed(place: Place) -> dict[str, Any]:
    """The columns of a Placed row."""
    return {"province_id": place.province_id, "commune_id": place.commune_id, "village_id": place.village_id}


def short(text: str) -> str | None:
    return tidy(text)[:LONGEST_TEXT] or None


def said(reason: str) -> str | None:
    return reason.strip()[:LONGEST_REASON] or None
