"""Examines a set-up: what is well, what is not, and how to mend it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import NamedTuple

from flask import Flask
from sqlalchemy import text

from fieldsurvey.casework import entity_intake
from fieldsurvey.extensions import config, db, session, utcnow
from fieldsurvey.store import backlog, forms, progress, rounds, schema

_ROOM = 1_000_000_000  # bytes; about ten thousand photos


class Finding(NamedTuple):
    well: bool
    what: str
    cure: str = ""


def examine(app: Flask) -> Iterator[Finding]:
    """The findings, in the order in which they should be mended."""
    yield from _settings()
    yield from _folder()
    reachable = _database()
    yield reachable
    if not reachable.well:
        return
    revision = _revision()
    yield revision
    if revision.well:
        checks: tuple[Callable[[], Finding], ...] = (_durable, _round, _form, _counters, _backlog)
        yield from (check() for check in checks)


def _settings() -> Iterator[Finding]:
    settings = config()
    yield Finding(True, f"settings are complete ({settings.env})")
    if settings.production:
        yield Finding(
            settings.public_url.startswith("https://"),
            "phones reach us over https",
            "set FIELDSURVEY_PUBLIC_URL to the https address that phones use",
        )
        yield Finding(
            settings.database_url.startswith("postgresql"),
            "production uses PostgreSQL",
            "set FIELDSURVEY_DATABASE_URL to postgresql+psycopg://…; SQLite serves a commune, not a province",
        )


def _folder() -> Iterator[Finding]:
    folder = config().data
    yield Finding(
        os.access(folder, os.W_OK), f"{folder} can be written", f"give this user the folder: chown -R $USER {folder}"
    )
    free = shutil.disk_usage(folder).free
    yield Finding(free > _ROOM, f"{free // 1_000_000} MB are free", "make room: photos need about 100 KB a household")


def _database() -> Finding:
    cure = "start the database, or mend FIELDSURVEY_DATABASE_URL"
    try:
        session().execute(text("SELECT 1"))
    except Exception as error:
        return Finding(False, f"the database does not answer ({type(error).__name__})", cure)
    return Finding(True, f"the database answers ({db.engine.dialect.name})")


def _revision() -> Finding:
    present, newest = schema.present(db.engine), schema.newest()
    return Finding(present == newest, f"schema {present}, newest {newest}", "run `fieldsurvey migrate`")


def _durable() -> Finding:
    """201 means on disk: the database must not be told to answer earlier."""
    if db.engine.dialect.name == "sqlite":
        value = str(session().execute(text("PRAGMA synchronous")).scalar())
        return Finding(value == "2", f"SQLite waits for the disk (synchronous={value})", "do not override the pragma")
    value = str(session().execute(text("SHOW synchronous_commit")).scalar())
    well = value in {"on", "remote_apply", "remote_write"}
    return Finding(well, f"PostgreSQL waits for the disk (synchronous_commit={value})", "set synchronous_commit = on")


def _round() -> Finding:
    opened = rounds.current(session())
    well = opened is not None and opened.state == rounds.OPEN
    return Finding(well, "a review round is open", "open one on the page “Đợt rà soát”, or run `fieldsurvey seed demo`")


def _form() -> Finding:
    opened = rounds.current(session())
    published = bool(opened and forms.published(session(), opened.id))
    cure = "run `fieldsurvey form publish xlsforms/ra-soat-ho/form.xlsx`"
    return Finding(published, "the round has a published questionnaire", cure)


def _counters() -> Finding:
    wrong = sum(len(progress.differences(session(), one.id)) for one in rounds.all_rounds(session()))
    return Finding(
        wrong == 0, f"completion counters agree with a recount ({wrong} differ)", "run `fieldsurvey recount --fix`"
    )


def _backlog() -> Finding:
    """A change made offline waits for the one that it follows; a phone that was lost never sends it."""
    overdue = backlog.count_older(session().connection(), utcnow() - entity_intake.LONGEST_WAIT)
    return Finding(
        overdue == 0,
        f"no change of an entity waits for another for more than {entity_intake.LONGEST_WAIT.days} days ({overdue} do)",
        "run `fieldsurvey backlog`, best every day",
    )
