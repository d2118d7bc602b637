"""Which house comes next: returned ones first, then what is near, then what is due. For the phone, the page, the paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fieldsurvey.rules.geography import Point, metres

NEAR = 250  # metres: houses of one such ring are equally near, and among them the day decides
_NOWHERE = 10**9  # ring of a house whose place nobody knows


@dataclass(frozen=True, slots=True)
class House:
    """A household that waits for a visit."""

    id: int
    returned: bool = False  # the officer sent it back
    due_on: date | None = None
    at: Point | None = None
    attempts: int = 0


def order(houses: Iterable[House], start: Point | None = None) -> list[House]:
    """Seen from `start`. Equal ones: who was tried less often, then by id; so the order never depends on the input's."""
    return sorted(houses, key=lambda house: _key(house, start))


def _key(house: House, start: Point | None) -> tuple[bool, int, date, int, int]:
    return not house.returned, _ring(house, start), house.due_on or date.max, house.attempts, house.id


def _ring(house: House, start: Point | None) -> int:
    if start is None or house.at is None:
        return _NOWHERE
    return int(metres(start, house.at) // NEAR)
