"""CSV for spreadsheets: UTF-8 with a mark so that Excel reads Vietnamese; no cell that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """The value as text; what would start a formula is kept from it by an apostrophe. Numbers stay numbers."""
    text = "" if value is None else str(value)
    if isinstance(value, str) and text.lstrip().startswith(_STARTS_FORMULA):
        return f"'{text}"
    return text


def document(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """The whole file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode()
