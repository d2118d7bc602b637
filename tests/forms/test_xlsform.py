"""From an XLSForm to an XForm: what is refused, and that each complaint says where it stands and what to do.

What our own checks of expressions find is tested in test_checks.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import xlsform
from fieldsurvey.translations import LOCALES, say

GOOD = """
| survey |
| | type         | name | label |
| | select_one l | a    | Một   |
| | integer      | b    | Hai   |
| choices |
| | list_name | name | label |
| | l         | x    | Ít    |
| | l         | y    | Nhiều |
"""


def complaints(content: bytes | str, file_name: str = "form.md") -> list[dict[str, Any]]:
    """What is said of a form that is refused."""
    with pytest.raises(Problem) as refused:
        xlsform.convert(content, file_name)
    assert refused.value.kind is Kind.XLSFORM_INVALID
    return list(refused.value.params["complaints"])


def workbook(*, rows: int = 1) -> bytes:
    book = Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label"])
    for row in range(rows):
        book.active.append(["text", f"a{row}", "Một"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_convert_markdown() -> None:
    converted = xlsform.convert(GOOD)

    assert "<h:title>data</h:title>" in converted.xml
    assert converted.warnings == ()


def test_convert_workbook() -> None:
    converted = xlsform.convert(workbook(rows=20), "Rà soát.XLSX")

    assert converted.xml.count("<bind ") == 21


WRONG = {
    "unknown reference": (
        """
        | survey |
        | | type    | name | label | relevant    |
        | | integer | a    | A     |             |
        | | text    | b    | B     | ${zz} = 1   |
        """,
        ("survey", 3, "relevant", "reference_unknown"),
    ),
    "unknown reference in a label": (
        """
        | survey |
        | | type | name | label   |
        | | text | a    | A ${zz} |
        """,
        ("survey", 2, "label", "reference_unknown"),
    ),
    "unknown reference in a choice": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | ${zz} |
        """,
        ("choices", 2, "label", "reference_unknown"),
    ),
    "half a reference": (
        """
        | survey |
        | | type | name | label | relevant |
        | | text | a    | A     | ${a = 1  |
        """,
        ("survey", 2, "relevant", "reference_unknown"),
    ),
    "reference to one of two": (
        """
        | survey |
        | | type        | name | label | relevant |
        | | begin group | g    | G     |          |
        | | text        | a    | A     |          |
        | | end group   |      |       |          |
        | | begin group | h    | H     |          |
        | | text        | a    | A     |          |
        | | end group   |      |       |          |
        | | text        | b    | B     | ${a} = 1 |
        """,
        ("survey", 8, "relevant", "duplicate"),
    ),
    "no choices sheet": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        """,
        ("choices", None, "", "choices_sheet"),
    ),
    "choices sheet with another name": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choics |
        | | list_name | name | label |
        | | l         | x    | X     |
        """,
        ("choices", None, "", "choices_sheet"),
    ),
    "unknown list": (
        """
        | survey |
        | | type         | name | label |
        | | integer      | b    | B     |
        | | select_one m | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        """,
        ("survey", 3, "", "list_unknown"),
    ),
    "unknown type": (
        """
        | survey |
        | | type | name | label |
        | | txet | a    | A     |
        """,
        ("survey", None, "", "type_unknown"),
    ),
    "no type": (
        """
        | survey |
        | | type | name | label |
        | |      | a    | A     |
        """,
        ("survey", 2, "", "type_unknown"),
    ),
    "begin without end": (
        """
        | survey |
        | | type        | name | label |
        | | begin group | g    | G     |
        | | text        | a    | A     |
        """,
        ("survey", 2, "", "begin_end"),
    ),
    "end without begin": (
        """
        | survey |
        | | type       | name | label |
        | | text       | a    | A     |
        | | end repeat |      |       |
        """,
        ("survey", 3, "", "begin_end"),
    ),
    "duplicate name": (
        """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | | text | a    | B     |
        """,
        ("survey", 3, "name", "duplicate"),
    ),
    "duplicate choice": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        | | l         | x    | Y     |
        """,
        ("choices", 3, "name", "duplicate"),
    ),
    "invalid name": (
        """
        | survey |
        | | type | name   | label |
        | | text | 1 hộ   | A     |
        """,
        ("survey", 2, "name", "name_invalid"),
    ),
    "no name": (
        """
        | survey |
        | | type | name | label |
        | | text |      | A     |
        """,
        ("survey", 2, "", "name_invalid"),
    ),
    "reserved name": (
        """
        | survey |
        | | type | name | label |
        | | text | meta | A     |
        """,
        ("survey", 2, "name", "name_invalid"),
    ),
    "choice without name": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         |      | X     |
        """,
        ("choices", 2, "name", "name_invalid"),
    ),
    "question without label": (
        """
        | survey |
        | | type | name | label |
        | | text | a    |       |
        | | text | b    | B     |
        """,
        ("survey", None, "", "label_missing"),
    ),
    "no survey sheet": (
        """
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        """,
        ("survey", None, "", "survey_sheet"),
    ),
    "no type column": (
        """
        | survey |
        | | typ  | name | label |
        | | text | a    | A     |
        """,
        ("survey", None, "", "header"),
    ),
    "calculate without calculation": (
        """
        | survey |
        | | type      | name | label | calculation |
        | | calculate | a    |       |             |
        """,
        ("survey", 2, "", "calculation_missing"),
    ),
    "unknown parameter": (
        """
        | survey |
        | | type  | name | label | parameters |
        | | range | a    | A     | begin=1    |
        """,
        ("survey", 2, "parameters", "parameters"),
    ),
    "attached file of a wrong type": (
        """
        | survey |
        | | type                         | name | label |
        | | select_one_from_file thon.txt | a   | A     |
        """,
        ("survey", 2, "", "media_file"),
    ),
    "saved to no entity": (
        """
        | survey |
        | | type | name | label | save_to |
        | | text | a    | A     | p       |
        """,
        ("survey", 2, "save_to", "entity"),
    ),
    "entity without label": (
        """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | entities |
        | | list_name |
        | | houses    |
        """,
        ("entities", 2, "", "entity"),
    ),
}


