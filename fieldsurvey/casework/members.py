"""Verbs on the members of a household: birth, moving in, death, moving out, coming back, corrections, change of head, and
moving to another household of the register. Each answers to `households.held` for rights and for who was first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import register_changes
from fieldsurvey.casework.households import held, require_unknown, said
from fieldsurvey.casework.person_values import PersonGiven, checked
from fieldsurvey.casework.register_changes import Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.register import HEAD, RELATIONS, Change, Gone
from fieldsurvey.store import register
from fieldsurvey.store.register import Household, Member

_GONE = {Gone.DIED: Change.DIED, Gone.MISTAKE: Change.MEMBER_REMOVED}  # else MOVED_OUT


def add(
    session: Session,
    household_id: int,
    person: PersonGiven,
    kind: Change,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
    reason: str = "",
    even_if_known: bool = False,
) -> Member:
    """Somebody is born into the household (BORN) or moves in from outside the register (MOVED_IN).

    Raises PERSON_INVALID, PERSON_KNOWN (unless `even_if_known`) and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    values = checked(person, now.date())
    if values["relation"] == HEAD:
        raise Problem(Kind.PERSON_INVALID, field="relation")
    if not even_if_known:
        require_unknown(session, values["id_number"])
    was = register_changes.picture(session, household)
    made = Member(uuid=register.new_uuid(), household_id=household.id, position=_next(session, household), **values)
    session.add(made)
    _count(household, 1)
    register_changes.write_down(session, household, was, Act(kind, by, now, said(reason)))
    return made


def correct(
    session: Session,
    household_id: int,
    member_uuid: str,
    person: PersonGiven,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
    reason: str = "",
) -> Member:
    """What is known of a person. Who the head is does not change here: see `change_head`.

    Raises PERSON_INVALID and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    member = of(session, household, member_uuid)
    values = checked(person, now.date())
    if (values["relation"] == HEAD) != (member.relation == HEAD) and member.gone_at is None:
        raise Problem(Kind.PERSON_INVALID, field="relation")
    was = register_changes.picture(session, household)
    _set(member, values)
    if member.relation == HEAD and member.gone_at is None:
        household.head_name, household.name_fold = member.name, member.name_fold
    register_changes.write_down(session, household, was, Act(Change.MEMBER_CORRECTED, by, now, said(reason)))
    return member


def leave(
    session: Session,
    household_id: int,
    member_uuid: str,
    why: Gone,
    on: date,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Member:
    """A member is no longer in the household since that day; the person stays known.

    Raises REASON_MISSING, HEAD_NEEDED (the head goes last or hands over first), LAST_MEMBER (then the household itself
    ceases), UNEXPECTED_VALUE for a day to come, and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    member = of(session, household, member_uuid, present=True)
    if not said(reason) and why is not Gone.DIED:
        raise Problem(Kind.REASON_MISSING)
    if on > now.date():
        raise Problem(Kind.UNEXPECTED_VALUE, field="gone_at", value=on.isoformat())
    require_others(session, household, [member])
    was = register_changes.picture(session, household)
    member.gone_at, member.gone_reason = on, why.value
    _count(household, -1)
    act = Act(_GONE.get(why, Change.MOVED_OUT), by, now, said(reason))
    register_changes.write_down(session, household, was, act)
    return member


