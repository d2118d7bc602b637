"""Spreadsheets that we write: XLSX row by row in little memory, and CSV that Excel opens rightly. Cells are text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import IO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MOST_ROWS = 1_000_000  # of a sheet of Excel, with room to spare
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# 0: text, so that Excel keeps the zeros in front. 1: bold on grey, for headings. 2: on yellow, for what is remarked on.
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE3EFE9"/></patternFill></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFFEB84"/></patternFill></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" applyFont="1" applyFill="1" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fillId="3" applyFill="1" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
PLAIN, HEADING, MARKED = 0, 1, 2

Cells = Sequence[str | tuple[str, int]]  # a text, or a text with its style


def column(at: int) -> str:
    """0 → A, 26 → AA"""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def clean(text: str) -> str:
    """Without the control characters that XML forbids."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")


def cell(at: int, row: int, text: str, style: int = PLAIN) -> str:
    """One <c> with its text inside."""
    return (
        f'<c r="{column(at)}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(clean(text))}</t></is></c>"
    )


def xlsx(out: IO[bytes], sheets: Iterable[tuple[str, Cells, Iterable[Cells]]], widths: Sequence[int] = ()) -> None:
    """Write a workbook of (name, headings, rows); a sheet that would be too long goes on in the next."""
    names: list[str] = []
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, headings, rows in sheets:
            waiting = iter(rows)
            more = True
            while more:
                names.append(name if name not in names else f"{name[:26]} {len(names) + 1}")
                with archive.open(f"xl/worksheets/sheet{len(names)}.xml", "w", force_zip64=True) as part:
                    more = _sheet(part, headings, waiting, widths)
        _frame(archive, names)


def _sheet(part: IO[bytes], headings: Cells, rows: Iterator[Cells], widths: Sequence[int]) -> bool:
    """Whether there were more rows than a sheet holds."""
    part.write(f'{_XML}<worksheet xmlns="{MAIN}">'.encode())
    if headings:
        part.write(b'<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
                   b'state="frozen"/></sheetView></sheetViews>')  # fmt: skip
    if widths:
        sized = "".join(
            f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(widths, 1)
        )
        part.write(f"<cols>{sized}</cols>".encode())
    part.write(b"<sheetData>")
    number = 0
    if headings:
        number = 1
        part.write(_row(1, headings, HEADING).encode())
    for cells in rows:
        number += 1
        part.write(_row(number, cells, PLAIN).encode())
        if number == MOST_ROWS:
            break
    part.write(b"</sheetData></worksheet>")
    return number == MOST_ROWS


def _row(number: int, cells: Cells, style: int) -> str:
    styled = ((at, one if isinstance(one, tuple) else (one, style)) for at, one in enumerate(cells) if one)
    return f'<row r="{number}">{"".join(cell(at, number, *given) for at, given in styled)}</row>'


def _frame(archive: ZipFile, names: Sequence[str]) -> None:
    """The parts that hold the sheets together."""
    numbers = range(1, len(names) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>' for n in numbers
    )
    archive.writestr("[Content_Types].xml", f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="'
        f'{_TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f"{parts}</Types>")  # fmt: skip
    archive.writestr("_rels/.rels", f'{_XML}<Relationships xmlns="{_RELS}"><Relationship Id="r1" '
                     f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>')  # fmt: skip
    sheets = "".join(
        f'<sheet name="{escape(name[:31], {chr(34): "&quot;"})}" sheetId="{n}" r:id="r{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    archive.writestr("xl/workbook.xml",
                     f'{_XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>')  # fmt: skip
    links = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    archive.writestr("xl/_rels/workbook.xml.rels", f'{_XML}<Relationships xmlns="{_RELS}">{links}<Relationship '
                     f'Id="s" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>')  # fmt: skip
    archive.writestr("xl/styles.xml", _XML + _STYLES)


def delimited(out: IO[bytes], headings: Cells, rows: Iterable[Cells], separator: str = ",") -> None:
    """CSV in UTF-8 with the mark that Excel needs."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(headings)
    writer.writerows(rows)
    text.detach()
