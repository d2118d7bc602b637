"""Mergers and splits of communes by a crosswalk: old code → new code on a day. What lives there follows its village
(area_following.py); lists and results of earlier years stay with the territory of their time, and outputs/area_series.py
reads them through the crosswalk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from fieldsurvey.casework import area_following
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.sheets.areas import Complaint, CrosswalkRow
from fieldsurvey.store import area_changes, areas, audit
from fieldsurvey.store.area_changes import AreaChange
from fieldsurvey.store.areas import Area

DAY = timedelta(days=1)
MOST_NAMED = 5  # of the areas that a complaint is about


@dataclass
class Outcome:
    """What a crosswalk changed, or would change."""

    pairs: int = 0
    villages: int = 0  # that have a successor in another commune
    households: int = 0
    officers: list[str] = field(default_factory=list)  # whose role is bound to an area that is gone: bind it anew
    wrong: list[Complaint] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the crosswalk with the areas that it means."""

    row: CrosswalkRow
    old: Area
    new: Area


@dataclass(frozen=True, slots=True)
class Day:
    """The changes of one day, by whom they are entered."""

    session: Session
    on: date
    by: Doer
    now: datetime
    outcome: Outcome

    def complain(self, row: CrosswalkRow, column: str, code: str, value: str = "") -> None:
        self.outcome.wrong.append(Complaint(row.number, column, code, value))


def apply(session: Session, rows: Sequence[CrosswalkRow], *, by: Doer, now: datetime) -> Outcome:
    """Take the changes over. The caller writes nothing down where something is wrong: see `Outcome.wrong`.

    The areas of both sides must be known: load the lists of before and after first. A commune that keeps its code but
    gains territory ends, and a new one with the same code begins. Raises FORBIDDEN.
    """
    permissions.require(by, Permission.MANAGE_AREAS, Place())
    outcome = Outcome()
    for on in sorted({row.on for row in rows}):
        day, of_day = Day(session, on, by, now, outcome), [row for row in rows if row.on == on]
        if on > now.date():
            day.complain(of_day[0], "on", "to_come", on.isoformat())
        else:
            _change(day, of_day)
    if not outcome.wrong:
        counts = {"pairs": outcome.pairs, "households": outcome.households}
        audit.record(session, "area.change", "area", None, by=by, now=now, **counts)
    return outcome


def _change(day: Day, rows: Sequence[CrosswalkRow]) -> None:
    steps = _steps(day, _with_their_own(day, rows))
    if not day.outcome.wrong:
        moves = _village_moves(day, steps)
        _require_nobody_left(day, steps)
    if day.outcome.wrong:
        return
    for step in steps:
        _link(day, step.old, step.new, step.row.decision)
    day.outcome.pairs += len(steps)
    day.outcome.villages += len(moves)
    communes = [(step.old, step.new) for step in steps if step.old.level == step.new.level == Level.COMMUNE]
    follow = area_following.Following(day.session, day.by, day.now)
    day.outcome.households += follow.villages(moves) + follow.communes(communes)
    follow.recount()
    day.outcome.officers += follow.officers(communes)


def _with_their_own(day: Day, rows: Sequence[CrosswalkRow]) -> list[CrosswalkRow]:
    """A commune that gains territory from others and keeps its code is a new one: its own old self is one of the old."""
    said = {row.old_code for row in rows}
    gaining = {row.new_code: row for row in rows if row.old_code != row.new_code and row.new_code not in said}
    own = [
        CrosswalkRow(row.number, code, code, day.on, row.decision)
        for code, row in gaining.items()
        if (before := areas.by_any_code(day.session, code, day.on - DAY)) and before.level == Level.COMMUNE
    ]
    return [*rows, *own]


def _steps(day: Day, rows: Sequence[CrosswalkRow]) -> list[Step]:
    """The areas of each line: what carried the old code the day before, and carries the new one since that day."""
    steps, began = list[Step](), dict[str, Area]()
    befores = {row.old_code: areas.by_any_code(day.session, row.old_code, day.on - DAY) for row in rows}
    for row in rows:
        old, new = befores[row.old_code], _after(day, row.new_code, began)
        if old is None:
            day.complain(row, "old_code", "unknown_code", row.old_code)
        if new is None:
            day.complain(row, "new_code", "unknown_code", row.new_code)
        if old is not None and new is not None:
            steps.append(Step(row, old, new))
    return steps


