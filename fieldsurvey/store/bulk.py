"""Many rows at once: COPY on PostgreSQL, executemany on SQLite; ids are reserved before, so that rows can point at rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, insert, select, text

_RESERVE = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")


def reserve(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids that nobody else will get; on SQLite inside the one writing transaction."""
    if not count:
        return []
    if connection.dialect.name == "postgresql":
        return list(connection.scalars(_RESERVE, {"table": table.name, "count": count}))
    first = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
    return list(range(first, first + count))


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of one shape: all with the keys of the first one."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    packs = [table.c[name].type.bind_processor(connection.dialect) for name in names]
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_value(row[name], pack) for name, pack in zip(names, packs, strict=True)])


def _value(value: Any, pack: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return pack(value) if pack is not None and value is not None else value
