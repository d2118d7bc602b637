"""A household's history as an entity's versions: the register's events told in the words of ODK's entities, and what an
officer needs who has to decide a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.rules import entities as rules
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, household_conflicts, household_events
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household

_COLUMNS = {"head_name": "head_name", "address": "address", "code": "code", "village_id": "village"}


@dataclass(frozen=True, slots=True)
class Version:
    """`number`: __version on the wire. `change`: Row of the entity change that made it; None: the office did."""

    number: int
    data: Mapping[str, str]
    at: datetime
    actor_id: int | None
    reason: str | None
    change: Any

    @property
    def state(self) -> dict[str, Any]:
        return rules.state(self.data["head_name"], self.data)


def listed(session: Session, round_id: int, uuid: str, scope: Scope) -> Household | None:
    """A household of the round's list that has not ceased."""
    query = select(Household).join(Case, Case.household_id == Household.id)
    return session.scalar(
        query.where(
            Case.round_id == round_id,
            Household.uuid == uuid,
            Household.deleted_at.is_(None),
            in_scope(Household, scope),
        )
    )


def of_household(session: Session, household: Household) -> list[Version]:
    """Oldest first. What changed something else than an entity shows keeps its number and shows no difference."""
    connection = session.connection()
    events = [one for one in household_events.after_version(connection, household.id, 0)]
    changes = household_conflicts.changes_of(connection, household.id)
    codes = _codes(session, household, events)
    data = {
        "village": codes.get(household.village_id, ""),
        "code": household.code or "",
        "head_name": household.head_name,
        "address": household.address or "",
    }
    found: list[Version] = []
    number = household.version
    for event in reversed(events):
        number = event.version or number
        found.append(Version(number, data, event.at, event.actor_id, event.reason, changes.get(number)))
        data = {**data, **_shown(event.before.get("household") or {}, codes)}
        number -= 1
    if number >= 1 and (
        not events or events[0].before.get("household") is not None or "household" not in events[0].after
    ):
        found.append(Version(number, data, household.created_at, None, None, changes.get(number)))
    known = {one.number: one for one in reversed(found)}  # of two events of one version the later one
    return [known[at] for at in sorted(known)]


def _shown(values: Mapping[str, Any], codes: Mapping[Any, str]) -> dict[str, str]:
    return {
        _COLUMNS[name]: codes.get(value, "") if name == "village_id" else value or ""
        for name, value in values.items()
        if name in _COLUMNS
    }


def _codes(session: Session, household: Household, events: Sequence[Any]) -> dict[Any, str]:
    ids = {household.village_id, *((one.before.get("household") or {}).get("village_id") for one in events)}
    return {one.id: one.code for one in areas.with_ids(session, sorted(at for at in ids if at)).values()}


def versions(session: Session, household: Household, *, relevant: bool) -> list[dict[str, Any]]:
    """Oldest first. `relevant`: those that somebody needs who has to decide the conflict."""
    stored = of_household(session, household)
    conflict = household_conflicts.conflict_of(session.connection(), household.id)
    good = conflict.since_version if conflict is not None else 0
    by_number = {one.number: one for one in stored}
    made = [_described(one, stored, by_number, good, conflict is not None) for one in stored]
    return [one for one in made if one["relevantToConflict"]] if relevant else made


def _described(
    one: Version, stored: Sequence[Version], by_number: Mapping[int, Version], good: int, is_open: bool
) -> dict[str, Any]:
    change, before = one.change, _before(one, stored)
    received = dict(change.received) if change is not None else _brought(one, before)
    base = by_number.get(change.base_version) if change is not None and change.base_version else before
    conflicts = change is not None and change.base_version not in (None, one.number - 1)
    kind = (rules.Conflict.HARD if change.conflicting else rules.Conflict.SOFT).value if conflicts else None
    return {
        "label": one.data["head_name"],
        "current": one is stored[-1],
        "creatorId": change.creator_id if change is not None else one.actor_id,
        "createdAt": one.at,
        "userAgent": change.user_agent if change is not None else None,
        "version": one.number,
        "baseVersion": change.base_version if change is not None else before.number if before else None,
        "branchId": change.branch_id if change is not None else None,
        "trunkVersion": change.trunk_version if change is not None else None,
        "branchBaseVersion": change.branch_base_version if change is not None else None,
        "conflictingProperties": change.conflicting if conflicts else None,
        "data": dict(one.data),
        "dataReceived": received,
        "conflict": kind,
        "resolved": kind is not None and not (is_open and one.number > good),
        "baseDiff": rules.differing(received, base.state) if base else [],
        "serverDiff": rules.differing(received, before.state) if before else [],
        "lastGoodVersion": one.number == (good or stored[-1].number),
        "relevantToConflict": is_open and one.number >= good,
        "source": {"reason": one.reason} if one.reason else {},
    }


def _before(one: Version, stored: Sequence[Version]) -> Version | None:
    return next((other for other in reversed(stored) if other.number < one.number), None)


def _brought(one: Version, before: Version | None) -> dict[str, Any]:
    """What a version brought that no entity change made."""
    return {name: one.state[name] for name in rules.differing(one.state, before.state if before else {})}


def diffs(session: Session, household: Household) -> list[list[dict[str, Any]]]:
    """What each version changed of the one before: the label first, then properties, shorter names first."""
    found = []
    stored = of_household(session, household)
    for before, after in pairwise(stored):
        names = [rules.LABEL, *sorted(after.data, key=lambda name: (len(name), name))]
        found.append(
            [
                {"old": before.state[name], "new": after.state[name], "propertyName": name}
                for name in names
                if before.state[name] != after.state[name]
            ]
        )
    return found
