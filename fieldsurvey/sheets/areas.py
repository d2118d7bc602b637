"""Files of administrative units: a list of areas (XLSX, CSV, or JSON of provinces with their communes), and a crosswalk
of old codes to new ones. What cannot be read is a complaint with its row and column; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.areas import AreaType, Level
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.sheets import cells, files
from fieldsurvey.sheets.files import Cell

MOST_ROWS = 50_000  # all villages of a large province
# Heading, folded, → column. The first one is that of our own file.
AREAS = {
    "level": ("level", "cap", "type", "loai don vi"),
    "code": ("code", "ma", "ma don vi", "ma so", "ma xa", "ma dvhc"),
    "name": ("name", "ten"),
    "full_name": ("full_name", "fullname", "ten day du", "ten don vi", "ten don vi hanh chinh"),
    "parent": ("parent", "provincecode", "ma cap tren", "ma tinh", "ma cha", "thuoc"),
    "area_type": ("area_type", "khu vuc", "loai khu vuc", "thanh thi nong thon"),
}
CROSSWALK = {
    "old_code": ("old_code", "ma cu", "old code", "tu ma"),
    "new_code": ("new_code", "ma moi", "new code", "den ma"),
    "on": ("on", "ngay", "tu ngay", "ngay hieu luc"),
    "decision": ("decision", "so quyet dinh", "quyet dinh", "nghi quyet", "van ban"),
}
_TYPES = {
    "urban": AreaType.URBAN, "do thi": AreaType.URBAN, "thanh thi": AreaType.URBAN,
    "rural": AreaType.RURAL, "nong thon": AreaType.RURAL,
}  # fmt: skip
_LEVELS = {
    "province": Level.PROVINCE, "tinh": Level.PROVINCE, "thanh pho": Level.PROVINCE, "commune": Level.COMMUNE,
    "ward": Level.COMMUNE, "xa": Level.COMMUNE, "phuong": Level.COMMUNE, "dac khu": Level.COMMUNE,
    "thi tran": Level.COMMUNE, "village": Level.VILLAGE, "thon": Level.VILLAGE, "to dan pho": Level.VILLAGE,
}  # fmt: skip
KINDS = (
    "Thành phố", "Tỉnh", "Phường", "Xã", "Thị trấn", "Đặc khu", "Thôn", "Tổ dân phố", "Khu dân cư", "Khu phố", "Khu",
    "Bản", "Buôn", "Làng", "Ấp", "Xóm", "Tiểu khu", "Tổ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One unit as the file has it. `area_type` None: the file does not say."""

    number: int  # of the row
    level: Level
    code: str
    name: str
    full_name: str
    parent: str  # code; empty for a province
    area_type: AreaType | None


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    number: int
    old_code: str
    new_code: str
    on: date
    decision: str


class Complaint(NamedTuple):
    """What is wrong in the file: `areas.wrong.<code>` says it. Row 0 is the file as a whole."""

    row: int
    column: str
    code: str
    value: str = ""


class Read(NamedTuple):
    """What could be read, and what could not."""

    rows: Sequence[Any]
    wrong: Sequence[Complaint]


def areas(path: Path, name: str) -> Read:
    """AreaRow of each unit. Raises AREA_FILE_BROKEN for JSON of another shape, and what `files.read` raises."""
    found = _json(path) if name.lower().endswith(".json") else list(_table(path, name, AREAS, ("code",)))
    return _each(found, _area)


def crosswalk(path: Path, name: str) -> Read:
    """CrosswalkRow of each change."""
    return _each(list(_table(path, name, CROSSWALK, ("old_code", "new_code", "on"))), _change)


Given = tuple[int, Mapping[str, Cell]]


def _each(given: Sequence[Given], make: Callable[[int, Mapping[str, Cell]], Any]) -> Read:
    made = [make(number, values) for number, values in given]
    wrong = [one for one in made if isinstance(one, Complaint)]
    return Read([one for one in made if not isinstance(one, Complaint)], wrong)


