"""The door for scripts, dashboards and other servers: ODK Central's `/v1` REST. HTTP in, HTTP out, nothing decided here."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from fieldsurvey.api.door import door
from fieldsurvey.api.wire import say_json
from fieldsurvey.extensions import csrf

__all__ = ["register", "say_json"]
NOUNS = (
    "app_users",
    "audits",
    "projects",
    "public_links",
    "roles",
)


def register(app: Flask) -> None:
    for noun in NOUNS:  # each module adds its routes to the door
        import_module(f"fieldsurvey.api.{noun}")
    csrf.exempt(door)  # callers look after cookies
    app.register_blueprint(door)
