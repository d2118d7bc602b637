"""The phone app at /app/: its page, its worker and its parts, as `make client` built them; no data, nothing of a person.

The files stand in static/client beside their compressed copies (`.br`, `.gz`), which are sent to whoever takes them.
"""

from __future__ import annotations

from pathlib import Path

from flask import Response, request, send_file
from werkzeug.security import safe_join

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.guards import public
from fieldsurvey.web import paths
from fieldsurvey.web.door import door
from fieldsurvey.web.session import FOR_EVER

BUILT = paths.STATIC / "client"
# The engine evaluates XPath in WebAssembly; pictures, sounds and films of an interview are blobs of the phone.
CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": CSP, "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)"}
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain",
    ".json": "application/json",
}


@door.get("/app/", endpoint="phone_app")
@public
def show_app() -> Response:
    """The one page of the app; what it shows follows the part of the address behind `#`."""
    return _sent("index.html")


@door.get("/app/<path:name>", endpoint="phone_app_file")
@public
def app_file(name: str) -> Response:
    """A file of the app. Those with a hash in their name are kept for ever."""
    return _sent(name)


def _sent(name: str) -> Response:
    path = _file(name)
    encoding, ending = _encoding(path)
    answer = send_file(Path(f"{path}{ending}"), mimetype=TYPES[path.suffix], conditional=True, etag=True)
    answer.headers["Vary"] = "Accept-Encoding"
    if encoding:
        answer.headers["Content-Encoding"] = encoding
    answer.headers["Cache-Control"] = FOR_EVER if name.startswith("assets/") else "no-cache"
    answer.headers.update(HEADERS)
    return answer


def _file(name: str) -> Path:
    found = safe_join(str(BUILT), name)
    path = Path(found) if found else BUILT
    if not path.is_file() or path.suffix not in TYPES:
        raise Problem(Kind.NOT_FOUND)
    return path


def _encoding(path: Path) -> tuple[str, str]:
    """The best encoding that the browser takes and that stands beside the file."""
    for encoding, ending in ENCODINGS:
        if request.accept_encodings[encoding] > 0 and Path(f"{path}{ending}").is_file():
            return encoding, ending
    return "", ""
