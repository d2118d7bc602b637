"""What is wrong with the expressions of an XForm that pyxform lets pass: syntax, functions, paths, cycles, patterns.

A phone that meets one of these refuses the form or silently never shows a question. Where we are not sure, we are
silent: a form that works is never refused. ODK Validate, where Java is at hand, looks at other things as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lxml import etree

from fieldsurvey.forms import xpath
from fieldsurvey.forms.xform import JR, XF

BIND_EXPRESSIONS = ("relevant", "constraint", "calculate", "required", "readonly")
ORDERING = frozenset({"relevant", "calculate", "required", "readonly"})  # these must be computed in some order
TRIGGER = "trigger"
MOST_CYCLES = 20  # told at once; mending these shows the rest
LONGEST_QUOTED = 120  # characters of an expression in a finding
Place = tuple[str, ...]  # the names from the root of the primary instance down to a node
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
_PROPERTY_CLASS = re.compile(r"(\\\\)|\\[pP](?:\{\^?[\w=]+\}|[A-Z])")  # \p{L}: fine on phones, unknown to Python
_PHONES_DIFFER = re.compile(r"\[[^\]]*\[|&&|--|~~|\|\||\[\^?\]|\\[QEk]|\(\?\w*x")  # Python reads these in another way


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: the node (or the text) where it stands, what is wrong, and the id of what to do."""

    path: str
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class _Model:
    """What expressions may name."""

    places: dict[Place, int]  # in document order
    instances: frozenset[str]


def check(xform_xml: str) -> list[Finding]:
    """What is wrong with the form's expressions, in the order of the form; an empty list where nothing is."""
    try:
        document = etree.fromstring(xform_xml.encode(), _PARSER)
    except etree.XMLSyntaxError as error:
        return [Finding("", f"not XML: {error}", "forms.advice.unreadable")]
    primary = document.find(f".//{XF}model/{XF}instance")
    if primary is None or len(primary) == 0:
        return []
    ids = frozenset(one.get("id") or "" for one in document.iter(f"{XF}instance"))
    model = _Model({place: at for at, place in enumerate(dict.fromkeys(_places(primary[0], ())))}, ids)
    findings: dict[Finding, None] = {}  # a text stands there once for each language
    needs: dict[Place, dict[str, set[Place]]] = {}
    for where, what, text in _expressions(document):
        context = None if what == TRIGGER or "/meta/" in where else _place(where, model)
        reading = _Reading(model, context).read(text)
        for said, advice in reading.wrong:
            findings[Finding(where, f"{what} {_quoted(text)}: {said}", f"forms.advice.{advice}")] = None
        if context and what in ORDERING:
            needs.setdefault(context, {})[what] = reading.named
    return [*findings, *_cycles(model, needs)]


def _places(node: Any, above: Place) -> Iterator[Place]:
    place = (*above, etree.QName(node).localname)
    yield place
    for name in node.attrib:
        yield (*place, f"@{etree.QName(name).localname}")
    for child in node.iterchildren(etree.Element):
        yield from _places(child, place)


def _place(path: str, model: _Model) -> Place | None:
    place = tuple("@" * name.startswith("@") + name.lstrip("@").rpartition(":")[2] for name in path[1:].split("/"))
    return place if path.startswith("/") and place in model.places else None


def _path(place: Place) -> str:
    return "/" + "/".join(place)


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"`{text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + '…'}`"


# Where expressions stand


def _expressions(document: Any) -> Iterator[tuple[str, str, str]]:
    """Every expression: the path of the node that it is about, what it is for, its text."""
    for node in document.iter(etree.Element):
        for where, what, text in _of_node(node):
            if text and text.strip():
                yield where, what, text


def _of_node(node: Any) -> Iterator[tuple[str, str, str | None]]:
    match node.tag.removeprefix(XF):
        case "bind":
            yield from ((_reference(node), what, node.get(what)) for what in BIND_EXPRESSIONS)
        case "setvalue":
            # pyxform writes a trigger's paths as seen from the trigger, phones read them as seen from the target.
            triggered = "xforms-value-changed" in (node.get("event") or "")
            yield _reference(node), TRIGGER if triggered else "default", node.get("value")
        case "itemset":
            yield _reference(node.getparent()), "choices", node.get("nodeset")
        case "repeat":
            yield _reference(node), "repeat_count", node.get(f"{JR}count")
        case "output":
            yield _text_of(node), "text", node.get("value") or node.get("ref")


def _reference(node: Any) -> str:
    return node.get("ref") or node.get("nodeset") or ""


def _text_of(output: Any) -> str:
    """The question whose label or hint it is; the text's id where it is a choice's, which has no one question."""
    text = next(output.iterancestors(f"{XF}text"), None)
    if text is not None:
        return str(text.get("id") or "").partition(":")[0]
    return next((path for one in output.iterancestors() if (path := _reference(one)).startswith("/")), "")


# What one expression says


