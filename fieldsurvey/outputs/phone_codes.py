"""The QR code that sets ODK Collect up in one scan: base64(zlib(JSON))."""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import orjson
import segno

FORM_UPDATE_MODE = "match_exactly"  # the phone's form list is always the round's
_MASK = 3  # any mask is readable; choosing the best one costs five times as much


def collect_settings(server_url: str, project_name: str, language: str) -> dict[str, Any]:
    """Collect's settings for a phone whose address carries its token."""
    return {
        "general": {
            "server_url": server_url,
            "form_update_mode": FORM_UPDATE_MODE,
            "autosend": "wifi_and_cellular",
            "app_language": language,
            "constraint_behavior": "on_swipe",
        },
        "admin": {"edit_saved": True},
        "project": {"name": project_name, "icon": "🏠", "color": "#1f6f54"},
    }


def encoded(settings: dict[str, Any]) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps(settings), 9)).decode()


def decoded(text: str) -> dict[str, Any]:
    settings: dict[str, Any] = orjson.loads(zlib.decompress(base64.b64decode(text)))
    return settings


def svg(text: str) -> str:
    """An inline <svg> of the code, without sizes of its own: the page's style decides."""
    out = io.BytesIO()
    segno.make(text, error="l", mask=_MASK, micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr", lineclass=None
    )
    return out.getvalue().decode()


def png(text: str) -> bytes:
    """The code as a picture that can be sent on; Collect also reads one from the phone's gallery."""
    out = io.BytesIO()
    segno.make(text, error="l", mask=_MASK, micro=False).save(out, kind="png", scale=8, border=4)
    return out.getvalue()
