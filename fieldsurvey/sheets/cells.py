"""One cell read as what its column holds: text, whole number, date of birth, day, identity number, telephone number."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from fieldsurvey.rules.household import OLDEST, BirthDate
from fieldsurvey.rules.names import tidy
from fieldsurvey.sheets.files import LONGEST_CELL, Cell
from fieldsurvey.sheets.remarks import CellError

_EPOCH = date(1899, 12, 30)  # Excel's day 0, with its leap day of 1900
FIRST_SERIAL, LAST_SERIAL = 3_000, 73_050  # 1908 … 2099: below it a number is a year, above it neither
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MONTH = re.compile(r"(\d{1,2})[/.\-](\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}")
_CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_POWER = re.compile(r"^\d([.,]\d+)?[eE]\+?\d+$")
_SEPARATORS = re.compile(r"[\s.\-' ]")


def text(cell: Cell) -> str:
    """Tidied; a number as it is written, 12.0 as 12."""
    if isinstance(cell, str):
        return tidy(cell[:LONGEST_CELL].replace("\0", "")) if cell else ""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) and abs(cell) < 1e18 else str(cell)
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    return str(cell)


def whole(cell: Cell, least: int, most: int, code: str) -> int | None:
    """A whole number between two limits, both inside; None for an empty cell."""
    given = text(cell).replace(" ", "")
    if not given:
        return None
    if not given.removeprefix("-").isascii() or not given.removeprefix("-").isdigit() or len(given) > 9:
        raise CellError(code, value=given[:60])
    number = int(given)
    if not least <= number <= most:
        raise CellError(code, value=given)
    return number


def birth(cell: Cell, today: date) -> BirthDate | None:
    """`02/03/1985`, `3/1985`, `1985`, Excel's own dates and their numbers; None for an empty cell."""
    found = _birth(cell)
    if found is None:
        return None
    if found.year > today.year or found.age_on(today) < 0:
        raise CellError("birth_future", value=text(cell)[:60])
    if found.year < today.year - OLDEST:
        raise CellError("birth_old", value=text(cell)[:60])
    return found


def _birth(cell: Cell) -> BirthDate | None:
    if isinstance(cell, date):  # a datetime too
        return BirthDate(cell.year, cell.month, cell.day)
    given = _CLOCK.sub("", text(cell))
    if not given:
        return None
    if given.isascii() and given.isdigit():
        return _from_number(int(given), given)
    if found := _MONTH.fullmatch(given):
        month, year = map(int, found.groups())
        return _checked(year, month or None, None, given)
    year, month, day = _parts(given)
    # Old papers write 00/00/1965 where only the year is known.
    return _checked(year, month or None, (day or None) if month else None, given)


def _from_number(number: int, given: str) -> BirthDate:
    if FIRST_SERIAL <= number <= LAST_SERIAL:
        day = _EPOCH + timedelta(days=number)
        return BirthDate(day.year, day.month, day.day)
    if 1800 <= number <= 2200:
        return BirthDate(number)
    if len(given) == 8:  # 02031985
        return _checked(int(given[4:]), int(given[2:4]), int(given[:2]), given)
    raise CellError("date_unreadable", value=given[:60])


def _parts(given: str) -> tuple[int, int, int]:
    """Year, month, day of a written day."""
    if found := _DAY.fullmatch(given):
        day, month, year = map(int, found.groups())
    elif found := _ISO.fullmatch(given):
        year, month, day = map(int, found.groups())
    elif _SHORT_YEAR.fullmatch(given):
        raise CellError("date_short", value=given)
    else:
        raise CellError("date_unreadable", value=given[:60])
    return year, month, day


def _checked(year: int, month: int | None, day: int | None, given: str) -> BirthDate:
    if month is not None and month > 12:
        raise CellError("date_month", value=given, month=month)
    try:
        return BirthDate(year, month, day)
    except ValueError:
        raise CellError("date_impossible", value=given) from None


def day(cell: Cell) -> date | None:
    """A whole day: of a decision, of an account's end; None for an empty cell."""
    found = _birth(cell)
    if found is None:
        return None
    if found.month is None or found.day is None:
        raise CellError("date_incomplete", value=text(cell)[:60])
    return date(found.year, found.month, found.day)


def identity(cell: Cell) -> tuple[str, str | None] | None:
    """(number, code of a warning): 12 digits, or 9 of an old card. Excel forgets a first 0, which is put back.

    None for an empty cell.
    """
    given = text(cell)
    if _POWER.match(given):
        raise CellError("id_rounded", value=given)
    digits = _SEPARATORS.sub("", given).lstrip("'")
    if not digits or digits in {"0", "x"}:
        return None
    if not (digits.isascii() and digits.isdigit()):
        raise CellError("id_letters", value=given[:60])
    if len(digits) == 12:
        return digits, None
    if len(digits) == 9:
        return digits, "id_old"
    if len(digits) in {8, 11} and digits[0] != "0":
        return "0" + digits, "id_zero"
    if len(digits) == 10 and digits[0] != "0":  # 001… has lost two
        return "00" + digits, "id_zero"
    raise CellError("id_length", value=given[:60], count=len(digits))


def telephone(cell: Cell) -> str:
    """In national form with its first 0, which Excel forgets: 912 345 678 → 0912345678. Raises CellError."""
    given = text(cell)
    digits = re.sub(r"\D", "", given)
    if digits.startswith("84") and len(digits) in {11, 12}:
        digits = "0" + digits[2:]
    elif len(digits) == 9 and digits[0] != "0":
        digits = "0" + digits
    if not digits:
        raise CellError("phone_missing")
    if len(digits) not in {10, 11} or digits[0] != "0":
        raise CellError("phone_length", value=given[:60])
    return digits


def code(cell: Cell, width: int) -> str:
    """An official code with the zeros that Excel forgets: 9043 → 09043."""
    given = text(cell)
    return given.zfill(width) if given.isascii() and given.isdigit() else given
