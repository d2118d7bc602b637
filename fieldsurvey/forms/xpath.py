"""XPath 1.0 as forms write it: tokens, a parser, and the functions that ODK knows. Nothing is evaluated here.

Operators are read but not kept: the checks want to know which paths, calls and literals an expression names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 100  # levels of nesting; more is not wrong, only too deep for us to follow

_LETTER = r"A-Z_a-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F\u2C00-\u2FEF"
_LETTER += r"\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
_NCNAME = rf"[{_LETTER}][{_LETTER}\-.0-9\xB7\u0300-\u036F\u203F\u2040]*"
_SPACE = re.compile(r"[ \t\r\n\f]*")
_PUNCTUATION = r"(?P<symbol>//|::|\.\.|[/.@()\[\],])"
# Where an operand may stand, `*` and `div` are names; after an operand they are operators (XPath 1.0 §3.7).
_OPERAND = re.compile(
    rf"""(?P<literal>"[^"]*"|'[^']*') | (?P<number>\d+(?:\.\d*)?|\.\d+) | {_PUNCTUATION}
    | (?P<name>\*|{_NCNAME}(?::(?!:)(?:\*|{_NCNAME}))?) | (?P<variable>\${_NCNAME}) | (?P<operator>-)""",
    re.VERBOSE,
)
_AFTER_OPERAND = re.compile(rf"(?P<operator>!=|<=|>=|[=<>+\-*|]|and|or|div|mod) | {_PUNCTUATION}", re.VERBOSE)
_ENDS_OPERAND = {")", "]", ".", ".."}
_NODE_TYPES = {"node", "text", "comment", "processing-instruction"}


class XPathError(ValueError):
    """The expression cannot be read; the message says why."""


class TooDeepError(XPathError):
    """The expression is nested deeper than we follow: nothing is known about it."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # literal | number | name | variable | operator | symbol
    text: str
    end: int


@dataclass(frozen=True, slots=True)
class Literal:
    value: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path. `name` is an element's name, `.`, `..`, or "" where it may lead to several places."""

    name: str
    predicates: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    start: Call | Group | Literal | None  # what the steps begin at; None: the root or the context
    absolute: bool
    steps: tuple[Step, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """An expression in parentheses."""

    inside: Expression


Expression = tuple[Literal | Call | Path | Group, ...]  # the operands, in order


def tokens(text: str) -> Iterator[Token]:
    """The tokens of an expression; raises XPathError where no token can stand."""
    position, after_operand = _SPACE.match(text, 0).end(), False  # type: ignore[union-attr]
    while position < len(text):
        found = (_AFTER_OPERAND if after_operand else _OPERAND).match(text, position)
        if not found:
            raise XPathError(_unexpected(text[position:]))
        kind, value = str(found.lastgroup), found.group()
        yield Token(kind, value, found.end())
        after_operand = value in _ENDS_OPERAND if kind == "symbol" else kind != "operator"
        position = _SPACE.match(text, found.end()).end()  # type: ignore[union-attr]


def _unexpected(rest: str) -> str:
    if rest[0] in "'\"":
        return f"a quote {rest[0]} is not closed"
    return f"'{rest.split(maxsplit=1)[0][:20] if rest.split() else rest[:1]}' cannot stand here"


def parse(text: str) -> Expression:
    """The operands of an expression; raises XPathError where it is no XPath."""
    return _Parser(text).whole()
