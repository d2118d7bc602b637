"""From a submission's XML to answers. This is the hot path of intake: parse once, walk once, no second look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.xform import FIELD, REPEAT, Schema

LONGEST_ID = 255
Shape = dict[str, Any]  # name → None (a field) | (is_repeat, Shape)
Answers = dict[str, Any]  # name → text | Answers | list[Answers]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a submission says of itself, before any form is looked up."""

    root: Any
    form_id: str
    version: str
    instance_id: str  # "" where it has none
    deprecated_id: str | None
    instance_name: str | None
    local_key: str | None  # the key of encrypted content, itself encrypted; None where the answers can be read
    encrypted_file: str | None

    @property
    def encrypted(self) -> bool:
        return self.local_key is not None


def open_envelope(xml: bytes) -> Envelope:
    """Parse the XML safely; raises the XML_… problems, MISSING_PARAMETER and INSTANCE_ID_BAD."""
    root = _parsed(xml)
    form_id = root.get("id")
    if not form_id:
        raise _without_form_id()
    meta = _child(root, "meta")
    instance_id = _text(meta, "instanceID") or ""
    if len(instance_id) > LONGEST_ID or any(not letter.isprintable() for letter in instance_id):
        raise Problem(Kind.INSTANCE_ID_BAD)
    return Envelope(
        root=root,
        form_id=form_id,
        version=root.get("version") or "",
        instance_id=instance_id,
        deprecated_id=_text(meta, "deprecatedID"),
        instance_name=_text(meta, "instanceName"),
        local_key=_text(root, "base64EncryptedKey") or ("" if root.get("encrypted") == "yes" else None),
        encrypted_file=_text(root, "encryptedXmlFile"),
    )


def _without_form_id() -> Problem:
    return Problem(Kind.MISSING_PARAMETER, field="form ID xml attribute")


def _parser(recover: bool = False) -> Any:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def _parsed(xml: bytes) -> Any:
    try:
        root = etree.fromstring(xml, _parser())
    except etree.XMLSyntaxError:
        root = _mended(xml)
    except (LookupError, ValueError):  # an encoding that nobody knows
        raise Problem(Kind.XML_ENCODING) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Problem(Kind.XML_FORBIDDEN)
    return root


_UNDECLARED = etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE
_ENCODING = re.compile("not proper UTF-8|encoding|conversion failed|Invalid bytes|invalid multibyte", re.IGNORECASE)


def _mended(xml: bytes) -> Any:
    """Clients write `<orx:meta>` without saying what orx is, which harms nobody; whatever else is broken is refused."""
    parser = _parser(recover=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        root = None
    wrong = next((one for one in parser.error_log if one.type != _UNDECLARED), None)
    if wrong is None and root is not None:
        return root
    if wrong is not None and "depth" in wrong.message.lower():
        raise Problem(Kind.XML_TOO_DEEP)
    if wrong is not None and _ENCODING.search(wrong.message):
        raise Problem(Kind.XML_ENCODING)
    if root is not None and not root.get("id"):  # cut off before it says whose it is
        raise _without_form_id()
    raise Problem(Kind.XML_BROKEN, line=wrong.line if wrong else 1, column=wrong.column if wrong else 1)


def local_name(tag: str) -> str:
    """`{http://openrosa.org/xforms}meta` or `orx:meta` → `meta`; clients differ in where they put namespaces."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def _child(node: Any, name: str) -> Any:
    if node is None:
        return None
    return next((child for child in reversed(node) if local_name(child.tag) == name), None)  # meta stands last


def _text(parent: Any, name: str) -> str | None:
    node = _child(parent, name)
    text = (node.text or "").strip() if node is not None else ""
    return text or None


def shape_of(schema: Schema) -> Shape:
    """The schema as nested dicts, for the walk."""
    shape: Shape = {}
    nested: dict[str, Shape] = {"": shape}
    for one in schema.fields:
        if one.kind == FIELD:
            nested[one.parent][one.name] = None
        else:
            nested[one.path] = {}
            nested[one.parent][one.name] = (one.kind == REPEAT, nested[one.path])
    return shape


def read(root: Any, shape: Shape) -> Answers:
    """The answers by name: text for a field, a dict for a group, a list of dicts for a repeat. Blank ones are left out.

    Elements that the form does not know stay in the stored XML and nowhere else.
    """
    answers: Answers = {}
    for node in root:
        name = node.tag
        if name not in shape:
            name = local_name(name)
            if name not in shape:
                continue
        inner = shape[name]
        if inner is None:
            text = node.text
            if text is not None and (text := text.strip()):
                answers[name] = text
        elif inner[0]:
            answers.setdefault(name, []).append(read(node, inner[1]))
        else:
            answers[name] = read(node, inner[1])
    return answers


def file_names(answers: Answers, schema: Schema) -> list[str]:
    """The names of the files that the answers mention, in order and once each."""
    names: dict[str, None] = {}
    for path in sorted(schema.binary_paths):
        for value in values_at(answers, path.split("/")):
            names[value] = None
    return list(names)


def values_at(answers: Answers, path: list[str]) -> list[str]:
    """Every value at a path, through groups and repeats."""
    value = answers.get(path[0])
    if value is None:
        return []
    if len(path) == 1:
        return [value] if isinstance(value, str) else []
    inner = value if isinstance(value, list) else [value]
    return [found for one in inner if isinstance(one, dict) for found in values_at(one, path[1:])]


def encrypted_file_names(root: Any) -> list[str]:
    """The files that an encrypted submission's envelope names: its media and the encrypted XML."""
    names = [node.text for node in root.iter() if local_name(node.tag) in {"file", "encryptedXmlFile"} and node.text]
    return list(dict.fromkeys(name.strip() for name in names))