@pytest.mark.parametrize(("markdown", "expected"), WRONG.values(), ids=WRONG)
def test_refuse_wrong_form(markdown: str, expected: tuple[str, int | None, str, str]) -> None:
    sheet, row, column, advice = expected

    (one,) = complaints(markdown)

    assert (one["sheet"], one["row"], one["column"]) == (sheet, row, column)
    assert one["advice"] == f"forms.advice.{advice}"
    assert one["text"]
    assert "[row" not in one["text"]


def test_complain_of_every_duplicate_choice() -> None:
    both = complaints(
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        | | l         | x    | Y     |
        | | l         | x    | Z     |
        """
    )

    assert [one["row"] for one in both] == [3, 4]


def test_refuse_what_our_checks_find() -> None:
    first, second = complaints(
        """
        | survey |
        | | type    | name | label | constraint | relevant       |
        | | integer | a    | A     | . > nope() |                |
        | | integer | b    | B     |            | /data/none = 1 |
        """
    )

    assert (first["sheet"], first["advice"]) == ("survey", "forms.advice.function_unknown")
    assert first["text"] == "/data/a: constraint `. > nope()`: there is no function nope()"
    assert (second["sheet"], second["advice"]) == ("survey", "forms.advice.path_unknown")


WARNED = {
    "choice without label": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    |       |
        """,
        ("choices", 2, "label", "label_missing"),
    ),
    "names alike": (
        """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | | text | A    | B     |
        """,
        ("survey", 3, "name", "duplicate"),
    ),
    "language without code": (
        """
        | survey |
        | | type | name | label::Vietnamese |
        | | text | a    | A                 |
        """,
        ("", None, "", "language"),
    ),
    "missing translation": (
        """
        | survey |
        | | type | name | label::Tiếng Việt (vi) | label::English (en) | hint::Tiếng Việt (vi) |
        | | text | a    | A                      | A                   | A                     |
        """,
        ("survey", None, "", "language"),
    ),
}


@pytest.mark.parametrize(("markdown", "expected"), WARNED.values(), ids=WARNED)
def test_warn_of_doubtful_form(markdown: str, expected: tuple[str, int | None, str, str]) -> None:
    sheet, row, column, advice = expected

    (one,) = xlsform.convert(markdown).warnings

    assert (one.sheet, one.row, one.column, one.advice) == (sheet, row, column, f"forms.advice.{advice}")


def test_advise_to_follow_the_message_where_nothing_is_known() -> None:
    assert xlsform.complaint("Something else.") == xlsform.Complaint("Something else.", "forms.advice.other")


# Files that are no forms


def zipped(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def bomb() -> bytes:
    """Under 100 kB that unpack to more than we accept."""
    return zipped(sheet=bytes(xlsform.LARGEST_UNPACKED + 1))


def lying_bomb() -> bytes:
    """The same, but its list of contents says that it is small."""
    packed = bytearray(bomb())
    listed = packed.rindex(b"PK\x01\x02")
    packed[listed + 24 : listed + 28] = struct.pack("<I", 1000)
    return bytes(packed)


FILES = {
    "cut-off workbook": (lambda: workbook(rows=50)[:-200], "form.xlsx", "unreadable"),
    "half a workbook": (lambda: workbook(rows=50)[:2000], "form.xlsx", "unreadable"),
    "empty workbook": (lambda: b"", "form.xlsx", "unreadable"),
    "text called workbook": (lambda: b"type,name,label", "form.xlsx", "unreadable"),
    "zip that is no workbook": (lambda: zipped(a=b"x"), "form.xlsx", "unreadable"),
    "workbook called old workbook": (workbook, "form.xls", "unreadable"),
    "text called old workbook": (lambda: b"type,name,label", "form.xls", "unreadable"),
    "bytes called csv": (lambda: b"\xff\xfe\x00", "form.csv", "unreadable"),
    "bomb": (bomb, "form.xlsx", "too_large"),
    "bomb with macros": (bomb, "form.XLSM", "too_large"),
    "lying bomb": (lying_bomb, "form.xlsx", "unreadable"),
    "document": (lambda: b"%PDF-1.7", "form.pdf", "file_type"),
    "no file type": (workbook, "form", "file_type"),
}


@pytest.mark.parametrize(("content", "file_name", "advice"), FILES.values(), ids=FILES)
def test_refuse_file(content: Any, file_name: str, advice: str) -> None:
    (one,) = complaints(content(), file_name)

    assert one["advice"] == f"forms.advice.{advice}"


def test_bomb_is_small() -> None:
    assert len(bomb()) < 100_000


# Every advice is said in every language

ADVICE = {
    *(advice for _, advice in xlsform._ADVICE),
    *(f"forms.advice.{expected[-1]}" for _, expected in [*WRONG.values(), *WARNED.values()]),
    *(f"forms.advice.{advice}" for *_, advice in FILES.values()),
    "forms.advice.other",
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("advice", sorted(ADVICE))
def test_say_what_to_do(advice: str, locale: str) -> None:
    sentence = say(advice, locale)

    assert sentence.endswith(".")
    assert "{{" not in sentence


def test_every_advice_has_a_case() -> None:
    tried = {expected[-1] for _, expected in [*WRONG.values(), *WARNED.values()]} | {one[-1] for one in FILES.values()}

    assert {advice.rpartition(".")[2] for _, advice in xlsform._ADVICE} <= tried
