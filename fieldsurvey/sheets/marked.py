"""A copy of somebody's own spreadsheet with a column of remarks and the cells in question on yellow.

An XLSX is copied part by part: only rows with remarks are touched, so formats, formulas and widths stay as they were,
and a file of a million rows needs little memory. CSV gets the column; what else we read comes back as XLSX.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from lxml import etree

from fieldsurvey.sheets import cells, writing
from fieldsurvey.sheets.files import Cell, Sheet, Text

Marks = Iterator[tuple[int, str, Sequence[int]]]  # row, what is said of it, its columns; by row
MarksOf = Callable[[int], Marks]  # of the sheet with this number
NOWHERE: Sequence[int] = ()
LONGEST = 32_000  # letters of an Excel cell
_MAIN = f"{{{writing.MAIN}}}"
_REL = f"{{{writing.OFFICE}}}id"
_SAFE = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
_ROW = re.compile(rb"<((?:\w+:)?)row\b[^>]*?(?:/>|>.*?</\1row>)", re.S)
_CELL = re.compile(rb"<((?:\w+:)?)c\b([^>]*?)(/>|>.*?</\1c>)", re.S)
_NUMBER = re.compile(rb'\br="(\d+)"')
_PLACE = re.compile(rb'\br="([A-Z]+)\d+"')
_STYLE = re.compile(rb'\bs="(\d+)"')
_COLS = re.compile(rb"<((?:\w+:)?)cols>(.*?)</\1cols>", re.S)
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\b[^>]*\bref="(?:[A-Z]+\d+:)?([A-Z]+)\d+"')
_CHUNK = 1 << 20


def write(
    path: Path, name: str, sheets: Sequence[Sheet], headings: Sequence[int], marks: MarksOf, out: Path, title: str
) -> str:
    """The copy goes to `out`; returns the ending of its name. `headings`: of each sheet the row of headings."""
    kind = Path(name.lower()).suffix
    first = sheets[0]
    if isinstance(first, Text):
        with out.open("wb") as file:
            _delimited(file, first, headings[0], marks(0), title)
        return kind
    if kind in {".xlsx", ".xlsm"}:
        _Copy(path, sheets, headings, marks, title).write(out)
        return kind
    with out.open("wb") as file:
        rows = ((one.name, (), _values(one, headings[at], marks(at), title)) for at, one in enumerate(sheets))
        writing.xlsx(file, rows)
    return ".xlsx"


def _delimited(out: IO[bytes], sheet: Text, heading: int, marks: Marks, title: str) -> None:
    text = io.TextIOWrapper(out, "utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=sheet.separator)
    rows = list[list[str]]()
    width = max((len(row) for _, row in zip(range(200), (r for _, r in sheet.rows()), strict=False)), default=0)
    for number, row, said, _ in _beside(sheet, marks):
        plain = [cells.text(cell) if not isinstance(cell, str) else cell for cell in row]
        rows.append([*plain, *[""] * (width - len(plain)), title if number == heading else said])
        if len(rows) == 1000:
            writer.writerows(rows)
            rows.clear()
    writer.writerows(rows)
    text.flush()
    text.detach()


def _beside(sheet: Sheet, marks: Marks) -> Iterator[tuple[int, Sequence[Cell], str, Sequence[int]]]:
    """Every row with what is said of it."""
    waiting = next(marks, None)
    for number, row in sheet.rows():
        said, columns = "", NOWHERE
        if waiting is not None and waiting[0] == number:
            _, said, columns = waiting
            waiting = next(marks, None)
        yield number, row, said, columns


def _values(sheet: Sheet, heading: int, marks: Marks, title: str) -> Iterator[list[str | tuple[str, int]]]:
    width = max((len(row) for _, row in zip(range(200), (r for _, r in sheet.rows()), strict=False)), default=0)
    for number, row, said, columns in _beside(sheet, marks):
        values: list[str | tuple[str, int]] = [
            (cells.text(cell), writing.MARKED) if at in columns else cells.text(cell) for at, cell in enumerate(row)
        ]
        values += [""] * (width - len(values))
        values.append((title, writing.HEADING) if number == heading else (said, writing.MARKED) if said else "")
        yield values


@dataclass(slots=True)
class _Styles:
    """The workbook's cell formats; a marked cell gets its own format, on yellow."""

    tree: etree._Element
    made: dict[int, int] = field(default_factory=dict)  # format → the same on yellow
    fill: int = 0

    @classmethod
    def read(cls, content: bytes) -> _Styles:
        tree = etree.fromstring(content, _SAFE)
        fills = tree.find(f"{_MAIN}fills")
        if fills is None:
            fills = etree.SubElement(tree, f"{_MAIN}fills")
        fill = etree.SubElement(etree.SubElement(fills, f"{_MAIN}fill"), f"{_MAIN}patternFill", patternType="solid")
        etree.SubElement(fill, f"{_MAIN}fgColor", rgb="FFFFEB84")
        fills.set("count", str(len(fills)))
        return cls(tree, {}, len(fills) - 1)

    def on_yellow(self, style: int) -> int:
        if style not in self.made:
            formats = self.tree.find(f"{_MAIN}cellXfs")
            if formats is None or style >= len(formats):
                return style
            copy = etree.fromstring(etree.tostring(formats[style]), _SAFE)
            copy.set("fillId", str(self.fill))
            copy.set("applyFill", "1")
            formats.append(copy)
            formats.set("count", str(len(formats)))
            self.made[style] = len(formats) - 1
        return self.made[style]

    def content(self) -> bytes:
        return bytes(etree.tostring(self.tree, xml_declaration=True, encoding="UTF-8", standalone=True))


