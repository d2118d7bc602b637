"""The schema of an XForm: its fields in order, with types, labels and choices in every language. Made once per version."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from fieldsurvey.errors import Kind, Problem

XHTML = "{http://www.w3.org/1999/xhtml}"
XF = "{http://www.w3.org/2002/xforms}"
JR = "{http://openrosa.org/javarosa}"
ODK = "{http://www.opendatakit.org/xforms}"
ENTITIES = "{http://www.opendatakit.org/xforms/entities}"
GROUP, REPEAT, FIELD = "group", "repeat", "field"
_LANGUAGE_CODE = re.compile(r"\(([A-Za-z-]+)\)\s*$")
_LIST_NAME = re.compile(r"instance\('([^']+)'\)")
_ITEXT = re.compile(r"jr:itext\('([^']+)'\)")
Labels = dict[str, str]  # language code → text; "" where the form has one language only


@dataclass(frozen=True, slots=True)
class Field:
    """A node of the primary instance. `path` is relative to the root: `members/m_name`."""

    path: str
    kind: str  # group | repeat | field
    type: str = "string"  # XForms type: string, int, decimal, date, geopoint, binary, …
    control: str = ""  # the body control: input, select1, select, upload, trigger; "" for what nobody is asked
    choices: str = ""  # name of the choice list of a select
    label: Labels = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]


@dataclass(frozen=True)
class Schema:
    """What a version asks. `choices`: list name → code → labels."""

    form_id: str
    version: str
    title: str
    root: str
    fields: tuple[Field, ...]
    choices: dict[str, dict[str, Labels]]
    media: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    client_editable: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Schema:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        return cls(**{**values, "fields": tuple(Field(**one) for one in stored["fields"])})

    @cached_property
    def by_path(self) -> dict[str, Field]:
        return {one.path: one for one in self.fields}

    @cached_property
    def binary_paths(self) -> frozenset[str]:
        return frozenset(one.path for one in self.fields if one.type == "binary")

    def choice_label(self, list_name: str, code: str, language: str) -> str:
        return labelled(self.choices.get(list_name, {}).get(code, {}), language) or code


def labelled(labels: Labels, language: str) -> str:
    """The text in the language, else in the form's first one."""
    return labels.get(language) or next(iter(labels.values()), "")


def read(xml: str | bytes) -> Schema:
    """The schema of an XForm; raises XLSFORM_INVALID where it is no XForm."""
    try:
        document = etree.fromstring(xml.encode() if isinstance(xml, str) else xml, _PARSER)
    except etree.XMLSyntaxError as error:
        raise Problem(Kind.XLSFORM_INVALID, complaints=[str(error)]) from None
    return _Reader(document).schema()


_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
)


