"""The Flask extensions, the one transaction `write()`, and the clock that doors hand down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

from flask import current_app, g
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from fieldsurvey.config import Config
from fieldsurvey.store.base import Base
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.engine import WRITES, for_reading, writer_turn
from fieldsurvey.store.file_parts import PartsFolder
from fieldsurvey.store.keys import KeyFolder
from fieldsurvey.store.together import Together

# Objects stay readable after a commit: a page is often drawn from what the verb returned.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
login = LoginManager()
csrf = CSRFProtect()
_CONNECTION = "fieldsurvey_connection"
T = TypeVar("T")


def config() -> Config:
    settings: Config = current_app.config["FIELDSURVEY"]
    return settings


def blobs() -> BlobFolder:
    return BlobFolder(config().blobs)


def keys() -> KeyFolder:
    return KeyFolder(config().keys)


def parts() -> PartsFolder:
    return PartsFolder(config().parts)


def utcnow() -> datetime:
    """To the millisecond, as moments are written on the wire: who asks for what is newer must not get the same again."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def session() -> Session:
    """The request's session, for reading."""
    return db.session()


def apart() -> Session:
    """A session of its own, for an answer that is still written when the request has ended; who takes it closes it."""
    return Session(db.engine, expire_on_commit=False)


def session_now() -> Session:
    """The request's session, seeing what has been written on another connection meanwhile."""
    current = db.session()
    current.commit()  # ends the reading; nothing was changed
    return current


def reading() -> Connection:
    """The request's connection without ORM objects: for the hot path, where a session would cost as much as the work."""
    connection: Connection | None = g.get(_CONNECTION)
    if connection is None:
        connection = for_reading(db.engine)
        setattr(g, _CONNECTION, connection)
    return connection


def close_connection(_error: BaseException | None = None) -> None:
    """At the end of each application context."""
    connection: Connection | None = g.pop(_CONNECTION, None)
    if connection is not None:
        connection.close()


@contextmanager
def write() -> Iterator[Session]:
    """The one transaction that changes things: commits on leaving, rolls back on any exception.

    The request's reading transaction ends first, because a writer has to begin as one (an SQLite reader that turns
    writer midway can be refused).
    """
    current = db.session()
    if current.new or current.dirty or current.deleted:
        raise RuntimeError("something was changed outside write()")
    current.commit()
    with writer_turn(db.engine):
        try:
            current.connection(execution_options={WRITES: True})
            yield current
            current.commit()
        except BaseException:
            current.rollback()
            raise


@contextmanager
def write_rows() -> Iterator[Connection]:
    """`write()` for the hot path: the same one transaction, on a connection of its own."""
    close_connection()  # the reading ends; the pool gives the same one again, with its prepared statements
    with writer_turn(db.engine), db.engine.connect() as connection:
        connection.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


def write_together(work: Callable[[Connection], T]) -> T:
    """`write_rows()` for many at once. On SQLite, where one writes at a time, those who wait share one transaction.

    PostgreSQL gathers commits itself, and there a larger transaction would hold the crowded rows of progress for longer.
    """
    if db.engine.name == "sqlite":
        close_connection()
        result: T = _together(db.engine).run(work, write_rows)
        return result
    with write_rows() as connection:
        return work(connection)


@lru_cache(maxsize=8)
def _together(_engine: Engine) -> Together:
    return Together()
