"""Where an entity's versions came from: a program, a file of many, or a submission and what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from fieldsurvey.outputs import actors, audits
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.entities import EntityVersion
from fieldsurvey.store.forms import Form
from fieldsurvey.store.submissions import Submission, SubmissionVersion

OF_A_VERSION = ("entity.create", "entity.update.version")
# What may be done to a submission so that an entity comes of it.
_TRIGGERS = (
    "submission.create",
    "submission.update",
    "submission.update.version",
    "submission.backlog.reprocess",
    "submission.backlog.force",
)
_FILE = ("name", "size", "count", "userAgent")


def of_versions(
    session: Session, versions: Sequence[EntityVersion], entries: Iterable[Row[Any]]
) -> dict[int, dict[str, Any]]:
    """Version id → its source; `entries` is what the audit knows of the entity."""
    sent = [one.submission_version_id for one in versions if one.submission_version_id is not None]
    submissions = _submissions(session, sent) if sent else {}
    made = {row.params["entityDefId"]: row.id for row in entries if row.action in OF_A_VERSION}
    events = _events(session, {row.submission_id for row in submissions.values()})
    people = actors.by_id(session, _people(submissions.values(), events))
    found = {}
    for one in versions:
        row = submissions.get(one.submission_version_id or 0)
        if row is None:
            found[one.id] = {name: one.source[name] for name in _FILE if name in one.source}
        else:
            event = _before(events.get(row.submission_id, ()), made.get(one.id))
            found[one.id] = {"event": _event(event, row.form_id, people), "submission": _submission(row, people)}
    return found


def _submissions(session: Session, version_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Version id → its submission and the submission's present version, deleted ones too."""
    sent, current = aliased(SubmissionVersion), aliased(SubmissionVersion)
    query: Any = (
        select(
            sent.id,
            Submission.id.label("submission_id"),
            Submission.instance_id,
            Submission.form_id,
            Submission.submitter_id,
            Submission.device_id,
            Submission.user_agent,
            Submission.review_state,
            Submission.created_at,
            Submission.updated_at,
            Submission.deleted_at,
            Form.xml_form_id,
            Form.deleted_at.label("form_deleted_at"),
            current.instance_id.label("current_instance_id"),
            current.instance_name,
            current.submitter_id.label("current_submitter_id"),
            current.device_id.label("current_device_id"),
            current.user_agent.label("current_user_agent"),
            current.created_at.label("current_created_at"),
        )
        .join(Submission, Submission.id == sent.submission_id)
        .join(Form, Form.id == Submission.form_id)
        .join(current, (current.submission_id == Submission.id) & current.current)
        .where(sent.id.in_(version_ids))
    )
    return {row.id: row for row in session.execute(query)}


def _events(session: Session, submission_ids: set[int]) -> dict[int, list[Row[Any]]]:
    """Submission id → what was done to it, oldest first."""
    query = select(*audits.COLUMNS).where(
        AuditEntry.subject == "submission",
        AuditEntry.subject_id.in_(submission_ids),
        AuditEntry.action.in_(_TRIGGERS),
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in session.execute(query.order_by(AuditEntry.id)) if submission_ids else ():
        found.setdefault(row.subject_id or 0, []).append(row)
    return found


def _before(events: Sequence[Row[Any]], entry_id: int | None) -> Row[Any] | None:
    """The last thing that was done to the submission before the entity changed."""
    return next((event for event in reversed(events) if entry_id is None or event.id < entry_id), None)


def _people(submissions: Iterable[Row[Any]], events: Mapping[int, Sequence[Row[Any]]]) -> set[int | None]:
    return {
        *(actor for row in submissions for actor in (row.submitter_id, row.current_submitter_id)),
        *(event.actor_id for of_one in events.values() for event in of_one),
    }


def _event(event: Row[Any] | None, form_id: int, people: Mapping[int, dict[str, Any]]) -> dict[str, Any] | None:
    if event is None:
        return None
    return {**audits.entry(event, ("form", form_id)), "actor": people.get(event.actor_id or 0)}


def _submission(row: Row[Any], people: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """Of what was deleted since, only by whom and when it was sent."""
    sent = {
        "instanceId": row.instance_id,
        "createdAt": row.created_at,
        "submitter": people.get(row.submitter_id or 0),
    }
    if row.deleted_at is not None or row.form_deleted_at is not None:
        return sent
    return {
        **sent,
        "xmlFormId": row.xml_form_id,
        "submitterId": row.submitter_id,
        "deviceId": row.device_id,
        "userAgent": row.user_agent,
        "reviewState": row.review_state,
        "updatedAt": row.updated_at,
        "currentVersion": {
            "instanceId": row.current_instance_id,
            "instanceName": row.instance_name,
            "submitterId": row.current_submitter_id,
            "deviceId": row.current_device_id,
            "userAgent": row.current_user_agent,
            "current": True,
            "createdAt": row.current_created_at,
            "submitter": people.get(row.current_submitter_id or 0),
        },
    }