class _Reader:
    """Walks one XForm document."""

    def __init__(self, document: Any) -> None:
        self.document = document
        model = document.find(f".//{XF}model")
        instance = model.find(f"{XF}instance") if model is not None else None
        if instance is None or len(instance) == 0:
            raise Problem(Kind.XLSFORM_INVALID, complaints=["no primary instance"])
        self.model = model
        self.root = instance[0]
        self.root_path = "/" + _local(self.root)
        self.binds = {bind.get("nodeset"): bind for bind in model.iter(f"{XF}bind")}
        self.texts = self._texts()
        self.controls = {node.get("ref") or node.get("nodeset"): node for node in self._body_nodes()}
        self.choices: dict[str, dict[str, Labels]] = {}

    def schema(self) -> Schema:
        fields = tuple(self._fields(self.root, ""))
        submission = self.model.find(f"{XF}submission")
        return Schema(
            form_id=self.root.get("id") or "",
            version=self.root.get("version") or "",
            title=self.document.findtext(f".//{XHTML}title") or "",
            root=_local(self.root),
            fields=fields,
            choices=self.choices,
            media=self._media(),
            languages=tuple(self.languages),
            client_editable=submission is not None and submission.get(f"{ODK}client-editable") == "true",
        )

    def _body_nodes(self) -> list[Any]:
        body = self.document.find(f"{XHTML}body")
        if body is None:
            return []
        # A repeat stands inside a group with the same reference, and the group has the label: the first one wins.
        return [
            node
            for node in reversed(list(body.iter()))
            if _is_control(node) and (node.get("ref") or node.get("nodeset"))
        ]

    def _texts(self) -> dict[str, Labels]:
        texts: dict[str, Labels] = {}
        self.languages: list[str] = []
        translations = sorted(self.model.iter(f"{XF}translation"), key=lambda one: one.get("default") is None)
        for translation in translations:
            language = _language_code(translation.get("lang"))
            self.languages.append(language)
            for text in translation:
                plain = next((value for value in text if value.get("form") is None), None)
                texts.setdefault(text.get("id"), {})[language] = _text(plain)
        return texts

    def _fields(self, parent: Any, prefix: str) -> Any:
        seen = set()
        for node in parent:
            path = f"{prefix}{_local(node)}"
            if path in seen or _local(node) == "entity":
                continue  # the template of a repeat and its first instance are one field
            seen.add(path)
            one = self._field(node, path)
            yield one
            if one.kind != FIELD:
                yield from self._fields(node, f"{path}/")

    def _field(self, node: Any, path: str) -> Field:
        absolute = f"{self.root_path}/{path}"
        control, bind = self.controls.get(absolute), self.binds.get(absolute)
        if f"{JR}template" in node.attrib or self._is_repeat(absolute):
            kind = REPEAT
        else:
            kind = GROUP if len(node) else FIELD
        return Field(
            path=path,
            kind=kind,
            type=(bind.get("type") if bind is not None else None) or "string",
            control=_local(control) if control is not None and kind == FIELD else "",
            choices=self._choices(control, absolute) if control is not None else "",
            label=self._label(control) if control is not None else {},
        )

    def _is_repeat(self, absolute: str) -> bool:
        return bool(self.document.xpath("//x:repeat[@nodeset=$path]", namespaces={"x": XF[1:-1]}, path=absolute))

    def _label(self, control: Any) -> Labels:
        label = control.find(f"{XF}label")
        if label is None:
            return {}
        reference = _ITEXT.search(label.get("ref") or "")
        if reference:
            return self.texts.get(reference.group(1), {})
        return {"": _text(label)}

    def _choices(self, control: Any, absolute: str) -> str:
        if _local(control) not in {"select", "select1"}:
            return ""
        itemset = control.find(f"{XF}itemset")
        if itemset is None:
            self.choices[absolute] = {
                item.findtext(f"{XF}value"): self._label(item) for item in control.iter(f"{XF}item")
            }
            return absolute
        found = _LIST_NAME.search(itemset.get("nodeset") or "")
        if not found:
            return ""
        name = found.group(1)
        if name not in self.choices:
            self._read_list(name)
        return name

    def _read_list(self, name: str) -> None:
        items = self.model.xpath("x:instance[@id=$name]/x:root/x:item", namespaces={"x": XF[1:-1]}, name=name)
        self.choices[name] = {item.findtext(f"{XF}name") or "": self._item_label(item) for item in items}

    def _item_label(self, item: Any) -> Labels:
        reference = item.findtext(f"{XF}itextId")
        return self.texts.get(reference, {}) if reference else {"": item.findtext(f"{XF}label") or ""}

    def _media(self) -> tuple[str, ...]:
        sources = [instance.get("src") or "" for instance in self.model.iter(f"{XF}instance")]
        sources += [value.text or "" for value in self.model.iter(f"{XF}value") if value.get("form")]
        names = {source.rpartition("/")[2] for source in sources if source.startswith("jr://file") or "jr://" in source}
        return tuple(sorted(names - {"last-saved"}))


CONTROLS = {"input", "select", "select1", "rank", "range", "upload", "trigger", "group", "repeat"}


def _is_control(node: Any) -> bool:
    return isinstance(node.tag, str) and _local(node) in CONTROLS


def _local(node: Any) -> str:
    name: str = etree.QName(node).localname
    return name


def _text(node: Any) -> str:
    """Text with `<output value="…"/>` shown as a gap: pages show labels without an instance at hand."""
    if node is None:
        return ""
    parts = [node.text or ""] + [("…" if _local(child) == "output" else "") + (child.tail or "") for child in node]
    return "".join(parts).strip()


def _language_code(name: str) -> str:
    """`Tiếng Việt (vi)` → `vi`; a name without a code stays as it is; `default` is no language."""
    found = _LANGUAGE_CODE.search(name)
    return found.group(1) if found else ("" if name == "default" else name)
