"""Answers as values: whatever a phone wrote, what comes out is JSON."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.outputs.odata import values

CASES = [
    # type, answer, value
    ("int", "7", 7),
    ("int", "7 người", 7),
    ("int", "abc", None),
    ("int", "9" * 20, 1e20),
    ("int", "9" * 400, None),
    ("int", "9" * 5000, None),
    ("decimal", "1.50", 1.5),
    ("decimal", "-2", -2),
    ("decimal", "1,5", 1),
    ("decimal", "x", None),
    ("boolean", "true", True),
    ("boolean", "maybe", None),
    ("dateTime", "2026-10-04T08:30:00.000+07", "2026-10-04T08:30:00.000+07:00"),
    ("geopoint", "1 x", None),
    ("geopoint", "1 2 x 4", {"type": "Point", "coordinates": [2, 1], "properties": {"accuracy": 4}}),
    ("geotrace", "; ;", None),
]


@pytest.mark.parametrize(("kind", "text", "value"), CASES)
def test_value(kind: str, text: str, value: object) -> None:
    assert values.converters(wkt=False)[kind](text) == value


NUMBERS = st.from_regex(r"[-+0-9. ;eE]*", fullmatch=True)
ANSWERS = st.one_of(st.text(), NUMBERS, st.none(), st.dictionaries(st.text(), st.text()), st.lists(st.text()))


@given(ANSWERS, st.booleans())
def test_any_answer_is_json(answer: object, wkt: bool) -> None:
    for convert in values.converters(wkt).values():
        orjson.dumps(convert(answer))
