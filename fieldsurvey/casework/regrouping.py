"""One household becomes two, or two become one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import households, members, register_changes
from fieldsurvey.casework.households import held, placed, said, short
from fieldsurvey.casework.members import Move
from fieldsurvey.casework.register_changes import Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.register import HEAD, Ceased, Change
from fieldsurvey.store import register
from fieldsurvey.store.register import Household


def split(
    session: Session,
    household_id: int,
    leaving: Sequence[str],
    head_uuid: str,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
    code: str = "",
    address: str = "",
) -> Household:
    """Some members become a household of their own in the same village; `head_uuid`, one of them, is its head.

    The new household has no class: whether it is poor is for its own review to say. Raises REASON_MISSING, HEAD_NEEDED,
    LAST_MEMBER, NOT_FOUND (who is no member) and what `held` raises.
    """
    household = held(session, household_id, by=by, seen_version=seen_version)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    going = [members.of(session, household, uuid, present=True) for uuid in dict.fromkeys(leaving)]
    head = next((one for one in going if one.uuid == head_uuid), None)
    if head is None:
        raise Problem(Kind.HEAD_NEEDED)
    members.require_others(session, household, going)
    made = Household(
        uuid=register.new_uuid(), version=1, head_name=head.name, name_fold=head.name_fold, code=short(code),
        address=short(address) or household.address, member_count=0, created_at=now, updated_at=now,
        **placed(household.place),
    )  # fmt: skip
    session.add(made)
    session.flush()
    how = Move(by, now, said(reason), Change.SPLIT_OFF, Change.SPLIT_FROM)
    members.move(
        session, household, made, {one: HEAD if one is head else one.relation or "other" for one in going}, how
    )
    return made


def merge(
    session: Session,
    household_id: int,
    into_id: int,
    reason: str,
    *,
    by: Doer,
    now: datetime,
    seen_version: int | None = None,
) -> Household:
    """All members of a household go over into another one, and it ceases; the other comes back.

    The head becomes `other` there, for the officer to correct. Its classes of the years stay its own. Raises
    SAME_HOUSEHOLD, REASON_MISSING, HANDOVER_OPEN and what `held` raises for either.
    """
    if household_id == into_id:
        raise Problem(Kind.SAME_HOUSEHOLD)
    register.locked(session, [household_id, into_id])
    household = held(session, household_id, by=by, seen_version=seen_version)
    other = held(session, into_id, by=by)
    if not said(reason):
        raise Problem(Kind.REASON_MISSING)
    households.require_not_offered(session, household)
    going = {
        one: "other" if one.relation in (HEAD, None) else str(one.relation)
        for one in register.members(session, household.id)
    }
    how = Move(by, now, said(reason), Change.MERGED_AWAY, Change.MERGED_IN)
    members.move(session, household, other, going, how)
    was = register_changes.picture(session, household)
    ended = Act(Change.CEASED, by, now, said(reason), how.given.batch_id)
    households.end(session, household, was, Ceased.MERGED, ended)
    return other
