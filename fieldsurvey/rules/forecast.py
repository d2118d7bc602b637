"""When a village will be done at its present pace, and which moves of households to neighbours would mend a delay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

WINDOW = 7  # days over which the pace is taken
MOST_HELPERS = 2  # neighbours that take households from one village: more would be nobody's village
_LONGEST = 36_500  # days: what takes a century takes for ever


@dataclass(frozen=True, slots=True)
class Work:
    """One village: `left` households to be visited by `until`, `pace` households a day at present."""

    area_id: int
    left: int
    pace: float
    until: date


@dataclass(frozen=True, slots=True)
class Outlook:
    """`finish` None: never at this pace. `late`: days after `until`, 0 in time; without a finish the days are unknown."""

    finish: date | None
    late: int

    @property
    def in_time(self) -> bool:
        return self.finish is not None and self.late == 0


@dataclass(frozen=True, slots=True)
class Move:
    """So many households of one village to the enumerator of another."""

    origin: int
    target: int
    households: int


def pace(sent: int, first: date | None, today: date, window: int = WINDOW) -> float:
    """Households a day over the days since `first`, at most `window` of them, today included."""
    if not sent or first is None:
        return 0.0
    return sent / min(max((today - first).days + 1, 1), window)


def outlook(work: Work, today: date) -> Outlook:
    """The last household is sent on the day `finish`; today's work counts from today on."""
    if work.left <= 0:
        return Outlook(today, 0)
    if work.left > work.pace * _LONGEST:
        return Outlook(None, max(0, (today - work.until).days))
    days = ceil(work.left / work.pace - 1e-9)
    finish = today + timedelta(days=days - 1)
    return Outlook(finish, max(0, (finish - work.until).days))


def capacity(work: Work, today: date) -> int:
    """How many households can be visited at this pace until the last day, that one included."""
    days = (work.until - today).days + 1
    return max(0, floor(work.pace * days + 1e-9))


def moves(
    villages: Iterable[Work], today: date, distance: Callable[[int, int], float], helpers: int = MOST_HELPERS
) -> list[Move]:
    """Moves that bring late villages into time, the latest first, nearest helpers first, at most `helpers` each.

    Nobody who helps becomes late, and no village gives more than it has too many. What is too many for all stays.
    """
    works = {work.area_id: work for work in villages}
    spare = {key: max(0, capacity(work, today) - work.left) for key, work in works.items()}
    late = [work for work in works.values() if not outlook(work, today).in_time]
    late.sort(key=lambda work: (-(work.left - capacity(work, today)), work.area_id))
    made: list[Move] = []
    for work in late:
        made += _relieved(work, work.left - capacity(work, today), spare, distance, helpers)
    return made


def _relieved(
    work: Work, too_many: int, spare: dict[int, int], distance: Callable[[int, int], float], helpers: int
) -> list[Move]:
    """Takes from `spare` what it gives away. As few helpers as will do: one that can take all is asked alone."""
    others = (key for key in spare if spare[key] and key != work.area_id)
    near = sorted(others, key=lambda key: (distance(work.area_id, key), key))
    chosen = _chosen(near, spare, too_many, helpers)
    made = []
    for key in chosen:
        taken = min(too_many, spare[key])
        if taken > 0:
            spare[key] -= taken
            too_many -= taken
            made.append(Move(work.area_id, key, taken))
    return made


def _chosen(near: Sequence[int], spare: dict[int, int], too_many: int, helpers: int) -> Sequence[int]:
    """The nearest ones if they can take all, else those of the near ones that can take most."""
    if sum(spare[key] for key in near[:helpers]) >= too_many:
        return near[:helpers]
    strongest = sorted(near, key=lambda key: -spare[key])[:helpers]  # a stable sort: of equals the nearer one
    enough = next((at for at in range(1, helpers) if sum(spare[key] for key in strongest[:at]) >= too_many), helpers)
    return sorted(strongest[:enough], key=near.index)
