"""Signals by which households are alike, and what is odd about one by itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.doubting import (
    FEWEST_ANSWERS,
    Facts,
    Kind,
    Person,
    alike,
    cells,
    key,
    marks,
    seconds_between,
    spread,
    too_far,
    too_fast,
)
from fieldsurvey.rules.geography import Point, metres

HERE = Point(21.23, 105.57)
ANNA = Person(1, "nguyen thi hoa", "1965-03-02", "025165001234")


def keys(kind: Kind, **told: Any) -> set[int]:
    return {mark.key for mark in marks(Facts(1, 7, 70, **told)) if mark.kind is kind}


SAME = [
    # kind, one household, another that is alike, one that is not
    (Kind.ID_NUMBER, {"people": (ANNA,)}, {"people": (Person(2, "x", "", ANNA.id_number),)},
     {"people": (Person(1, "x", "", "1"),)}),
    (Kind.PERSON, {"people": (ANNA,)}, {"people": (Person(3, ANNA.name_fold, ANNA.birth, ""),)},
     {"people": (Person(3, ANNA.name_fold, "1966-03-02", ""),)}),
    (Kind.PHOTO, {"photos": ("a",)}, {"photos": ("b", "a")}, {"photos": ("b",)}),
    (Kind.ALIKE, {"answers": tuple("abcdefghijklmnop")}, {"answers": tuple("abcdefghijklmnop")},
     {"answers": tuple("abcdefghijklmnoq")}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "same", "other"), SAME)
def test_signals_meet_where_households_are_alike(kind: Kind, one: dict, same: dict, other: dict) -> None:  # type: ignore[type-arg]
    assert keys(kind, **one) & keys(kind, **same)
    assert not keys(kind, **one) & keys(kind, **other)


def test_signals_of_another_round_or_village_do_not_meet() -> None:
    told = {"people": (ANNA,), "answers": tuple("abcdefghijklmnop"), "at": HERE, "photos": ("a",)}
    every = {mark.key for mark in marks(Facts(1, 7, 70, **told))}  # type: ignore[arg-type]

    assert not every & {mark.key for mark in marks(Facts(2, 7, 70, **told))}  # type: ignore[arg-type]
    elsewhere = {mark.kind for mark in marks(Facts(1, 7, 71, **told)) if mark.key not in every}  # type: ignore[arg-type]
    assert elsewhere == {Kind.ALIKE}


def test_year_of_birth_alone_meets_in_the_commune_only() -> None:
    by_year = (Person(1, "nguyen van hung", "1965", ""),)

    here, there = marks(Facts(1, 7, 70, people=by_year)), marks(Facts(1, 8, 80, people=by_year))
    assert [mark.kind for mark in here] == [Kind.PERSON]
    assert here[0].key != there[0].key


def test_little_says_little() -> None:
    assert marks(Facts(1, 7, 70, people=(Person(1, "", "1965", ""), Person(2, "x", "", "")))) == []
    assert not keys(Kind.ALIKE, answers=("a",) * (FEWEST_ANSWERS - 1))


offsets = st.floats(-0.0003, 0.0003)


@given(st.floats(8.0, 24.0), st.floats(102.0, 110.0), offsets, offsets)
def test_near_places_meet_in_neighbouring_cells(lat: float, lon: float, north: float, east: float) -> None:
    one, other = Point(lat, lon), Point(lat + north, lon + east)

    if metres(one, other) <= 8:
        assert set(cells(1, other)) & {cells(1, one)[0]}


CLOSER = [
    # kind, mine, other, what is said
    (Kind.PLACE, {"lat": 21.0, "lon": 105.0}, {"lat": 21.00003, "lon": 105.0}, {"metres": 3}),
    (Kind.PLACE, {"lat": 21.0, "lon": 105.0}, {"lat": 21.0003, "lon": 105.0}, None),
    (Kind.PERSON, {"person": 1, "id": 5}, {"person": 2, "id": 6}, None),
    (Kind.PERSON, {"person": 1, "id": 5}, {"person": 2, "id": 5}, {"person": 1, "other_person": 2}),
    (Kind.PERSON, {"person": 1, "id": 0}, {"person": 2, "id": 6}, {"person": 1, "other_person": 2}),
    (Kind.ID_NUMBER, {"person": 1}, {"person": 2}, {"person": 1, "other_person": 2}),
    (Kind.ALIKE, {"answers": 20}, {"answers": 20}, {"answers": 20}),
    (Kind.PHOTO, {}, {}, {}),
]


@pytest.mark.parametrize(("kind", "mine", "other", "said"), CLOSER)
def test_closer_look(kind: Kind, mine: dict[str, Any], other: dict[str, Any], said: dict[str, Any] | None) -> None:
    assert alike(kind, mine, other) == said


FAST = [
    # seconds, members, said
    (None, 2, None),
    (-5.0, 2, None),
    (299.0, 2, {"minutes": 5.0, "needed": 5.0}),
    (300.0, 2, None),
    (60.0, 1, {"minutes": 1.0, "needed": 4.5}),
]


@pytest.mark.parametrize(("seconds", "members", "said"), FAST)
def test_too_fast(seconds: float | None, members: int, said: dict[str, float] | None) -> None:
    assert too_fast(Facts(1, 7, 70, people=(ANNA,) * members, seconds=seconds)) == said


def test_too_far_from_the_village() -> None:
    village = [Point(HERE.lat + step / 1000, HERE.lon) for step in range(6)]
    away = Point(HERE.lat + 0.05, HERE.lon)

    assert too_far(HERE, spread(village)) is None
    assert too_far(away, spread(village[:4])) is None
    assert too_far(away, spread([])) is None
    said = too_far(away, spread(village))
    assert said is not None
    assert 5_000 < said["metres"] < 5_500


SECONDS = [
    ("2026-10-05T08:00:00.000+07:00", "2026-10-05T08:12:30.000+07:00", 750.0),
    ("2026-10-05T08:00:00", "2026-10-05T08:12:30+07:00", None),
    (None, "2026-10-05T08:12:30+07:00", None),
    ("yesterday", "today", None),
]


@pytest.mark.parametrize(("start", "end", "seconds"), SECONDS)
def test_seconds_between(start: str | None, end: str | None, seconds: float | None) -> None:
    assert seconds_between(start, end) == seconds


@given(st.lists(st.text(), max_size=4))
def test_key_fits_a_database(parts: list[str]) -> None:
    assert 0 <= key(*parts) < 2**63
