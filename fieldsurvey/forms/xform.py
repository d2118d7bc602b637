"""The schema of an XForm: its fields in order, with types, labels and choices in every language. Made once per version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import entities, media
from fieldsurvey.forms.entities import Declaration

XF = "{http://www.w3.org/2002/xforms}"
JR = "{http://openrosa.org/javarosa}"
GROUP, REPEAT, FIELD = "group", "repeat", "field"
UNTYPED = {GROUP: "structure", REPEAT: "repeat", FIELD: "unknown"}  # what no bind gives a type
_LANGUAGE_CODE = re.compile(r"\(([A-Za-z-]+)\)\s*$")
_LIST_NAME = re.compile(r"instance\('([^']+)'\)")
_ITEXT = re.compile(r"jr:itext\('([^']+)'\)")
Labels = dict[str, str]  # language code → text; "" where the form has one language only


@dataclass(frozen=True, slots=True)
class Field:
    """A node of the primary instance. `path` is relative to the root: `members/m_name`."""

    path: str
    kind: str  # group | repeat | field
    type: str = "string"  # XForms type: string, int, decimal, date, geopoint, binary, …; structure, repeat, unknown
    control: str = ""  # the body control: input, select1, select, upload, trigger; "" for what nobody is asked
    choices: str = ""  # name of the choice list of a select
    label: Labels = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def binary(self) -> bool:
        """Whether the answer is the name of a file."""
        return self.type == "binary" or self.path == "meta/audit"


@dataclass(frozen=True)
class Schema:
    """What a version asks. `choices`: list name → code → labels."""

    form_id: str
    version: str
    title: str
    root: str
    fields: tuple[Field, ...]
    choices: dict[str, dict[str, Labels]]
    media: dict[str, str] = field(default_factory=dict)  # file name → file, image, audio or video
    languages: tuple[str, ...] = ()
    client_editable: bool = False
    public_key: str = ""  # of a form whose submissions phones encrypt
    entities: tuple[Declaration, ...] = ()  # what its submissions do to entity lists
    entities_version: str = ""  # of the specification; "" where it declares none

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Schema:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        values["fields"] = tuple(Field(**one) for one in stored["fields"])
        values["entities"] = tuple(Declaration.from_dict(one) for one in stored.get("entities", ()))
        return cls(**values)

    @cached_property
    def by_path(self) -> dict[str, Field]:
        return {one.path: one for one in self.fields}

    @cached_property
    def binary_paths(self) -> frozenset[str]:
        return frozenset(one.path for one in self.fields if one.binary)

    def choice_label(self, list_name: str, code: str, language: str) -> str:
        return labelled(self.choices.get(list_name, {}).get(code, {}), language) or code


def labelled(labels: Labels, language: str) -> str:
    """The text in the language, else in the form's first one."""
    return labels.get(language) or next(iter(labels.values()), "")


def read(xml: str | bytes) -> Schema:
    """The schema of an XForm; raises MISSING_PARAMETER where it is none, XML_FORBIDDEN where it has a DTD.

    Names are taken without their namespaces, and mistakes in the XML are passed over where the rest can still be read:
    forms that ODK Central has accepted for years have both.
    """
    try:
        document = etree.fromstring(xml.encode() if isinstance(xml, str) else xml, _PARSER)
    except (etree.XMLSyntaxError, LookupError):
        document = None
    if document is None:
        raise Problem(Kind.MISSING_PARAMETER, field="formId")
    if document.getroottree().docinfo.internalDTD is not None:
        raise Problem(Kind.XML_FORBIDDEN)
    return _Reader(document).schema()


_PARSER = etree.XMLParser(
    recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
)


