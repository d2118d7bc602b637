"""Settings of the site that an administrator changes while it runs: what programs show on their first page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, blobs, site
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.site import SiteSetting

ANALYTICS, APPEARANCE, LOGO, HERO = "analytics", "login-appearance", "logo", "hero-image"
FILES = (HERO, LOGO)
PUBLIC = (APPEARANCE, *FILES)  # anybody may see them, as they stand before the sign-in
PRIVATE = (ANALYTICS,)


def _analytics(given: dict[str, Any]) -> dict[str, Any]:
    """Kept for programs that ask; the server reports nothing to anybody."""
    enabled = given.get("enabled") is True
    return {"enabled": enabled, **(_texts(given, "email", "organization") if enabled else {})}


def _appearance(given: dict[str, Any]) -> dict[str, Any]:
    return _texts(given, "title", "description")


def _texts(given: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: given[name] for name in names if isinstance(given.get(name), str)}


VALUES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {ANALYTICS: _analytics, APPEARANCE: _appearance}


def put_value(session: Session, key: str, given: dict[str, Any], *, by: Doer, now: datetime) -> SiteSetting:
    """A setting that is JSON. Raises UNEXPECTED_VALUE."""
    permissions.require_for_server(by, Permission.MANAGE_SERVER)
    _require_known(key)
    found = _changed(session, key, now)
    found.value = VALUES[key](given)
    shown = {name: value for name, value in found.value.items() if name != "email"}
    audit.record(session, "config.set", "site", None, by=by, now=now, key=key, value=shown)
    return found


def put_file(
    session: Session, key: str, content: IO[bytes], mime: str, folder: BlobFolder, *, by: Doer, now: datetime
) -> SiteSetting:
    """A setting that is a picture."""
    permissions.require_for_server(by, Permission.MANAGE_SERVER)
    blob = folder.put(content)
    blobs.add(session, blob)
    found = _changed(session, key, now)
    found.blob, found.mime = str(blob["sha256"]), mime
    session.flush()
    audit.record(session, "config.set", "site", None, by=by, now=now, key=key, blobId=found.id)
    return found


def unset(session: Session, key: str, *, by: Doer, now: datetime) -> None:
    """Also when it is not set. Raises UNEXPECTED_VALUE."""
    permissions.require_for_server(by, Permission.MANAGE_SERVER)
    _require_known(key)
    found = site.by_key(session, key)
    if found is not None:
        session.delete(found)
    audit.record(session, "config.set", "site", None, by=by, now=now, key=key, value=None)


def _require_known(key: str) -> None:
    if key not in {*VALUES, *FILES}:
        raise Problem(Kind.UNEXPECTED_VALUE, field="key", value=key, reason="the setting is unknown")


def _changed(session: Session, key: str, now: datetime) -> SiteSetting:
    found = site.by_key(session, key) or SiteSetting(key=key)
    found.set_at = now
    session.add(found)
    session.flush()
    return found
