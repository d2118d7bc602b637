"""Choosing an area without a list of three thousand: a few letters are looked for, what is found is chosen from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import request

from fieldsurvey.extensions import session
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas
from fieldsurvey.store.areas import Area
from fieldsurvey.web import ids

MOST = 12  # what fits a phone's screen; more letters find fewer
Path = tuple[Area, ...]  # an area with those above it, the widest first


def found(scope: Scope, levels: Collection[Level]) -> Sequence[Path]:
    """What the form's field `area_name` finds; with nothing typed, the area that was chosen before."""
    words = fold(request.form.get("area_name", ""))
    if words:
        return areas.search(session(), scope, levels, words, MOST)
    before = chosen()
    return list(areas.paths(session(), [before]).values()) if before is not None else []


def chosen() -> int | None:
    """The area that is ticked."""
    return ids.given(request.form, "area")
