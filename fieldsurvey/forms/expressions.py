"""XPath as a tree with its operators, for evaluating: what `xpath` reads for the checks, read whole. Parsed once per text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from fieldsurvey.forms.xpath import DEEPEST, Token, TooDeepError, XPathError, tokens

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"=", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "div", "mod"}),
)
_NODE_TYPES = {"node", "text", "comment", "processing-instruction"}


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Negated:
    inside: Tree


@dataclass(frozen=True, slots=True)
class Operation:
    operator: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Union:
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """`axis`: child, self, parent, attribute, descendant-or-self, or another of XPath's; `name`: an element's, or `*`."""

    axis: str
    name: str
    predicates: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the document (`absolute`), from the context, or from `start`."""

    start: Tree | None
    absolute: bool
    steps: tuple[Step, ...]


Tree = Number | Text | Negated | Operation | Union | Function | Path


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """Raises XPathError."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = [*tokens(text), Token("end", "", len(text), len(text))]
        self.at = self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, kind: str, *texts: str) -> str | None:
        token = self.next
        if token.kind != kind or (texts and token.text not in texts):
            return None
        self.at += 1
        return token.text

    def need(self, text: str) -> None:
        if self.take("symbol", text) is None:
            raise XPathError(f"'{text}' is missing before {self.next.text!r}")

    def whole(self) -> Tree:
        tree = self.level(0)
        if self.next.kind != "end":
            raise XPathError(f"{self.next.text!r} has nothing to belong to")
        return tree

    def level(self, number: int) -> Tree:
        if number == len(_LEVELS):
            return self.negation()
        if number == 0:
            self.depth += 1
            if self.depth > DEEPEST:
                raise TooDeepError("nested too deep")
        left = self.level(number + 1)
        while (operator := self.take("operator", *_LEVELS[number])) is not None:
            left = Operation(operator, left, self.level(number + 1))
        if number == 0:
            self.depth -= 1
        return left

    def negation(self) -> Tree:
        if self.take("operator", "-") is not None:
            return Negated(self.negation())
        left = self.path()
        while self.take("operator", "|") is not None:
            left = Union(left, self.path())
        return left

    def path(self) -> Tree:
        start = self.primary()
        if start is None:
            absolute = self.next.text in {"/", "//"}
            if self.next.text == "/" and not self.begins_step(self.tokens[self.at + 1]):
                self.at += 1
                return Path(None, True, ())
            first = () if absolute else (self.step(),)
            return Path(None, absolute, (*first, *self.more_steps()))
        predicates = self.predicates()
        filtered = (Step("self", "*", predicates),) if predicates else ()
        steps = (*filtered, *self.more_steps())
        return Path(start, False, steps) if steps else start

    def primary(self) -> Tree | None:
        token = self.next
        if (literal := self.take("literal")) is not None:
            return Text(literal[1:-1])
        if (number := self.take("number")) is not None:
            return Number(float(number))
        if self.take("symbol", "(") is not None:
            inside = self.level(0)
            self.need(")")
            return inside
        if token.kind == "name" and self.tokens[self.at + 1].text == "(" and token.text not in _NODE_TYPES:
            self.at += 2
            return Function(token.text, self.arguments())
        return None

    def arguments(self) -> tuple[Tree, ...]:
        if self.take("symbol", ")") is not None:
            return ()
        found = [self.level(0)]
        while self.take("symbol", ",") is not None:
            found.append(self.level(0))
        self.need(")")
        return tuple(found)

    def more_steps(self) -> tuple[Step, ...]:
        found: list[Step] = []
        while (slash := self.take("symbol", "/", "//")) is not None:
            if slash == "//":
                found.append(Step("descendant-or-self", "*"))
            found.append(self.step())
        return tuple(found)

    @staticmethod
    def begins_step(token: Token) -> bool:
        return token.kind == "name" or (token.kind == "symbol" and token.text in {".", "..", "@"})

    def step(self) -> Step:
        if not self.begins_step(self.next):
            raise XPathError(f"a name is missing before {self.next.text!r}")
        text = self.next.text
        self.at += 1
        if text in {".", ".."}:
            return Step("self" if text == "." else "parent", "*", self.predicates())
        axis = "child"
        if text == "@":
            axis, text = "attribute", self.name()
        elif self.take("symbol", "::") is not None:
            axis, text = text, self.name()
        if self.take("symbol", "(") is not None:  # node(), text()
            self.take("literal")
            self.need(")")
            text = "*"
        return Step(axis, text.rpartition(":")[2], self.predicates())

    def name(self) -> str:
        found = self.take("name") or self.take("symbol", ".")
        if found is None:
            raise XPathError(f"a name is missing before {self.next.text!r}")
        return found

    def predicates(self) -> tuple[Tree, ...]:
        found = []
        while self.take("symbol", "[") is not None:
            found.append(self.level(0))
            self.need("]")
        return tuple(found)