class _Copy:
    """A workbook being copied."""

    def __init__(
        self, path: Path, sheets: Sequence[Sheet], headings: Sequence[int], marks: MarksOf, title: str
    ) -> None:
        self.path, self.sheets, self.headings, self.marks, self.title = path, sheets, headings, marks, title

    def write(self, out: Path) -> None:
        with ZipFile(self.path) as source, ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as target:
            parts = _sheet_parts(source)
            wanted = {parts[one.name]: at for at, one in enumerate(self.sheets) if one.name in parts}
            style_part = next((name for name in source.namelist() if name.endswith("/styles.xml")), None)
            self.styles = _Styles.read(source.read(style_part)) if style_part else None
            for info in source.infolist():
                if info.filename == style_part:
                    continue
                with source.open(info) as read, target.open(info.filename, "w", force_zip64=True) as written:
                    at = wanted.get(info.filename)
                    if at is None or not self.headings[at]:
                        _copy(read, written)
                    else:
                        self._sheet(read, written, at)
            if style_part and self.styles:
                target.writestr(style_part, self.styles.content())

    def _sheet(self, read: IO[bytes], out: IO[bytes], at: int) -> None:
        """Row by row; the file is cut only between rows."""
        place = self._width(at)
        marks = self.marks(at)
        self.waiting = next(marks, None)
        number, rest, first = 0, b"", True
        while chunk := read.read(_CHUNK):
            rest += chunk
            if first and b"<sheetData" not in rest.replace(b":sheetData", b"<sheetData"):
                continue
            if first:
                place = max(place, _last_column(rest) + 1)
                rest, first = _widen(rest, place), False
            end = 0
            for found in _ROW.finditer(rest):
                out.write(rest[end : found.start()])
                number = _number(found.group(0), number)
                out.write(self._row(found.group(0), found.group(1), number, at, place, marks))
                end = found.end()
            rest = rest[end:]
        out.write(rest)

    def _width(self, at: int) -> int:
        """The first column that is free in every row."""
        longest = 1
        for _, row in self.sheets[at].rows():
            longest = max(longest, len(row))
            break  # a workbook's rows are all as long as the widest
        return longest

    def _row(self, row: bytes, prefix: bytes, number: int, at: int, place: int, marks: Marks) -> bytes:
        while self.waiting is not None and self.waiting[0] < number:
            self.waiting = next(marks, None)
        if number == self.headings[at]:
            return self._changed(row, prefix, number, place, self.title, ())
        if self.waiting is None or self.waiting[0] != number:
            return row
        _, said, columns = self.waiting
        return self._changed(row, prefix, number, place, said, columns)

    def _changed(self, row: bytes, prefix: bytes, number: int, place: int, said: str, columns: Sequence[int]) -> bytes:
        head = row[: row.index(b">") + 1].replace(b"/>", b">")
        kept = dict(self._cells(row))
        for column in columns:
            kept[column] = self._marked(kept.get(column), prefix, column, number)
        mark = self.styles.on_yellow(0) if self.styles and said != self.title else 0
        place = max(place, max(kept, default=-1) + 1)
        kept[place] = _written(prefix, place, number, said, mark)
        body = b"".join(kept[column] for column in sorted(kept))
        return head + body + b"</" + prefix + b"row>"

    def _cells(self, row: bytes) -> Iterator[tuple[int, bytes]]:
        at = -1
        for found in _CELL.finditer(row):
            named = _PLACE.search(found.group(2))
            at = _column(named.group(1)) if named else at + 1
            yield at, found.group(0)

    def _marked(self, cell: bytes | None, prefix: bytes, column: int, number: int) -> bytes:
        if self.styles is None:
            return cell or b""
        if cell is None:
            place = f'r="{writing.column(column)}{number}" s="{self.styles.on_yellow(0)}"'.encode()
            return b"<" + prefix + b"c " + place + b"/>"
        opening = cell[: cell.index(b">") + 1]
        had = _STYLE.search(opening)
        style = f's="{self.styles.on_yellow(int(had.group(1)) if had else 0)}"'.encode()
        name = b"<" + prefix + b"c"
        changed = _STYLE.sub(style, opening, count=1) if had else opening.replace(name, name + b" " + style, 1)
        return changed + cell[len(opening) :]


