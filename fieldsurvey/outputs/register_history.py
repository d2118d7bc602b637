"""A household's history step by step: what changed, from what to what, of whom; numbers masked. Words are the page's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from fieldsurvey.rules.names import masked
from fieldsurvey.store import areas, household_events
from fieldsurvey.store.household_events import HouseholdEvent

_PLACES = ("province_id", "commune_id", "village_id")
_HIDDEN = {"province_id", "position", "source", "year", "name_fold"}  # said by what stands beside it


class Line(NamedTuple):
    """One thing that changed. `person`: whose, empty for the household's; values as the page puts them into words."""

    column: str
    before: Any
    after: Any
    person: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `came`, `went`: names of the persons who are new or no longer here; `other`: uuid of another household."""

    id: int
    kind: str
    at: datetime
    who: str
    reason: str
    lines: tuple[Line, ...]
    came: tuple[str, ...]
    went: tuple[str, ...]
    other: str | None
    undone: bool


def steps(
    session: Session, events: Sequence[HouseholdEvent], actors: Mapping[int, str], persons: Mapping[str, str],
    reveal: bool,
) -> list[Step]:  # fmt: skip
    """The events in words' reach. `persons`: uuid → name of those who are or were in the household."""
    places = _places(session, events)
    gone = household_events.undone(session, [one.id for one in events])
    return [_step(one, actors, persons, places, one.id in gone, reveal) for one in events]


def _places(session: Session, events: Sequence[HouseholdEvent]) -> dict[int, str]:
    named = [
        (side.get("household") or {}).get(name)
        for one in events
        for side in (one.before, one.after)
        for name in _PLACES
    ]
    ids = sorted({one for one in named if one is not None})
    return {key: area.full_name for key, area in areas.with_ids(session, ids).items()} if ids else {}


def _step(
    event: HouseholdEvent, actors: Mapping[int, str], persons: Mapping[str, str], places: Mapping[int, str],
    undone: bool, reveal: bool,
) -> Step:  # fmt: skip
    before, after = event.before.get("members") or {}, event.after.get("members") or {}
    lines = [*_household_lines(event, places), *_member_lines(before, after, persons, reveal), *_year_lines(event)]
    return Step(
        id=event.id,
        kind=event.kind,
        at=event.at,
        who=actors.get(event.actor_id or 0, ""),
        reason=event.reason or "",
        lines=tuple(lines),
        came=tuple(after[one]["name"] for one in after if before.get(one) is None and after[one]),
        went=tuple(before[one]["name"] for one in before if after.get(one) is None and before[one]),
        other=event.after.get("other"),
        undone=undone,
    )


def _household_lines(event: HouseholdEvent, places: Mapping[int, str]) -> Iterator[Line]:
    before, after = event.before.get("household") or {}, event.after.get("household") or {}
    for name, value in after.items():
        old = before.get(name)
        if name in _HIDDEN or (value is None and old is None):
            continue
        if name in _PLACES:
            old, value = places.get(old or 0, ""), places.get(value or 0, "")
        yield Line(name, old, value)


def _member_lines(
    before: Mapping[str, Any], after: Mapping[str, Any], persons: Mapping[str, str], reveal: bool
) -> Iterator[Line]:
    """Of those who were there before and after."""
    for uuid, values in after.items():
        old = before.get(uuid)
        if values is None or old is None:
            continue
        for name in (one for one in values if one not in _HIDDEN):
            pair = (old.get(name), values[name])
            if name == "id_number" and not reveal:
                pair = tuple(masked(one) if one else one for one in pair)  # type: ignore[assignment]
            yield Line(name, *pair, person=persons.get(uuid) or str(values.get("name") or ""))


def _year_lines(event: HouseholdEvent) -> Iterator[Line]:
    before, after = event.before.get("year") or {}, event.after.get("year") or {}
    year = (after or before).get("year")
    for name in ("household_class", "decision_number", "decision_date"):
        if before.get(name) != after.get(name):
            yield Line(name, before.get(name), after.get(name), year=year)
