"""The door for people: HTML pages that work without JavaScript. HTTP in, HTTP out, nothing decided here.

A page module puts its views on `door.door`, each with a guard, and is imported here, which is what registers them.
"""

from __future__ import annotations

from flask import Flask

from fieldsurvey.web import (  # noqa: F401 - importing registers views
    account_end,
    app_devices,
    applications,
    areas,
    assignment_sheets,
    assignments,
    attachments,
    carried,
    collect,
    collect_plain,
    conflicts,
    context,
    devices,
    doubts,
    enumerators,
    forecast,
    forms,
    handovers,
    household,
    import_report,
    imports,
    list_papers,
    lists,
    new_password,
    people,
    practice,
    prefill,
    progress,
    receipt,
    register_forms,
    register_pages,
    review,
    rounds,
    session,
    visits,
)
from fieldsurvey.web.door import door, say_page

__all__ = ["register", "say_page"]


def register(app: Flask) -> None:
    session.prepare()
    context.prepare(app)
    app.register_blueprint(door)
