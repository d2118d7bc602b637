"""Cells read as dates, numbers and words: tables of cases, and properties of what anybody may type."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.sheets import cells, words
from fieldsurvey.sheets.files import Cell
from fieldsurvey.sheets.remarks import CellError

TODAY = date(2026, 10, 5)
ANYTHING = st.one_of(
    st.text(max_size=40), st.floats(), st.integers(), st.booleans(), st.none(),
    st.dates(), st.datetimes(), st.times(), st.timedeltas(),
)  # fmt: skip

BIRTHS: list[tuple[Cell, str]] = [
    ("02/03/1985", "1985-03-02"),
    ("2-3-1985", "1985-03-02"),
    ("2.3.1985", "1985-03-02"),
    ("1985-03-02", "1985-03-02"),
    ("02/03/1985 00:00:00", "1985-03-02"),
    ("02031985", "1985-03-02"),
    ("3/1985", "1985-03"),
    ("1985", "1985"),
    (1985.0, "1985"),
    ("00/00/1965", "1965"),
    ("00/05/1965", "1965-05"),
    (31108.0, "1985-03-02"),
    ("31108", "1985-03-02"),
    (date(1985, 3, 2), "1985-03-02"),
    (datetime(1985, 3, 2, 7), "1985-03-02"),  # noqa: DTZ001 - as a spreadsheet has it
    (" 02/03/1985 ", "1985-03-02"),
]


@pytest.mark.parametrize(("cell", "expected"), BIRTHS)
def test_birth_as_people_write_it(cell: Cell, expected: str) -> None:
    assert str(cells.birth(cell, TODAY)) == expected


BAD_BIRTHS: list[tuple[Cell, str]] = [
    ("31/02/1985", "date_impossible"),
    ("02/25/1985", "date_month"),
    ("1/2/85", "date_short"),
    ("hôm qua", "date_unreadable"),
    ("06/10/2026", "birth_future"),
    (2027, "birth_future"),
    ("1850", "birth_old"),
    (500, "date_unreadable"),
]


@pytest.mark.parametrize(("cell", "code"), BAD_BIRTHS)
def test_birth_that_cannot_be_says_why(cell: Cell, code: str) -> None:
    with pytest.raises(CellError) as refused:
        cells.birth(cell, TODAY)

    assert refused.value.code == code


@given(st.dates(min_value=date(1908, 3, 20), max_value=TODAY))
def test_every_way_of_writing_a_day_is_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    ways: list[Cell] = [
        day, float(serial), str(serial), day.strftime("%d/%m/%Y"), day.isoformat(), f"{day.day}-{day.month}-{day.year}",
    ]  # fmt: skip

    assert {str(cells.birth(way, TODAY)) for way in ways} == {day.isoformat()}


@given(ANYTHING)
def test_whatever_stands_in_a_cell_is_read_or_refused(cell: Cell) -> None:
    for read in (
        lambda: cells.birth(cell, TODAY), lambda: cells.day(cell), lambda: cells.identity(cell),
        lambda: cells.telephone(cell), lambda: cells.whole(cell, 0, 9, "x"), lambda: words.sex(cells.text(cell)),
        lambda: words.household_class(cells.text(cell)), lambda: words.ethnicity(cells.text(cell)),
        lambda: words.causes(cells.text(cell)), lambda: words.flag(cells.text(cell)), lambda: cells.code(cell, 5),
    ):  # fmt: skip
        try:
            read()
        except CellError as refused:
            assert refused.code


IDENTITIES: list[tuple[Cell, tuple[str, str | None] | str | None]] = [
    ("025085001234", ("025085001234", None)),
    ("025 085 001 234", ("025085001234", None)),
    (25085001234.0, ("025085001234", "id_zero")),
    ("'025085001234", ("025085001234", None)),
    (1085001234, ("001085001234", "id_zero")),
    ("135812345", ("135812345", "id_old")),
    (13581234.0, ("013581234", "id_zero")),
    ("", None),
    (None, None),
    ("2.50850E+10", "id_rounded"),
    ("02508500123", "id_length"),
    ("0250850012345", "id_length"),
    ("chưa có", "id_letters"),
]


@pytest.mark.parametrize(("cell", "expected"), IDENTITIES)
def test_identity_number(cell: Cell, expected: tuple[str, str | None] | str | None) -> None:
    if isinstance(expected, str):
        with pytest.raises(CellError) as refused:
            cells.identity(cell)
        assert refused.value.code == expected
    else:
        assert cells.identity(cell) == expected


TELEPHONES: list[tuple[Cell, str]] = [
    ("0912345678", "0912345678"),
    (912345678.0, "0912345678"),
    ("+84 912 345 678", "0912345678"),
    ("0912.345.678", "0912345678"),
]


@pytest.mark.parametrize(("cell", "expected"), TELEPHONES)
def test_telephone_number(cell: Cell, expected: str) -> None:
    assert cells.telephone(cell) == expected


WORDS = [
    (words.household_class, "HỘ NGHÈO", "poor"),
    (words.household_class, "Hộ cận nghèo", "near_poor"),
    (words.household_class, "HN", "poor"),
    (words.household_class, "Thoát cận nghèo", "not_poor"),
    (words.relation, "Vợ/chồng", "spouse"),
    (words.relation, "con dâu", "child"),
    (words.relation, "Chủ hộ", "head"),
    (words.relation, "hàng xóm", None),
    (words.sex, "NỮ", "female"),
    (words.ethnicity, "H'Mông", "hmong"),
    (words.ethnicity, "Ê-đê", "e_de"),
    (words.ethnicity, "Dao (Dao đỏ)", "dao"),
    (words.causes, "Thiếu vốn; ốm đau", ["lack_capital", "illness"]),
    (words.causes, "2, 7", ["lack_capital", "illness"]),
    (words.flag, "x", True),
    (words.flag, "Không", False),
]


@pytest.mark.parametrize(("reads", "text", "expected"), WORDS)
def test_words_of_registers(reads: object, text: str, expected: object) -> None:
    assert reads(text) == expected  # type: ignore[operator]


def test_number_of_an_ethnic_group_is_never_guessed() -> None:
    with pytest.raises(CellError) as refused:
        words.ethnicity("06")

    assert refused.value.code == "ethnicity_code"


@given(st.dates(min_value=TODAY + timedelta(days=1), max_value=date(2099, 1, 1)))
def test_nobody_is_born_tomorrow(day: date) -> None:
    with pytest.raises(CellError):
        cells.birth(day.strftime("%d/%m/%Y"), TODAY)
