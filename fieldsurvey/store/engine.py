"""How connections behave: SQLite pragmas and explicit BEGIN, PostgreSQL durability, and the queue of SQLite writers."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, Engine, event

WRITES = "fieldsurvey_writes"  # execution option of a connection whose transaction will write
_locks: dict[str, threading.Lock] = {}


def dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def engine_options(url: str) -> dict[str, Any]:
    """Options for create_engine on either database."""
    shared: dict[str, Any] = {"json_serializer": dumps, "json_deserializer": orjson.loads}
    if url.startswith("sqlite"):
        return {
            **shared,
            "connect_args": {"check_same_thread": False, "timeout": 30},
            "pool_size": 20,
            "pool_use_lifo": True,
        }
    # No statement is prepared on the server before its fifth use; a pooler in transaction mode needs none at all.
    return {**shared, "pool_pre_ping": False, "pool_size": 20, "max_overflow": 10, "pool_use_lifo": True}


def prepare(engine: Engine) -> None:
    """Install the listeners that make SQLite transactions real."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)


def _sqlite_connected(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # pysqlite's own idea of when to BEGIN breaks savepoints
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "wal_autocheckpoint=4000",  # 16 MB: a page that many submissions change is copied into the database less often
        "cache_size=-8192",  # KB for each connection, of which each thread has its own
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")  # through SQLAlchemy it would cost ten times as much


def for_reading(engine: Engine) -> Connection:
    """A connection whose statements each see what is committed by then: PostgreSQL is spared BEGIN and COMMIT."""
    connection = engine.connect()
    return connection.execution_options(isolation_level="AUTOCOMMIT") if engine.name == "postgresql" else connection


def writer_turn(engine: Engine) -> AbstractContextManager[None]:
    """Wait for the turn to write. SQLite's own waiting polls and is unfair; a file lock is a queue across processes."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        return nullcontext()
    return _file_turn(path)


@contextmanager
def _file_turn(path: str) -> Iterator[None]:
    with _locks.setdefault(path, threading.Lock()):
        file = _writer_file(path, os.getpid())
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


@lru_cache(maxsize=64)
def _writer_file(path: str, _process: int) -> IO[bytes]:
    """Open for the life of the process. A lock belongs to the open file, so a forked worker opens its own."""
    return Path(path + ".writer").open("ab")