def come_back(
    session: Session,
    household_id: int,
    member_uuid: str,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Member:
    """Who was gone is in the household again, at the end of the list; a former head as `other`.

    Raises REASON_MISSING and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    member = of(session, household, member_uuid)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    if member.gone_at is None:
        return member
    was = register_changes.picture(session, household)
    member.gone_at, member.gone_reason, member.position = None, None, _next(session, household)
    member.relation = "other" if member.relation == HEAD else member.relation
    _count(household, 1)
    register_changes.write_down(session, household, was, Act(Change.MEMBER_BACK, by, now, said(reason)))
    return member


def change_head(
    session: Session,
    household_id: int,
    member_uuid: str,
    relation_of_old: str,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Household:
    """Another member becomes the head; the old one is `relation_of_old` to the new one. The others' relations stay as
    they are and may need a look. Raises REASON_MISSING, PERSON_INVALID and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    member = of(session, household, member_uuid, present=True)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    if relation_of_old not in RELATIONS or relation_of_old == HEAD:
        raise Problem(Kind.PERSON_INVALID, field="relation")
    was = register_changes.picture(session, household)
    for other in register.members(session, household.id):
        if other.relation == HEAD and other is not member:
            other.relation = relation_of_old
    make_head(household, member)
    register_changes.write_down(session, household, was, Act(Change.HEAD_CHANGED, by, now, said(reason)))
    return household


def give(
    session: Session,
    household_id: int,
    member_uuid: str,
    to_id: int,
    relation: str,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Household:
    """A member moves to another household of the register, which `by` may change too; the other household comes back.

    Raises SAME_HOUSEHOLD, REASON_MISSING, HEAD_NEEDED, LAST_MEMBER, PERSON_INVALID and what `held` raises for either.
    """
    if household_id == to_id:
        raise Problem(Kind.SAME_HOUSEHOLD)
    register.locked(session, [household_id, to_id])  # both in the order of their ids
    household = held(session, household_id, by=by, seen_version=seen_version)
    other = held(session, to_id, by=by)
    member = of(session, household, member_uuid, present=True)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    if relation not in RELATIONS or relation == HEAD:
        raise Problem(Kind.PERSON_INVALID, field="relation")
    require_others(session, household, [member])
    move(session, household, other, {member: relation}, Move(by, now, said(reason)))
    return other


class Move:
    """Who moves members between households, when and why: one act with a row in both histories."""

    def __init__(
        self, by: Doer, now: datetime, reason: str | None, given: Change = Change.MEMBER_GIVEN,
        taken: Change = Change.MEMBER_TAKEN,
    ) -> None:  # fmt: skip
        batch = register.new_uuid()
        self.given = Act(given, by, now, reason, batch)
        self.taken = Act(taken, by, now, reason, batch)


def move(session: Session, household: Household, other: Household, who: Mapping[Member, str], how: Move) -> None:
    """Members go over with their relation to the other head; both histories say so."""
    was, other_was = (register_changes.picture(session, one) for one in (household, other))
    for member, relation in who.items():
        member.position, member.household_id, member.relation = _next(session, other), other.id, relation
        session.flush()
    _count(household, -len(who))
    _count(other, len(who))
    linked = (None, other.uuid), (None, household.uuid)
    register_changes.write_down(session, household, was, how.given, other=linked[0])
    register_changes.write_down(session, other, other_was, how.taken, other=linked[1])


def make_head(household: Household, member: Member) -> None:
    member.relation = HEAD
    household.head_name, household.name_fold = member.name, member.name_fold


def of(session: Session, household: Household, member_uuid: str, *, present: bool = False) -> Member:
    """The household's member. Raises NOT_FOUND for who is not (or, if `present`, no longer) in it."""
    found = register.with_uuids(session, [member_uuid]).get(member_uuid)
    if found is None or found.household_id != household.id or (present and found.gone_at is not None):
        raise Problem(Kind.NOT_FOUND)
    return found


def require_others(session: Session, household: Household, going: list[Member]) -> None:
    """Raises LAST_MEMBER when nobody would be left, HEAD_NEEDED when nobody would be head."""
    staying = [one for one in register.members(session, household.id) if one not in going]
    if not staying:
        raise Problem(Kind.LAST_MEMBER)
    if any(one.relation == HEAD for one in going):
        raise Problem(Kind.HEAD_NEEDED)


def _next(session: Session, household: Household) -> int:
    return max((one.position for one in register.members(session, household.id)), default=0) + 1


def _count(household: Household, by: int) -> None:
    """A list may give a number of persons without their names, so the number is moved, not counted."""
    household.member_count = max((household.member_count or 0) + by, 0)


def _set(member: Member, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(member, name, value)
