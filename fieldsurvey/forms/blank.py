"""An XForm read for filling it in: the instance as it begins, binds, actions, texts, lists. One for each version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from fieldsurvey.forms.evaluation import local
from fieldsurvey.forms.xform import JR, XF

_LANGUAGE = re.compile(r"\(([A-Za-z-]+)\)\s*$")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)


@dataclass(frozen=True, slots=True)
class Bind:
    path: str
    type: str
    relevant: str | None
    required: str | None
    readonly: str | None
    calculate: str | None
    constraint: str | None
    message: str | None  # an itext reference or a sentence
    required_message: str | None
    preload: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class SetValue:
    ref: str
    events: frozenset[str]
    value: str  # an expression
    source: str  # the control or repeat that it belongs to; "" for the form


class Blank:
    """The XForm of a version, read."""

    def __init__(self, xml: str) -> None:
        document = etree.fromstring(
            xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        )
        self.model = next(document.iter(f"{XF}model"))
        self.body = next(one for one in document if local(one) == "body")
        instances = [one for one in self.model if local(one) == "instance"]
        self.primary = next(one for one in instances[0] if isinstance(one.tag, str))
        self.secondary = {one.get("id"): one for one in instances[1:]}
        self.binds = [_bind(one) for one in self.model if local(one) == "bind" and one.get("nodeset")]
        self.by_path = {one.path: one for one in self.binds}
        self.repeats = {one.get("nodeset") for one in self.body.iter(f"{XF}repeat")}
        self.actions = [*_actions(self.model, ""), *self._body_actions()]
        self.texts = _texts(self.model)
        self.templates = {
            self.path_of(one): one for one in self.primary.iter("*") if one.get(f"{JR}template") is not None
        }

    def path_of(self, node: Any) -> str:
        """/data/members/m_name, of a node of the instance as it begins."""
        names = [local(one) for one in reversed([node, *node.iterancestors()]) if one is not None]
        return "/" + "/".join(names[names.index(local(self.primary)) :])

    def _body_actions(self) -> Iterator[SetValue]:
        for control in self.body.iter("*"):
            source = control.get("ref") or control.get("nodeset")
            if source and local(control) != "setvalue":
                yield from _actions(control, source)

    def source_of(self, list_id: str) -> str | None:
        """The file name of an external list; None for one that stands in the form."""
        found = self.secondary.get(list_id)
        source = found.get("src") if found is not None else None
        return source.rpartition("/")[2] if source else None


def _bind(node: Any) -> Bind:
    preload = node.get(f"{JR}preload")
    return Bind(
        node.get("nodeset"),
        (node.get("type") or "string").rpartition(":")[2],
        node.get("relevant"),
        node.get("required"),
        node.get("readonly"),
        node.get("calculate"),
        node.get("constraint"),
        node.get(f"{JR}constraintMsg"),
        node.get(f"{JR}requiredMsg"),
        (preload, node.get(f"{JR}preloadParams") or "") if preload else None,
    )


def _actions(parent: Any, source: str) -> Iterator[SetValue]:
    for one in parent:
        if isinstance(one.tag, str) and local(one) == "setvalue":
            said = one.get("value")
            expression = said if said is not None else f"'{(one.text or '').replace(chr(39), '')}'"
            yield SetValue(one.get("ref"), frozenset((one.get("event") or "").split()), expression or "''", source)


def _texts(model: Any) -> dict[str, dict[str, Any]]:
    """Language → itext id → its <value>; languages by their code where they have one."""
    found: dict[str, dict[str, Any]] = {}
    for translation in model.iter(f"{XF}translation"):
        name = translation.get("lang") or ""
        code = _LANGUAGE.search(name)
        words = found.setdefault(code[1] if code else name, {})
        for text in translation.iter(f"{XF}text"):
            plain = next((one for one in text if local(one) == "value" and one.get("form") is None), None)
            if plain is not None:
                words[text.get("id")] = plain
    return found
