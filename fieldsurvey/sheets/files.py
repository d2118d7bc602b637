"""A spreadsheet's sheets and rows: XLSX and its kin through calamine, CSV in the encodings and with the separators in use.

What the cells mean is not decided here.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Protocol

import python_calamine as calamine

from fieldsurvey.errors import Kind, Problem

Cell = str | float | int | bool | date | datetime | time | timedelta | None
Row = tuple[int, Sequence[Cell]]  # number as the spreadsheet shows it, cells from column A

EXCEL = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
DELIMITED = (".csv", ".txt", ".tsv")
SEPARATORS = (";", ",", "\t")
MOST_COLUMNS = 200
LONGEST_CELL = 10_000  # letters
_UNPACKED = 3_000_000_000  # bytes of a workbook's parts: beyond it is no register but a bomb
_SAMPLE = 65_536
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Sheet(Protocol):
    """One sheet: `height` is the number of its last row."""

    @property
    def name(self) -> str: ...

    @property
    def height(self) -> int: ...

    def rows(self) -> Iterator[Row]:
        """From row 1 on; empty rows too."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of a workbook."""

    name: str
    sheet: calamine.CalamineSheet

    @property
    def height(self) -> int:
        return int(self.sheet.total_height)

    def rows(self) -> Iterator[Row]:
        if self.sheet.start is None:
            return
        indent: list[Cell] = [""] * self.sheet.start[1]
        for number, cells in enumerate(self.sheet.iter_rows(), start=1):
            yield number, [*indent, *cells] if indent else cells


@dataclass(frozen=True, slots=True)
class Text:
    """A file of separated values; it has one sheet."""

    path: Path
    encoding: str
    separator: str
    height: int
    name: str = ""

    def open(self) -> IO[str]:
        return self.path.open(encoding=self.encoding, errors="replace", newline="")

    def rows(self) -> Iterator[Row]:
        """Numbers count records, as a spreadsheet program would show them."""
        with self.open() as file:
            yield from enumerate(_records(file, self.separator), start=1)


def read(path: Path, name: str) -> tuple[Sheet, ...]:
    """The sheets of the file; `name` is what its owner calls it.

    Raises SPREADSHEET_KIND, SPREADSHEET_BROKEN, SPREADSHEET_LOCKED, SPREADSHEET_EMPTY.
    """
    kind = Path(name.lower()).suffix
    if kind not in EXCEL + DELIMITED:
        raise Problem(Kind.SPREADSHEET_KIND)
    sheets: tuple[Sheet, ...] = _workbook(path) if kind in EXCEL else (_text(path),)
    if not any(one.height for one in sheets):
        raise Problem(Kind.SPREADSHEET_EMPTY)
    return sheets


def _workbook(path: Path) -> tuple[Sheet, ...]:
    _require_bearable(path)
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        wanted = [
            one.name for one in book.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet and one.visible == calamine.SheetVisibleEnum.Visible
        ]  # fmt: skip
        return tuple(Table(one, book.get_sheet_by_name(one)) for one in wanted)
    except calamine.PasswordError:
        raise Problem(Kind.SPREADSHEET_LOCKED) from None
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError, ValueError):
        raise Problem(Kind.SPREADSHEET_BROKEN) from None


def _require_bearable(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return  # an old .xls is no archive
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        raise Problem(Kind.SPREADSHEET_BROKEN) from None
    if size > _UNPACKED:
        raise Problem(Kind.SPREADSHEET_BROKEN)


def _text(path: Path) -> Text:
    encoding = _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        separator = _separator(file.read(_SAMPLE))
    found = Text(path, encoding, separator, 0)
    with found.open() as file:
        height = sum(1 for _ in _records(file, separator))
    return Text(path, encoding, separator, height)


def _encoding(path: Path) -> str:
    """By its mark; without one UTF-8 if all of it is that, UTF-16 if every other byte is empty, else windows-1258."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
        for mark, encoding in _MARKS:
            if start.startswith(mark):
                return encoding
        if b"\0" in start[:200]:
            return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
        file.seek(0)
        return "utf-8" if _is_utf8(file) else "cp1258"


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = io.TextIOWrapper(file, "utf-8")
    try:
        while decoder.read(1 << 20):
            pass
    except UnicodeDecodeError:
        return False
    finally:
        decoder.detach()
    return True


def _separator(sample: str) -> str:
    """The one that parts the first lines into the most cells alike; a comma where none does."""
    lines = [line for line in sample.splitlines() if line.strip()][:20]
    if not lines:
        return ","

    def weight(separator: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=separator), [])) for line in lines]
        usual = max(set(counts), key=counts.count)
        return (usual > 1, counts.count(usual) * usual)

    return max((",", ";", "\t"), key=weight)


def _records(file: IO[str], separator: str) -> Iterator[list[str]]:
    """Raises SPREADSHEET_BROKEN for what is no table: a NUL, an endless cell."""
    try:
        for record in csv.reader(file, delimiter=separator):
            yield record[:MOST_COLUMNS]
    except csv.Error:
        raise Problem(Kind.SPREADSHEET_BROKEN) from None
