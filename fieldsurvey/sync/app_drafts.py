"""Sealed drafts of the phone app: bytes that only the phone can open, kept in case it loses them."""

from __future__ import annotations

from flask import Response

from fieldsurvey.casework import keep_draft
from fieldsurvey.casework.receipts import wire_moment
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.store import sealed_drafts
from fieldsurvey.sync.app_door import as_json, body, device, endpoint, nothing
from fieldsurvey.sync.app_forms import tagged


@endpoint("/drafts")
def draft_list() -> Response:
    """The person's drafts, newest first, without their content."""
    return as_json(
        [
            {
                "instanceId": one.instance_id,
                "size": one.size,
                "sha256": one.sha256,
                "updatedAt": wire_moment(one.updated_at),
                "deviceId": one.device_id,
            }
            for one in sealed_drafts.of_actor(session(), doer().id)
        ]
    )


@endpoint("/drafts/<instance_id>")
def draft(instance_id: str) -> Response:
    found = sealed_drafts.content(session(), doer().id, instance_id)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return tagged(Response(found.content, content_type="application/octet-stream"), found.sha256)


@endpoint("/drafts/<instance_id>", "PUT")
def keep(instance_id: str) -> Response:
    content = body(keep_draft.LARGEST)
    with write() as current:
        keep_draft.keep(current, instance_id, content, device_id=device().id, by=doer(), now=utcnow())
    return nothing()


@endpoint("/drafts/<instance_id>", "DELETE")
def forget(instance_id: str) -> Response:
    with write() as current:
        sealed_drafts.remove(current, doer().id, instance_id)
    return nothing()
