"""Evaluating XPath over a form that is being filled in, as ODK's engines do: what is not relevant is blank, dates are days.

Values are text, float, bool, or a list of elements (an attribute is its text). Functions live in `functions`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from fieldsurvey.forms import expressions
from fieldsurvey.forms.expressions import Function, Negated, Number, Operation, Path, Step, Text, Tree, Union

Value = str | float | bool | list[Any]
_NUMBER = re.compile(r"\s*-?(?:\d+(?:\.\d*)?|\.\d+)\s*\Z", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:?\d{2})?)?\Z", re.ASCII)
_EPOCH = date(1970, 1, 1)


class EvaluationError(ValueError):
    """The expression asks for something that we do not know; the message says what."""


@dataclass(frozen=True, slots=True)
class World:
    """What an expression can reach beside its context: `lists` by instance id, who is relevant, the words of choices."""

    root: Any
    lists: Callable[[str], Any]
    relevant: Callable[[Any], bool]
    choice_name: Callable[[str, str], str]
    now: datetime
    functions: dict[str, Callable[..., Value]]


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression stands."""

    world: World
    node: Any
    current: Any
    position: int = 1
    size: int = 1


def evaluate(text: str, world: World, node: Any) -> Value:
    """Raises XPathError, EvaluationError."""
    return value(expressions.parse(text), Context(world, node, node))


def value(tree: Tree, at: Context) -> Value:
    match tree:
        case Number(number):
            return number
        case Text(text):
            return text
        case Negated(inside):
            return -to_number(value(inside, at), at)
        case Operation(operator, left, right):
            return _operation(operator, left, right, at)
        case Union(left, right):
            first, second = value(left, at), value(right, at)
            return [*_nodes(first), *(one for one in _nodes(second) if one not in _nodes(first))]
        case Function(name, arguments):
            known = at.world.functions.get(name)
            if known is None:
                raise EvaluationError(f"{name}()")
            return known(at, *arguments)
        case Path():
            return _path(tree, at)


def _nodes(found: Value) -> list[Any]:
    if not isinstance(found, list):
        raise EvaluationError("no set of nodes")
    return found


# Values as others


def string_of(node: Any, at: Context) -> str:
    """A node's text; blank where it is not relevant."""
    if isinstance(node, str):
        return node
    if not at.world.relevant(node):
        return ""
    return node.text or "" if len(node) == 0 else "".join(node.itertext())


def to_text(given: Value, at: Context) -> str:
    if isinstance(given, list):
        return string_of(given[0], at) if given else ""
    if isinstance(given, bool):
        return "true" if given else "false"
    return number_text(given) if isinstance(given, float | int) else given


def number_text(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def to_number(given: Value, at: Context) -> float:
    if isinstance(given, bool):
        return 1.0 if given else 0.0
    if isinstance(given, float | int):
        return float(given)
    text = to_text(given, at)
    if _NUMBER.match(text):
        return float(text)
    days = days_of(text)
    return math.nan if days is None else days


def days_of(text: str) -> float | None:
    """Days since 1970 of a date or moment; None for what is neither."""
    found = _DATE.match(text.strip())
    if not found:
        return None
    try:
        days = (date.fromisoformat(found[1]) - _EPOCH).days
        if found[2] is None:
            return float(days)
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp() / 86400


def to_bool(given: Value, at: Context) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, float | int):
        return given != 0 and not math.isnan(given)
    return bool(given) if isinstance(given, list) else given != ""


# Operators


def _operation(operator: str, left: Tree, right: Tree, at: Context) -> Value:
    if operator == "or":
        return to_bool(value(left, at), at) or to_bool(value(right, at), at)
    if operator == "and":
        return to_bool(value(left, at), at) and to_bool(value(right, at), at)
    first, second = value(left, at), value(right, at)
    if operator in _COMPARED:
        return _compared(operator, first, second, at)
    return _ARITHMETIC[operator](to_number(first, at), to_number(second, at))


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _divided(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": _divided,
    "mod": lambda a, b: math.fmod(a, b) if b and not math.isinf(a) else math.nan,
}


