"""Statements on the path of intake: compiled once for each database, then run on the driver's own cursor.

SQLAlchemy spends some 27 µs on a small INSERT of which SQLite needs 6. What Core gives stays: one statement for both
databases, and types that turn moments and JSON into what the driver takes.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    fixed: dict[str, Any]  # values that stand in the statement itself
    processors: tuple[tuple[str, Callable[[Any], Any]], ...]
    order: tuple[str, ...] | None  # None: the driver takes values by name


def execute(connection: Connection, statement: Any, values: Mapping[str, Any]) -> Any:
    """Run a statement that is built once, with plain result columns; the driver's cursor comes back.

    Begins nothing by itself: outside a transaction each statement sees what is committed by then.
    """
    compiled = _compiled(statement, connection.dialect, tuple(values))
    bound: Any = {**compiled.fixed, **values}
    for name, process in compiled.processors:
        bound[name] = process(bound[name])
    if compiled.order is not None:
        bound = [bound[name] for name in compiled.order]
    driver: Any = connection.connection.dbapi_connection
    try:
        return driver.execute(compiled.text, bound)
    except connection.dialect.loaded_dbapi.Error as error:
        if connection.dialect.is_disconnect(error, driver, None):  # after a restart no connection of the pool is good
            connection.engine.dispose(close=False)
            connection.invalidate(error)
        raise


def add(connection: Connection | Session, statement: Any, row: Mapping[str, Any]) -> None:
    """Run an INSERT. A session runs it itself, as it may have to write first what the row points to."""
    if isinstance(connection, Session):
        connection.execute(statement, row)
    else:
        execute(connection, statement, row)


def rows(connection: Connection, statement: Any, values: Mapping[str, Any]) -> list[Any]:
    """All rows, their columns by name."""
    cursor = execute(connection, statement, values)
    make = _row_type(tuple(column[0] for column in cursor.description))._make
    return [make(row) for row in cursor]


@lru_cache(maxsize=256)
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # its fields are known only now


def one_id(connection: Connection, statement: Any, values: Mapping[str, Any]) -> int | None:
    """The id that an INSERT … RETURNING gives, or None where it inserted nothing."""
    row = execute(connection, statement, values).fetchone()
    return row[0] if row else None


@lru_cache(maxsize=256)
def _compiled(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Compiled:
    made: Any = statement.compile(dialect=dialect, column_keys=list(names))
    if made.prefetch or any(_reader(column.type, dialect) for column in getattr(statement, "exported_columns", ())):
        raise TypeError("a hot statement has neither defaults made in Python nor columns that need decoding")
    if missing := made.binds.keys() - set(names) - {name for name, bind in made.binds.items() if not bind.required}:
        raise TypeError(f"values missing: {sorted(missing)}")
    writers = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in made.binds.items()}
    fixed = {
        name: writers[name](bind.value) if writers[name] else bind.value
        for name, bind in made.binds.items()
        if name not in names
    }
    used = tuple((name, writer) for name, writer in writers.items() if writer is not None and name in names)
    return _Compiled(made.string, fixed, used, tuple(made.positiontup) if made.positional else None)


def _reader(type_: Any, dialect: Dialect) -> Any:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
