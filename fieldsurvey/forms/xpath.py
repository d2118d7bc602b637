"""XPath 1.0 as forms write it: tokens, a parser, and the functions of ODK. Nothing is evaluated here.

Operators are read but not kept: the checks want to know which paths, calls and literals an expression names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 80  # levels of nesting; more is not wrong, only too deep for us to follow

_LETTER = r"A-Z_a-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F\u2C00-\u2FEF"
_LETTER += r"\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
_NCNAME = rf"[{_LETTER}][{_LETTER}\-.0-9\xB7\u0300-\u036F\u203F\u2040]*"
_SPACE = " \t\r\n\f"
_SYMBOL = r"(?P<symbol>//|::|\.\.|[/.@()\[\],])"
# Where an operand may stand, `*` and `div` are names; after an operand they are operators (XPath 1.0 §3.7).
_OPERAND = re.compile(
    rf"""[{_SPACE}]*(?:(?P<literal>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)|{_SYMBOL}"""
    rf"""|(?P<name>\*|{_NCNAME}(?::(?!:)(?:\*|{_NCNAME}))?)|(?P<variable>\${_NCNAME})|(?P<operator>-))""",
    re.ASCII,
)
_AFTER_OPERAND = re.compile(rf"[{_SPACE}]*(?:(?P<operator>!=|<=|>=|[=<>+\-*|]|and|or|div|mod)|{_SYMBOL})")
_ENDS_OPERAND = {")", "]", ".", ".."}
_NODE_TYPES = {"node", "text", "comment", "processing-instruction"}


class XPathError(ValueError):
    """The expression cannot be read; the message says why."""


class TooDeepError(XPathError):
    """The expression is nested deeper than we follow: nothing is known about it."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # literal | number | name | variable | operator | symbol | end
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | None  # None: a number or a variable


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
    text = text.rstrip(_SPACE)
    position, after_operand = 0, False
    while position < len(text):
        found = (_AFTER_OPERAND if after_operand else _OPERAND).match(text, position)
        if not found:
            raise XPathError(_unexpected(text[position:].lstrip(_SPACE)))
        kind = str(found.lastgroup)
        token = Token(kind, found[kind], found.start(kind), found.end())
        yield token
        position = token.end
        after_operand = token.text in _ENDS_OPERAND if kind == "symbol" else kind != "operator"


def _unexpected(rest: str) -> str:
    if rest[0] in "'\"":
        return f"the quote {rest[:20]} is not closed or stands in the wrong place"
    return f"{rest[:20]!r} cannot stand there"


def parse(text: str) -> Expression:
    """The operands of an expression; raises XPathError where it is no XPath."""
    return _Parser(text).whole()