def _copy(read: IO[bytes], out: IO[bytes]) -> None:
    for chunk in iter(lambda: read.read(_CHUNK), b""):
        out.write(chunk)


def _sheet_parts(source: ZipFile) -> dict[str, str]:
    """Name of a sheet → its part of the archive."""
    book = etree.fromstring(source.read("xl/workbook.xml"), _SAFE)
    links = etree.fromstring(source.read("xl/_rels/workbook.xml.rels"), _SAFE)
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_REL), "")
        found[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _widen(start: bytes, place: int) -> bytes:
    """A broad column for the remarks, unless the sheet has given that column a width."""
    column = f'min="{place + 1}" max="{place + 1}" width="70" customWidth="1"'.encode()
    found = _COLS.search(start)
    if found:
        taken = max((int(one) for one in re.findall(rb'max="(\d+)"', found.group(2))), default=0)
        if taken > place:
            return start
        end = found.end(2)
        return start[:end] + b"<" + found.group(1) + b"col " + column + b"/>" + start[end:]
    data = re.search(rb"<((?:\w+:)?)sheetData", start)
    if data is None:
        return start
    p = data.group(1)
    return (
        start[: data.start()]
        + b"<"
        + p
        + b"cols><"
        + p
        + b"col "
        + column
        + b"/></"
        + p
        + b"cols>"
        + start[data.start() :]
    )


def _last_column(start: bytes) -> int:
    """What the sheet says of its own width; a formula without a value is not among the cells that are read."""
    found = _DIMENSION.search(start)
    return _column(found.group(1)) if found else -1


def _number(row: bytes, before: int) -> int:
    found = _NUMBER.search(row[: row.index(b">")])
    return int(found.group(1)) if found else before + 1


def _column(letters: bytes) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + letter - 64
    return at - 1


def _written(prefix: bytes, column: int, row: int, text: str, style: int) -> bytes:
    plain = writing.cell(column, row, text[:LONGEST], style).encode()
    return re.sub(rb"<(/?)(\w)", rb"<\1" + prefix + rb"\2", plain) if prefix else plain
