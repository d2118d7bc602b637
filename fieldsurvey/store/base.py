"""The declarative base, column types that behave alike on SQLite and PostgreSQL, and the scope filter."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    false,
    func,
    or_,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Scope

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


_FAST = 1  # level of zlib: the next ones make it hardly smaller


class Utc(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Packed(TypeDecorator[bytes]):
    """Bytes that nobody searches, kept by zlib: a submission's XML takes a third, so a commit writes fewer pages."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return zlib.compress(value, _FAST) if value is not None else None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return zlib.decompress(value) if value is not None else None


class PackedJson(TypeDecorator[dict[str, Any]]):
    """JSON that no query looks into, kept by zlib."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> bytes | None:
        return zlib.compress(orjson.dumps(value), _FAST) if value is not None else None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> dict[str, Any] | None:
        return orjson.loads(zlib.decompress(value)) if value is not None else None


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER PRIMARY KEY by itself
Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    # As a registry, because Flask-SQLAlchemy derives a base of its own and a base's annotation map cannot be derived.
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={int: BigId, str: Text, datetime: Utc, dict[str, Any]: Json, list[Any]: Json},
    )


class Placed:
    """Columns of every row about people: its areas, for Scope. Repeated here so that no list needs a join for rights."""

    province_id: Mapped[int | None] = mapped_column()
    commune_id: Mapped[int | None] = mapped_column()
    village_id: Mapped[int | None] = mapped_column()

    @property
    def place(self) -> Place:
        return Place(self.province_id, self.commune_id, self.village_id)


def in_scope(table: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition that limits rows of a Placed table to a Scope."""
    if scope.everywhere:
        return true()
    conditions = [
        column.in_(sorted(ids))
        for column, ids in (
            (table.province_id, scope.provinces),
            (table.commune_id, scope.communes),
            (table.village_id, scope.villages),
        )
        if ids
    ]
    return or_(*conditions) if conditions else false()


def moment_text(column: Any, dialect: str) -> ColumnElement[str]:
    """A moment as programs read it, `2026-10-05T02:00:00.000Z`, written by the database: for long exports."""
    if dialect == "sqlite":
        stored = type_coerce(column, Text())
        return func.substr(stored, 1, 10).concat("T").concat(func.substr(stored, 12, 12)).concat("Z")
    text: ColumnElement[str] = func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    return text
