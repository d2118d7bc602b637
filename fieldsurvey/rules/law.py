"""What every piece of dated law shares: where it stands, who has verified it, when it holds, how its file is read.

What a piece of law says is in `standards` and `points`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fieldsurvey.rules.household import OLDEST

_FOLDER = Path(__file__).parent / "data"


class LawLookupError(LookupError):
    """There is no law to apply. `message_id` and `params` say to a person what is missing and what to do."""

    def __init__(self, message_id: str, **params: str) -> None:
        super().__init__(f"{message_id} {params}")
        self.message_id = message_id
        self.params = params


class Confidence(StrEnum):
    """How we know what a file says; only an official's verification makes it certain."""

    SEEN = "SEEN"  # read in the source that the file names
    OWN_H = "OWN-H"  # professional knowledge, high confidence, not compared with the text
    OWN_M = "OWN-M"  # professional knowledge, medium confidence, not compared with the text
    REFERENCE = "REFERENCE"  # chosen so that the calculation can be tried; not law


@dataclass(frozen=True, slots=True)
class Source:
    """Article of a rule and how far it is trusted."""

    article: str
    confidence: Confidence
    verified_by: str = ""  # the official who compared it with the text; empty: nobody yet
    verified_at: date | None = None

    @property
    def verified(self) -> bool:
        return bool(self.verified_by) and self.verified_at is not None


class Dated(Protocol):
    """Anything that holds from one day through another."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date: ...


D = TypeVar("D", bound=Dated)


def in_force(laws: Iterable[D], on: date) -> D | None:
    """The one that holds on that day, both ends included."""
    return next((law for law in laws if law.valid_from <= on <= law.valid_to), None)


def read_law(kind: str) -> list[dict[str, Any]]:
    """The data files of one kind ("standard" or "points"), oldest first; decimals are kept exact."""
    texts = (path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.toml"))
    laws = (tomllib.loads(text, parse_float=Decimal) for text in texts)
    return sorted((law for law in laws if law["kind"] == kind), key=lambda law: law["valid_from"])


def source_from(table: dict[str, Any], default: dict[str, Any] | None = None) -> Source:
    """The source of one rule; what the rule does not state is taken from `default`, the file's own source."""
    said = {**(default or {}), **table}
    return Source(
        article=said["article"],
        confidence=Confidence(said["confidence"]),
        verified_by=said.get("verified_by", ""),
        verified_at=said.get("verified_at"),
    )


def age_range(table: dict[str, Any]) -> tuple[int, int]:
    """Ages from–before (half-open) of `{from, before}` or, as the law often says it, `{from, through}`."""
    before = table["through"] + 1 if "through" in table else table.get("before", OLDEST + 1)
    return table.get("from", 0), before
