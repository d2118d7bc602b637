"""Sentences for people: message ids to Vietnamese (first) and English. One TOML file per noun in each language's folder.

The message `water.deprived` of the file `rules.toml` is called `rules.water.deprived`. Parameters are `{named}`.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

LOCALES = ("vi", "en")
DEFAULT_LOCALE = LOCALES[0]
_FOLDER = Path(__file__).parent


@lru_cache
def catalogue(locale: str) -> dict[str, str]:
    """All messages of one language: message id → text."""
    messages: dict[str, str] = {}
    for path in sorted((_FOLDER / locale).glob("*.toml")):
        messages.update(_flatten(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))))
    return messages


def _flatten(prefix: str, table: dict[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat.update(_flatten(f"{prefix}.{key}", value))
        else:
            flat[f"{prefix}.{key}"] = value
    return flat


def say(message_id: str, locale: str = DEFAULT_LOCALE, **params: Any) -> str:
    """The sentence in the reader's language; raises KeyError for an unknown id, so that a test finds it."""
    return catalogue(locale)[message_id].format_map(params)


def has_message(message_id: str) -> bool:
    return message_id in catalogue(DEFAULT_LOCALE)
