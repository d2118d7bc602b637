"""What a version of a form means for entity lists: which properties it fills, and what its publishing would make new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.outputs.entity_sources import property_names
from fieldsurvey.store.entities import Dataset, FormDataset


def of_version(session: Session, version_id: int, *, draft: bool) -> list[dict[str, Any]]:
    """Each list with its other properties first, then the form's own in its order; of a draft with what is new."""
    query = (
        select(Dataset, FormDataset.properties)
        .join(FormDataset, FormDataset.dataset_id == Dataset.id)
        .where(FormDataset.version_id == version_id)
        .order_by(Dataset.id, FormDataset.id)
    )
    asked: dict[int, tuple[Dataset, list[str]]] = {}
    for dataset, pairs in session.execute(query):
        asked.setdefault(dataset.id, (dataset, []))[1].extend(name for _, name in pairs)
    return [_of_list(session, dataset, list(dict.fromkeys(names)), draft) for dataset, names in asked.values()]


def _of_list(session: Session, dataset: Dataset, names: Sequence[str], draft: bool) -> dict[str, Any]:
    published = property_names(session, dataset.id)
    others = [_property(name, False, {"isNew": False} if draft else {}) for name in published if name not in names]
    own = [
        _property(name, True, {"isNew": name not in published} if draft else {})
        for name in names
        if draft or name in published
    ]
    is_new = {"isNew": dataset.published_at is None} if draft else {}
    return {"name": dataset.name, **is_new, "properties": [*others, *own]}


def _property(name: str, in_form: bool, is_new: Mapping[str, bool]) -> dict[str, Any]:
    return {"name": name, **is_new, "inForm": in_form}