class _Reader:
    """Walks one XForm document."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.model = next(_all(document, "model"), None)
        self.instances = [] if self.model is None else list(_children(self.model, "instance"))
        self.root = next(self.instances[0].iterchildren(etree.Element), None) if self.instances else None
        if self.root is None or not _attribute(self.root, "id"):
            raise Problem(Kind.MISSING_PARAMETER, field="formId")
        self.root_path = f"/{_local(self.root)}"
        self.body = next(_children(document, "body"), None)
        self.binds = {self._path(bind.get("nodeset")): bind for bind in reversed(list(_all(self.model, "bind")))}
        self.texts = self._texts()
        self.controls = {self._path(_reference(node)): node for node in self._body_nodes()}
        self.repeats = {path for path, node in self._nested_repeats()}
        self.lists = {one.get("id"): one for one in self.instances[1:]}
        self.choices: dict[str, dict[str, Labels]] = {}

    def schema(self) -> Schema:
        fields = tuple(self._fields(self.root, ""))
        submission = next(_children(self.model, "submission"), None)
        public_key = _attribute(submission, "base64RsaPublicKey") if submission is not None else ""
        # Nobody here can read what is encrypted, so it makes no entities.
        declared = () if public_key else entities.declared(self.model, self.root, fields, self.binds)
        return Schema(
            form_id=_attribute(self.root, "id"),
            version=_attribute(self.root, "version"),
            title=_text(next(_all(self.document, "title"), None)),
            root=_local(self.root),
            fields=fields,
            choices=self.choices,
            media=media.expected(self.model, self.instances, self.body),
            languages=tuple(self.languages),
            client_editable=submission is not None and _attribute(submission, "client-editable") == "true",
            public_key=public_key,
            entities=declared,
            entities_version=entities.spec_version(self.model) if declared else "",
        )

    def _path(self, reference: str | None) -> str:
        """A reference as an absolute path without prefixes."""
        path = "/".join(part.rpartition(":")[2] for part in (reference or "").split("/"))
        return path if path.startswith("/") else f"{self.root_path}/{path}"

    def _body_nodes(self) -> list[Any]:
        # A repeat stands inside a group with the same reference, and the group has the label: the first one wins.
        nodes = [] if self.body is None else list(self.body.iter(etree.Element))
        return [node for node in reversed(nodes) if _local(node) in CONTROLS and _reference(node)]

    def _nested_repeats(self) -> Iterator[tuple[str, Any]]:
        if self.body is not None:
            for node in _all(self.body, "repeat"):
                yield self._path(node.get("nodeset")), node

    def _texts(self) -> dict[str, Labels]:
        texts: dict[str, Labels] = {}
        self.languages: list[str] = []
        translations = sorted(_all(self.model, "translation"), key=lambda one: one.get("default") is None)
        for translation in translations:
            language = _language_code(translation.get("lang") or "")
            self.languages.append(language)
            for text in _children(translation, "text"):
                plain = next((value for value in _children(text, "value") if value.get("form") is None), None)
                texts.setdefault(text.get("id"), {})[language] = _text(plain)
        return texts

    def _fields(self, parent: Any, prefix: str) -> Iterator[Field]:
        seen = set()
        for node in parent.iterchildren(etree.Element):
            path = f"{prefix}{_local(node)}"
            if path in seen:
                continue  # the template of a repeat and its first instance are one field
            seen.add(path)
            one = self._field(node, path)
            yield one
            if one.kind != FIELD:
                yield from self._fields(node, f"{path}/")

    def _field(self, node: Any, path: str) -> Field:
        absolute = f"{self.root_path}/{path}"
        control, bind = self.controls.get(absolute), self.binds.get(absolute)
        type_ = bind.get("type") if bind is not None else None
        if absolute in self.repeats:
            kind = REPEAT
        else:  # what has a type is an answer, whatever stands in it
            kind = GROUP if not type_ and (len(node) or _is_entity(path)) else FIELD
        return Field(
            path=path,
            kind=kind,
            type=(type_ if kind == FIELD else None) or UNTYPED[kind],
            control=_local(control) if control is not None and kind == FIELD else "",
            choices=self._choices(control, absolute) if control is not None else "",
            label=self._label(control) if control is not None else {},
        )

    def _label(self, control: Any) -> Labels:
        label = next(_children(control, "label"), None)
        if label is None:
            return {}
        reference = _ITEXT.search(label.get("ref") or "")
        if reference:
            return self.texts.get(reference.group(1), {})
        return {"": _text(label)}

    def _choices(self, control: Any, absolute: str) -> str:
        if _local(control) not in {"select", "select1"}:
            return ""
        itemset = next(_children(control, "itemset"), None)
        if itemset is None:
            self.choices[absolute] = {_child_text(item, "value"): self._label(item) for item in _all(control, "item")}
            return absolute
        found = _LIST_NAME.search(itemset.get("nodeset") or "")
        if not found:
            return ""
        name = found.group(1)
        if name not in self.choices:
            self._read_list(name)
        return name

    def _read_list(self, name: str) -> None:
        items = _all(self.lists[name], "item") if name in self.lists else ()
        self.choices[name] = {_child_text(item, "name"): self._item_label(item) for item in items}

    def _item_label(self, item: Any) -> Labels:
        reference = _child_text(item, "itextId")
        return self.texts.get(reference, {}) if reference else {"": _child_text(item, "label")}


CONTROLS = {"input", "select", "select1", "rank", "range", "upload", "trigger", "group", "repeat"}


def _is_entity(path: str) -> bool:
    """What stands for an entity is a group, also where the form gives it nothing to hold."""
    return path == "meta/entity" or path.endswith("/meta/entity")


def _local(node: Any) -> str:
    """The name without namespace, and without a prefix that the document never declared."""
    return str(node.tag.rpartition("}")[2].rpartition(":")[2])


def _all(node: Any, name: str) -> Iterator[Any]:
    return (one for one in node.iter(etree.Element) if _local(one) == name)


def _children(node: Any, name: str) -> Iterator[Any]:
    return (one for one in node.iterchildren(etree.Element) if _local(one) == name)


def _child_text(node: Any, name: str) -> str:
    return next((one.text or "" for one in _children(node, name)), "")


def _attribute(node: Any, name: str) -> str:
    """An attribute under whatever prefix: `version` and `orx:version` mean the same."""
    own = node.get(name)
    if own is not None:
        return str(own)
    found = (value for key, value in node.attrib.items() if key.rpartition("}")[2].rpartition(":")[2] == name)
    return str(next(found, ""))


def _reference(node: Any) -> str:
    return node.get("ref") or node.get("nodeset") or ""


def _text(node: Any) -> str:
    """Text with `<output value="…"/>` shown as a gap: pages show labels without an instance at hand."""
    if node is None:
        return ""
    children = node.iterchildren(etree.Element)
    parts = [node.text or ""] + [("…" if _local(child) == "output" else "") + (child.tail or "") for child in children]
    return "".join(parts).strip()


def _language_code(name: str) -> str:
    """`Tiếng Việt (vi)` → `vi`; a name without a code stays as it is; `default` is no language."""
    found = _LANGUAGE_CODE.search(name)
    return found.group(1) if found else ("" if name == "default" else name)
