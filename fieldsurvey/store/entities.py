"""Entity lists (datasets) and their entities, each with every version it has had."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsurvey.store.base import Base, Placed


class Dataset(Base):
    """A list of entities of one round; forms make them and choose from them."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("round_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    name: Mapped[str]
    approval_required: Mapped[bool] = mapped_column(default=False)  # entities come into being on approval
    owner_only: Mapped[bool] = mapped_column(default=False)  # phones get only the entities that they made
    filters: Mapped[list[Any]] = mapped_column(default=list)  # what phones get: entity property = property of the phone
    created_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]  # null: only drafts of forms know it
    changed_at: Mapped[datetime | None]  # of its newest change of content: what the hash of the phones' list is made of


class DatasetProperty(Base):
    __tablename__ = "dataset_properties"
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    name: Mapped[str]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class FormDataset(Base):
    """What a form's version does to a list: its declared actions and which question fills which property."""

    __tablename__ = "form_datasets"
    __table_args__ = (Index(None, "version_id"), Index(None, "dataset_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("form_versions.id", ondelete="CASCADE"))
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    path: Mapped[str]  # the group or repeat that holds meta/entity; "" for the root
    repeat: Mapped[bool]
    actions: Mapped[list[Any]]  # create, update
    properties: Mapped[dict[str, Any]]  # path of the question → property


class Entity(Placed, Base):
    """An entity as it is now; its history is in EntityVersion."""

    __tablename__ = "entities"
    __table_args__ = (
        UniqueConstraint("dataset_id", "uuid"),
        Index(None, "uuid"),
        Index(None, "dataset_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    uuid: Mapped[str]
    version: Mapped[int]
    label: Mapped[str]
    data: Mapped[dict[str, Any]]  # property → text
    conflict: Mapped[str | None]  # soft | hard: versions were made side by side and nobody has looked yet
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class EntityVersion(Base):
    __tablename__ = "entity_versions"
    __table_args__ = (
        UniqueConstraint("entity_id", "version"),
        Index(None, "submission_version_id"),
        Index(None, "branch_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(ForeignKey("entities.id"))
    version: Mapped[int]
    label: Mapped[str]
    data: Mapped[dict[str, Any]]  # all properties as they were
    received: Mapped[dict[str, Any]]  # the label and properties that this change brought
    base_version: Mapped[int | None]  # what the change was made from
    branch_id: Mapped[str | None]  # a run of changes that one phone made without a line
    trunk_version: Mapped[int | None]
    branch_base_version: Mapped[int | None]
    conflicting: Mapped[list[Any]]  # properties that both sides changed
    source: Mapped[dict[str, Any]]  # {"type": "api" | "submission" | "bulk", …}
    submission_version_id: Mapped[int | None] = mapped_column(ForeignKey("submission_versions.id"))
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime]


class HeldChange(Base):
    """A change of an offline branch that came before the change which it follows; it waits here, in sight."""

    __tablename__ = "held_changes"
    __table_args__ = (Index(None, "branch_id", "branch_base_version"), Index(None, "dataset_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    submission_version_id: Mapped[int] = mapped_column(ForeignKey("submission_versions.id"))
    uuid: Mapped[str]
    branch_id: Mapped[str]
    branch_base_version: Mapped[int]
    held_at: Mapped[datetime]
