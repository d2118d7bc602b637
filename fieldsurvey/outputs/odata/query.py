"""What an OData request asks for beside its table: the `$…` options, the token of the next page, its address."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from fieldsurvey.errors import Kind, Problem

_SCHEME = "01"
_LEADING_INTEGER = re.compile(r"\s*([+-]?\d{1,18})")
_HIGHEST = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Query:
    """The options; what is not a number counts as not given, a negative one as 0."""

    top: int | None = None  # None: all
    skip: int = 0
    count: bool = False
    filter: str | None = None
    orderby: str | None = None
    select: tuple[str, ...] | None = None  # None: everything
    expand: bool = False
    wkt: bool = False
    search: str | None = None
    skiptoken: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Query:
        """From the parameters of a request; raises what is not supported, and SKIPTOKEN_BAD."""
        select, expand = given.get("$select"), given.get("$expand")
        token = given.get("$skiptoken")
        if expand not in (None, "*"):
            raise Problem(Kind.EXPAND_UNSUPPORTED, text=expand)
        if expand and select not in (None, "", "*"):
            raise Problem(Kind.SELECT_EXPAND_UNSUPPORTED)
        if token and given.get("$orderby"):
            raise Problem(Kind.NOT_SUPPORTED, feature="using $orderby and $skiptoken together")
        return cls(
            top=_number(given.get("$top")),
            skip=0 if token else _number(given.get("$skip")) or 0,
            count=_true(given.get("$count")),
            filter=given.get("$filter") or None,
            orderby=given.get("$orderby") or None,
            select=tuple(name.strip() for name in select.split(",")) if select and select != "*" else None,
            expand=expand is not None,
            wkt=_true(given.get("$wkt")),
            search=given.get("$search") or None,
            skiptoken=parse_token(token) if token else None,
        )


def _true(text: str | None) -> bool:
    return (text or "").lower() == "true"


def _number(text: str | None) -> int | None:
    """The integer that the text begins with."""
    found = _LEADING_INTEGER.match(text or "")
    return min(max(int(found[1]), 0), _HIGHEST) if found else None


def parse_token(token: str) -> Mapping[str, Any]:
    """What a page's last row was known by; raises SKIPTOKEN_BAD."""
    try:
        if not token.startswith(_SCHEME):
            raise ValueError
        found = orjson.loads(base64.b64decode(token[len(_SCHEME) :], validate=False))
    except (ValueError, binascii.Error):
        raise Problem(Kind.SKIPTOKEN_BAD) from None
    if not isinstance(found, dict):
        raise Problem(Kind.SKIPTOKEN_BAD)
    return found


def make_token(**last: str) -> str:
    """`make_token(instanceId="uuid:…")`."""
    return _SCHEME + base64.b64encode(orjson.dumps(last)).decode()


def next_link(address: str, token: str) -> str:
    """The address of the next page: the same as of this one, whose path stays as it was written."""
    return _with(address, "$skiptoken", token)


def with_skip(address: str, skip: int) -> str:
    """The address of the next page of rows that stand in an order of their own."""
    return _with(address, "$skip", str(skip))


def _with(address: str, name: str, value: str) -> str:
    parts = urlsplit(address)
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = [one for one in given if one[0] not in {"$skip", "$skiptoken"}]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*kept, (name, value)], safe="*"), ""))


def identifier(name: str) -> str:
    """A name as OData may write it: `q1.8-test` → `q1_8_test`."""
    return _OTHER.sub("_", f"_{name}" if _BEGINS_WRONG.match(name) else name)


_OTHER = re.compile("[^A-Za-z0-9_]+")
_BEGINS_WRONG = re.compile("[^A-Za-z_]")
