"""Entities of a list: what a UUID, a version and a label must be, and how changes that were made side by side conflict."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from fieldsurvey.errors import Kind, Problem

LABEL = "label"  # stands beside the properties wherever two states of an entity are compared
_UUID4 = re.compile(r"(?:uuid:)?([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})", re.I)
_LARGEST = 2**31 - 1
_DIGITS = 100  # more are no number that anybody meant, and Python refuses to read thousands


class Conflict(StrEnum):
    """Versions were made side by side and nobody has looked yet."""

    SOFT = "soft"  # they changed different properties
    HARD = "hard"  # they gave the same property different values


def uuid4(given: str | None, field: str = "uuid") -> str:
    """A version 4 UUID in lower case, without `uuid:`. Raises MISSING_PARAMETER, WRONG_TYPE."""
    if not given or not given.strip():
        raise Problem(Kind.MISSING_PARAMETER, field=field)
    found = _UUID4.fullmatch(given)
    if found is None:
        raise Problem(Kind.WRONG_TYPE, field=field, value=given, expected="valid version 4 UUID")
    return found[1].lower()


def version(given: str | None, field: str = "baseVersion") -> int:
    """Raises MISSING_PARAMETER, WRONG_TYPE."""
    if not given or not given.strip():
        raise Problem(Kind.MISSING_PARAMETER, field=field)
    if not (given.isascii() and given.isdecimal()) or len(given) > _DIGITS or int(given) > _LARGEST:
        raise Problem(Kind.WRONG_TYPE, field=field, value=given, expected="integer")
    return int(given)


def state(label: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Label and properties in one, to be compared."""
    return {**data, LABEL: label}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What `one` has and the other has not, or has otherwise."""
    return [name for name, value in one.items() if name not in other or other[name] != value]


def conflicting(received: Mapping[str, Any], base: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What has been changed since `base` and is received with another value than it has now."""
    changed = {name: now[name] for name in differing(now, base)}
    return [name for name, value in received.items() if name in changed and changed[name] != value]


def worse(known: str | None, names: Sequence[str]) -> Conflict:
    """The conflict after one more; a hard one stays until somebody resolves it."""
    return Conflict.HARD if names or known == Conflict.HARD else Conflict.SOFT
