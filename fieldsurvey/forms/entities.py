"""What a form says of entities, by ODK's entities specification: the lists that it fills, and which question gives which
property. And what a submission of such a form then says of each entity, before anybody has judged it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn, Protocol

from lxml import etree

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.entity_names import is_dataset_name, is_property_name

Version = tuple[int, ...]
FIRST: Version = (2022, 1, 0)
OFFLINE: Version = (2024, 1, 0)  # from here on a phone may change entities without a line
REPEATS: Version = (2025, 1, 0)  # from here on a form may fill several lists, also from repeats
BEYOND: Version = (2025, 2, 0)
CREATE, UPDATE = "create", "update"
_SEMANTIC = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:\+[\w.-]+)?", re.ASCII)
_BLOCK = "/meta/entity"


class Node(Protocol):
    """A field of the form: an xform.Field."""

    @property
    def path(self) -> str: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Declaration:
    """One `meta/entity` of a form. `path`: the group or repeat that holds it, "" for the root."""

    dataset: str
    path: str
    repeat: bool  # the path itself is a repeat
    actions: tuple[str, ...]  # create, update
    properties: tuple[tuple[str, str], ...]  # path of a question and its property, in the order of the form

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Declaration:
        properties = tuple((path, name) for path, name in stored["properties"])
        return cls(stored["dataset"], stored["path"], stored["repeat"], tuple(stored["actions"]), properties)


def declared(model: Any, root: Any, fields: Iterable[Node], bound: Mapping[str, Any]) -> tuple[Declaration, ...]:
    """The declarations of a form; `bound`: absolute path → its bind. Raises ENTITY_FORM_INVALID."""
    blocks = dict(_blocks(root, ""))
    if not blocks:
        return ()
    version = supported(spec_version(model))
    heads = {path: _head(block) for path, block in blocks.items()}
    kinds = {one.path: one.kind for one in fields}
    repeated = {path for path in heads if _repeats_above(path, kinds)}
    if version < REPEATS and (len(heads) > 1 or repeated):
        _refuse("several entities in one form need entities-version 2025.1.0 or later")
    root_path = f"/{local_name(root.tag)}"
    saved = {path: name for path in kinds if (name := _saved_to(bound.get(f"{root_path}/{path}")))}
    properties = _assigned(saved, heads, kinds)
    return tuple(
        Declaration(dataset, path, kinds.get(path) == "repeat", actions, tuple(properties[path]))
        for path, (dataset, actions) in heads.items()
    )


def spec_version(model: Any) -> str:
    return attribute(model, "entities-version") or ""


def supported(text: str) -> Version:
    """The version of the specification as numbers. Raises ENTITY_FORM_INVALID."""
    if not text:
        _refuse("the model has no entities-version")
    found = _SEMANTIC.fullmatch(text)
    version = tuple(int(part) for part in found.groups()) if found else ()
    if not FIRST <= version < BEYOND:
        _refuse(f"entities-version “{text}” is not supported; 2022.1.0 to 2025.1.x are")
    return version


def _blocks(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(path of the node that holds it, `meta/entity`). A repeat and its template are one path."""
    for child in node.iterchildren(etree.Element):
        name = local_name(child.tag)
        if name == "meta":
            yield from ((path, one) for one in child.iterchildren(etree.Element) if local_name(one.tag) == "entity")
        yield from _blocks(child, f"{path}/{name}" if path else name)


def _head(block: Any) -> tuple[str, tuple[str, ...]]:
    """(the list, what the form may do to it)"""
    dataset = attribute(block, "dataset")
    if dataset is None:
        _refuse("the entity names no list (dataset)")
    if not is_dataset_name(dataset.strip()):
        _refuse(f"a list cannot be called “{dataset}”")
    actions = tuple(action for action in (CREATE, UPDATE) if attribute(block, action) is not None)
    if not actions:
        _refuse("the entity is neither created nor updated")
    return dataset.strip(), actions


