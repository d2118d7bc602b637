"""Files in the encodings and with the separators in use; workbooks; the copy with remarks."""

from __future__ import annotations

import io
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font, PatternFill

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.sheets import cells, files, marked, writing

TEXT = "Họ và tên{s}Ngày sinh\nNguyễn Thị Đào{s}02/03/1985\n"


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_csv_in_every_encoding_and_with_every_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.format(s=separator).encode(encoding))

    (sheet,) = files.read(path, "a.csv")

    assert list(sheet.rows()) == [(1, ["Họ và tên", "Ngày sinh"]), (2, ["Nguyễn Thị Đào", "02/03/1985"])]
    assert sheet.height == 2


def windows_1258(text: str) -> bytes:
    """As that code page writes: the vowel, then its tone as a mark of its own."""
    out = b""
    for letter in text:
        for part in (letter, unicodedata.normalize("NFD", letter)):
            try:
                out += part.encode("cp1258")
                break
            except UnicodeEncodeError:
                continue
        else:
            base, *marks = unicodedata.normalize("NFD", letter)
            tone = next(one for one in marks if one in "\u0300\u0301\u0303\u0309\u0323")
            vowel = unicodedata.normalize("NFC", base + "".join(one for one in marks if one != tone))
            out += (vowel + tone).encode("cp1258")
    return out


def test_csv_of_windows_1258(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name;birth\n" + windows_1258("Trần Thị Hồng") + b";1985\n")

    (sheet,) = files.read(path, "a.csv")

    assert cells.text(list(sheet.rows())[1][1][0]) == "Trần Thị Hồng"


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.ods"]))
def test_bytes_of_any_kind_are_rows_or_a_problem(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            for sheet in files.read(path, name):
                list(sheet.rows())
        except Problem as refused:
            assert refused.kind.name.startswith("SPREADSHEET")


def test_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "no workbook")

    with pytest.raises(Problem) as refused:
        files.read(tmp_path / "a.xlsx", "a.xlsx")

    assert refused.value.kind is Kind.SPREADSHEET_BROKEN


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Danh sách"
    for row in (("Họ tên", "Ngày sinh", "CCCD"), ("An", "1/1/1990", "1"), ("Bé", "31/2/1990", None), ("Cả", "x", "3")):
        sheet.append(row)
    sheet["A1"].font = Font(bold=True)
    sheet["B3"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet["D4"] = "=1+1"
    sheet.column_dimensions["B"].width = 30
    book.create_sheet("Khác").append(["giữ nguyên"])
    book.save(path)


def test_copy_keeps_the_workbook_and_marks_the_cells(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    workbook(path)
    said = "✗ Ngày sinh: <sai> & thiếu"

    marked.write(
        path, path.name, files.read(path, path.name), [1, 0], lambda at: iter([(3, said, [1, 2])] if at == 0 else []),
        copy, "Ghi chú",
    )  # fmt: skip

    book = openpyxl.load_workbook(copy)
    sheet = book["Danh sách"]
    assert book.sheetnames == ["Danh sách", "Khác"]
    assert (sheet["E1"].value, sheet["E3"].value) == ("Ghi chú", said)
    assert {sheet[cell].fill.fgColor.rgb for cell in ("B3", "C3")} == {"FFFFEB84"}
    assert (sheet["D4"].value, sheet["A1"].font.bold, sheet.column_dimensions["B"].width) == ("=1+1", True, 30)
    assert (sheet["B3"].value, sheet["B4"].value, sheet["B4"].fill.fill_type) == ("31/2/1990", "x", None)


def test_copy_of_a_csv_has_one_column_more(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(TEXT.format(s=";").encode("utf-16"))

    marked.write(
        path, path.name, files.read(path, path.name), [1], lambda _: iter([(2, "xem lại", [1])]), copy, "Ghi chú"
    )

    assert copy.read_text("utf-8-sig").splitlines() == [
        "Họ và tên;Ngày sinh;Ghi chú",
        "Nguyễn Thị Đào;02/03/1985;xem lại",
    ]


LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), max_size=20)


@given(st.lists(st.lists(LETTERS, min_size=1, max_size=5), min_size=1, max_size=8))
def test_written_workbook_is_read_back(rows: list[list[str]]) -> None:
    out = io.BytesIO()
    writing.xlsx(out, [('Trang <1> & "2"', ("a", "b"), rows)])

    sheet = openpyxl.load_workbook(io.BytesIO(out.getvalue())).worksheets[0]

    assert [sheet.cell(1, 1).value, sheet.cell(1, 2).value] == ["a", "b"]
    for at, row in enumerate(rows, start=2):
        for place, text in enumerate(row, start=1):
            assert str(sheet.cell(at, place).value or "") == writing.clean(text)


@pytest.mark.parametrize(("at", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters_of_a_column(at: int, letters: str) -> None:
    assert writing.column(at) == letters
