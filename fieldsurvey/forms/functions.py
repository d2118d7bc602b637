"""The functions of XPath and ODK that forms call, for `evaluation`. Each takes the context and its arguments unevaluated."""

from __future__ import annotations

import math
import random
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import wraps
from typing import Any

from fieldsurvey.forms.evaluation import (
    Context,
    EvaluationError,
    Value,
    days_of,
    local,
    string_of,
    to_bool,
    to_number,
    to_text,
    value,
)
from fieldsurvey.forms.expressions import Tree

VIETNAM = timezone(timedelta(hours=7))
_EPOCH = date(1970, 1, 1)
FUNCTIONS: dict[str, Callable[..., Value]] = {}


def named(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """A function that takes the context and the trees of its arguments."""

    def keep(function: Callable[..., Value]) -> Callable[..., Value]:
        for name in names:
            FUNCTIONS[name] = function
        return function

    return keep


def eager(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """A function that takes the context and the values of its arguments."""

    def keep(function: Callable[..., Value]) -> Callable[..., Value]:
        @wraps(function)
        def called(at: Context, *arguments: Tree) -> Value:
            try:
                return function(at, *(value(one, at) for one in arguments))
            except TypeError as error:
                if "positional argument" in str(error):
                    raise EvaluationError(names[0]) from None
                raise

        return named(*names)(called)

    return keep


def _texts(at: Context, given: Iterable[Value]) -> list[str]:
    """The text of each value, of a set of nodes that of each node."""
    found: list[str] = []
    for one in given:
        found += [string_of(node, at) for node in one] if isinstance(one, list) else [to_text(one, at)]
    return found


# Logic


@named("if")
def _if(at: Context, condition: Tree, then: Tree, otherwise: Tree) -> Value:
    return value(then if to_bool(value(condition, at), at) else otherwise, at)


@named("coalesce")
def _coalesce(at: Context, *arguments: Tree) -> Value:
    for one in arguments:
        text = to_text(value(one, at), at)
        if text != "":
            return text
    return ""


@named("once")
def _once(at: Context, argument: Tree) -> Value:
    present = string_of(at.node, at)
    return present if present else value(argument, at)


eager("true")(lambda at: True)
eager("false")(lambda at: False)
eager("not")(lambda at, one: not to_bool(one, at))
eager("boolean")(lambda at, one: to_bool(one, at))
eager("boolean-from-string")(lambda at, one: to_text(one, at) in {"1", "true"})


@eager("checklist")
def _checklist(at: Context, least: Value, most: Value, *given: Value) -> Value:
    count = sum(to_bool(one, at) for one in given)
    low, high = to_number(least, at), to_number(most, at)
    return (low < 0 or count >= low) and (high < 0 or count <= high)


# Text


@eager("string")
def _string(at: Context, *given: Value) -> Value:
    return to_text(given[0], at) if given else string_of(at.node, at)


@eager("normalize-space")
def _normalize(at: Context, *given: Value) -> Value:
    return " ".join((to_text(given[0], at) if given else string_of(at.node, at)).split())


@eager("string-length")
def _length(at: Context, *given: Value) -> Value:
    return float(len(to_text(given[0], at) if given else string_of(at.node, at)))


@eager("substr")
def _substr(at: Context, text: Value, start: Value, end: Value = math.inf) -> Value:
    whole = to_text(text, at)
    last = to_number(end, at)
    return whole[int(to_number(start, at)) : None if math.isinf(last) or math.isnan(last) else int(last)]


@eager("join")
def _join(at: Context, between: Value, *given: Value) -> Value:
    return to_text(between, at).join(_texts(at, given))


@eager("substring-before")
def _before(at: Context, text: Value, mark: Value) -> Value:
    head, found, _ = to_text(text, at).partition(to_text(mark, at) or "\0")
    return head if found else ""


@eager("substring-after")
def _after(at: Context, text: Value, mark: Value) -> Value:
    return to_text(text, at).partition(to_text(mark, at) or "\0")[2]


@eager("translate")
def _translate(at: Context, text: Value, old: Value, new: Value) -> Value:
    letters, others = to_text(old, at), to_text(new, at)
    table: dict[int, str | None] = {}
    for position, letter in enumerate(letters):
        table.setdefault(ord(letter), others[position] if position < len(others) else None)
    return to_text(text, at).translate(table)


@eager("regex")
def _regex(at: Context, text: Value, pattern: Value) -> Value:
    try:
        return re.fullmatch(to_text(pattern, at), to_text(text, at)) is not None
    except re.error:
        raise EvaluationError("regex()") from None


eager("concat")(lambda at, *given: "".join(_texts(at, given)))
eager("contains")(lambda at, text, part: to_text(part, at) in to_text(text, at))
eager("starts-with")(lambda at, text, part: to_text(text, at).startswith(to_text(part, at)))
eager("ends-with")(lambda at, text, part: to_text(text, at).endswith(to_text(part, at)))
eager("uuid")(lambda at, *_length: str(uuid.uuid4()))

# Choices


def _chosen(at: Context, given: Value) -> list[str]:
    return to_text(given, at).split()


@eager("selected-at")
def _selected_at(at: Context, given: Value, position: Value) -> Value:
    chosen, number = _chosen(at, given), to_number(position, at)
    return chosen[int(number)] if not math.isnan(number) and 0 <= number < len(chosen) else ""


eager("selected", "is-selected")(lambda at, given, code: to_text(code, at).strip() in _chosen(at, given))
eager("count-selected")(lambda at, given: float(len(_chosen(at, given))))
eager("jr:choice-name")(lambda at, code, path: at.world.choice_name(to_text(code, at), to_text(path, at)))

# Nodes


@eager("position")
def _position(at: Context, *given: Value) -> Value:
    """Without an argument XPath's; with one the number of a repeat among its like."""
    if not given:
        return float(at.position)
    nodes = given[0]
    if not isinstance(nodes, list) or not nodes:
        return math.nan
    before = [one for one in nodes[0].itersiblings("*", preceding=True) if local(one) == local(nodes[0])]
    return float(len(before) + 1)


@eager("indexed-repeat")
def _indexed(at: Context, wanted: Value, *pairs: Value) -> Value:
    """indexed-repeat(node, repeat, position, …): the node inside the repeats of these numbers."""
    if not isinstance(wanted, list):
        return ""
    found = wanted
    for repeat, position in zip(pairs[::2], pairs[1::2], strict=False):
        chosen = _numbered(repeat, to_number(position, at))
        found = [one for one in found if chosen is not None and chosen in one.iterancestors()]
    return found


def _numbered(repeat: Value, position: float) -> Any:
    nodes = repeat if isinstance(repeat, list) else []
    return nodes[int(position) - 1] if not math.isnan(position) and 1 <= position <= len(nodes) else None


@eager("instance")
def _instance(at: Context, name: Value) -> Value:
    found = at.world.lists(to_text(name, at))
    return [] if found is None else [found]


@eager("pulldata")
def _pulldata(at: Context, name: Value, column: Value, key: Value, wanted: Value) -> Value:
    found = at.world.lists(to_text(name, at))
    column_name, key_name, text = to_text(column, at), to_text(key, at), to_text(wanted, at)
    for item in () if found is None else found.iter("item"):
        if item.findtext(key_name) == text:
            return item.findtext(column_name) or ""
    return ""


named("current")(lambda at: [at.current])
named("last")(lambda at: float(at.size))
eager("count")(lambda at, nodes: float(len(nodes)) if isinstance(nodes, list) else math.nan)
eager("randomize")(lambda at, nodes, *_seed: nodes)
eager("count-non-empty")(lambda at, nodes: float(sum(text != "" for text in _texts(at, [nodes]))))
eager("sum")(lambda at, nodes: math.fsum(to_number(text, at) for text in _texts(at, [nodes])))

# Numbers


def _numbers(at: Context, given: Iterable[Value]) -> list[float]:
    return [to_number(text, at) for text in _texts(at, given) if text != ""]


def _best(pick: Callable[[list[float]], float]) -> Callable[..., Value]:
    def best(at: Context, *given: Value) -> Value:
        found = _numbers(at, given)
        return pick(found) if found and not any(map(math.isnan, found)) else math.nan

    return best


eager("min")(_best(min))
eager("max")(_best(max))


@eager("number")
def _number(at: Context, *given: Value) -> Value:
    return to_number(given[0] if given else string_of(at.node, at), at)


@eager("round")
def _round(at: Context, given: Value, places: Value = 0.0) -> Value:
    """Halves go up, as in XPath; a negative half in JavaRosa too."""
    number, digits = to_number(given, at), int(to_number(places, at))
    if math.isnan(number) or math.isinf(number):
        return number
    scale = 10.0**digits
    return math.floor(number * scale + 0.5) / scale


def _whole(function: Callable[[float], float]) -> Callable[..., Value]:
    def of(at: Context, given: Value) -> Value:
        number = to_number(given, at)
        try:
            return float(function(number))
        except (ValueError, OverflowError):
            return math.nan

    return of


_MATHS: dict[str, Callable[[float], float]] = {
    "int": math.trunc, "floor": math.floor, "ceiling": math.ceil, "abs": abs, "sqrt": math.sqrt, "exp": math.exp,
    "exp10": lambda number: 10.0**number, "log": math.log, "log10": math.log10, "sin": math.sin, "cos": math.cos,
    "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan,
}  # fmt: skip
for _name, _function in _MATHS.items():
    eager(_name)(_whole(_function))
eager("pow")(lambda at, base, power: to_number(base, at) ** to_number(power, at))
eager("atan2")(lambda at, y, x: math.atan2(to_number(y, at), to_number(x, at)))
eager("pi")(lambda at: math.pi)
eager("random")(lambda at: random.random())  # noqa: S311 - the form's own dice

# Days


eager("today")(lambda at: at.world.now.astimezone(VIETNAM).date().isoformat())
eager("now")(lambda at: at.world.now.astimezone(VIETNAM).isoformat(timespec="milliseconds"))


@eager("date", "date-time")
def _date(at: Context, given: Value) -> Value:
    """A date as text, of a date, a moment, or days since 1970."""
    if not isinstance(given, float):
        text = to_text(given, at)
        if days_of(text) is not None:
            return text
    days = to_number(given, at)
    if math.isnan(days) or abs(days) > 3_000_000:
        return ""
    return (_EPOCH + timedelta(days=math.floor(days))).isoformat()


@eager("decimal-date-time")
def _decimal_date(at: Context, given: Value) -> Value:
    return to_number(given, at)


@eager("format-date", "format-date-time")
def _format_date(at: Context, given: Value, pattern: Value) -> Value:
    days = to_number(given, at)
    if math.isnan(days):
        return ""
    text = to_text(given, at)
    moment = datetime.fromisoformat(text) if "T" in text else datetime.combine(_EPOCH, datetime.min.time())
    moment = moment if "T" in text else moment.replace(tzinfo=UTC) + timedelta(days=days)
    written = to_text(pattern, at)
    for mark, part in {
        "%Y": f"{moment.year:04d}", "%y": f"{moment.year % 100:02d}", "%m": f"{moment.month:02d}", "%n": str(moment.month),
        "%d": f"{moment.day:02d}", "%e": str(moment.day), "%H": f"{moment.hour:02d}", "%h": str(moment.hour),
        "%M": f"{moment.minute:02d}", "%S": f"{moment.second:02d}",
    }.items():  # fmt: skip
        written = written.replace(mark, part)
    return written
