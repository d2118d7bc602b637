"""Entity lists as forms define them: a draft makes its lists and properties known, publishing it publishes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework import entities, register_list
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import media as media_kinds
from fieldsurvey.forms.entities import Declaration
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, dataset_uses, rounds
from fieldsurvey.store import forms as forms_store
from fieldsurvey.store.entities import Dataset, DatasetProperty, FormDataset
from fieldsurvey.store.forms import FormVersion
from fieldsurvey.store.submissions import insert_if_new


def declare(
    session: Session, round_id: int, version_id: int, declarations: Iterable[Declaration], *, by: Doer, now: datetime
) -> None:
    """The lists and properties that a draft declares exist from now on, unpublished.

    Raises DATASET_NAME_CONFLICT, PROPERTY_NAME_CONFLICT, and FORBIDDEN where the draft makes something new of which
    `by` may make nothing.
    """
    declared = list(declarations)
    if declared:
        rounds.hold(session, round_id)
    for one in declared:
        dataset = _known(session, round_id, one.dataset, by, now)
        names = [name for _, name in one.properties]
        _refuse_read_only(dataset, names)
        published = [known.name for known in _properties(session, dataset.id) if known.published_at is not None]
        _refuse_other_capitals(names, published)
        if dataset.published_at is None or not set(names) <= set(published):
            permissions.require_anywhere(by, Permission.MANAGE_ENTITIES, round_id)
        _add_properties(session, dataset.id, names, now)
        session.add(
            FormDataset(
                version_id=version_id,
                dataset_id=dataset.id,
                path=one.path,
                repeat=one.repeat,
                actions=list(one.actions),
                properties=[list(pair) for pair in one.properties],
            )
        )
    session.flush()


def publish(session: Session, round_id: int, version: FormVersion, *, by: Doer, now: datetime) -> None:
    """What the version declares is published with it, and its files of the same names are linked to the lists.

    Raises DATASET_NAME_CONFLICT, PROPERTY_NAME_CONFLICT, FORBIDDEN.
    """
    uses = session.scalars(
        select(FormDataset).where(FormDataset.version_id == version.id).order_by(FormDataset.dataset_id)
    ).all()
    if not uses:
        return
    rounds.hold(session, round_id)
    lists = {}
    for dataset_id in dict.fromkeys(use.dataset_id for use in uses):
        dataset = session.get_one(Dataset, dataset_id, populate_existing=True)
        names = [name for use in uses if use.dataset_id == dataset_id for _, name in use.properties]
        _publish(session, dataset, names, by, now)
        lists[dataset.name] = dataset.id
    link(session, version, lists, by=by, now=now)


def _publish(session: Session, dataset: Dataset, names: Sequence[str], by: Doer, now: datetime) -> None:
    known = _properties(session, dataset.id)
    published = [one.name for one in known if one.published_at is not None]
    fresh = [one for one in known if one.published_at is None and one.name in names]
    _refuse_other_capitals([one.name for one in fresh], published)
    is_new = dataset.published_at is None
    if is_new:
        _refuse_similar(session, dataset.round_id, dataset.name)
    if not is_new and not fresh:
        return
    permissions.require_anywhere(by, Permission.MANAGE_ENTITIES, dataset.round_id)
    for one in fresh:
        one.published_at, one.position = now, names.index(one.name)
    dataset.published_at = dataset.published_at or now
    session.flush()
    action = "dataset.create" if is_new else "dataset.update"
    shown = [one.name for one in known if one.published_at is not None]
    audit.record(session, action, "dataset", dataset.id, by=by, now=now, properties=shown)
    entities.settle(session.connection(), [dataset.id], now)


def link(session: Session, version: FormVersion, lists: Mapping[str, int], *, by: Doer, now: datetime) -> None:
    """Files that are called like lists (name → id) have their content from there, unless they have been given one."""
    for media in version.media:
        dataset_id = lists.get(media.name.removesuffix(".csv")) if media.name.endswith(".csv") else None
        empty = media.source == forms_store.FILE and media.type == media_kinds.FILE and media.blob is None
        if dataset_id is None or not empty:
            continue
        media.source, media.dataset_id, media.updated_at = forms_store.DATASET, dataset_id, now
        session.flush()
        audit.record(
            session, "form.attachment.update", "form", version.form_id, by=by, now=now,
            formDefId=version.id, name=media.name,
            oldBlobId=None, newBlobId=None, oldDatasetId=None, newDatasetId=dataset_id,
        )  # fmt: skip


def _known(session: Session, round_id: int, name: str, by: Doer, now: datetime) -> Dataset:
    """The list of this name, made if there is none."""
    _refuse_similar(session, round_id, name)
    of_register = name in dataset_uses.OF_REGISTER and dataset_uses.uses_register(session, round_id)
    row = {
        "round_id": round_id, "name": name, "kind": name if of_register else None,
        "approval_required": of_register, "owner_only": False, "filters": [],
        "created_by": by.id or None, "created_at": now, "changes": 0,
    }  # fmt: skip
    session.execute(insert_if_new(Dataset, session.connection()), row)
    return session.scalars(
        select(Dataset).where(Dataset.round_id == round_id, Dataset.name == name, Dataset.deleted_at.is_(None))
    ).one()


def _refuse_read_only(dataset: Dataset, names: Iterable[str]) -> None:
    """Of the register's list a form fills what the register takes as an entity; the rest comes from reviews."""
    writable = register_list.WRITABLE if dataset.kind == forms_store.HOUSEHOLDS else ()
    wrong = next((name for name in names if dataset.is_register and name not in writable), None)
    if wrong is not None:
        reason = f"the list “{dataset.name}” takes {', '.join(writable) or 'nothing'} from forms"
        raise Problem(Kind.UNEXPECTED_VALUE, field="save_to", value=wrong, reason=reason)


def _refuse_similar(session: Session, round_id: int, name: str) -> None:
    """Phones keep each list in a file of its name, and not every phone tells capitals apart."""
    query = select(Dataset.name).where(Dataset.round_id == round_id, Dataset.published_at.is_not(None))
    for other in session.scalars(query):
        if other != name and other.lower() == name.lower():
            raise Problem(Kind.DATASET_NAME_CONFLICT, current=other, provided=name)


def _refuse_other_capitals(names: Iterable[str], published: Sequence[str]) -> None:
    lowered = {name.lower(): name for name in published}
    twins = [
        {"current": lowered[name.lower()], "provided": name}
        for name in names
        if name not in published and name.lower() in lowered
    ]
    if twins:
        raise Problem(Kind.PROPERTY_NAME_CONFLICT, duplicateProperties=twins)


def _properties(session: Session, dataset_id: int) -> Sequence[DatasetProperty]:
    """In the order in which they came."""
    query = select(DatasetProperty).where(DatasetProperty.dataset_id == dataset_id).order_by(DatasetProperty.id)
    return session.scalars(query).all()


def _add_properties(session: Session, dataset_id: int, names: Sequence[str], now: datetime) -> None:
    rows = [{"dataset_id": dataset_id, "name": name, "created_at": now, "position": 0} for name in names]
    if rows:
        session.execute(insert_if_new(DatasetProperty, session.connection()), rows)
