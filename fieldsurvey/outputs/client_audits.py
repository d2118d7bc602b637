"""The logs that phones keep of filling in a form (`audit.csv`), of all submissions in one file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import IO

COLUMNS = (
    "event", "node", "start", "end", "latitude", "longitude", "accuracy", "old-value", "new-value", "user",
    "change-reason",
)  # fmt: skip
_CHUNK = 1000


def header() -> bytes:
    return _written([["instance ID", *COLUMNS]])


def lines(instance_id: str, content: IO[bytes]) -> Iterator[bytes]:
    """A log's events behind the submission's id. What a phone wrote crookedly is taken as far as it can be read."""
    text = io.TextIOWrapper(content, encoding="utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text)
    try:
        names = [name.strip() for name in next(reader, [])]
        at = [names.index(name) if name in names else len(names) for name in COLUMNS]
        events = (_event(instance_id, row, at, len(names)) for row in reader if row)
        while some := list(islice(events, _CHUNK)):
            yield _written(some)
    except csv.Error:
        return
    finally:
        text.detach()


def _event(instance_id: str, row: list[str], at: list[int], width: int) -> list[str]:
    cells = [*(one.strip() for one in row[:width]), *[""] * (width + 1 - len(row[:width]))]
    return [instance_id, *(cells[place] for place in at)]


def _written(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
