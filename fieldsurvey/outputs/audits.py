"""The audit trail as the wire shows it: who did what to which thing, newest first.

What a submission or an entity is, the wire's trail does not know: their entries are about their form or entity list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import actors, datasets, form_records, projects
from fieldsurvey.store.audit import AuditEntry, actee_id
from fieldsurvey.store.entities import Dataset, Entity
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission

COLUMNS = (
    AuditEntry.id, AuditEntry.action, AuditEntry.subject, AuditEntry.subject_id, AuditEntry.actor_id,
    AuditEntry.params, AuditEntry.notes, AuditEntry.at,
)  # fmt: skip
Actee = tuple[str, int]  # a subject and its id
# What an entry is about, where that is not its subject itself.
ABOUT: dict[str, tuple[str, Any, Any]] = {
    "submission": ("form", Submission.id, Submission.form_id),
    "entity": ("dataset", Entity.id, Entity.dataset_id),
}
# A category of the query → its actions.
CATEGORIES: dict[str, frozenset[str]] = {
    "user": frozenset(
        {
            "user.create", "user.update", "user.delete", "user.assignment.create", "user.assignment.delete",
            "user.session.create",
        }
    ),
    "field_key": frozenset(
        {
            "field_key.create", "field_key.assignment.create", "field_key.assignment.delete",
            "field_key.session.end", "field_key.delete",
        }
    ),
    "public_link": frozenset(
        {
            "public_link.create", "public_link.assignment.create", "public_link.assignment.delete",
            "public_link.session.end", "public_link.delete",
        }
    ),
    "project": frozenset({"project.create", "project.update", "project.delete"}),
    "form": frozenset(
        {
            "form.create", "form.update", "form.delete", "form.restore", "form.purge", "form.attachment.update",
            "form.submission.export", "form.update.draft.set", "form.update.draft.delete",
            "form.update.draft.replace", "form.update.publish",
        }
    ),
    "submission": frozenset(
        {
            "submission.create", "submission.update", "submission.update.version", "submission.attachment.update",
            "submission.backlog.hold", "submission.backlog.reprocess", "submission.backlog.force",
            "submission.delete", "submission.restore", "submission.purge",
        }
    ),
    "dataset": frozenset(
        {"dataset.create", "dataset.update", "dataset.delete", "entity.bulk.delete", "entity.bulk.restore"}
    ),
    "entity": frozenset(
        {
            "entity.create", "entity.bulk.create", "entity.error", "entity.update.version", "entity.update.resolve",
            "entity.delete", "entity.restore", "entity.purge", "entity.bulk.delete", "entity.bulk.restore",
        }
    ),
}  # fmt: skip
# What happens so often that who looks for something else does not want to see it.
VERBOSE = (CATEGORIES["submission"] | CATEGORIES["entity"] | {"user.preference.update", "user.preference.delete"}) - {
    "submission.purge",
    "entity.bulk.delete",
    "entity.bulk.restore",
}


def of_action(action: str) -> ColumnElement[bool]:
    """The condition for an action, a category of actions, or `nonverbose`."""
    if action == "nonverbose":
        return AuditEntry.action.not_in(sorted(VERBOSE))
    return AuditEntry.action.in_(sorted(CATEGORIES.get(action, {action})))


def of_subject(subject: str, subject_id: int) -> ColumnElement[bool]:
    return (AuditEntry.subject == subject) & (AuditEntry.subject_id == subject_id)


def between(start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    """Both included."""
    return [
        *([AuditEntry.at >= start] if start is not None else []),
        *([AuditEntry.at <= end] if end is not None else []),
    ]


def entries(
    session: Session, *wanted: ColumnElement[bool], offset: int = 0, limit: int | None = None, extended: bool = False
) -> list[dict[str, Any]]:
    """Entries that fit all conditions, newest first; `extended`: with who did it and what it is about, in full."""
    query = select(*COLUMNS).where(*wanted).order_by(AuditEntry.id.desc())
    rows = session.execute(query.offset(offset or None).limit(limit)).all()
    about = _actees(session, rows)
    made = [entry(row, about.get(row.id)) for row in rows]
    if extended:
        people = actors.by_id(session, {row.actor_id for row in rows if row.actor_id is not None})
        things = _things(session, set(about.values()))
        for row, one in zip(rows, made, strict=True):
            one |= {"actor": people.get(row.actor_id), "actee": things.get(about.get(row.id, ("", 0)))}
    return made


def entry(row: Row[Any], actee: Actee | None) -> dict[str, Any]:
    return {
        "actorId": row.actor_id,
        "action": row.action,
        "acteeId": actee_id(*actee) if actee else None,
        "details": row.params or None,
        "notes": row.notes,
        "loggedAt": row.at,
    }


def _actees(session: Session, rows: Sequence[Row[Any]]) -> dict[int, Actee]:
    """Entry id → what it is about; one statement for all submissions, one for all entities."""
    about = {row.id: (row.subject, row.subject_id) for row in rows if row.subject_id is not None}
    for subject, (kind, own_id, parent_id) in ABOUT.items():
        ids = {subject_id for own, subject_id in about.values() if own == subject}
        if ids:
            found = {row[0]: row[1] for row in session.execute(select(own_id, parent_id).where(own_id.in_(ids)))}
            about |= {
                entry: (kind, found[subject_id])
                for entry, (own, subject_id) in about.items()
                if own == subject and subject_id in found
            }
    return about


def _things(session: Session, wanted: Iterable[Actee]) -> dict[Actee, dict[str, Any]]:
    """What entries are about, deleted things too; one statement for each kind."""
    ids: dict[str, set[int]] = {}
    for subject, subject_id in wanted:
        ids.setdefault(subject, set()).add(subject_id)
    return {
        (subject, found): thing
        for subject, read in _READ.items()
        if subject in ids
        for found, thing in read(session, ids[subject]).items()
    }


def _rounds(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    return {one.id: projects.on_wire(one) for one in session.scalars(select(Round).where(Round.id.in_(ids)))}


def _datasets(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    return {one.id: datasets.on_wire(one) for one in session.scalars(select(Dataset).where(Dataset.id.in_(ids)))}


_READ: dict[str, Callable[[Session, Collection[int]], dict[int, dict[str, Any]]]] = {
    "actor": actors.by_id,
    "round": _rounds,
    "form": form_records.by_id,
    "dataset": _datasets,
}
