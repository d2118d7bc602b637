"""Writing down what a verb has changed in the register: the row of the household's history, the version, the audit.

A verb takes a picture of the household, changes it, and hands the picture to `write_down`, which compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.register import Change
from fieldsurvey.store import audit, progress, register
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.register import Household, Member

OF_HOUSEHOLD = (
    "code", "head_name", "address", "member_count", "prior_class", "province_id", "commune_id", "village_id", "lat",
    "lon", "gone_reason",
)  # fmt: skip
OF_MEMBER = (
    "position", "name", "birth_year", "birth_date", "sex", "relation", "ethnicity", "id_number", "gone_at",
    "gone_reason",
)  # fmt: skip
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what kind of thing, when and why. `batch_id`: done together with others, and undone with them."""

    kind: Change
    by: Doer
    now: datetime
    reason: str | None = None
    batch_id: str | None = None
    undoes_id: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A household and its members as they stood: columns as JSON takes them, members by uuid."""

    household: Values = field(default_factory=dict)
    members: Mapping[str, Values] = field(default_factory=dict)


NOTHING = Picture()  # before there was a household


def picture(session: Session, household: Household) -> Picture:
    """As it stands now; what the session has not written yet is written first."""
    session.flush()
    known = register.everybody(session, household.id)
    return Picture(_values(household, OF_HOUSEHOLD), {one.uuid: _values(one, OF_MEMBER) for one in known})


def _values(row: Household | Member, columns: tuple[str, ...]) -> Values:
    return {name: as_json(getattr(row, name)) for name in columns}


def as_json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def write_down(session: Session, household: Household, was: Picture, act: Act, **more: Any) -> HouseholdEvent | None:
    """One event with what differs from the picture, a higher version, an entry in the audit; phones' lists move.

    `more`: further parts of what changed as (before, after), for instance `year=(None, {…})`. Nothing is written, and
    None returned, where nothing has changed.
    """
    before, after = differences(was, picture(session, household))
    for name, (old, new) in more.items():
        if old != new:
            before[name], after[name] = old, new
    if before == after:
        return None
    household.updated_at = act.now
    if was is not NOTHING:
        household.version += 1
    made = HouseholdEvent(
        household_id=household.id, kind=act.kind.value, at=act.now, actor_id=act.by.id or None, reason=act.reason,
        before=before, after=after, batch_id=act.batch_id, undoes_id=act.undoes_id, version=household.version,
    )  # fmt: skip
    session.add(made)
    session.flush()
    progress.touch(session.connection(), {household.village_id, (was.household or {}).get("village_id")})
    audit.record(session, f"household.{act.kind}", "household", household.id, by=act.by, now=act.now, event=made.id)
    return made


def differences(was: Picture, now: Picture) -> tuple[Values, Values]:
    """(before, after) of a household event: only what differs."""
    before: Values = {}
    after: Values = {}
    changed = [name for name, value in now.household.items() if was.household.get(name) != value]
    if changed:
        before["household"] = {name: was.household.get(name) for name in changed} if was.household else None
        after["household"] = {name: now.household[name] for name in changed}
    for uuid in sorted(was.members.keys() | now.members.keys()):
        old, new = was.members.get(uuid), now.members.get(uuid)
        if old != new:
            keep = _differing(old, new)
            before.setdefault("members", {})[uuid] = {name: old[name] for name in keep} if old else None
            after.setdefault("members", {})[uuid] = {name: new[name] for name in keep} if new else None
    return before, after


def _differing(old: Values | None, new: Values | None) -> list[str]:
    """All that is known of who came or went; else what differs."""
    if old is None or new is None:
        return [name for name, value in (old or new or {}).items() if value is not None]
    return [name for name in old if old[name] != new[name]]
