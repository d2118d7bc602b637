"""The order of the next house, and distances."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.geography import Point, diagonal, metres, middle
from fieldsurvey.rules.next_house import House, order

HERE = Point(21.23, 105.57)
degrees = st.floats(-0.02, 0.02).map(lambda offset: round(offset, 5))
places = st.none() | st.tuples(degrees, degrees).map(lambda by: Point(HERE.lat + by[0], HERE.lon + by[1]))
days = st.none() | st.dates(date(2026, 9, 1), date(2026, 12, 14))
houses = st.lists(
    st.builds(House, st.integers(1, 999), st.booleans(), days, places, st.integers(0, 4)),
    unique_by=lambda house: house.id,
)


def at(north: float, **more: object) -> House:
    """So many metres north of HERE."""
    return House(at=Point(HERE.lat + north / 111_195, HERE.lon), **more)  # type: ignore[arg-type]


def test_returned_first_then_near_then_due() -> None:
    near, due = at(100, id=1), at(120, id=2, due_on=date(2026, 10, 1))
    far, returned, unknown = at(2_000, id=3, due_on=date(2026, 9, 2)), at(5_000, id=4, returned=True), House(5)

    assert [one.id for one in order([unknown, far, near, due, returned], HERE)] == [4, 2, 1, 3, 5]


def test_without_a_place_the_day_decides() -> None:
    assert [one.id for one in order([House(1), House(2, due_on=date(2026, 10, 1)), House(3, attempts=1)])] == [2, 1, 3]


@given(houses, st.randoms())
def test_order_is_the_same_however_the_houses_come(found: list[House], rng: object) -> None:
    shuffled = list(found)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]

    assert order(shuffled, HERE) == order(found, HERE)


@given(houses)
def test_order_keeps_every_house_and_returned_ones_stand_first(found: list[House]) -> None:
    ordered = order(found, HERE)

    assert sorted(one.id for one in ordered) == sorted(one.id for one in found)
    assert [one.returned for one in ordered] == sorted((one.returned for one in found), reverse=True)


@given(houses)
def test_order_never_passes_a_much_nearer_house(found: list[House]) -> None:
    unreturned = [one for one in order(found, HERE) if not one.returned and one.at is not None]

    for first, second in pairwise(unreturned):
        assert metres(HERE, first.at or HERE) <= metres(HERE, second.at or HERE) + 250


DISTANCES = [
    (HERE, HERE, 0),
    (HERE, Point(HERE.lat + 0.001, HERE.lon), 111),
    (Point(0, 0), Point(0, 1), 111_195),
    (Point(0, 0), Point(0, 180), 20_015_087),
]


@pytest.mark.parametrize(("one", "other", "apart"), DISTANCES)
def test_metres(one: Point, other: Point, apart: float) -> None:
    assert metres(one, other) == pytest.approx(apart, rel=0.01, abs=0.5)
    assert metres(other, one) == metres(one, other)


def test_middle_is_not_moved_by_one_wrong_point() -> None:
    assert middle([HERE, HERE, HERE, Point(0, 0)]) == HERE
    assert middle([]) is None
    assert diagonal(HERE, Point(HERE.lat + 0.03, HERE.lon)) == pytest.approx(3_336, rel=0.01)
