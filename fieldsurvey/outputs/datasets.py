"""Entity lists as programs see them: ODK Central's Dataset, with its counts, properties and forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import entity_sources
from fieldsurvey.outputs.entity_sources import OF_REGISTER
from fieldsurvey.outputs.odata.query import identifier
from fieldsurvey.rules import permissions, prior
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.store import forms as form_store
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.entities import Dataset, DatasetProperty, Entity, FormDataset
from fieldsurvey.store.forms import Form, FormMedia, FormVersion
from fieldsurvey.store.rounds import Round


def of_round(session: Session, project: Round) -> list[Dataset]:
    """The published lists by name, with the register's where the round works with it."""
    query = select(Dataset).where(Dataset.round_id == project.id, Dataset.published_at.is_not(None))
    found = list(session.scalars(query))
    taken = {one.name for one in found}
    registers = [entity_sources.register_of(session, project, name) for name in OF_REGISTER if name not in taken]
    found += [one for one in registers if one is not None]
    return sorted(found, key=lambda one: one.name)


_BY_NAME = select(Dataset).where(
    Dataset.round_id == bindparam("of"), Dataset.name == bindparam("called"), Dataset.published_at.is_not(None)
)


def in_project(session: Session, project: Round, by: Doer) -> list[dict[str, Any]]:
    """The lists that somebody may read, with their counts; none for who may not."""
    scope = permissions.scope(by, Permission.READ_ENTITIES, project.id)
    found = of_round(session, project) if scope else []
    return [{**on_wire(one), **count} for one, count in zip(found, counts(session, found, scope), strict=True)]


def deleted(session: Session, project: Round) -> list[Dataset]:
    """Those that somebody has deleted, the newest deletion first."""
    query = select(Dataset).where(Dataset.round_id == project.id, Dataset.deleted_at.is_not(None))
    return list(session.scalars(query.order_by(Dataset.deleted_at.desc(), Dataset.id.desc())))


def by_name(session: Session, project: Round, name: str) -> Dataset | None:
    """A published list."""
    found = session.scalar(_BY_NAME, {"of": project.id, "called": name})
    return found or (entity_sources.register_of(session, project, name) if name in OF_REGISTER else None)


def on_wire(dataset: Dataset) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": dataset.name,
        "projectId": dataset.round_id,
        "approvalRequired": dataset.approval_required,
        "ownerOnly": dataset.owner_only,
        "createdAt": dataset.created_at,
    }
    if dataset.filters:
        described["accessFilter"] = {"type": "property", "rules": dataset.filters}
    if dataset.deleted_at is not None:
        described |= {"id": dataset.id, "deletedAt": dataset.deleted_at}
    return described


def counts(session: Session, datasets: Sequence[Dataset], scope: Scope) -> list[dict[str, Any]]:
    """entities, lastEntity and conflicts of each, in the scope."""
    ids = [one.id for one in datasets if not one.is_register]
    live = (Entity.dataset_id.in_(ids), Entity.deleted_at.is_(None), in_scope(Entity, scope))
    entities = _by_dataset(session, func.count(), *live)
    conflicts = _by_dataset(session, func.count(), *live, Entity.conflict.is_not(None))
    last = _by_dataset(session, func.max(Entity.created_at), *live)
    return [
        _register_counts(session, one, scope)
        if one.is_register
        else {
            "entities": entities.get(one.id, 0),
            "lastEntity": last.get(one.id),
            "conflicts": conflicts.get(one.id, 0),
        }
        for one in datasets
    ]


def _by_dataset(session: Session, wanted: Any, *conditions: ColumnElement[bool]) -> dict[int, Any]:
    query = select(Entity.dataset_id, wanted).where(*conditions).group_by(Entity.dataset_id)
    return {dataset_id: value for dataset_id, value in session.execute(query)}


def _register_counts(session: Session, dataset: Dataset, scope: Scope) -> dict[str, Any]:
    source = entity_sources.of_dataset(session, dataset)
    query = source.select(func.count(), func.max(source.columns["createdAt"])).where(source.live, source.inside(scope))
    number, last = session.execute(query).one()
    return {"entities": number, "lastEntity": last, "conflicts": 0}


