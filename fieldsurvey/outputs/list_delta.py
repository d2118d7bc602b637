"""The round's list for the phone app: all of a village, or what has changed since the version that the phone has.

A version is opaque to the phone. It names the counters of the villages (whether anything has changed is known without
reading a household), the moment, and the households that the phone has been given: so what is no longer in its cut is
gone, whoever moved it, and nothing has to be written when a phone asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import phone_lists, practice_village, round_list
from fieldsurvey.outputs.round_list import Cut, RoundList
from fieldsurvey.rules import prior
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import areas, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household

OVERLAP = timedelta(minutes=15)  # of two changes the later one may be committed first; what comes twice is harmless
OLDEST = timedelta(days=30)  # a phone that was away for longer gets everything
MOST = 5000  # households that a version names; who has more gets everything each time
PERSON = ("uuid", *prior.MEMBER_FACTS, "id_tail", *prior.MEMBER_QUESTIONS)
_RANK = {State.HAS_ISSUES: 0, State.NOT_VISITED: 1, State.RECEIVED: 2, State.EDITED: 2}
_DONE, _NO_DAY, _STEP = 3, 9_999_999, 10_000_000


@dataclass(frozen=True)
class Version:
    """What a phone has. `households`: ids in order."""

    round_id: int
    counters: str
    cut: str
    at: datetime
    households: tuple[int, ...]

    @cached_property
    def known(self) -> frozenset[int]:
        return frozenset(self.households)

    def as_list(self) -> list[Any]:
        steps = [after - before for before, after in pairwise((0, *self.households))]
        return [self.round_id, self.counters, self.cut, int(self.at.timestamp()), steps]

    @classmethod
    def from_list(cls, given: Any, now: datetime) -> Version:
        """Raises ValueError for what `as_list` did not make."""
        try:
            round_id, counters, cut, at, steps = given
            moment = datetime.fromtimestamp(at, now.tzinfo)
            return cls(int(round_id), str(counters), str(cut), moment, tuple(accumulate(steps)))
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError("not a version of a list") from error


@dataclass(frozen=True, slots=True)
class Delta:
    """`version` None: the phone has it already."""

    version: Version | None
    full: bool
    households: Sequence[dict[str, Any]]
    gone: Sequence[str]
    prefill: Mapping[str, Any] | None


def counters(session: Session, round_id: int, cut: Cut) -> tuple[str, str]:
    """(what moves with every change of the list in the cut, which cut it is); no household is read for it."""
    seen = progress.list_version(session.connection(), round_id, cut.scope, cut.visitor_id)
    return seen, sha256(cut.key.encode()).hexdigest()[:12]


def read(session: Session, round_id: int, cut: Cut, since: Version | None, *, prefill: bool, now: datetime) -> Delta:
    """What the phone has to change. `prefill`: with members and last year's answers of those households."""
    seen, name = counters(session, round_id, cut)
    since = since if since is not None and _fits(since, round_id, name, now) else None
    if since is not None and since.counters == seen:
        return Delta(None, False, (), (), None)
    found = round_list.read(session, round_id, cut, answers=prefill, members=prefill)
    ids = tuple(sorted(one.id for one in found.households))
    changed = [one for one in found.households if since is None or _is_new(one, since)]
    gone = _uuids(session, since.known - set(ids)) if since is not None else ()
    return Delta(
        Version(round_id, seen, name, now, ids if len(ids) <= MOST else ()),
        since is None,
        [_household(one, found) for one in changed],
        gone,
        _prefill(changed, found) if prefill else None,
    )


def _fits(since: Version, round_id: int, cut: str, now: datetime) -> bool:
    return since.round_id == round_id and since.cut == cut and now - since.at < OLDEST and bool(since.households)


def _is_new(one: Any, since: Version) -> bool:
    newest = max(one.case_updated_at, one.updated_at)
    return newest > since.at - OVERLAP or one.id not in since.known


def _uuids(session: Session, household_ids: Iterable[int]) -> list[str]:
    """Of households that the phone was given once: the version, which the server has signed, names them."""
    query = select(Household.uuid).where(Household.id.in_(sorted(household_ids)))
    return list(session.scalars(query.order_by(Household.uuid)))


def _household(one: Any, found: RoundList) -> dict[str, Any]:
    state = State(one.state)
    told = {
        "uuid": one.uuid,
        "name": one.head_name,
        "code": one.code,
        "village": found.villages.get(one.village_id),
        "address": one.address,
        "members": one.member_count,
        "state": progress.STATE_COLUMNS[state],
        "prior_class": one.prior_class,
        "due": one.due_on.isoformat() if one.due_on else None,
        "lat": one.lat,
        "lon": one.lon,
        "order": order(state, one.due_on.toordinal() if one.due_on else None),
    }
    return {**told, "review": found.reasons[one.case_id]} if one.case_id in found.reasons else told


def practice(session: Session, cut: Cut) -> dict[str, Any]:
    """The whole answer for a practice round: nobody visits its households but on their own phone, which knows."""
    villages = list(areas.villages_in_scope(session, cut.scope))
    rows = [_invented(village, one) for village in villages for one in practice_village.households()]
    return {"version": f"practice-{len(rows)}", "full": True, "households": rows, "gone": []}


def _invented(village: Area, one: practice_village.PracticeHousehold) -> dict[str, Any]:
    return {
        "uuid": one.uuid_in(village.code),
        "name": one.head,
        "code": f"TH-{one.number}",
        "village": village.code,
        "address": one.address,
        "members": one.members,
        "state": progress.STATE_COLUMNS[State.NOT_VISITED],
        "prior_class": one.prior_class,
        "due": None,
        "lat": None,
        "lon": None,
        "order": one.number,
        "story": one.stories,
    }


def order(state: State, day: int | None) -> int:
    """The smaller, the sooner: returned ones, those to visit by their day, those that wait for the officer, the rest."""
    return _RANK.get(state, _DONE) * _STEP + (day or _NO_DAY)


def _prefill(households: Sequence[Any], found: RoundList) -> dict[str, Any]:
    """`questions` and `person` name what stands in the rows: {uuid: {"on", "a": answers, "p": [person, …]}}."""
    rows = {}
    for one in households:
        before = found.answers.get(one.id)
        said = before.members if before is not None else {}
        people = [_person(person, said.get(person.uuid, {})) for person in found.members.get(one.id, ())]
        answers = [before.answers.get(name, "") for name in prior.QUESTIONS] if before is not None else []
        on = before.reviewed_on.isoformat() if before is not None and before.reviewed_on else None
        rows[one.uuid] = {"on": on, "a": answers, "p": people}
    return {"questions": prior.QUESTIONS, "person": PERSON, "rows": rows}


def _person(person: Any, said: Mapping[str, str]) -> list[Any]:
    facts = phone_lists.member_facts(person)
    tail = (person.id_number or "")[-phone_lists.TAIL :]
    return [person.uuid, *facts, tail, *(said.get(name, "") for name in prior.MEMBER_QUESTIONS)]


def types() -> dict[str, dict[str, str]]:
    """Of the properties of both lists; the values themselves are text, as everywhere on ODK's wire."""
    names = {"households": phone_lists.HOUSEHOLD_COLUMNS[3:], "members": phone_lists.MEMBER_COLUMNS[3:]}
    return {name: {one: prior.type_of(one).value for one in columns} for name, columns in names.items()}
