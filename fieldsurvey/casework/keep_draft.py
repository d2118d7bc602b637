"""Sealed drafts: keep the newest copy that a phone sends, within a quota for each person, for 90 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.answers import LONGEST_ID
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import sealed_drafts
from fieldsurvey.store.sealed_drafts import SealedDraft

KEPT = timedelta(days=90)
LARGEST, ALL = 1 << 20, 20 << 20  # bytes: of one, and of all of a person's


def keep(
    session: Session, instance_id: str, content: bytes, *, device_id: int | None, by: Doer, now: datetime
) -> SealedDraft:
    """The draft's newest copy. Raises DRAFTS_FULL, INSTANCE_ID_BAD."""
    if not instance_id or len(instance_id) > LONGEST_ID or not instance_id.isprintable():
        raise Problem(Kind.INSTANCE_ID_BAD)
    sealed_drafts.remove_older(session, now - KEPT)
    others = sealed_drafts.size_of_others(session, by.id, instance_id)
    if len(content) > LARGEST or others + len(content) > ALL:
        raise Problem(Kind.DRAFTS_FULL, limit=ALL >> 20)
    draft = sealed_drafts.one(session, by.id, instance_id)
    if draft is None:
        draft = SealedDraft(actor_id=by.id, instance_id=instance_id)
        session.add(draft)
    draft.content, draft.size, draft.sha256 = content, len(content), sha256(content).hexdigest()
    draft.device_id, draft.updated_at = device_id, now
    session.flush()
    return draft
