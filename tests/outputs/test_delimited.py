"""CSV for spreadsheets: readable in Excel, and nothing in it is executed."""

from __future__ import annotations

import pytest

from fieldsurvey.outputs import delimited


@pytest.mark.parametrize("text", ["=1+1", "+84912", "-1", "@cmd", "\t=1", " =1", "\r=1"])
def test_formula_is_neutralised(text: str) -> None:
    assert delimited.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "written"), [("Tảo Phú", "Tảo Phú"), (-3, "-3"), (12.5, "12.5"), (None, ""), ("", "")]
)
def test_harmless_value_stays_as_it_is(value: object, written: str) -> None:
    assert delimited.cell(value) == written


def test_document_starts_with_a_mark_and_quotes_commas() -> None:
    made = delimited.document(["Thôn", "Số hộ"], [["Tảo Phú, cũ", 3]])

    assert made == '\ufeffThôn,Số hộ\r\n"Tảo Phú, cũ",3\r\n'.encode()
