"""What the office has returned for correction, with the officer's notes, written or spoken."""

from __future__ import annotations

from flask import Response, send_file

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session
from fieldsurvey.guards import doer
from fieldsurvey.outputs import phone_app, returned
from fieldsurvey.sync.app_door import as_json, endpoint
from fieldsurvey.sync.app_forms import tagged


@endpoint("/returned")
def returned_list() -> Response:
    """Everything that is returned to the person's villages now, whichever phone sent it."""
    by = doer()
    real = [one for one in phone_app.open_rounds(session(), by) if not one.practice]
    found = [case for one in real for case in returned.returned(session(), one, by)]
    return tagged(as_json(found), returned.digest_of(found))


@endpoint("/notes/<int:review_id>/<int:position>")
def spoken_note(review_id: int, position: int) -> Response:
    """The sound of a spoken note."""
    found = returned.spoken_note(session(), review_id, position, doer())
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return tagged(send_file(blobs().path(found[0]), mimetype=found[1], etag=False), found[0])
