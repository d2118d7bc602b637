"""Vietnamese names: normal form, folding for search, and masking of what identifies a person."""

from __future__ import annotations

import unicodedata

_D_STROKE = str.maketrans({"đ": "d", "Đ": "D"})


def tidy(text: str) -> str:
    """One normal form (NFC), no doubled spaces: phones and spreadsheets disagree on both."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """`Nguyễn Thị Đào` → `nguyen thi dao`: what people type who have no accents at hand."""
    decomposed = unicodedata.normalize("NFD", text.translate(_D_STROKE))
    stripped = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(stripped.casefold().split())


def masked(identifier: str) -> str:
    """`025071001234` → `•••••••••234`: enough to tell two people of a household apart."""
    return "•" * max(len(identifier) - 3, 0) + identifier[-3:]
