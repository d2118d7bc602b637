"""Builds form.xlsx of an instrument from its reviewable sheets survey.csv, choices.csv and settings.csv.

Says nothing about whether the form is any good: that is for pyxform, ODK Validate and the tests.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

SHEETS = ("survey", "choices", "settings")
WORKBOOK = "form.xlsx"
COLUMN_WIDTH = 32

Rows = list[list[str]]
Sheets = dict[str, Rows]
Cell = TypeVar("Cell")


def read_sheets(folder: Path) -> Sheets:
    """The CSV sheets of one instrument, in the order of the workbook."""
    return {name: _read_csv(folder / f"{name}.csv") for name in SHEETS}


def read_workbook(path: Path) -> Sheets:
    """The same sheets as form.xlsx holds them; an empty cell is an empty string."""
    with closing(load_workbook(path, read_only=True)) as book:
        return {sheet.title: [_texts(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}


def write_workbook(sheets: Sheets, path: Path) -> None:
    """Write every cell as text, so that a version or a code never turns into a number, a date or a formula."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        _fill(book.create_sheet(name), rows)
    book.save(path)


def differences(wanted: Sheets, found: Sheets) -> Iterator[str]:
    """One line for each cell that differs, e.g. `survey!C12: CSV 'a', form.xlsx 'b'`."""
    for name in sorted(wanted.keys() | found.keys()):
        for row_number, (left, right) in enumerate(_pairs(wanted.get(name, []), found.get(name, []), []), start=1):
            for column, (csv_text, xlsx_text) in enumerate(_pairs(left, right, ""), start=1):
                if csv_text != xlsx_text:
                    cell = f"{name}!{get_column_letter(column)}{row_number}"
                    yield f"{cell}: CSV {csv_text!r}, {WORKBOOK} {xlsx_text!r}"


def problems(folder: Path) -> list[str]:
    """What form.xlsx says differently from the CSV sheets; empty when it is fresh."""
    path = folder / WORKBOOK
    if not path.exists():
        return [f"{path} is missing"]
    return [f"{folder.name}/{line}" for line in differences(read_sheets(folder), read_workbook(path))]


def build(folder: Path) -> None:
    """Write form.xlsx, unless it is already right: an unchanged form keeps its bytes."""
    if problems(folder):
        write_workbook(read_sheets(folder), folder / WORKBOOK)


def instruments(root: Path) -> list[Path]:
    """Every folder beside this file that holds an instrument."""
    return sorted(path.parent for path in root.glob("*/survey.csv"))


def main(arguments: list[str] | None = None) -> int:
    """Build or check the given folders (all, when none is given); 1 when a check fails."""
    parser = argparse.ArgumentParser(description="Build form.xlsx from survey.csv, choices.csv and settings.csv.")
    parser.add_argument("folders", nargs="*", type=Path, help="folders of instruments; all of them when none is given")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when form.xlsx is not fresh")
    options = parser.parse_args(arguments)
    folders = options.folders or instruments(Path(__file__).parent)
    if options.check:
        found = [line for folder in folders for line in problems(folder)]
        print("\n".join(found) or f"{WORKBOOK} is fresh", file=sys.stderr)
        return 1 if found else 0
    for folder in folders:
        build(folder)
    return 0


def _read_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _texts(row: tuple[object, ...]) -> list[str]:
    return ["" if value is None else str(value) for value in row]


def _pairs(left: list[Cell], right: list[Cell], blank: Cell) -> Iterator[tuple[Cell, Cell]]:
    return zip_longest(left, right, fillvalue=blank)


def _fill(sheet: Worksheet, rows: Rows) -> None:
    for row_number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(row_number, column, text)
                cell.data_type = "s"
                cell.number_format = "@"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.font = Font(bold=row_number == 1)
    for column in range(1, len(rows[0]) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = COLUMN_WIDTH
    sheet.freeze_panes = "C2"


if __name__ == "__main__":
    raise SystemExit(main())
