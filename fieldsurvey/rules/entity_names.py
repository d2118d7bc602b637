"""What an entity list and its properties may be called."""

from __future__ import annotations

_DIGITS = frozenset("0123456789")
_OURS = "__"  # names that begin so stand for what the server adds: __id, __version, …


def is_dataset_name(name: str) -> bool:
    """Letters of any language, digits, `_`, `:` and `-`, with a letter, `_` or `:` first; never a dot."""
    return _well_formed(name, "_:", "_:-")


def is_property_name(name: str) -> bool:
    """Letters of any language, digits, `_`, `-` and `.`, with a letter or `_` first; not `name` or `label`."""
    return name.lower() not in {"name", "label"} and _well_formed(name, "_", "_-.")


def _well_formed(name: str, first: str, later: str) -> bool:
    return (
        bool(name)
        and not name.startswith(_OURS)
        and (name[0].isalpha() or name[0] in first)
        and all(letter.isalpha() or letter in _DIGITS or letter in later for letter in name)
    )
