"""Numbers that name a record, in addresses and in forms. One that no database can hold names no record."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.web.door import door

LARGEST = 2**63 - 1
NOBODY = 0  # ids begin at 1


@door.url_value_preprocessor
def refuse_giants(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """For every address of the door."""
    if any(isinstance(value, int) and value > LARGEST for value in (values or {}).values()):
        raise Problem(Kind.NOT_FOUND)


def given(values: MultiDict[str, str], name: str) -> int | None:
    """The id in a query or a form; None where there is none or no number."""
    number = values.get(name, type=int)
    return number if number is None or 0 < number <= LARGEST else NOBODY
