"""The households that a round has listed, as phones need them: with members, the last approved answers, and why one was
returned. A few statements however many households there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from fieldsurvey.rules import permissions
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.store import areas, assignments, prior_answers
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import Actor
from fieldsurvey.store.prior_answers import HouseholdAnswers
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.reviews import Review

_HOUSEHOLD = (
    Household.id, Household.uuid, Household.version, Household.code, Household.head_name, Household.address,
    Household.member_count, Household.prior_class, Household.lat, Household.lon,
)  # fmt: skip
_MEMBER = (
    Member.household_id, Member.uuid, Member.name, Member.birth_year, Member.birth_date, Member.sex, Member.relation,
    Member.ethnicity, Member.id_number,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """What somebody may have of a round's list: their areas; for who visits, without what others are to visit and with
    what was given to them elsewhere."""

    scope: Scope
    visitor_id: int | None = None  # None: whoever is to visit

    @property
    def key(self) -> str:
        """Tells cuts of the same villages apart, in a hash."""
        areas_of = self.scope.provinces, self.scope.communes, self.scope.villages
        return f"{self.scope.everywhere} {[sorted(some) for some in areas_of]} {self.visitor_id}"

    def conditions(self) -> list[ColumnElement[bool]]:
        return [assignments.mine(self.scope, self.visitor_id)]


def cut_for(session: Session, round_id: int, by: Doer, form_id: int | None = None) -> Cut:
    """A village head gets their own villages without what is another's to visit; who reads households, all of their areas."""
    scope = permissions.scope(by, Permission.SUBMIT, round_id, form_id)
    if permissions.scope(by, Permission.READ_HOUSEHOLDS, round_id) or not by.id:
        return Cut(scope)
    actor = session.get(Actor, by.id)
    return Cut(scope, (actor.owner_id if actor is not None else None) or by.id)


@dataclass(frozen=True)
class RoundList:
    """Rows as the database gives them. Households are ordered: returned ones first, then by village and number."""

    households: Sequence[Any]
    reasons: Mapping[int, str]  # case → why the officer has returned it
    answers: Mapping[int, Any]  # household → its HouseholdAnswers of an earlier round
    members: Mapping[int, Sequence[Any]]  # household → who is present, in order
    villages: Mapping[int, str]  # village → its code

    @cached_property
    def by_uuid(self) -> dict[str, Any]:
        return {one.uuid: one for one in self.households}


def read(session: Session, round_id: int, cut: Cut, *, answers: bool = False, members: bool = False) -> RoundList:
    """The whole list. `answers`: with what was said of the homes; `members`: with persons and what was said of them."""
    reasons = _reasons(session, round_id, cut)
    rows = session.execute(listed(round_id, cut).order_by(Case.village_id, Household.id)).all()
    households = sorted(rows, key=lambda one: one.case_id not in reasons)  # keeps the order otherwise
    codes = {village.id: village.code for village in areas.villages_in_scope(session, cut.scope)}
    if given := sorted({one.village_id for one in rows if one.village_id is not None} - codes.keys()):
        codes |= {village.id: village.code for village in areas.with_ids(session, given).values()}
    return RoundList(
        households,
        reasons,
        _answers(session, round_id, cut, answers, members) if answers or members else {},
        _members(session, round_id, cut) if members else {},
        codes,
    )


def listed(round_id: int, cut: Cut) -> Select[Any]:
    """The households of the cut, with what their case says."""
    case = (
        Case.id.label("case_id"),
        Case.village_id,
        Case.state,
        Case.due_on,
        Case.updated_at.label("case_updated_at"),
    )
    return _of_round(select(*_HOUSEHOLD, Household.updated_at, *case).select_from(Household), round_id, cut)


def _of_round(query: Any, round_id: int, cut: Cut) -> Select[Any]:
    here = and_(Case.household_id == Household.id, Case.round_id == round_id)
    found: Select[Any] = query.join(Case, here).where(Household.deleted_at.is_(None), *cut.conditions())
    return found


def _reasons(session: Session, round_id: int, cut: Cut) -> dict[int, str]:
    query = _of_round(select(Review.case_id, Review.reason, Review.notes).select_from(Household), round_id, cut)
    newest = (
        select(func.max(Review.id))
        .where(Review.case_id == Case.id, Review.decision == Decision.RETURN.value)
        .correlate(Case)
        .scalar_subquery()
    )
    query = query.join(Review, Review.id == newest).where(Case.state == State.HAS_ISSUES.value)
    return {case_id: _why(reason, notes) for case_id, reason, notes in session.execute(query)}


def _why(reason: str | None, notes: Sequence[Mapping[str, Any]]) -> str:
    """The officer's reason and the notes on questions, on one line."""
    return tidy("; ".join(text for text in (reason or "", *(note["text"] for note in notes)) if text))


def _answers(session: Session, round_id: int, cut: Cut, answers: bool, members: bool) -> dict[int, Any]:
    """JSON is what takes long to read: only as much of it as is wanted."""
    said = HouseholdAnswers
    wanted = ([said.answers] if answers else []) + ([said.members] if members else [])
    query = _of_round(
        select(said.household_id, said.reviewed_on, *wanted).select_from(Household),
        round_id,
        cut,
    )
    query = query.join(said, and_(said.household_id == Household.id, prior_answers.earlier(said, round_id)))
    rows = session.execute(query.order_by(said.year, said.approved_at, said.id))
    return {row.household_id: row for row in rows}  # the last one stays


def _members(session: Session, round_id: int, cut: Cut) -> dict[int, list[Any]]:
    query = _of_round(select(*_MEMBER).select_from(Household), round_id, cut)
    query = query.join(Member, and_(Member.household_id == Household.id, Member.gone_at.is_(None)))
    found: dict[int, list[Any]] = {}
    for row in session.execute(query.order_by(Member.household_id, Member.position, Member.id)):
        found.setdefault(row.household_id, []).append(row)
    return found
