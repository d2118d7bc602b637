"""Personal data leaves by the wire: that is written down, though not for each of a program's many pages."""

from __future__ import annotations

from flask import current_app

from fieldsurvey.extensions import utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.store import disclosures
from fieldsurvey.store.forms import Form

_KEPT = "fieldsurvey.handed_out"
_AGAIN_AFTER = 600  # seconds
_MOST = 10_000


def note(form: Form, draft: bool, way: str) -> None:
    """Once in ten minutes for each person, form and way; of drafts, which hold what testers typed, never."""
    by, now = doer(), utcnow()
    if draft or not by.id:
        return
    noted: set[tuple[int, int, str, int]] = current_app.extensions.setdefault(_KEPT, set())
    key = (by.id, form.id, way, int(now.timestamp()) // _AGAIN_AFTER)
    if key in noted:
        return
    if len(noted) > _MOST:
        noted.clear()
    with write() as writing:
        disclosures.note(writing, by.id, key[1], way, now)
    noted.add(key)
