"""When nobody has to come again; days as people count them; where listed households come from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.listing import PRIOR, SOURCE_OF, Application, Source
from fieldsurvey.rules.visiting import FINAL, Outcome, given_up

HOME, REFUSED, MOVED = Outcome.NOT_AT_HOME, Outcome.REFUSED, Outcome.MOVED
ATTEMPTS = [
    # outcomes in their order, needed, nobody has to come again
    ([], 3, False),
    ([HOME], 3, False),
    ([HOME, REFUSED], 3, False),
    ([HOME, REFUSED, HOME], 3, True),
    ([HOME], 1, True),
    ([MOVED], 3, True),
    ([MOVED, HOME], 3, False),  # somebody was seen there after all
    ([MOVED, HOME, HOME, HOME], 3, True),
    ([Outcome.DISSOLVED], 20, True),
]


@pytest.mark.parametrize(("said", "needed", "over"), ATTEMPTS)
def test_given_up_by_attempts_and_needed(said: list[Outcome], needed: int, over: bool) -> None:
    assert given_up(said, needed) is over


@given(st.lists(st.sampled_from(sorted(set(Outcome) - FINAL)), max_size=8), st.integers(1, 8))
def test_given_up_exactly_when_there_are_enough_attempts(said: list[Outcome], needed: int) -> None:
    assert given_up(said, needed) is (len(said) >= needed > 0)


def test_day_is_that_of_vietnam() -> None:
    assert day_of(datetime(2026, 10, 4, 18, 0, tzinfo=UTC)) == date(2026, 10, 5)
    assert day_of(datetime(2026, 10, 4, 16, 59, tzinfo=UTC)) == date(2026, 10, 4)


def test_every_application_and_class_is_a_source() -> None:
    assert set(SOURCE_OF) == set(Application)
    assert {*PRIOR.values(), *SOURCE_OF.values()} <= set(Source)