def _saved_to(bind: Any) -> str | None:
    name = attribute(bind, "saveto") if bind is not None else None
    if name and not is_property_name(name):
        _refuse(f"a property cannot be called “{name}”")
    return name or None


def _assigned(
    saved: Mapping[str, str], heads: Mapping[str, Any], kinds: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Each declaration with its questions: those below it and below no nearer one. What is below none is passed over."""
    properties: dict[str, list[tuple[str, str]]] = {path: [] for path in heads}
    for path, name in saved.items():
        holder = next((one for one in _above(path) if one in heads), None)
        if holder is None or kinds[path] != "field":
            continue
        if len(_repeats_above(path, kinds)) > len(_repeats_above(holder, kinds)):
            _refuse(f"“{path}” is in a repeat and can have many values, the property {name} only one")
        if name.lower() in {other.lower() for _, other in properties[holder]}:
            _refuse(f"several questions are saved to the property {name}")
        properties[holder].append((path, name))
    return properties


def _above(path: str) -> Iterator[str]:
    """`a/b/c` → `a/b`, `a`, the root."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _repeats_above(path: str, kinds: Mapping[str, str]) -> list[str]:
    return [one for one in (path, *_above(path)) if kinds.get(one) == "repeat"]


def _refuse(reason: str) -> NoReturn:
    raise Problem(Kind.ENTITY_FORM_INVALID, reason=reason)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a submission says of one entity, word for word; None where it does not say it at all."""

    declaration: Declaration
    attributes: Mapping[str, str]  # dataset, id, create, update, baseVersion, trunkVersion, branchId
    label: str | None
    data: Mapping[str, str]  # property → text

    def wants(self, action: str) -> bool:
        return self.attributes.get(action) in {"1", "true"}


def sent(root: Any, declarations: Iterable[Declaration]) -> list[Sent]:
    """Every entity of a submission: by declaration, then as they stand there."""
    return [
        one
        for declaration in declarations
        for node in _at(root, declaration.path.split("/") if declaration.path else [])
        if (one := _read(node, declaration)) is not None
    ]


def _read(node: Any, declaration: Declaration) -> Sent | None:
    data: dict[str, str] = {}
    _collect(node, _tree(declaration), data)
    block = next(_at(node, ["meta", "entity"]), None)
    if block is None:
        # Who says nothing of an entity changes none; answers for one that is not there are a mistake, to be told.
        return Sent(declaration, {}, None, data) if data or declaration.path else None
    label = next(_at(block, ["label"]), None)
    attributes = {local_name(str(key)): str(value) for key, value in block.attrib.items()}
    return Sent(declaration, attributes, None if label is None else label.text or "", data)


_Tree = dict[str, Any]  # name → property, or the _Tree of a group


@lru_cache(maxsize=1024)
def _tree(declaration: Declaration) -> _Tree:
    """The questions that give properties, nested as they stand below the declaration's node: the walk asks for each
    element once."""
    prefix, tree = (f"{declaration.path}/" if declaration.path else ""), _Tree()
    for path, name in declaration.properties:
        *groups, question = path.removeprefix(prefix).split("/")
        inner = tree
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[question] = name
    return tree


def _collect(node: Any, tree: _Tree, data: dict[str, str]) -> None:
    for child in node.iterchildren(etree.Element):
        found = tree.get(local_name(child.tag))
        if isinstance(found, str):
            data[found] = child.text or ""
        elif found is not None:
            _collect(child, found, data)


def _at(node: Any, path: list[str]) -> Iterator[Any]:
    """Every element at a path below the node, through all instances of repeats."""
    if not path:
        yield node
        return
    for child in node.iterchildren(etree.Element):
        if local_name(child.tag) == path[0]:
            yield from _at(child, path[1:])


def local_name(tag: str) -> str:
    """The name without its namespace, and without a prefix that the document never declared."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def attribute(node: Any, name: str) -> str | None:
    """An attribute under whatever prefix: `dataset` and `entities:dataset` mean the same."""
    return next((str(value) for key, value in node.attrib.items() if local_name(key) == name), None)
