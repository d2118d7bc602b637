"""From answers to a submission's XML, as a phone would write it: for the demo, for benchmarks and for corrections."""

from __future__ import annotations

from typing import Any

from lxml import etree

from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import FIELD, REPEAT, Schema


def build(schema: Schema, answers: Answers, instance_id: str, deprecated_id: str | None = None) -> bytes:
    """The XML of one submission; fields without an answer stand there empty, as in Collect."""
    root = etree.Element(schema.root, {"id": schema.form_id, "version": schema.version})
    _fill(root, schema, "", answers)
    meta = root.find("meta")
    if meta is None:
        meta = etree.SubElement(root, "meta")
    _set(meta, "instanceID", instance_id)
    if deprecated_id:
        _set(meta, "deprecatedID", deprecated_id)
    xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return xml


def _set(meta: Any, name: str, text: str) -> None:
    node = meta.find(name)
    node = etree.SubElement(meta, name) if node is None else node
    node.text = text


def _fill(parent: Any, schema: Schema, path: str, answers: Answers) -> None:
    for one in schema.fields:
        if one.parent != path:
            continue
        given = answers.get(one.name)
        if one.kind == FIELD:
            etree.SubElement(parent, one.name).text = given or None
        elif one.kind == REPEAT:
            for each in given or []:
                _fill(etree.SubElement(parent, one.name), schema, one.path, each)
        else:
            _fill(etree.SubElement(parent, one.name), schema, one.path, given or {})
