"""What has come back to a person's villages: the case as it stands, its answers, files, and the officer's notes.

It is read from the cases themselves and kept for no phone in particular: so it reaches whoever holds the village now, on
whichever phone, as long as it is open, and no longer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fieldsurvey.casework.receipts import wire_moment
from fieldsurvey.outputs import round_list
from fieldsurvey.outputs.round_list import Cut
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.store.blobs import Blob
from fieldsurvey.store.cases import Case
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.register import Household
from fieldsurvey.store.reviews import Review
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

MOST = 500  # of one person at a time; the oldest first


def returned(session: Session, of_round: Round, by: Doer) -> Iterator[dict[str, Any]]:
    """The returned households of one round, as the protocol has them."""
    cut = round_list.cut_for(session, of_round.id, by)
    found = session.execute(_query(of_round.id, cut)).all()
    files = _files(session, [row.SubmissionVersion.id for row in found])
    sizes = _sizes(session, [row.Review for row in found])
    for case, household, version, form, form_version, review in found:
        yield {
            "instanceId": version.instance_id,
            "roundId": of_round.id,
            "formId": form.id,
            "xmlFormId": form.xml_form_id,
            "version": form_version,
            "household": household.uuid,
            "name": household.head_name,
            "state": case.state,
            "returnedAt": wire_moment(review.at),
            "by": review.by_name,
            "reason": review.reason or "",
            "xml": version.xml.decode(errors="replace"),
            "files": [_file(of_round.id, version.instance_id, *one) for one in files.get(version.id, ())],
            "notes": list(notes(review, sizes)),
        }


def _query(round_id: int, cut: Cut) -> Any:
    returns, version = aliased(Review), SubmissionVersion
    newest = select(func.max(returns.id)).where(returns.case_id == Case.id, returns.decision == Decision.RETURN.value)
    return (
        select(Case, Household, version, Form, FormVersion.version, Review)
        .join(Household, Household.id == Case.household_id)
        .join(Submission, Submission.id == Case.submission_id)
        .join(version, version.submission_id == Submission.id)
        .join(Form, Form.id == version.form_id)
        .join(FormVersion, FormVersion.id == version.form_version_id)
        .join(Review, Review.id == newest.scalar_subquery())
        .where(Case.round_id == round_id, Case.state == State.HAS_ISSUES.value, *cut.conditions())
        .where(version.current, Submission.deleted_at.is_(None))
        .order_by(Review.id)
        .limit(MOST)
    )


def _files(session: Session, version_ids: Sequence[int]) -> dict[int, list[tuple[Attachment, Blob]]]:
    """Version id → its files that have arrived."""
    query = (
        select(Attachment, Blob)
        .join(Blob, Blob.sha256 == Attachment.blob)
        .where(Attachment.version_id.in_(version_ids))
        .order_by(Attachment.version_id, Attachment.name)
    )
    found: dict[int, list[tuple[Attachment, Blob]]] = {}
    for attachment, blob in session.execute(query):
        found.setdefault(attachment.version_id, []).append((attachment, blob))
    return found


def _file(round_id: int, instance_id: str, attachment: Attachment, blob: Blob) -> dict[str, Any]:
    named = f"{quote(instance_id, safe='')}/files/{quote(attachment.name, safe='')}"
    return {
        "name": attachment.name,
        "type": attachment.mime or "",
        "size": blob.size,
        "sha256": blob.sha256,
        "url": f"/sync/submissions/{named}?round={round_id}",
    }


def _sizes(session: Session, reviews: Sequence[Review]) -> dict[str, int]:
    spoken = {note["audio"]["blob"] for one in reviews for note in one.notes if note.get("audio")}
    query = select(Blob.sha256, Blob.size).where(Blob.sha256.in_(spoken))
    return dict(session.execute(query).all()) if spoken else {}


def notes(review: Review, sizes: dict[str, int]) -> Iterator[dict[str, Any]]:
    """The notes on questions; spoken ones with the address of their sound."""
    for position, note in enumerate(review.notes):
        told: dict[str, Any] = {"path": note["ref"], "text": note["text"]}
        if spoken := note.get("audio"):
            url = f"/sync/notes/{review.id}/{position}"
            told["audio"] = {"url": url, "type": spoken["mime"], "size": sizes.get(spoken["blob"], 0)}
        yield told


def spoken_note(session: Session, review_id: int, position: int, by: Doer) -> tuple[str, str] | None:
    """(sha256, type) of a spoken note on a household that `by` may work on; None otherwise."""
    found = session.execute(
        select(Review, Case).join(Case, Case.id == Review.case_id).where(Review.id == review_id)
    ).one_or_none()
    if found is None or not 0 <= position < len(found.Review.notes):
        return None
    case, asked = found.Case, (Permission.SUBMIT, Permission.READ_HOUSEHOLDS)
    if not any(permissions.allows(by, one, case.place, case.round_id) for one in asked):
        return None
    spoken = found.Review.notes[position].get("audio")
    return (spoken["blob"], spoken["mime"]) if spoken else None


def digest_of(found: Sequence[dict[str, Any]]) -> str:
    """For an ETag."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:32]
