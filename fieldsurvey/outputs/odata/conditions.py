"""The tree of a `$filter`, and an `$orderby`, as SQL for PostgreSQL and SQLite.

    fields = {"__system/createdAt": Field(Entity.created_at, Kind.MOMENT), "age": Field(…, Kind.NUMBER)}
    query = query.where(where(expression.parse(text), fields, dialect="sqlite", now=now))
    query = query.order_by(*order(text, fields, stable=Entity.id))

Null is a value as in OData: `x eq null` and `not (x eq 'a')` find rows where x is null.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NoReturn

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Text,
    UnaryExpression,
    and_,
    cast,
    extract,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from fieldsurvey.errors import Kind as ProblemKind
from fieldsurvey.errors import Problem
from fieldsurvey.outputs.odata.expression import (
    Call,
    Comparison,
    Form,
    Literal,
    Logic,
    Node,
    Not,
    Path,
    broken,
    unsupported,
)
from fieldsurvey.store.base import Utc

Sql = ColumnElement[Any]


class Kind(Enum):
    """What a field holds; the value is its name in problems."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MOMENT = "timestamp with time zone"


@dataclass(frozen=True, slots=True)
class Field:
    """A column or expression that may be filtered and sorted by."""

    sql: Any
    kind: Kind = Kind.TEXT


Fields = Mapping[str, Field]
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_PARTS = frozenset({"year", "month", "day", "hour", "minute", "second"})
_SEARCHES = frozenset({"contains", "startswith", "endswith"})
_HIGHEST = 1 << 63


def where(node: Node, fields: Fields, *, dialect: str, now: datetime) -> ColumnElement[bool]:
    """The condition; raises FILTER_BROKEN, FILTER_UNSUPPORTED, FILTER_FIELD_UNSUPPORTED, WRONG_TYPE, OUT_OF_RANGE."""
    return _Compiler(fields, dialect, now).truth(node, exact=False)


def order(text: str, fields: Fields, *, stable: Any) -> list[UnaryExpression[Any]]:
    """Null comes first upwards and last downwards; `stable` breaks ties in the direction of the first field."""
    clauses, downwards = [], []
    for clause in text.split(","):
        name, _, direction = clause.strip().partition(" ")
        if name not in fields:
            raise Problem(ProblemKind.FILTER_FIELD_UNSUPPORTED, text=name)
        if direction.strip().lower() not in {"", "asc", "desc"}:
            raise Problem(ProblemKind.FILTER_FIELD_UNSUPPORTED, text=direction.strip())
        downwards.append(direction.strip().lower() == "desc")
        sql = fields[name].sql
        clauses.append(sql.desc().nulls_last() if downwards[-1] else sql.asc().nulls_first())
    return [*clauses, stable.desc() if downwards[0] else stable.asc()]


class _Compiler:
    def __init__(self, fields: Fields, dialect: str, now: datetime) -> None:
        self.fields, self.dialect, self.now = fields, dialect, now

    def truth(self, node: Node, *, exact: bool) -> ColumnElement[bool]:
        """A condition. `exact`: it must be true or false and never unknown, because a `not` stands above it."""
        match node:
            case Logic("and", parts):
                return and_(*(self.truth(part, exact=exact) for part in parts))
            case Logic("or", parts):
                return or_(*(self.truth(part, exact=exact) for part in parts))
            case Not(part):
                return not_(self.truth(part, exact=True))
            case Comparison():
                return self._comparison(node, exact)
            case Literal(text, Form.BOOLEAN):
                return true() if text == "true" else false()
            case Call(function) if function in _SEARCHES:
                return self._search(node)
            case Path():
                self._field(node)
        return broken(_position(node))

    def _comparison(self, node: Comparison, exact: bool) -> ColumnElement[bool]:
        left, right = node.left, node.right
        if isinstance(left, Literal) and not isinstance(right, Literal):
            mirrored = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
            return self._comparison(Comparison(mirrored.get(node.operator, node.operator), right, left, node.at), exact)
        one = self._value(left)
        if isinstance(right, Literal):
            return _compared(node.operator, one.sql, constant(right, one.kind), exact)
        other = self._value(right)
        if one.kind is not other.kind and {one.kind, other.kind} != {Kind.INTEGER, Kind.NUMBER}:
            broken(_position(right))
        return _compared(node.operator, one.sql, other.sql, exact=True)

    def _value(self, node: Node) -> Field:
        match node:
            case Path():
                return self._field(node)
            case Literal():
                return Field(constant(node, Kind.TEXT))
            case Call("now", ()):
                return Field(literal(self.now, Utc()), Kind.MOMENT)
            case Call(function, (argument,)) if function in _PARTS:
                return self._part(function, argument)
            case Call(function, at=at):
                unsupported("MethodCallExpression", function, at)
        return broken(_position(node))

    def _field(self, node: Path) -> Field:
        found = self.fields.get(node.name)
        if found is None:
            raise Problem(ProblemKind.FILTER_FIELD_UNSUPPORTED, at=node.at, text=node.name)
        return found

    def _part(self, part: str, argument: Node) -> Field:
        moment = self._value(argument)
        if moment.kind is not Kind.MOMENT:
            broken(_position(argument))
        if self.dialect == "sqlite":
            return Field(extract(part, moment.sql), Kind.INTEGER)
        whole = func.floor(extract(part, func.timezone("UTC", moment.sql)))
        return Field(cast(whole, BigInteger()), Kind.INTEGER)

    def _search(self, node: Call) -> ColumnElement[bool]:
        if len(node.arguments) != 2 or not isinstance(node.arguments[1], Literal):
            broken(_position(node))
        within, sought = self._value(node.arguments[0]), node.arguments[1]
        if within.kind is not Kind.TEXT or within.sql is None or sought.form is not Form.TEXT:
            broken(_position(node))
        return _found(node.function, func.coalesce(within.sql, ""), sought.text, self.dialect)


