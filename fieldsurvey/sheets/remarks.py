"""What is said about a row: which cell, what is wrong with it, whether it can be taken nevertheless.

The sentence of code X is the message `remarks.<x>`; params hold what stands in the cell, which is its owner's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldsurvey.translations import say

# These are worth a look, but the row is taken.
WARNINGS = frozenset(
    {
        "age_differs", "area_differs", "birth_missing", "cause_unknown", "class_average",
        "commune_became", "count_differs", "ethnicity_code", "ethnicity_unknown", "flag_unknown", "id_birth", "id_old",
        "id_sex", "id_zero", "id_shared", "known", "known_elsewhere", "points_unreadable",
        "relation_unknown", "id_province", "account_known",
    }
)  # fmt: skip


class CellError(ValueError):
    """A cell that cannot be read: a code of `remarks.*` and what fills the sentence."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Remark:
    row: int  # as the spreadsheet shows it
    column: str | None  # the field; None: the row as a whole
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def stops(self) -> bool:
        """Whether the household or account cannot be taken."""
        return self.code not in WARNINGS

    def as_list(self) -> list[Any]:
        return [self.row, self.column, self.code, self.params]

    @classmethod
    def from_list(cls, kept: Sequence[Any]) -> Remark:
        return cls(*kept)

    def text(self, locale: str) -> str:
        """`CCCD: số này có 11 chữ số …`"""
        sentence = say(f"remarks.{self.code}", locale, **self.params)
        return f"{say(f'columns.{self.column}', locale)}: {sentence}" if self.column else sentence


def joined(remarks: Iterable[Remark], locale: str) -> str:
    """All remarks of a row in one cell, those that stop first."""
    ordered = sorted(remarks, key=lambda one: not one.stops)
    return " | ".join(("✗ " if one.stops else "⚠ ") + one.text(locale) for one in ordered)