def _table(path: Path, name: str, columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Iterator[Given]:
    """The rows below the first one that has the needed headings, column → cell."""
    sheet = files.read(path, name)[0]
    places: dict[str, int] = {}
    for number, row in sheet.rows():
        if number > MOST_ROWS:
            raise Problem(Kind.AREA_FILE_BROKEN, reason=f"> {MOST_ROWS}")
        if not places:
            found = _headings(row, columns)
            places = found if set(needed) <= found.keys() else {}
        elif any(cells.text(cell) for cell in row):
            yield number, {column: row[at] for column, at in places.items() if at < len(row)}
    if not places:
        raise Problem(Kind.AREA_FILE_BROKEN, reason=", ".join(needed))


def _headings(row: Sequence[Cell], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    said = [fold(cells.text(cell)) for cell in row]
    pairs = (
        (column, next((said.index(one) for one in names if one in said), None)) for column, names in columns.items()
    )
    return {column: at for column, at in pairs if at is not None}


def _json(path: Path) -> list[Given]:
    """Provinces with `Wards`, as public lists have them, or one flat list of units; keys in any case."""
    try:
        data = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise Problem(Kind.AREA_FILE_BROKEN, reason="JSON") from None
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise Problem(Kind.AREA_FILE_BROKEN, reason="JSON [ … ]")
    flat: list[dict[str, Any]] = []
    for one in data:
        flat.append(one)
        flat += [inner for inner in one.get("Wards") or [] if isinstance(inner, dict)]
    return [(number, _unit(one)) for number, one in enumerate(flat, start=1)]


def _unit(one: Mapping[str, Any]) -> dict[str, Cell]:
    given = {fold(str(key)): value for key, value in one.items() if isinstance(value, str | int)}
    pairs = ((column, next((given[name] for name in names if name in given), "")) for column, names in AREAS.items())
    return dict(pairs)


def _area(number: int, given: Mapping[str, Cell]) -> AreaRow | Complaint:
    code, full = cells.text(given.get("code")), tidy(cells.text(given.get("full_name")))
    level = _level(cells.text(given.get("level")), code)
    if level is None:
        return Complaint(number, "code", "code", code[:40])
    code = code.zfill({Level.PROVINCE: 2, Level.COMMUNE: 5}.get(level, 0))
    name = tidy(cells.text(given.get("name"))) or bare(full)
    if not name:
        return Complaint(number, "name", "name")
    typed = fold(cells.text(given.get("area_type")))
    if typed and typed not in _TYPES:
        return Complaint(number, "area_type", "area_type", typed[:40])
    parent = cells.text(given.get("parent"))
    parent = parent.zfill({Level.COMMUNE: 2, Level.VILLAGE: 5}.get(level, 0)) if parent else _above(level, code)
    if level is not Level.PROVINCE and not parent:
        return Complaint(number, "parent", "parent")
    return AreaRow(
        number, level, code, name, full or name, parent if level is not Level.PROVINCE else "", _TYPES.get(typed)
    )


def _level(said: str, code: str) -> Level | None:
    """As the file says, else by the code's look: 25, 09043, 09043-01."""
    digits = code.isascii() and code.isdecimal() and len(code) <= 5
    if not digits and not (code[:5].isdecimal() and "-" in code):
        return None
    if fold(said) in _LEVELS:
        return _LEVELS[fold(said)]
    if "-" in code:
        return Level.VILLAGE
    return Level.PROVINCE if len(code) <= 2 else Level.COMMUNE


def _above(level: Level, code: str) -> str:
    return code.partition("-")[0] if level is Level.VILLAGE else ""


def bare(full_name: str) -> str:
    """`Thôn Tảo Phú` → `Tảo Phú`; `Thôn 3` stays, for a number alone is no name."""
    words = full_name.split()
    for kind in KINDS:
        count = len(kind.split())
        rest = " ".join(words[count:])
        if rest and fold(" ".join(words[:count])) == fold(kind) and not rest.isdecimal():
            return rest
    return full_name


def _change(number: int, given: Mapping[str, Cell]) -> CrosswalkRow | Complaint:
    old, new = (_padded(cells.text(given.get(name))) for name in ("old_code", "new_code"))
    if not old or not new:
        return Complaint(number, "old_code" if not old else "new_code", "code")
    day = _day(given.get("on"))
    if day is None:
        return Complaint(number, "on", "day", cells.text(given.get("on"))[:40])
    return CrosswalkRow(number, old, new, day, tidy(cells.text(given.get("decision")))[:100])


def _padded(code: str) -> str:
    """Spreadsheets drop the zero in front: 9043 is 09043."""
    return code.zfill(5) if code.isdecimal() and len(code) in {3, 4} else code


def _day(cell: Cell) -> date | None:
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    text = cells.text(cell)
    for parts in (text.split("/"), text.split("-")[::-1]):
        try:
            day, month, year = (int(part) for part in parts)
            return date(year, month, day)
        except ValueError:
            continue
    return None
