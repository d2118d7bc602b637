"""Places as phones write them, and as maps read them."""

from __future__ import annotations

import pytest

from fieldsurvey.outputs import geometry


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90 180", [180, 90]),
        ("90\t \t180", [180, 90]),
        ("-90 -180", [-180, -90]),
        ("1.23 4.56 7.89", [4.56, 1.23, 7.89]),
        ("-1.23 -4.56 -7.89 0.01", [-4.56, -1.23, -7.89]),
        ("1 2 3 11", [2, 1, 3]),
    ],
)
def test_position(text: str, found: list[float]) -> None:
    assert geometry.position(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "nope", "1", "170 80", "90 190", "90.01 180", "-90 -180.01", "90 180 high", "1 2 3 -11", "1 2 3 exact",
        " 01.1 1.1", "1.1 -01.1", "1.1 1.1 01.1", "1.1 1.1 1.1 01.1", "1 2 3 4 5", "١ ٢",
    ],
)  # fmt: skip
def test_what_is_no_position(text: str) -> None:
    assert geometry.position(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "coordinates"),
    [
        ("1 2", "Point", [2, 1]),
        ("1 2; 3 4; 5 6", "LineString", [[2, 1], [4, 3], [6, 5]]),
        ("1 2 3 4\t;5 6 7 8;", "LineString", [[2, 1, 3], [6, 5, 7]]),
        ("1 2; 3 4; 5 6; 1 2", "Polygon", [[[2, 1], [4, 3], [6, 5], [2, 1]]]),
        ("1 2; 3 4; 1 2", "LineString", [[2, 1], [4, 3], [2, 1]]),
    ],
)
def test_kind_of_geometry(text: str, kind: str, coordinates: list[object]) -> None:
    assert geometry.of_text(text) == {"type": kind, "coordinates": coordinates}


@pytest.mark.parametrize("text", ["1 2 3 4; nope, 5 6", ";", "1 2;; 3 4"])
def test_what_is_no_geometry(text: str) -> None:
    assert geometry.of_text(text) is None
