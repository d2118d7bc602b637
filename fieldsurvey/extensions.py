"""The Flask extensions, the one transaction `write()`, and the clock that doors hand down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import current_app, g
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from fieldsurvey.config import Config
from fieldsurvey.store.base import Base
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.engine import WRITES, writer_turn

# Objects stay readable after a commit: a page is often drawn from what the verb returned.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
login = LoginManager()
csrf = CSRFProtect()
_CONNECTION = "fieldsurvey_connection"


def config() -> Config:
    settings: Config = current_app.config["FIELDSURVEY"]
    return settings


def blobs() -> BlobFolder:
    return BlobFolder(config().blobs)


def utcnow() -> datetime:
    return datetime.now(UTC)


def session() -> Session:
    """The request's session, for reading."""
    return db.session()


def reading() -> Connection:
    """The request's connection without ORM objects: for the hot path, where a session would cost as much as the work."""
    connection: Connection | None = g.get(_CONNECTION)
    if connection is None:
        connection = db.engine.connect()
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
    """`write()` for the hot path: the same one transaction, on the connection of `reading()`."""
    connection = reading()
    # The reading ends; it has changed nothing. Not by ROLLBACK: after one, psycopg forgets its prepared statements, and
    # PostgreSQL would parse and plan each statement of each submission anew.
    connection.commit()
    with writer_turn(db.engine):
        try:
            connection.execution_options(**{WRITES: True})
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            connection.execution_options(**{WRITES: False})
