"""How much a text is like what somebody typed: by groups of three letters, so that slips of the hand do little harm."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")


def likeness(text: str, typed: str) -> float:
    """0 to 2: the share of the text's groups that were typed, and the share of all groups that both have."""
    ours, theirs = _groups(text), _groups(typed)
    shared = len(ours & theirs)
    if not shared:
        return 0.0
    return shared / len(ours) + shared / len(ours | theirs)


def _groups(text: str) -> frozenset[str]:
    """`odk` → `  o`, ` od`, `odk`, `dk `: the beginning of a word counts for more."""
    padded = [f"  {word} " for word in _WORD.findall(text)]
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))
