"""Verbs on entity lists themselves: make one, add a property, say who gets what of it. Forms make lists too (datasets.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework import entity_intake
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.entity_names import is_dataset_name, is_property_name
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, backlog, dataset_uses, entities, rounds
from fieldsurvey.store.entities import Dataset, DatasetProperty
from fieldsurvey.store.rounds import Round

Rules = Sequence[Mapping[str, str]]  # datasetProperty, actorProperty


def create(
    session: Session,
    project: Round,
    name: Any,
    *,
    approval_required: bool = False,
    owner_only: bool = False,
    by: Doer,
    now: datetime,
) -> Dataset:
    """A published list without properties; one that only drafts of forms know becomes it.

    Raises UNEXPECTED_VALUE, ALREADY_EXISTS, DATASET_NAME_CONFLICT.
    """
    permissions.require(by, Permission.MANAGE_ENTITIES, Place(), project.id)
    if not isinstance(name, str) or not is_dataset_name(name):
        raise Problem(Kind.UNEXPECTED_VALUE, field="name", value=name, reason="not a valid dataset name")
    rounds.hold(session, project.id)
    made = _free(session, project.id, name)
    if made is None:
        made = Dataset(round_id=project.id, name=name, filters=[], created_by=by.id or None, created_at=now, changes=0)
        session.add(made)
    made.approval_required, made.owner_only = approval_required, owner_only
    made.published_at = now
    _changed(made, now)
    session.flush()
    audit.record(session, "dataset.create", "dataset", made.id, by=by, now=now, properties=[])
    return made


def _free(session: Session, round_id: int, name: str) -> Dataset | None:
    """The draft of this name, if there is one; a published one, or one that differs in capitals, is in the way."""
    lists = session.scalars(select(Dataset).where(Dataset.round_id == round_id, Dataset.deleted_at.is_(None)))
    found = [one for one in lists if one.name.lower() == name.lower()]  # SQLite's lower() knows only ASCII
    for one in found:
        if one.published_at is not None and one.name == name:
            raise Problem(Kind.ALREADY_EXISTS, fields=["name", "projectId"], values=[name, round_id], value=name)
        if one.published_at is not None:
            raise Problem(Kind.DATASET_NAME_CONFLICT, current=one.name, provided=name)
    return next((one for one in found if one.name == name), None)


def add_property(session: Session, dataset: Dataset, name: Any, *, by: Doer, now: datetime) -> None:
    """Raises UNEXPECTED_VALUE, ALREADY_EXISTS."""
    permissions.require(by, Permission.MANAGE_ENTITIES, Place(), dataset.round_id)
    if not isinstance(name, str) or not is_property_name(name):
        raise Problem(Kind.UNEXPECTED_VALUE, field="name", value=name, reason="not a valid property name")
    rounds.hold(session, dataset.round_id)
    properties = session.scalars(select(DatasetProperty).where(DatasetProperty.dataset_id == dataset.id))
    found = [one for one in properties if one.name.lower() == name.lower()]
    taken = next((one for one in found if one.published_at is not None), None)
    if taken is not None:
        values = [taken.name, dataset.id]
        raise Problem(Kind.ALREADY_EXISTS, fields=["name", "datasetId"], values=values, value=taken.name)
    draft = next((one for one in found if one.name == name), None)
    if draft is None:
        session.add(DatasetProperty(dataset_id=dataset.id, name=name, created_at=now, published_at=now))
    else:
        draft.published_at, draft.position = now, 0
    audit.record(session, "dataset.update", "dataset", dataset.id, by=by, now=now, properties=[name])
    entities.touch(session.connection(), dataset.id, now)


def remove_property(session: Session, dataset: Dataset, name: str, *, by: Doer, now: datetime) -> None:
    """Only one that no form fills and no entity has a value for. Raises NOT_FOUND, PROPERTY_IN_USE."""
    permissions.require(by, Permission.MANAGE_ENTITIES, Place(), dataset.round_id)
    rounds.hold(session, dataset.round_id)
    query = select(DatasetProperty).where(DatasetProperty.dataset_id == dataset.id, DatasetProperty.name == name)
    found = session.scalar(query.where(DatasetProperty.published_at.is_not(None)))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    forms = dataset_uses.filling(session, dataset.id, name)
    entities_with_it = dataset_uses.having(session, dataset.id, name)
    if forms or entities_with_it:
        raise Problem(Kind.PROPERTY_IN_USE, propertyName=name, forms=forms, entities=entities_with_it)
    session.delete(found)
    audit.record(
        session, "dataset.update.property.delete", "dataset", dataset.id, by=by, now=now, propertyName=name
    )  # fmt: skip
    entities.touch(session.connection(), dataset.id, now)


def delete(session: Session, dataset: Dataset, *, by: Doer, now: datetime) -> None:
    """Out of sight, with its entities; only one that no form fills or chooses from. Raises DATASET_IN_USE."""
    permissions.require(by, Permission.MANAGE_ENTITIES, Place(), dataset.round_id)
    rounds.hold(session, dataset.round_id)
    forms = dataset_uses.forms(session, dataset.id)
    if any(forms.values()):
        raise Problem(Kind.DATASET_IN_USE, **forms)
    session.add(dataset)
    dataset.deleted_at, dataset.published_at = now, None
    _changed(dataset, now)
    session.flush()
    audit.record(session, "dataset.delete", "dataset", dataset.id, by=by, now=now)


def change(
    session: Session,
    dataset: Dataset,
    changes: Mapping[str, Any],
    *,
    rules: Rules | None = None,
    convert: bool | None = None,
    by: Doer,
    now: datetime,
) -> None:
    """`changes`: approvalRequired and ownerOnly, as far as given. `rules`: what phones get; None: as it was.

    `convert`: whether what waits for an approval that is no longer asked for becomes entities now; None: nobody said, and
    where something waits somebody must. Raises PENDING_SUBMISSIONS.
    """
    permissions.require(by, Permission.MANAGE_ENTITIES, Place(), dataset.round_id)
    lifts = changes.get("approvalRequired") is False and dataset.approval_required
    if lifts and convert is None:
        _require_none_pending(session, dataset)
    dataset.approval_required = changes.get("approvalRequired", dataset.approval_required)
    dataset.owner_only = changes.get("ownerOnly", dataset.owner_only)
    if rules is not None:
        dataset.filters = [dict(rule) for rule in rules]
    session.add(dataset)
    _changed(dataset, now)
    about: dict[str, Any] = {"data": dict(changes)}
    if rules:
        about["accessFilter"] = {"type": "property", "rules": dataset.filters}
    if changes.get("approvalRequired") is False:
        about["autoConvert"] = bool(convert)
    session.flush()
    audit.record(session, "dataset.update", "dataset", dataset.id, by=by, now=now, **about)
    if lifts and convert:
        entity_intake.convert(session.connection(), dataset.id, now=now)


def _require_none_pending(session: Session, dataset: Dataset) -> None:
    count = len(backlog.pending(session.connection(), dataset.id))
    if count:
        raise Problem(Kind.PENDING_SUBMISSIONS, count=count)


def _changed(dataset: Dataset, now: datetime) -> None:
    dataset.changed_at = now
    dataset.changes = Dataset.changes + 1 if dataset.id is not None else 1
