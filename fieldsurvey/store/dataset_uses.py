"""What an entity list is used for: the forms that fill it, those that choose from it, and the values that it has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, func, literal, or_, select
from sqlalchemy.orm import Session

from fieldsurvey.store.cases import Case
from fieldsurvey.store.entities import Entity, FormDataset
from fieldsurvey.store.forms import HOUSEHOLDS, MEMBERS, Form, FormMedia, FormVersion

OF_REGISTER = (HOUSEHOLDS, MEMBERS)  # names of the lists behind which the register stands
Named = list[dict[str, str]]  # xmlFormId and name of forms


def forms(session: Session, dataset_id: int) -> dict[str, Named]:
    """The forms that are there, by how they use the list: published and as drafts."""
    fills = select(FormDataset.version_id).where(FormDataset.dataset_id == dataset_id)
    chooses = select(FormMedia.version_id).where(FormMedia.dataset_id == dataset_id)
    return {
        "sourceForms": _named(session, Form.published_id, fills),
        "linkedForms": _named(session, Form.published_id, chooses),
        "draftSourceForms": _named(session, Form.draft_id, fills),
        "draftLinkedForms": _named(session, Form.draft_id, chooses),
    }


def _named(session: Session, version: Any, among: Any) -> Named:
    query = (
        select(Form.xml_form_id, FormVersion.title)
        .join(FormVersion, FormVersion.id == version)
        .where(Form.deleted_at.is_(None), version.in_(among))
        .order_by(Form.id)
    )
    return [{"xmlFormId": xml_form_id, "name": title or xml_form_id} for xml_form_id, title in session.execute(query)]


def filling(session: Session, dataset_id: int, name: str) -> Named:
    """The forms whose published version or draft fills this property."""
    uses = session.execute(
        select(FormDataset.version_id, FormDataset.properties).where(FormDataset.dataset_id == dataset_id)
    )
    versions = [version for version, pairs in uses if any(own == name for _, own in pairs)]
    found = [*_named(session, Form.published_id, versions), *_named(session, Form.draft_id, versions)]
    return [form for at, form in enumerate(found) if form not in found[:at]]


def having(session: Session, dataset_id: int, name: str) -> int:
    """How many entities have a value for the property."""
    value = Entity.data[name].as_string()
    query = select(func.count()).select_from(Entity)
    query = query.where(Entity.dataset_id == dataset_id, Entity.deleted_at.is_(None), value != "")
    return session.scalar(query) or 0


def uses_register(session: Session, round_id: int) -> bool:
    """Whether the round works with the register: it has listed households, or a form chooses from them."""
    listed = exists().where(Case.round_id == round_id)
    uses = (
        select(literal(1))
        .select_from(FormMedia)
        .join(Form, Form.published_id == FormMedia.version_id)
        .where(Form.round_id == round_id, Form.deleted_at.is_(None), FormMedia.source.in_(OF_REGISTER))
    )
    return bool(session.scalar(select(or_(listed, uses.exists()))))