class _Reading:
    """Walks one expression: what is wrong with it, and which nodes of the primary instance it names.

    `context` is the node that relative paths begin at; None where that is unknown, as in a list of choices.
    """

    def __init__(self, model: _Model, context: Place | None) -> None:
        self.model = model
        self.context = context
        self.wrong: list[tuple[str, str]] = []
        self.named: set[Place] = set()

    def read(self, text: str) -> _Reading:
        try:
            self.visit(xpath.parse(text), self.context)
        except xpath.TooDeepError:
            pass
        except xpath.XPathError as error:
            self.wrong.append((str(error), "syntax"))
        return self

    def visit(self, expression: xpath.Expression, context: Place | None) -> None:
        for operand in expression:
            match operand:
                case xpath.Call():
                    self.call(operand, context)
                case xpath.Group():
                    self.visit(operand.inside, context)
                case xpath.Path():
                    self.path(operand, context)

    def call(self, call: xpath.Call, context: Place | None) -> None:
        arity, given = xpath.FUNCTIONS.get(call.name), len(call.arguments)
        if arity is None:
            self.wrong.append((f"there is no function {call.name}()", "function_unknown"))
        elif given not in arity:
            self.wrong.append((f"{call.name}() takes {_counts(arity)}, not {given}", "arity"))
        elif call.name == "instance" and _literal(call.arguments[0]) not in {None, *self.model.instances}:
            self.wrong.append((f"the form has no list or file '{_literal(call.arguments[0])}'", "instance_unknown"))
        elif call.name == "regex":
            fault = _pattern_fault(_literal(call.arguments[1]) or "")
            self.wrong += [(f"the pattern cannot be read: {fault}", "regex")] if fault else []
        for argument in call.arguments:
            self.visit(argument, context)

    def path(self, path: xpath.Path, context: Place | None) -> None:
        place = self.start(path, context)
        for step in path.steps:
            place = self.follow(place, step.name, path)
            for predicate in step.predicates:
                self.visit(predicate, place)
        if place:
            self.named.add(place)

    def start(self, path: xpath.Path, context: Place | None) -> Place | None:
        if path.start is None:
            return () if path.absolute else context
        self.visit((path.start,), context)
        return self.context if isinstance(path.start, xpath.Call) and path.start.name == "current" else None

    def follow(self, place: Place | None, name: str, path: xpath.Path) -> Place | None:
        """One step on; None where that leads out of what we know."""
        if place is None or name in {"", "."}:
            return place if name else None
        if name == "..":
            onward = place[:-1] if place else None
        else:
            onward = (*place, name) if (*place, name) in self.model.places else None
        if onward is None:
            lost = "nothing above the form" if name == ".." else f"no {_path((*place, name))} in the form"
            self.wrong.append((f"{path.text} leads nowhere, there is {lost}", "path_unknown"))
        return onward


def _literal(expression: xpath.Expression) -> str | None:
    match expression:
        case (xpath.Literal(value),):
            return value
    return None


def _counts(arity: range) -> str:
    if len(arity) == 1:
        return f"{arity[0]} argument{'s' if arity[0] != 1 else ''}"
    if arity[-1] > xpath.MANY_ARGUMENTS:
        return f"{arity[0]}, {arity[1]}, … arguments" if arity.step > 1 else f"{arity[0]} arguments or more"
    return f"{', '.join(str(count) for count in arity[:-1])} or {arity[-1]} arguments"


def _pattern_fault(pattern: str) -> str:
    """Why no phone can read the pattern; "" where one may. Java, ICU and JavaScript differ in details."""
    pattern = _PROPERTY_CLASS.sub(lambda found: found[1] or r"\w", pattern)
    if _PHONES_DIFFER.search(pattern):
        return ""
    try:
        re.compile(pattern)
    except re.error as error:
        return error.msg if _sure(error.msg, pattern, error.pos or 0) else ""
    except (OverflowError, RecursionError):
        return ""
    return ""


def _sure(fault: str, pattern: str, at: int) -> bool:
    if fault.startswith(("missing ), unterminated subpattern", "unbalanced parenthesis", "unterminated character set")):
        return True
    if fault == "nothing to repeat":
        return pattern[at] in "*+?" and (at == 0 or pattern[at - 1] in "(|") and pattern[at - 2 : at - 1] != "\\"
    return bool(re.fullmatch(r"bad character range \w-\w|min repeat greater than max repeat", fault))


# What depends on itself


def _cycles(model: _Model, needs: dict[Place, dict[str, set[Place]]]) -> Iterator[Finding]:
    """Phones refuse a form where an answer needs itself. A node needs what the relevance of its groups needs."""
    graph: dict[Place, list[Place]] = {}
    inherited: dict[Place, set[Place]] = {(): set()}
    for place in model.places:
        own = needs.get(place, {})
        inherited[place] = inherited[place[:-1]] | own.get("relevant", set())
        graph[place] = sorted(inherited[place].union(*own.values()), key=lambda one: model.places[one])
    for _ in range(MOST_CYCLES):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = _from_first(error.args[1][:0:-1], model)
        else:
            return
        yield Finding(_path(circle[0]), f"needs itself: {' → '.join(map(_path, circle))}", "forms.advice.cycle")
        for place in circle:
            graph.pop(place, None)


def _from_first(circle: list[Place], model: _Model) -> list[Place]:
    """The circle, begun at the node that stands first in the form, and closed."""
    at = min(range(len(circle)), key=lambda index: model.places[circle[index]])
    return [*circle[at:], *circle[:at], circle[at]]