def in_full(session: Session, dataset: Dataset) -> dict[str, Any]:
    """With its properties, the forms that fill it and those that choose from it."""
    source = _sources(session, dataset)
    return {
        **on_wire(dataset),
        "lastUpdate": dataset.changed_at or dataset.published_at,
        "linkedForms": _linked(session, dataset),
        "sourceForms": [form for form, _ in source],
        "properties": _properties(session, dataset, source),
    }


def _named(xml_form_id: str, title: str | None) -> dict[str, str]:
    return {"xmlFormId": xml_form_id, "name": title or xml_form_id}


def _linked(session: Session, dataset: Dataset) -> list[dict[str, str]]:
    """Forms with a published version that chooses from the list, under the name that phones see."""
    if dataset.is_register:
        chosen: ColumnElement[bool] = FormMedia.source == dataset.name
    else:
        chosen = FormMedia.dataset_id == dataset.id
    using = (
        select(FormVersion.form_id)
        .join(FormMedia, FormMedia.version_id == FormVersion.id)
        .where(chosen, FormVersion.published_at.is_not(None))
    )
    query = (
        select(Form.xml_form_id, FormVersion.title)
        .join(FormVersion, FormVersion.id == Form.published_id)
        .where(Form.round_id == dataset.round_id, Form.deleted_at.is_(None), Form.id.in_(using))
        .order_by(Form.id)
    )
    return [_named(*row) for row in session.execute(query)]


def open_form(session: Session, dataset: Dataset, by: Doer) -> int | None:
    """A form that chooses from the list and that `by` may fetch and fill; None: there is none."""
    query = (
        select(Form.id)
        .join(FormMedia, FormMedia.version_id == Form.published_id)
        .where(FormMedia.dataset_id == dataset.id, Form.deleted_at.is_(None), Form.state != form_store.CLOSED)
        .order_by(Form.id)
    )
    readable = (Permission.READ_OPEN_FORMS, Permission.READ_FORMS)
    return next(
        (
            form_id
            for form_id in session.scalars(query)
            if any(permissions.holds(by, one, dataset.round_id, form_id) for one in readable)
        ),
        None,
    )


def _sources(session: Session, dataset: Dataset) -> list[tuple[dict[str, str], frozenset[str]]]:
    """Forms whose present version fills the list, each with the properties that it fills."""
    query = (
        select(Form.id, Form.xml_form_id, FormVersion.title, FormDataset.properties)
        .join(FormVersion, FormVersion.id == Form.published_id)
        .join(FormDataset, FormDataset.version_id == FormVersion.id)
        .where(FormDataset.dataset_id == dataset.id, Form.deleted_at.is_(None))
        .order_by(Form.id)
    )
    found: dict[int, tuple[dict[str, str], frozenset[str]]] = {}
    for form_id, xml_form_id, title, filled in session.execute(query):
        names = frozenset(name for _path, name in filled)
        form, before = found.get(form_id, (_named(xml_form_id, title), frozenset()))
        found[form_id] = form, before | names
    return list(found.values())


def _properties(
    session: Session, dataset: Dataset, source: Sequence[tuple[dict[str, str], frozenset[str]]]
) -> list[dict[str, Any]]:
    if dataset.is_register:
        names = entity_sources.of_dataset(session, dataset).properties
        rows: Sequence[Any] = [(name, dataset.published_at) for name in names]
    else:
        query = select(DatasetProperty.name, DatasetProperty.published_at).where(
            DatasetProperty.dataset_id == dataset.id, DatasetProperty.published_at.is_not(None)
        )
        order = (DatasetProperty.published_at, DatasetProperty.position, DatasetProperty.id)
        rows = session.execute(query.order_by(*order)).all()
    return [
        {
            "name": name,
            "odataName": identifier(name),
            "publishedAt": published_at,
            "type": (prior.type_of(name) if dataset.is_register else prior.Type.TEXT).value,
            "forms": [form for form, filled in source if name in filled],
        }
        for name, published_at in rows
    ]
