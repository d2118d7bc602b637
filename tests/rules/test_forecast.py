"""Forecasts at the present pace and the moves that mend a delay."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.forecast import Move, Outlook, Work, capacity, moves, outlook, pace

TODAY, UNTIL = date(2026, 11, 1), date(2026, 11, 10)
OUTLOOKS = [
    # left, pace, outlook
    (0, 0.0, Outlook(TODAY, 0)),
    (10, 1.0, Outlook(date(2026, 11, 10), 0)),
    (11, 1.0, Outlook(date(2026, 11, 11), 1)),
    (38, 2.0, Outlook(date(2026, 11, 19), 9)),
    (5, 0.0, Outlook(None, 0)),
    (1, 1e-9, Outlook(None, 0)),
]


@pytest.mark.parametrize(("left", "speed", "seen"), OUTLOOKS)
def test_outlook(left: int, speed: float, seen: Outlook) -> None:
    found = outlook(Work(1, left, speed, UNTIL), TODAY)

    assert found == seen
    assert found.in_time is (seen.finish is not None and seen.late == 0)


def test_outlook_of_a_day_that_has_passed_is_late_from_then_on() -> None:
    assert outlook(Work(1, 5, 0.0, TODAY - timedelta(days=3)), TODAY).late == 3


PACES = [
    # sent, first day, households a day
    (0, None, 0.0),
    (14, TODAY - timedelta(days=6), 2.0),
    (14, TODAY - timedelta(days=60), 2.0),
    (4, TODAY - timedelta(days=1), 2.0),
    (4, TODAY, 4.0),
]


@pytest.mark.parametrize(("sent", "first", "speed"), PACES)
def test_pace(sent: int, first: date | None, speed: float) -> None:
    assert pace(sent, first, TODAY) == speed


def far_apart(one: int, other: int) -> float:
    return abs(one - other)


def test_late_village_gives_to_two_neighbours() -> None:
    late, near, next_to_it = Work(4, 58, 2.0, UNTIL), Work(3, 0, 2.0, UNTIL), Work(5, 2, 2.0, UNTIL)

    assert moves([late, near, next_to_it], TODAY, far_apart) == [Move(4, 3, 20), Move(4, 5, 18)]


def test_nearest_that_can_take_all_is_asked_and_no_more() -> None:
    late = Work(4, 30, 2.0, UNTIL)

    assert moves([late, Work(3, 0, 9.0, UNTIL), Work(9, 0, 9.0, UNTIL)], TODAY, far_apart) == [Move(4, 3, 10)]


def test_stronger_ones_are_asked_where_the_nearest_cannot_take_all() -> None:
    late = Work(4, 60, 2.0, UNTIL)
    helpers = [Work(3, 19, 2.0, UNTIL), Work(5, 19, 2.0, UNTIL), Work(9, 0, 9.0, UNTIL)]

    assert [move.target for move in moves([late, *helpers], TODAY, far_apart)] == [9]


works = st.builds(
    Work, st.integers(1, 60), st.integers(0, 300), st.floats(0, 20), st.dates(TODAY - timedelta(days=5), UNTIL)
)


@given(st.lists(works, unique_by=lambda work: work.area_id, max_size=12))
def test_moves_make_nobody_late_and_give_no_more_than_too_much(villages: list[Work]) -> None:
    made = moves(villages, TODAY, far_apart)

    by_id = {work.area_id: work for work in villages}
    given, taken = dict.fromkeys(by_id, 0), dict.fromkeys(by_id, 0)
    for move in made:
        assert move.households > 0
        assert move.origin != move.target
        given[move.origin] += move.households
        taken[move.target] += move.households
    for key, work in by_id.items():
        assert given[key] <= max(0, work.left - capacity(work, TODAY))
        assert work.left + taken[key] <= max(work.left, capacity(work, TODAY))
        assert not (given[key] and taken[key])
        assert sum(move.origin == key for move in made) <= 2
