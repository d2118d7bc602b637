"""The door for phones: OpenRosa as ODK Collect speaks it. HTTP in, HTTP out, nothing decided here."""

from __future__ import annotations

from flask import Flask

from fieldsurvey.extensions import csrf
from fieldsurvey.sync import openrosa


def register(app: Flask) -> None:
    csrf.exempt(openrosa.door)  # phones carry no cookie; a cookie's POST is refused in callers
    app.register_blueprint(openrosa.door)
