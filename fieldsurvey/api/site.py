"""Settings of the site: what programs show before the sign-in is public; the rest only administrators see."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, request

from fieldsurvey.api import wire
from fieldsurvey.api.door import PUBLIC, route
from fieldsurvey.api.schemas.site import SiteSettingSchema
from fieldsurvey.casework import site as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import blobs as blob_store
from fieldsurvey.store import site
from fieldsurvey.store.site import SiteSetting

FOR_A_YEAR = "max-age=31536000"


@route("GET", "/config/public", asks=PUBLIC)
def all_public() -> dict[str, Any]:
    """What is set and public, by key."""
    return {found.key: _on_wire(found) for found in site.of_keys(session(), verbs.PUBLIC)}


@route("GET", "/config/public/<key>", asks=PUBLIC, gives=SiteSettingSchema)
def public_setting(key: str) -> Response | dict[str, Any]:
    """A public setting, or its picture; with `ts=<number>` a browser may keep it for a year."""
    if key in verbs.PRIVATE:
        raise Problem(Kind.FORBIDDEN)
    sent = _shown(key)
    if isinstance(sent, Response):
        sent.headers["Cache-Control"] = FOR_A_YEAR if request.args.get("ts", "").isdecimal() else "no-cache"
    return sent


@route("GET", "/config/<key>", asks=Permission.MANAGE_SERVER, gives=SiteSettingSchema)
def setting(key: str) -> Response | dict[str, Any]:
    """A setting, or its picture."""
    return _shown(key)


@route("POST", "/config/<key>", asks=Permission.MANAGE_SERVER, gives=SiteSettingSchema)
def put(key: str) -> dict[str, Any]:
    """Set a setting: JSON, or a picture as the whole body."""
    by, now = doer(), utcnow()
    with write() as current:
        if key in verbs.FILES:
            content, mime = io.BytesIO(request.get_data()), request.content_type or "application/octet-stream"
            made = verbs.put_file(current, key, content, mime, blobs(), by=by, now=now)
        else:
            made = verbs.put_value(current, key, wire.json_body(), by=by, now=now)
    return _on_wire(made)


@route("DELETE", "/config/<key>", asks=Permission.MANAGE_SERVER)
def unset(key: str) -> dict[str, Any]:
    """Forget a setting."""
    with write() as current:
        verbs.unset(current, key, by=doer(), now=utcnow())
    return wire.SUCCESS


def _shown(key: str) -> Response | dict[str, Any]:
    found = site.by_key(session(), key)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    blob = blob_store.by_hash(session(), found.blob) if found.blob else None
    if blob is None:
        return _on_wire(found)
    sent = wire.send_blob(blob.sha256, blob.md5, key, found.mime)
    sent.headers["Content-Disposition"] = "attachment"  # a picture may be a program: no page of ours shows it by itself
    return sent


def _on_wire(found: SiteSetting) -> dict[str, Any]:
    content = {"blobExists": True} if found.blob else {"value": found.value}
    return {"key": found.key, **content, "setAt": found.set_at}
