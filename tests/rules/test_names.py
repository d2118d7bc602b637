"""Names: folding for search, one normal form, masking."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules.names import fold, masked, tidy

FOLDED = [
    ("Nguyễn Thị Tuyến", "nguyen thi tuyen"),
    ("Đặng Đức Đạt", "dang duc dat"),
    ("  ĐỖ   THỊ  ĐÀO ", "do thi dao"),
    ("H'Mông", "h'mong"),
    ("", ""),
]


@pytest.mark.parametrize(("name", "folded"), FOLDED)
def test_fold(name: str, folded: str) -> None:
    assert fold(name) == folded
    assert fold(unicodedata.normalize("NFD", name)) == folded


@given(st.text(alphabet=st.characters(max_codepoint=0x1EF9), max_size=30))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


def test_tidy_makes_one_form() -> None:
    assert tidy(unicodedata.normalize("NFD", " Nguyễn  Thị\tTuyến ")) == "Nguyễn Thị Tuyến"


@pytest.mark.parametrize(("number", "shown"), [("025071001234", "•••••••••234"), ("123", "123"), ("", "")])
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown
