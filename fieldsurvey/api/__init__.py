"""The door for scripts, dashboards and other servers: ODK Central's `/v1` REST. HTTP in, HTTP out, nothing decided here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from fieldsurvey.api.door import door
from fieldsurvey.api.wire import say_json
from fieldsurvey.extensions import csrf

__all__ = ["load", "register", "say_json"]


def load() -> None:
    """Import every module here: each noun adds its routes to the door."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def register(app: Flask) -> None:
    load()
    csrf.exempt(door)  # callers look after cookies
    app.register_blueprint(door)