def _compared(operator: str, first: Value, second: Value, at: Context) -> bool:
    """XPath 1.0 §3.4; an empty set of nodes is compared as blank, which ODK's engines do too."""
    compare = _COMPARED[operator]
    for one in _single(first, at):
        for other in _single(second, at):
            if isinstance(one, bool) or isinstance(other, bool):
                if compare(to_bool(one, at), to_bool(other, at)):
                    return True
            elif operator in {"=", "!="} and not isinstance(one, float) and not isinstance(other, float):
                if compare(to_text(one, at), to_text(other, at)):
                    return True
            elif compare(to_number(one, at), to_number(other, at)):
                return True
    return False


def _single(given: Value, at: Context) -> list[Value]:
    if isinstance(given, list):
        return [string_of(one, at) for one in given] or [""]
    return [float(given)] if isinstance(given, int) and not isinstance(given, bool) else [given]


# Paths


def _path(path: Path, at: Context) -> list[Any]:
    if path.start is not None:
        nodes = _nodes(value(path.start, at))
    elif path.absolute:
        return _from_root(path.steps, at)
    else:
        nodes = [at.node]
    for step in path.steps:
        nodes = _stepped(step, nodes, at)
    return nodes


def _from_root(steps: tuple[Step, ...], at: Context) -> list[Any]:
    """The first step of an absolute path names the root itself."""
    root = at.world.root  # also inside a list: XForms knows one document
    if not steps:
        return [root]
    first, *rest = steps
    nodes = [root] if _named(root, first.name) else []
    if first.axis == "descendant-or-self":
        nodes = list(root.iter("*"))
    nodes = _filtered(first, nodes, at)
    for step in rest:
        nodes = _stepped(step, nodes, at)
    return nodes


def _stepped(step: Step, nodes: list[Any], at: Context) -> list[Any]:
    found: list[Any] = []
    seen: set[int] = set()
    for node in nodes:
        for one in _filtered(step, list(_axis(step, node)), at):
            if isinstance(one, str) or id(one) not in seen:
                seen.add(id(one))
                found.append(one)
    return found


def local(node: Any) -> str:
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _named(node: Any, name: str) -> bool:
    return name == "*" or local(node) == name


def _axis(step: Step, node: Any) -> Iterator[Any]:
    if isinstance(node, str):
        if step.axis == "self":
            yield node
        return
    if step.axis == "child":
        yield from (one for one in node if _named(one, step.name))
    elif step.axis == "self":
        yield from (one for one in (node,) if _named(one, step.name))
    elif step.axis == "parent":
        parent = node.getparent()
        if parent is not None and _named(parent, step.name):
            yield parent
    elif step.axis == "attribute":
        yield from (text for name, text in node.attrib.items() if step.name in {"*", name.rpartition("}")[2]})
    else:
        yield from _rare_axis(step, node)


def _rare_axis(step: Step, node: Any) -> Iterator[Any]:
    found: Any
    if step.axis == "descendant-or-self":
        found = node.iter("*")
    elif step.axis == "descendant":
        found = node.iterdescendants("*")
    elif step.axis == "ancestor":
        found = node.iterancestors("*")
    elif step.axis in {"preceding-sibling", "following-sibling"}:
        found = node.itersiblings("*", preceding=step.axis == "preceding-sibling")
    else:
        raise EvaluationError(f"{step.axis}::")
    yield from (one for one in found if _named(one, step.name))


def _filtered(step: Step, nodes: list[Any], at: Context) -> list[Any]:
    for predicate in step.predicates:
        size = len(nodes)
        kept = []
        for position, node in enumerate(nodes, start=1):
            inner = replace(at, node=node, position=position, size=size)
            found = value(predicate, inner)
            number = isinstance(found, float) and not isinstance(found, bool)
            if (found == position) if number else to_bool(found, inner):
                kept.append(node)
        nodes = kept
    return nodes