def _after(day: Day, code: str, began: dict[str, Area]) -> Area | None:
    """Of a commune that was there before, the old area ends and a new one of the same code begins."""
    found = began.get(code) or areas.by_any_code(day.session, code, day.on)
    if found is None:
        return None
    if found.level == Level.COMMUNE and found.valid_from < day.on:
        kept = ("level", "code", "name", "full_name", "name_fold", "parent_id", "province_id", "area_type", "valid_to")
        again = Area(**{name: getattr(found, name) for name in kept}, valid_from=day.on)
        found.valid_to = day.on - DAY
        day.session.add(again)
        day.session.flush()
        found = again
    began[code] = found
    return found


def _link(day: Day, old: Area, new: Area, decision: str) -> None:
    """The old area ends; the crosswalk knows both."""
    if old.valid_to is None or old.valid_to >= day.on:
        old.valid_to = day.on - DAY
    if not any(one.new_id == new.id for one in area_changes.touching(day.session, [old.id]) if one.old_id == old.id):
        made = AreaChange(old_id=old.id, new_id=new.id, since=day.on, decision=decision or None, made_at=day.now)
        made.made_by = day.by.id or None
        day.session.add(made)
    day.session.flush()


def _village_moves(day: Day, steps: Sequence[Step]) -> list[tuple[Area, Area]]:
    """Each village of a commune that ends, with its successor: as a line says, else in the commune that takes them all."""
    named = {step.old.id: step for step in steps if step.old.level == Level.VILLAGE}
    into: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        if step.old.level == Level.COMMUNE:
            into[step.old.id].append(step)
    moves = [(step.old, _successor(day, step.old, step.new, step.row, set())) for step in named.values()]
    made: set[int] = set()
    # A commune that keeps its code first: its villages keep their numbers.
    for found in sorted(into.values(), key=lambda one: one[0].old.code != one[0].new.code):
        left = [one for one in areas.villages_on(day.session, found[0].old.id, day.on - DAY) if one.id not in named]
        if len(found) > 1 and left:
            said = ", ".join(f"{one.code} {one.full_name}" for one in left[:MOST_NAMED])
            day.complain(found[0].row, "old_code", "split_villages", said)
        elif found[0].new.level == Level.COMMUNE:
            moves += [(one, _successor(day, one, found[0].new, found[0].row, made)) for one in left]
    return moves


def _successor(day: Day, village: Area, new: Area, row: CrosswalkRow, made: set[int]) -> Area:
    """The village in its new commune: the one of that name which was there already, else a new one with the next number;
    `new` itself where the line names a village. `made`: those that this change has made.
    """
    there = areas.villages_on(day.session, new.id, day.on) if new.level == Level.COMMUNE else [new]
    same = (one for one in there if one.level == Level.VILLAGE and one.id not in made and one.id != village.id)
    found = next((one for one in same if new.level == Level.VILLAGE or one.name_fold == village.name_fold), None)
    if found is None:
        found = Area(
            level=Level.VILLAGE.value, code=areas.next_village_code(day.session, new, village.code, day.on),
            name=village.name, full_name=village.full_name, name_fold=village.name_fold, parent_id=new.id,
            province_id=new.parent_id, area_type=village.area_type, valid_from=day.on,
        )  # fmt: skip
        day.session.add(found)
        day.session.flush()
        made.add(found.id)
    _link(day, village, found, row.decision)
    return found


def _require_nobody_left(day: Day, steps: Sequence[Step]) -> None:
    """A province that ends takes no commune with it: each needs a line of its own."""
    ending = {step.old.id for step in steps}
    for step in steps:
        if step.old.level == Level.PROVINCE and step.old.id != step.new.id:
            inside = areas.children_on(day.session, step.old.id, Level.COMMUNE, day.on - DAY)
            left = [one for one in inside if one.id not in ending and (one.valid_to is None or one.valid_to >= day.on)]
            if left:
                said = ", ".join(f"{one.code} {one.full_name}" for one in left[:MOST_NAMED])
                day.complain(step.row, "old_code", "communes_left", said)
