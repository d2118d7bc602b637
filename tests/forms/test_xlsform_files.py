"""Files that are uploaded as forms: damaged, mistaken and hostile ones are refused with advice."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import xlsform


def complaints(content: bytes | str, file_name: str = "form.md") -> list[dict[str, Any]]:
    """What is said of a form that is refused."""
    with pytest.raises(Problem) as refused:
        xlsform.convert(content, file_name)
    assert refused.value.kind is Kind.XLSFORM_INVALID
    return list(refused.value.params["complaints"])


def workbook(*, rows: int = 1) -> bytes:
    book = Workbook()
    sheet = book.create_sheet("survey", 0)
    sheet.append(["type", "name", "label"])
    for row in range(rows):
        sheet.append(["text", f"a{row}", "Một"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_convert_workbook() -> None:
    converted = xlsform.convert(workbook(rows=20), "Rà soát.XLSX")

    assert converted.xml.count("<bind ") == 21


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
