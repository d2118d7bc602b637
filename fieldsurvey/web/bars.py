"""Counts as HTML: the bar and the cells of one line. Written here and not in a template because a page may have 200
lines; everything that goes in is a number that we wrote ourselves.
"""

from __future__ import annotations

from functools import lru_cache

from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from fieldsurvey.outputs.progress import Counts

_BAR = '<svg class="states-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">%s</svg>'
_RECT = '<rect class="fill-%s" x="%.4g" width="%.4g" height="1"/>'
_CELLS = "<td>%s</td><td>%s</td><td>%s%s</td>" + "<td%s>%s</td>" * 8
_NIL = ' class="nil"'


def bar(counts: Counts) -> Markup:
    """Households by state, from approved to not visited (the bar's ground); the numbers stand beside it."""
    total = counts.total
    if not total:
        return Markup()
    parts = (
        ("approved", counts.approved), ("rejected", counts.rejected), ("waiting", counts.waiting),
        ("returned", counts.has_issues),
    )  # fmt: skip
    scale, at, rects = 100 / total, 0, []
    for name, value in parts:
        if value:
            rects.append(_RECT % (name, at * scale, value * scale))
            at += value
    return Markup(_BAR % "".join(rects))  # noqa: S704 - numbers and names of ours


@lru_cache(maxsize=20_000)
def _number(value: int, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache
def _percent(hundredths: int, locale: str) -> str:
    return format_percent(hundredths / 100, locale=locale)


class Writer:
    """Writes numbers as the reader of one page does. Counts are few and small: what was written once is kept."""

    def __init__(self, locale: str, unit: str) -> None:
        self._locale = locale
        self._unit = Markup('<span class="on-card"> {}</span>').format(unit)

    def number(self, value: int) -> str:
        return _number(value, self._locale)

    def share(self, share: float) -> str:
        """Whole percent, rounded down: 100 % means all."""
        return _percent(int(share * 100 + 1e-9), self._locale)

    def cells(self, counts: Counts, overdue: int) -> Markup:
        """The cells of a line, in the order of the table's head."""
        share = self.share(counts.share(counts.done)) if counts.total else "–"
        values = (
            counts.approved, counts.rejected, counts.waiting, counts.has_issues, counts.not_visited, overdue,
            counts.poor, counts.near_poor,
        )  # fmt: skip
        rest = [text for value in values for text in ("" if value else _NIL, self.number(value))]
        made = _CELLS % (share, bar(counts), self.number(counts.total), self._unit, *rest)
        return Markup(made)  # noqa: S704 - numbers, and a sentence of ours that format() has escaped
