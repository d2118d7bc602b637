"""Photos and signatures of submissions. Only real pictures are shown in the page; anything else is downloaded."""

from __future__ import annotations

from pathlib import Path

from flask import Response, request, send_file

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session
from fieldsurvey.guards import doer, requires
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import submissions
from fieldsurvey.store.submissions import Attachment
from fieldsurvey.web.door import door

# First bytes of what browsers draw and cannot run; a phone's word for the type is not taken.
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif"}
SANDBOX = "default-src 'none'; sandbox"


@door.get("/attachments/<int:attachment_id>")
@requires(Permission.READ_HOUSEHOLDS)
def attachment(attachment_id: int) -> Response:
    """The file, for who may read the household that it belongs to."""
    found = _readable(attachment_id)
    path = blobs().path(found.blob or "")
    picture = _picture_type(path)
    answer = send_file(
        path,
        mimetype=picture or "application/octet-stream",
        as_attachment=picture is None,
        download_name=found.name,
        etag=False,
    )
    answer.set_etag(found.blob or "")
    answer.headers["Cache-Control"] = "private, no-cache"  # asked for again each time, so that rights are checked
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.make_conditional(request)
    return answer


def _readable(attachment_id: int) -> Attachment:
    """Raises NOT_FOUND for a file outside the scope, and for one that has not arrived."""
    found = submissions.attachment(session(), attachment_id)
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS)
    if found is None or found[0].blob is None or not scope.covers(found[1].place):
        raise Problem(Kind.NOT_FOUND)
    return found[0]


def _picture_type(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(16)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in PICTURES.items() if start.startswith(sign)), None)
