"""The door for phones: OpenRosa as ODK Collect speaks it, and our own phone app's `/sync`. HTTP in, HTTP out."""

from __future__ import annotations

from flask import Flask

from fieldsurvey.extensions import csrf
from fieldsurvey.sync import (
    app_door,
    app_drafts,  # noqa: F401 - importing registers views
    app_forms,  # noqa: F401
    app_lists,  # noqa: F401
    app_returned,  # noqa: F401
    app_sign_in,  # noqa: F401
    app_submissions,  # noqa: F401
    openrosa,
)
from fieldsurvey.sync.app_door import PREFIX, say_json

__all__ = ["PREFIX", "register", "say_json"]


def register(app: Flask) -> None:
    for door in (openrosa.door, app_door.door):
        csrf.exempt(door)  # phones carry no cookie; a cookie's POST is refused in callers
        app.register_blueprint(door)