class _Parser:
    """Reads left to right, one token ahead. Operators all bind alike: only the operands are kept."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [*tokens(text), Token("end", "", len(text), len(text))]
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str, kind: str = "symbol") -> bool:
        """Steps over the next token where it is one of these."""
        if self.next.kind != kind or (texts and self.next.text not in texts):
            return False
        self.at += 1
        return True

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise XPathError(f"'{text}' is missing {self.place()}")

    def place(self) -> str:
        return f"before {self.next.text!r}" if self.next.text else "at the end"

    def whole(self) -> Expression:
        operands = self.expression()
        if self.next.kind != "end":
            raise XPathError(f"{self.next.text!r} has nothing to close or belong to")
        return operands

    def expression(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeepError("nested too deep")
        operands = [self.operand()]
        while self.take(kind="operator"):
            operands.append(self.operand())
        self.depth -= 1
        return tuple(operands)

    def operand(self) -> Literal | Call | Path | Group:
        while self.take("-", kind="operator"):
            pass
        begin = self.next
        start = self.primary()
        if start is None:
            return self.path(begin)
        predicates = self.predicates()
        if not predicates and self.next.text not in {"/", "//"}:
            return start
        steps = [Step(".", predicates)] if predicates else []
        if self.next.text in {"/", "//"}:
            steps += self.steps()
        return Path(start, False, tuple(steps), self.since(begin))

    def primary(self) -> Literal | Call | Group | None:
        """What is no path; None where a path begins."""
        token = self.next
        if self.take(kind="literal"):
            return Literal(token.text[1:-1])
        if self.take(kind="number") or self.take(kind="variable"):
            return Literal(None)
        if self.take("("):
            inside = self.expression()
            self.expect(")")
            return Group(inside)
        if token.kind == "name" and self.tokens[self.at + 1].text == "(" and token.text not in _NODE_TYPES:
            self.at += 2
            return Call(token.text, self.arguments())
        return None

    def arguments(self) -> tuple[Expression, ...]:
        if self.take(")"):
            return ()
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        self.expect(")")
        return tuple(found)

    def path(self, begin: Token) -> Path:
        absolute = begin.text in {"/", "//"}
        if begin.text == "/" and not self.begins_step(self.tokens[self.at + 1]):
            self.at += 1
            return Path(None, True, (), "/")
        steps = self.steps() if absolute else [self.step(), *self.steps()]
        return Path(None, absolute, tuple(steps), self.since(begin))

    def steps(self) -> list[Step]:
        steps = []
        while self.next.kind == "symbol" and self.next.text in {"/", "//"}:
            if self.next.text == "//":
                steps.append(Step(""))
            self.at += 1
            steps.append(self.step())
        return steps

    def begins_step(self, token: Token) -> bool:
        return token.kind == "name" or (token.kind == "symbol" and token.text in {".", "..", "@"})

    def step(self) -> Step:
        token = self.next
        if not self.begins_step(token):
            raise XPathError(f"a name or a value is missing {self.place()}")
        self.at += 1
        if token.text in {".", ".."}:
            return Step(token.text, self.predicates())
        name = token.text
        if token.text == "@":
            self.node_test()
            name = ""
        elif self.take("::"):
            test = self.node_test()
            name = test if name == "child" else ""
        elif self.take("("):
            self.close_node_type()
            name = ""
        return Step("" if "*" in name else name.rpartition(":")[2], self.predicates())

    def node_test(self) -> str:
        """The name after `@` or `axis::`; "" for `node()` and the like."""
        name = self.next.text
        if not self.take(kind="name"):
            raise XPathError(f"a name is missing {self.place()}")
        if self.take("("):
            self.close_node_type()
            return ""
        return name

    def close_node_type(self) -> None:
        self.take(kind="literal")
        self.expect(")")

    def predicates(self) -> tuple[Expression, ...]:
        found = []
        while self.take("["):
            found.append(self.expression())
            self.expect("]")
        return tuple(found)

    def since(self, begin: Token) -> str:
        return self.text[begin.start : self.tokens[self.at - 1].end]


# How many arguments each function takes, as JavaRosa 5 (ODK Collect, ODK Validate) and xforms-engine take them; where
# they differ, what either accepts.
_MANY = 10_000
MANY_ARGUMENTS = 1_000  # an upper bound beyond this means that there is none
_NONE, _ONE, _TWO, _THREE = range(1), range(1, 2), range(2, 3), range(3, 4)
_PERHAPS_ONE, _ONE_OR_TWO, _TWO_OR_THREE = range(2), range(1, 3), range(2, 4)
_ANY, _SOME = range(_MANY), range(1, _MANY)
_ARITY = {
    _NONE: "true false today now pi version current",
    _PERHAPS_ONE: "position number string string-length normalize-space uuid random",
    _ONE: "not boolean int count count-non-empty sum date date-time decimal-date-time decimal-time boolean-from-string"
    " abs acos asin atan cos exp exp10 log log10 sin sqrt tan count-selected once property area"
    " enclosed-area base64-decode instance jr:itext",
    _ONE_OR_TWO: "round randomize",
    _TWO: "coalesce selected is-selected selected-at regex format-date format-date-time atan2 pow starts-with ends-with"
    " contains substring-before substring-after geofence extract-signed jr:choice-name",
    _TWO_OR_THREE: "substr digest",
    _THREE: "if translate",
    range(4, 5): "pulldata",
    range(3, 12, 2): "indexed-repeat",
    range(2, _MANY): "checklist",
    range(2, _MANY, 2): "weighted-checklist",
    _SOME: "join depend distance",
    _ANY: "concat min max",
}
FUNCTIONS = {name: arity for arity, names in _ARITY.items() for name in names.split()}
