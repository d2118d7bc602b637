"""Who on a form is whom in the register: by the person's UUID, else the identity number, else name and birth. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """What tells one person of a household from another. Empty: not known."""

    uuid: str = ""
    id_number: str = ""
    name_fold: str = ""
    birth_year: int | None = None
    birth_date: date | None = None

    @property
    def year(self) -> int | None:
        return self.birth_date.year if self.birth_date else self.birth_year


Key = Callable[[Person], Hashable]


def _by_birth(person: Person) -> Hashable:
    return (person.name_fold, person.birth_date) if person.name_fold and person.birth_date else None


def _by_year(person: Person) -> Hashable:
    return (person.name_fold, person.year) if person.name_fold and person.year else None


# From the surest to the least sure. The last one serves for whom a list gave a name only.
_KEYS: tuple[Key, ...] = (
    lambda person: person.uuid or None,
    lambda person: person.id_number or None,
    _by_birth,
    _by_year,
    lambda person: person.name_fold or None,
)
_NAME_ONLY = len(_KEYS) - 1


def matched(known: Sequence[Person], given: Sequence[Person]) -> list[int | None]:
    """For each person given, the place of the same person in `known`, or None for somebody new.

    Nobody is taken twice; of several who fit equally well the first is taken, so `known` has those present first. A
    name alone decides only where it is one person's on both sides. Two different identity numbers are two persons,
    whatever the name.
    """
    found: list[int | None] = [None] * len(given)
    free = dict(enumerate(known))
    for at, key in enumerate(_KEYS):
        for place, person in enumerate(given):
            if found[place] is not None or key(person) is None:
                continue
            same = [one for one, other in free.items() if key(other) == key(person) and _may_be(person, other, at)]
            if same and (at != _NAME_ONLY or (len(same) == 1 and _alone(given, found, person, key))):
                found[place] = same[0]
                del free[same[0]]
    return found


def _alone(given: Sequence[Person], found: Sequence[int | None], person: Person, key: Key) -> bool:
    """Whether nobody else of the given ones who are still looked for has the same key."""
    waiting = (one for one, place in zip(given, found, strict=True) if place is None)
    return sum(key(one) == key(person) for one in waiting) == 1


def _may_be(one: Person, other: Person, key: int) -> bool:
    """Whether nothing that is known of both speaks against it."""
    if key == 0:
        return True
    if one.id_number and other.id_number and one.id_number != other.id_number:
        return False
    return key != _NAME_ONLY or one.year is None or other.year is None
