"""The history of a submission: what was done to it, what it has done to entities, and why it could not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind
from fieldsurvey.outputs import audits, entities
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.entities import EntityVersion
from fieldsurvey.store.submissions import SubmissionVersion
from fieldsurvey.translations import say

ERROR = "entity.error"


def of_submission(submission_id: int) -> ColumnElement[bool]:
    """The condition for entries about the submission, and about entities that it has made or changed."""
    changed = (
        select(EntityVersion.entity_id)
        .join(SubmissionVersion, SubmissionVersion.id == EntityVersion.submission_version_id)
        .where(SubmissionVersion.submission_id == submission_id)
    )
    of_entities = and_(
        AuditEntry.subject == "entity",
        AuditEntry.subject_id.in_(changed),
        AuditEntry.params["submissionId"].as_integer() == submission_id,
    )
    return or_(audits.of_subject("submission", submission_id), of_entities)


def with_entities(session: Session, entries: Sequence[dict[str, Any]], scope: Scope) -> Sequence[dict[str, Any]]:
    """Entries about entities tell what those are now, as far as the reader may see them."""
    ids = {one["details"]["entityId"] for one in entries if "entityId" in (one["details"] or {})}
    present = entities.by_id(session, ids, scope) if ids else {}
    for one in entries:
        details = one["details"] or {}
        found = present.get(details.get("entityId", 0))
        if found is not None:
            one["details"] = {**details, "entity": {**found, **details["entity"]}}
    return entries


def in_words(entries: Sequence[dict[str, Any]], locale: str) -> Sequence[dict[str, Any]]:
    """Entries about mistakes say in the reader's language what was wrong."""
    for one in entries:
        if one["action"] == ERROR:
            one["details"] = _told(one["details"], locale)
    return entries


def _told(details: Mapping[str, Any], locale: str) -> dict[str, Any]:
    problem = dict(details["problem"])
    params = dict(problem["problemDetails"])
    if "errors" in params:
        params["errors"] = [_told(error, locale) for error in params["errors"]]
    said = {name: _listed(value) for name, value in params.items()}
    return {
        **details,
        "errorMessage": say(_kind(problem["problemCode"]).message_id, locale, **said),
        "problem": {**problem, "problemDetails": params},
    }


def _listed(value: Any) -> Any:
    """As it stands in a sentence: several mistakes of one submission, or several names."""
    if not isinstance(value, list):
        return value
    return "; ".join(one["errorMessage"] if isinstance(one, dict) else str(one) for one in value)


def _kind(code: float) -> Kind:
    """Programs read the code as a number, so that 403.60 is written 403.6."""
    try:
        return Kind(str(code))
    except ValueError:
        return Kind(f"{code:.2f}")
