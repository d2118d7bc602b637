"""What makes an officer look twice at a household: kinds of doubt, and the signals by which two households are alike.

A doubt is a question and never a verdict. The limits here are ours, none is law.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import cos, floor, radians
from typing import Any, NamedTuple

from fieldsurvey.rules.geography import Point, metres, middle

SAME_PLACE = 8.0  # metres: less than a house is wide
FAR = 3_000.0  # metres from the middle of the village, at least …
FAR_TIMES = 4.0  # … and so many times as far as half of its houses are
KNOWN_HOUSES = 5  # without so many places nobody knows where the village is
SHORTEST_FORM, PER_MEMBER = 240, 30  # seconds: below, nobody has asked all questions
FEWEST_ANSWERS = 15  # alike by chance is what says little
_CELL = 0.0001  # degrees, some 11 metres


class Kind(StrEnum):
    """What is odd."""

    ID_NUMBER = "id_number"  # the same identity number in two households
    PERSON = "person"  # the same name and birth in two households
    PLACE = "place"  # two houses on the same spot
    PHOTO = "photo"  # the same picture, byte for byte
    FAR = "far"  # far from the other houses of the village
    FAST = "fast"  # filled in faster than one can ask
    ALIKE = "alike"  # all answers the same as another household's of the village
    REGISTER = "register"  # a person stands in another household of the register


class Settled(StrEnum):
    """What the officer found."""

    NO_PROBLEM = "no_problem"
    MERGED = "merged"  # the two households are one; merged in the register
    SENT_BACK = "sent_back"  # to the enumerator
    OUTDATED = "outdated"  # by the server: a correction took the reason away


class Mark(NamedTuple):
    """One signal of a household. `detail`: for the closer look that follows when keys are equal."""

    kind: Kind
    key: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A member as answered; position from 1."""

    position: int
    name_fold: str
    birth: str  # ISO day, or the year only, or empty
    id_number: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What one questionnaire tells that should not be alike in two households."""

    round_id: int
    commune_id: int | None
    village_id: int | None
    people: tuple[Person, ...] = ()
    at: Point | None = None
    photos: tuple[str, ...] = ()  # content hashes
    answers: tuple[str, ...] = ()  # path=value, in order, without what names a household
    seconds: float | None = None  # from opening to finishing the form
    extra: dict[str, Any] = field(default_factory=dict)


def key(*parts: object) -> int:
    """63 bits of a hash: that two of a province's signals share one by chance is a matter of one in a million."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def marks(facts: Facts) -> list[Mark]:
    """The signals of a questionnaire, one of each key."""
    found = {mark.key: mark for mark in _marks(facts)}
    return list(found.values())


def _marks(facts: Facts) -> Iterator[Mark]:
    here = facts.round_id
    for person in facts.people:
        detail = {"person": person.position}
        if person.id_number:
            yield Mark(Kind.ID_NUMBER, key(here, Kind.ID_NUMBER, person.id_number), detail)
        if person.name_fold and person.birth:
            # Of a year only many share a name: those are looked for in the commune.
            where = "" if len(person.birth) > 4 else facts.commune_id
            number = key(here, person.id_number) if person.id_number else 0
            yield Mark(
                Kind.PERSON, key(here, Kind.PERSON, person.name_fold, person.birth, where), {**detail, "id": number}
            )
    if facts.at is not None:
        yield Mark(Kind.PLACE, cells(here, facts.at)[0], {"lat": facts.at.lat, "lon": facts.at.lon})
    for photo in facts.photos:
        yield Mark(Kind.PHOTO, key(here, Kind.PHOTO, photo), {})
    if len(facts.answers) >= FEWEST_ANSWERS:
        yield Mark(Kind.ALIKE, key(here, Kind.ALIKE, facts.village_id, *facts.answers), {"answers": len(facts.answers)})


def cells(round_id: int, at: Point) -> list[int]:
    """Keys of the cell in which a place lies and of the eight around it; the own one first."""
    row = floor(at.lat / _CELL)
    steps = sorted(((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)), key=lambda step: step != (0, 0))
    return [key(round_id, Kind.PLACE, row + x, _column(row + x, at.lon) + y) for x, y in steps]


def _column(row: int, lon: float) -> int:
    """Cells are as wide as high on the ground; the whole row has one width, so that neighbours agree."""
    return floor(lon / (_CELL / max(cos(radians(row * _CELL)), 0.01)))


def alike(kind: Kind, mine: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """The closer look at two signals with one key: what to say of them, or None where they are not alike after all."""
    if kind is Kind.PLACE:
        apart = metres(Point(mine["lat"], mine["lon"]), Point(other["lat"], other["lon"]))
        return {"metres": round(apart)} if apart <= SAME_PLACE else None
    if kind is Kind.PERSON:
        one, two = mine.get("id"), other.get("id")
        if one and two and one != two:
            return None  # two identity numbers: two people
        return {"person": mine["person"], "other_person": other["person"]}
    if kind is Kind.ID_NUMBER:
        return {"person": mine["person"], "other_person": other["person"]}
    return {"answers": mine["answers"]} if kind is Kind.ALIKE else {}


def too_fast(facts: Facts) -> dict[str, Any] | None:
    """Whether the form was filled in faster than its questions can be asked."""
    if facts.seconds is None or facts.seconds < 0:
        return None
    needed = SHORTEST_FORM + PER_MEMBER * len(facts.people)
    return (
        {"minutes": round(facts.seconds / 60, 1), "needed": round(needed / 60, 1)} if facts.seconds < needed else None
    )


class Spread(NamedTuple):
    """Where a village is: the middle of its houses, and how far half of them are from it, in metres."""

    centre: Point
    usual: float


def spread(village: Sequence[Point]) -> Spread | None:
    """None where too few places are known."""
    centre = middle(village)
    if centre is None or len(village) < KNOWN_HOUSES:
        return None
    return Spread(centre, sorted(metres(centre, one) for one in village)[len(village) // 2])


def too_far(at: Point, village: Spread | None) -> dict[str, Any] | None:
    """Whether a house lies far from the others of its village."""
    apart = metres(village.centre, at) if village is not None else 0.0
    far = village is not None and apart > max(FAR, FAR_TIMES * village.usual)
    return {"metres": round(apart)} if far else None


def seconds_between(start: str | None, end: str | None) -> float | None:
    """From the form's own start and end; None where one is missing or cannot be read."""
    try:
        begun, done = datetime.fromisoformat(start or ""), datetime.fromisoformat(end or "")
        return (done - begun).total_seconds()
    except (ValueError, TypeError):  # a moment with a zone and one without cannot be compared
        return None
