"""The files that an XForm expects beside it: lists to choose from, pictures, sounds, films."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

FILE, IMAGE = "file", "image"
_ADDRESS = re.compile(r"jr://(?:images|audio|video|file|file-csv)/([^/]+)")
_KINDS = {"image": IMAGE, "big-image": IMAGE, "audio": "audio", "video": "video"}
_SEARCH = re.compile(r"""search\s*\(\s*(["'])(.*?)\1""")


def expected(model: Any, instances: list[Any], body: Any) -> dict[str, str]:
    """File name → its kind, in the order of the form. What has an address that phones do not know is passed over."""
    found: dict[str, str] = {}
    for name, kind in _named(model, instances, body):
        if name:
            found.setdefault(name, kind)
    return found


def _named(model: Any, instances: list[Any], body: Any) -> Iterator[tuple[str | None, str]]:
    for one in instances:
        yield _file_name(one.get("src")), FILE
    for one in model.iter(etree.Element):
        kind = _KINDS.get(one.get("form") or "")
        if kind and _is(one, "value"):
            yield _file_name(one.text), kind
    for one in instances[0].iter(etree.Element):  # the picture that an answer begins with
        if (one.text or "").startswith("jr://images/"):
            yield _file_name(one.text), IMAGE
    for one in body.iter(etree.Element) if body is not None else ():
        if _is(one, "input") and one.get("query") is not None:
            yield "itemsets.csv", FILE
        elif _is(one, "select", "select1"):
            yield _searched(one.get("appearance") or ""), FILE


def _is(node: Any, *names: str) -> bool:
    return node.tag.rpartition("}")[2] in names


def _file_name(address: str | None) -> str | None:
    found = _ADDRESS.fullmatch((address or "").strip())
    return found[1] if found else None


def _searched(appearance: str) -> str | None:
    """`search('hospitals')` chooses from hospitals.csv. Phones cannot find a name with blanks around it."""
    found = _SEARCH.search(appearance)
    name = found[2] if found else ""
    if not name or name != name.strip():
        return None
    return name if name.endswith(".csv") else f"{name}.csv"
