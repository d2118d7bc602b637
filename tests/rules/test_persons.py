"""Who on a form is whom in the register."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.persons import Person, matched

TUYEN = Person("u1", "000182861168", "nguyen thi tuyen", 1982, date(1982, 1, 3))
TOAN = Person("u2", "", "nguyen ba toan", 2022, date(2022, 3, 10))
HUNG = Person("u3", "", "nguyen van hung", 2007)
NAMELESS = Person("u4", "", "tran van a")
HOME = [TUYEN, TOAN, HUNG, NAMELESS]

CASES = [
    # what the form says,                                          whom it means
    (Person("u2", "", "another name"), 1),
    (Person("", "000182861168", "nguyen tuyen", 1983), 0),
    (Person("", "", "nguyen ba toan", 2022, date(2022, 3, 10)), 1),
    (Person("", "", "nguyen ba toan", 2022), 1),
    (Person("", "", "nguyen van hung", 2007, date(2007, 7, 2)), 2),
    (Person("", "", "nguyen van hung", 2008), None),  # another year is another person
    (Person("", "000000000001", "nguyen thi tuyen", 1982, date(1982, 1, 3)), None),  # another number too
    (Person("", "", "tran van a", 1950), 3),  # only the name was known
    (Person("", "", "tran van a"), 3),
    (Person("", "", "nguyen thi tuyen"), 0),
    (Person("", "", "le van moi", 1990), None),
    (Person(), None),
]


@pytest.mark.parametrize(("given_person", "place"), CASES)
def test_one_person_is_found(given_person: Person, place: int | None) -> None:
    assert matched(HOME, [given_person]) == [place]


def test_surer_key_goes_first_whatever_the_order() -> None:
    """The son has his father's name; the father's number is on the form."""
    father, son = Person("f", "001", "vu van nam", 1960), Person("s", "", "vu van nam")
    form = [Person("", "", "vu van nam"), Person("", "001", "vu van nam", 1960)]

    assert matched([father, son], form) == [1, 0]


def test_name_of_two_decides_nothing() -> None:
    two = [Person("a", "", "vu van nam"), Person("b", "", "vu van nam")]

    assert matched(two, [Person("", "", "vu van nam")]) == [None]
    assert matched(two[:1], [Person("", "", "vu van nam"), Person("", "", "vu van nam")]) == [None, None]


def test_those_present_come_first() -> None:
    present, gone = Person("p", "", "vu van nam", 1960), Person("g", "", "vu van nam", 1960)

    assert matched([present, gone], [Person("", "", "vu van nam", 1960)]) == [0]


PEOPLE = st.lists(
    st.builds(
        Person,
        uuid=st.sampled_from(["", "u1", "u2", "u3"]),
        id_number=st.sampled_from(["", "1", "2"]),
        name_fold=st.sampled_from(["", "an", "binh"]),
        birth_year=st.sampled_from([None, 1980, 1990]),
        birth_date=st.sampled_from([None, date(1980, 1, 1)]),
    ),
    max_size=6,
)


@given(PEOPLE, PEOPLE)
def test_nobody_is_taken_twice(known: list[Person], form: list[Person]) -> None:
    places = [place for place in matched(known, form) if place is not None]

    assert len(places) == len(set(places))
    assert all(0 <= place < len(known) for place in places)


@given(PEOPLE)
def test_same_people_are_the_same_people(known: list[Person]) -> None:
    """With a uuid each, whatever else they share."""
    named = [Person(f"n{at}", one.id_number, one.name_fold, one.birth_year) for at, one in enumerate(known)]

    assert matched(named, named) == list(range(len(named)))
