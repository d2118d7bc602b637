"""Many rows at once: COPY on PostgreSQL, the driver's own executemany on SQLite, since SQLAlchemy spends more on each row
than either database. Ids are reserved before, so that rows can point at rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Table, func, select, text

_RESERVE = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
Row = dict[str, Any]


def reserve(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids that nobody else will get; on SQLite inside the one writing transaction."""
    if not count:
        return []
    if connection.dialect.name == "postgresql":
        return list(connection.scalars(_RESERVE, {"table": table.name, "count": count}))
    first = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
    return list(range(first, first + count))


def uuids(count: int) -> list[str]:
    """Random ones (version 4), made from one draw."""
    drawn = os.urandom(16 * count).hex()
    return [_uuid(drawn[at : at + 32]) for at in range(0, 32 * count, 32)]


def _uuid(drawn: str) -> str:
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows of one shape: all with the keys of the first one."""
    if not rows:
        return
    names = tuple(rows[0])
    columns = _columns(table, names, connection.dialect)
    values = list(zip(*(_packed([row[name] for row in rows], pack) for name, pack in columns), strict=True))
    driver: Any = connection.connection.driver_connection
    listed = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" * len(names))
        driver.executemany(f"INSERT INTO {table.name} ({listed}) VALUES ({marks})", values)  # noqa: S608 - our own names
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


@lru_cache(maxsize=64)
def _columns(table: Table, names: tuple[str, ...], dialect: Dialect) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """Each name with what turns a value into what the driver takes."""
    return [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]


def _packed(values: list[Any], pack: Callable[[Any], Any] | None) -> list[Any]:
    """A column's values as the driver takes them. What many rows in turn share, such as the moment, is turned once."""
    if pack is None:
        return values
    last: Any = None
    turned: Any = None
    done = []
    for value in values:
        if value is not last:
            last = value
            turned = orjson.dumps(value).decode() if isinstance(value, dict | list) else _turn(value, pack)
        done.append(turned)
    return done


def _turn(value: Any, pack: Callable[[Any], Any]) -> Any:
    return pack(value) if value is not None else None