def _found(function: str, within: Any, sought: str, dialect: str) -> ColumnElement[bool]:
    """Not by LIKE, which looks at the case on one database only."""
    if function == "contains":
        at = func.instr(within, sought) if dialect == "sqlite" else func.strpos(within, sought)
        return at > 0
    start = 1 if function == "startswith" else func.length(within) - len(sought) + 1
    return func.substr(within, start, len(sought)) == sought


def _compared(sign: str, left: Any, right: Any, exact: bool) -> ColumnElement[bool]:
    if sign in {"eq", "ne"}:
        same = _same(left, right, exact or sign == "ne")
        return same if sign == "eq" else not_(same)
    if left is None or right is None:  # nothing is before or after null
        return false()
    found: ColumnElement[bool] = _ORDER[sign](left, right)
    return found


def _same(left: Any, right: Any, exact: bool) -> ColumnElement[bool]:
    if left is None and right is None:
        return true()
    if left is None or right is None:
        null: ColumnElement[bool] = (right if left is None else left).is_(None)
        return null
    # An index serves `=`, but not IS NOT DISTINCT FROM.
    found: ColumnElement[bool] = left.is_not_distinct_from(right) if exact else left == right
    return found


def constant(node: Literal, kind: Kind) -> Any:
    """A literal as what a field of this kind is compared with, None for null; raises WRONG_TYPE, OUT_OF_RANGE."""
    if node.form is Form.NULL:
        return None
    match kind:
        case Kind.TEXT:
            return literal(node.text, Text())
        case Kind.INTEGER:
            return _integer(node)
        case Kind.NUMBER:
            return literal(_number(node), Float())
        case Kind.MOMENT:
            return literal(_moment(node), Utc())


def _number(node: Literal) -> float:
    try:
        number = float(node.text)
    except ValueError:
        _wrong(node, Kind.NUMBER)
    return number if math.isfinite(number) else _wrong(node, Kind.NUMBER)


def _integer(node: Literal) -> Any:
    number = _number(node)
    if number != int(number):
        return literal(number, Float())
    whole = int(node.text) if node.text.lstrip("+-").isdecimal() else int(number)
    if not -_HIGHEST <= whole < _HIGHEST:
        raise Problem(ProblemKind.OUT_OF_RANGE, value=node.text, type="integer")
    return literal(whole, BigInteger())


def _moment(node: Literal) -> datetime:
    try:
        moment = datetime.fromisoformat(node.text.replace(" ", "+"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return _wrong(node, Kind.MOMENT)


def _wrong(node: Literal, kind: Kind) -> NoReturn:
    raise Problem(ProblemKind.WRONG_TYPE, field="$filter", value=node.text, expected=kind.value)


def _position(node: Node) -> str:
    match node:
        case Path(name, at) | Call(name, at=at) | Literal(name, at=at):
            return f"{name!r} ({at})"
        case Comparison(sign, at=at):
            return f"{sign!r} ({at})"
        case _:
            return "( )"
