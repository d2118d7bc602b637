"""`$filter` as a tree: read once, refused with a sentence where it cannot be read. Knows no tables.

`not` binds closer than `and`, and `and` closer than `or`; a comparison binds closest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from fieldsurvey.errors import Kind, Problem

COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
_UNSUPPORTED = frozenset({"add", "sub", "mul", "div", "divby", "mod", "has", "in"})
_DEEPEST, _LONGEST = 40, 1000  # levels and tokens: a filter that people write has a dozen


class Form(Enum):
    """How a literal is written."""

    NULL = "null"
    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Literal:
    text: str  # without quotes
    form: Form
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    name: str  # group/question, $root/Submissions/__system/reviewState
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Logic:
    operator: str  # and | or
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = Literal | Path | Call | Comparison | Logic | Not

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    |(?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+\- ]\d\d(?::?\d\d)?)?)?(?![\w-]))
    |(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)
    |(?P<name>(?:\$(?:root|it)/)?[^\W\d]\w*(?:[/@.]\w+)*)
    |(?P<mark>[(),])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Node:
    """The tree of a filter; raises FILTER_BROKEN, FILTER_UNSUPPORTED."""
    return _Parser(text).whole()


def names(node: Node) -> Iterator[str]:
    """Every field that a filter names."""
    if isinstance(node, Path):
        yield node.name
        return
    for part in _inner(node):
        yield from names(part)


def _inner(node: Node) -> tuple[Node, ...]:
    match node:
        case Call():
            return node.arguments
        case Comparison():
            return node.left, node.right
        case Logic():
            return node.parts
        case Not():
            return (node.part,)
        case _:
            return ()


def broken(reason: str) -> NoReturn:
    raise Problem(Kind.FILTER_BROKEN, reason=reason)


def unsupported(node_type: str, text: str, at: int) -> NoReturn:
    raise Problem(Kind.FILTER_UNSUPPORTED, at=at, type=node_type, text=text)


def _tokens(text: str) -> Iterator[_Token]:
    if "\0" in text:
        broken("\\0")
    end, count = len(text.rstrip()), 0
    at = 0
    while at < end:
        found = _TOKEN.match(text, at, end)
        count += 1
        if found is None or count > _LONGEST:
            broken(f"{text[at : at + 20].strip()!r} ({at})")
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind], found.start(kind))
        at = found.end()


class _Parser:
    """Recursive descent; `depth` keeps hostile nesting from the stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.next = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self.next < len(self.tokens):
            self._refuse()
        return node

    def _peek(self) -> _Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def _word(self, words: frozenset[str]) -> _Token | None:
        """The next token, taken, if it is one of these words."""
        token = self._peek()
        if token is None or token.kind != "name" or token.text not in words:
            return None
        self.next += 1
        return token

    def _mark(self, mark: str) -> bool:
        token = self._peek()
        if token is None or token.text != mark or token.kind != "mark":
            return False
        self.next += 1
        return True

    def _refuse(self) -> NoReturn:
        token = self._peek()
        broken(f"{token.text!r} ({token.at})" if token else f"… ({len(self.text)})")

    def _or(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            self._refuse()
        parts = [self._and()]
        while self._word(frozenset({"or"})):
            parts.append(self._and())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Logic("or", tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._word(frozenset({"and"})):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Logic("and", tuple(parts))

    def _not(self) -> Node:
        count = 0
        while self._word(frozenset({"not"})):
            count += 1
        node = self._comparison()
        if count == 0:
            return node
        return Not(node) if count % 2 else Not(Not(node))

    def _comparison(self) -> Node:
        left = self._operand()
        beyond = self._word(_UNSUPPORTED)
        if beyond is not None:
            unsupported("operator", beyond.text, beyond.at)
        sign = self._word(COMPARISONS)
        return left if sign is None else Comparison(sign.text, left, self._operand(), sign.at)

    def _operand(self) -> Node:
        if self._mark("("):
            node = self._or()
            if not self._mark(")"):
                self._refuse()
            return node
        token = self._peek()
        if token is None or token.kind == "mark":
            self._refuse()
        self.next += 1
        return self._named(token) if token.kind == "name" else _literal(token)

    def _named(self, token: _Token) -> Node:
        if self._mark("("):
            return Call(token.text, tuple(self._arguments()), token.at)
        if token.text == "null":
            return Literal("null", Form.NULL, token.at)
        if token.text in {"true", "false"}:
            return Literal(token.text, Form.BOOLEAN, token.at)
        if token.text in COMPARISONS | _UNSUPPORTED | {"and", "or", "not"}:
            self.next -= 1
            self._refuse()
        return Path(token.text, token.at)

    def _arguments(self) -> Iterator[Node]:
        if self._mark(")"):
            return
        yield self._or()
        while self._mark(","):
            yield self._or()
        if not self._mark(")"):
            self._refuse()


def _literal(token: _Token) -> Literal:
    if token.kind == "text":
        return Literal(token.text[1:-1].replace("''", "'"), Form.TEXT, token.at)
    form = {"number": Form.NUMBER, "moment": Form.MOMENT}.get(token.kind, Form.TEXT)
    return Literal(token.text, form, token.at)
