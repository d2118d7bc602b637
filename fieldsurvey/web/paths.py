"""Addresses on this site: what may be redirected to, where the reader came from, files with their content's hash."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app, request, url_for

STATIC = Path(__file__).parent / "static"


def same_site(target: str | None) -> str | None:
    """The target if it is a path of this site, else None: a link must not lead a signed-in officer elsewhere."""
    if not target or not target.isprintable() or "\\" in target:
        return None
    if not target.startswith("/") or target.startswith("//"):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def back() -> str:
    """The page of this site that the reader came from, else the first page."""
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host:
        return "/"
    return same_site(parts.path + (f"?{parts.query}" if parts.query else "")) or "/"


def static(name: str) -> str:
    """The address of a file in static/; its hash lets browsers keep it for ever."""
    return url_for("web.static_file", name=name, v=_digest(name) if not current_app.debug else _hash(name))


def _hash(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


_digest = cache(_hash)
