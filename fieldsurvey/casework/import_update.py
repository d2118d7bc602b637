"""A household of a file that is known already: what the file says is laid over what the register says.

An empty cell changes nothing, and nobody leaves a household because a file does not name them. What stood there before
is kept in the history and in the import's row, for the undo.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework.import_units import Batch, Outcome, Unit, as_date, year_row
from fieldsurvey.rules import persons
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.register import Change
from fieldsurvey.store import imports as store
from fieldsurvey.store import progress, register
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household, Member

_OF_PERSON = ("name", "birth_year", "birth_date", "sex", "relation", "ethnicity", "id_number")
_OF_YEAR = (
    "household_class", "member_count", "decision_number", "decision_date", "source", "facts", "province_id",
    "commune_id", "village_id",
)  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def change(session: Session, batch: Batch, units: Sequence[Unit]) -> list[Outcome]:
    """Lay the units over the households that they are. One that has gone since the check is held back."""
    if not units:
        return []
    ids = [unit.row.match_id for unit in units if unit.row.match_id]
    households = register.locked(session, ids)
    members: dict[int, list[Member]] = {}
    query = select(Member).where(Member.household_id.in_(ids)).order_by(Member.gone_at.is_not(None), Member.position)
    for one in session.scalars(query):
        members.setdefault(one.household_id, []).append(one)
    years = {
        one.household_id: one
        for one in session.scalars(
            select(HouseholdYear).where(HouseholdYear.household_id.in_(ids), HouseholdYear.year == batch.year)
        )
    }
    newest = _newest_years(session, ids)
    outcomes, villages = [], {one.village_id for one in households.values()}
    for unit in units:
        known = households.pop(unit.row.match_id or 0, None)  # a second unit of the same household finds it gone
        if known is None or known.deleted_at is not None:
            outcomes.append(Outcome(unit.row.id, store.HELD))
            continue
        laid = _One(session, batch, known, members.get(known.id, []), years.get(known.id))
        outcomes.append(laid.lay(unit, newest.get(known.id, 0)))
    session.flush()
    progress.touch(session.connection(), villages)
    return outcomes


def _newest_years(session: Session, ids: Sequence[int]) -> dict[int, int]:
    query = select(HouseholdYear.household_id, HouseholdYear.year).where(HouseholdYear.household_id.in_(ids))
    found: dict[int, int] = {}
    for household_id, year in session.execute(query):
        found[household_id] = max(year, found.get(household_id, 0))
    return found


class _One:
    """One household being changed: what differs is noted on the way."""

    def __init__(
        self, session: Session, batch: Batch, household: Household, members: list[Member], year: HouseholdYear | None
    ) -> None:
        self.session, self.batch, self.household = session, batch, household
        self.members, self.year = members, year
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}

    def lay(self, unit: Unit, newest_year: int) -> Outcome:
        content = unit.content
        self._members(content["members"])
        self._household(content, newest_year)
        self._year(content)
        if not self.after:
            return Outcome(unit.row.id, store.SKIPPED)
        self.household.version += 1
        self.household.updated_at = self.batch.now
        self.session.add(
            HouseholdEvent(
                household_id=self.household.id, kind=Change.IMPORTED.value, at=self.batch.now,
                actor_id=self.batch.actor_id, before=self.before, after=self.after, batch_id=self.batch.batch_id,
                version=self.household.version,
            )
        )  # fmt: skip
        return Outcome(unit.row.id, store.UPDATED, self.household.id, self.household.version, self.before)

    def _note(self, part: dict[str, Any], row: Any, values: dict[str, Any]) -> dict[str, Any] | None:
        """Set what differs and is not empty; returns what stood there, None where nothing differs."""
        was = {
            name: getattr(row, name) for name, value in values.items()
            if value not in (None, "") and value != getattr(row, name)
        }  # fmt: skip
        for name in was:
            setattr(row, name, values[name])
        part.update({name: _plain(values[name]) for name in was})
        return {name: _plain(value) for name, value in was.items()} if was else None

    def _household(self, content: dict[str, Any], newest_year: int) -> None:
        present = sum(one.gone_at is None for one in self.members)
        values = {
            "code": content["code"], "head_name": content["head"], "address": content["address"],
            "member_count": max(content["count"], present) if present else content["count"],
        }  # fmt: skip
        if content["place"][2] != self.household.village_id and content["place"][1] == self.household.commune_id:
            values["village_id"] = content["place"][2]
        if self.batch.year >= newest_year:
            values["prior_class"] = content["class"]
        part: dict[str, Any] = {}
        was = self._note(part, self.household, values)
        if was:
            self.before["household"], self.after["household"] = was, part
            self.household.name_fold = fold(self.household.head_name)

    def _year(self, content: dict[str, Any]) -> None:
        if not content["class"]:
            return
        values = year_row(self.batch, self.household.id, content)
        if self.year is None:
            self.session.add(HouseholdYear(**values))
            self.before["year"] = None
            self.after["year"] = {"year": self.batch.year, "household_class": content["class"]}
            return
        part: dict[str, Any] = {"year": self.batch.year}
        was = self._note(part, self.year, {name: values[name] for name in _OF_YEAR})
        if was:
            self.before["year"], self.after["year"] = {"year": self.batch.year, **was}, part

    def _members(self, people: Sequence[Sequence[Any]]) -> None:
        known = [
            persons.Person("", one.id_number or "", one.name_fold, one.birth_year, one.birth_date)
            for one in self.members
        ]
        given = [persons.Person("", p[6] or "", fold(p[0]), p[1], as_date(p[2])) for p in people]
        known_members, named = list(self.members), set[str]()
        for person, place in zip(people, persons.matched(known, given), strict=True):
            values = dict(zip(_OF_PERSON, (*person[:2], as_date(person[2]), *person[3:]), strict=True))
            if place is None:
                self._add(values)
            else:
                self._change(known_members[place], values)
            named.add((self.members[-1] if place is None else known_members[place]).uuid)
        for other in known_members:  # one head: whom the file makes it
            if other.relation == "head" and other.uuid not in named and any(person[4] == "head" for person in people):
                self._change(other, {"relation": "other"})

    def _change(self, member: Member, values: dict[str, Any]) -> None:
        part: dict[str, Any] = {}
        was = self._note(part, member, values)
        if was:
            member.name_fold = fold(member.name)
        if member.gone_at is not None:
            was = {**(was or {}), "gone_at": _plain(member.gone_at), "gone_reason": member.gone_reason}
            part |= {"gone_at": None, "gone_reason": None}
            member.gone_at = member.gone_reason = None
        if was:
            self.before.setdefault("members", {})[member.uuid] = was
            self.after.setdefault("members", {})[member.uuid] = part

    def _add(self, values: dict[str, Any]) -> None:
        position = max((one.position for one in self.members), default=0) + 1
        name = str(uuid.uuid4())
        added = Member(uuid=name, household_id=self.household.id, position=position, **values)
        self.session.add(added)
        self.members.append(added)
        self.before.setdefault("members", {})[name] = None
        self.after.setdefault("members", {})[name] = {
            key: _plain(value) for key, value in values.items() if value is not None
        }
