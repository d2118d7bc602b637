"""Review rounds as programs see them: ODK Central's Project, with its counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from fieldsurvey.store.entities import Dataset, Entity
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import APP_USER, Actor
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission


def on_wire(project: Round) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "archived": project.archived or None,
        "keyId": None,  # no keys of our own: forms may bring theirs
        "createdAt": project.created_at,
        "updatedAt": project.updated_at,
        "deletedAt": project.deleted_at,
    }


def sorted_for_reading(projects: Sequence[Round]) -> list[Round]:
    """Archived ones last, then by name."""
    return sorted(projects, key=lambda one: (one.archived, one.name, one.id))


def counts(session: Session, round_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Round id → forms, appUsers, datasets, lastSubmission, lastEntity: a statement for each, not for each round."""
    forms = _count(session, Form.round_id, round_ids, Form.deleted_at.is_(None))
    phones = _count(session, Actor.round_id, round_ids, Actor.kind == APP_USER, Actor.deleted_at.is_(None))
    datasets = _count(session, Dataset.round_id, round_ids, Dataset.published_at.is_not(None))
    sent, made = last_submissions(session, round_ids), _last_entities(session, round_ids)
    return {
        one: {
            "forms": forms.get(one, 0),
            "appUsers": phones.get(one, 0),
            "datasets": datasets.get(one, 0),
            "lastSubmission": sent.get(one),
            "lastEntity": made.get(one),
        }
        for one in round_ids
    }


def _count(session: Session, of: Any, round_ids: Sequence[int], *wanted: ColumnElement[bool]) -> dict[int, int]:
    query = select(of, func.count()).where(of.in_(round_ids), *wanted).group_by(of)
    return {round_id: count for round_id, count in session.execute(query)}


def last_submissions(session: Session, round_ids: Sequence[int]) -> dict[int, datetime]:
    """Round id → when the newest submission came; reads one row of each form, from the end of its index."""
    newest = (
        select(Submission.created_at)
        .where(Submission.form_id == Form.id, Submission.draft.is_(False), Submission.deleted_at.is_(None))
        .order_by(Submission.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(Form.round_id, newest).where(Form.round_id.in_(round_ids), Form.deleted_at.is_(None))
    return _latest(session.execute(query))


def _last_entities(session: Session, round_ids: Sequence[int]) -> dict[int, datetime]:
    newest = (
        select(Entity.created_at)
        .where(Entity.dataset_id == Dataset.id, Entity.deleted_at.is_(None))
        .order_by(Entity.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return _latest(session.execute(select(Dataset.round_id, newest).where(Dataset.round_id.in_(round_ids))))


def _latest(rows: Any) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for round_id, at in rows:
        if at is not None and at > found.get(round_id, at.min.replace(tzinfo=at.tzinfo)):
            found[round_id] = at
    return found
