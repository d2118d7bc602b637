"""The files of a submission, and the comments on it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from flask import Response, request

from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.forms import FORM
from fieldsurvey.api.schemas.submissions import CommentSchema, FileSchema, NewCommentSchema
from fieldsurvey.api.submissions import current, found, found_or_moved, resource
from fieldsurvey.casework import submissions as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import actors
from fieldsurvey.outputs import submission_records as output
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import blobs as blob_store
from fieldsurvey.store import submissions as store
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round

FILES = "/<instance_id>/attachments"
# The type of a file that came without one. A photo is not guessed by its name: nobody has looked at it.
OF_SUFFIX = {".csv": "text/csv", ".geojson": "application/geo+json"}


@resource("GET", FILES, asks=Permission.READ_HOUSEHOLDS, gives=FileSchema, many=True)
def files(project: Round, form: Form, draft: bool, instance_id: str) -> list[dict[str, Any]] | Response:
    """The files that the present version names, and whether each has come."""
    of = found_or_moved(form, instance_id, draft, "/attachments")
    return of if isinstance(of, Response) else output.files(session(), current(of).id)


@resource("GET", f"{FILES}/<name>", asks=Permission.READ_HOUSEHOLDS)
def file(project: Round, form: Form, draft: bool, instance_id: str, name: str) -> Response:
    """A file."""
    of = found_or_moved(form, instance_id, draft, f"/attachments/{quote(name, safe='')}")
    return of if isinstance(of, Response) else send(current(of).id, name)


def send(version_id: int, name: str) -> Response:
    """A file of a version; raises NOT_FOUND, also while it is still to come."""
    slot = next((one for one in store.attachments(session(), version_id) if one.name == name), None)
    blob = blob_store.by_hash(session(), slot.blob) if slot is not None and slot.blob else None
    if slot is None or blob is None:
        raise Problem(Kind.NOT_FOUND)
    return wire.send_blob(blob.sha256, blob.md5, name, slot.mime)


@resource("POST", f"{FILES}/<name>", asks=Permission.REVIEW)
def attach(project: Round, form: Form, draft: bool, instance_id: str, name: str) -> dict[str, Any]:
    """Send a file that the present version names; one that is there is replaced."""
    of = found(form, instance_id, draft)
    mime = request.headers.get("Content-Type") or OF_SUFFIX.get(
        PurePath(name).suffix.lower(), "application/octet-stream"
    )
    if not any(one.name == name for one in store.attachments(session(), current(of).id)):
        raise Problem(Kind.NOT_FOUND)
    with wire.spooled() as content:
        blob = blobs().put(content)
    with write() as writing:
        verbs.attach(writing, form, of, current(of), name, blob, mime, by=doer(), now=utcnow())
    return wire.SUCCESS


@resource("DELETE", f"{FILES}/<name>", asks=Permission.REVIEW)
def clear(project: Round, form: Form, draft: bool, instance_id: str, name: str) -> dict[str, Any]:
    """Take a file away; its place stays."""
    of = found(form, instance_id, draft)
    with write() as writing:
        verbs.clear(writing, form, of, current(of), name, by=doer(), now=utcnow())
    return wire.SUCCESS


COMMENTS = f"{FORM}/submissions/<instance_id>/comments"


@route("GET", COMMENTS, asks=Permission.READ_HOUSEHOLDS, gives=CommentSchema, many=True)
def comments(project: Round, form: Form, instance_id: str) -> list[dict[str, Any]]:
    """The comments on a submission, newest first."""
    found_ones = store.comments(session(), found(form, instance_id, draft=False).id)
    people = actors.by_id(session(), [one.actor_id for one in found_ones]) if wire.extended() else {}
    described = []
    for one in found_ones:
        entry = {"body": one.body, "actorId": one.actor_id, "createdAt": one.created_at}
        described.append({**entry, "actor": people[one.actor_id]} if people else entry)
    return described


@route("POST", COMMENTS, asks=Permission.REVIEW, takes=NewCommentSchema, gives=CommentSchema)
def comment(project: Round, form: Form, instance_id: str) -> dict[str, Any]:
    """Add a comment."""
    given = wire.loaded(NewCommentSchema())
    of = found(form, instance_id, draft=False)
    with write() as writing:
        made = verbs.comment(writing, form, of, given["body"], by=doer(), now=utcnow())
    return {"body": made.body, "actorId": made.actor_id, "createdAt": made.created_at}
