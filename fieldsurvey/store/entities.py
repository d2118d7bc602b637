"""Entity lists (datasets) and their entities, each with every version it has had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, ForeignKey, Index, UniqueConstraint, bindparam, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.areas import Place
from fieldsurvey.store import hot
from fieldsurvey.store.base import Base, Placed
from fieldsurvey.store.submissions import insert_if_new


def _some(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows, on both databases."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(where))


class Dataset(Base):
    """A list of entities of one round; forms make them and choose from them."""

    __tablename__ = "datasets"
    __table_args__ = (_some("uq_datasets_round_id_name", "round_id", "name", where="deleted_at IS NULL", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    name: Mapped[str]
    kind: Mapped[str | None]  # households | members: the register stands behind it; null: entities of its own
    approval_required: Mapped[bool] = mapped_column(default=False)  # entities come into being on approval
    owner_only: Mapped[bool] = mapped_column(default=False)  # phones get only the entities that they made
    filters: Mapped[list[Any]] = mapped_column(default=list)  # what phones get: entity property = property of the phone
    created_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]  # null: only drafts of forms know it, or it is deleted
    deleted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]  # when anything of it changed last, entities too
    changes: Mapped[int] = mapped_column(default=0)  # counts those changes: the hash of the phones' list is made of it

    @property
    def is_register(self) -> bool:
        """The register stands behind it (outputs/entity_sources.py). It is in the table only where a form fills it."""
        return self.kind is not None


class DatasetProperty(Base):
    __tablename__ = "dataset_properties"
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    name: Mapped[str]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(
        default=0
    )  # among those published together: the order of the form's questions


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
    properties: Mapped[list[Any]]  # [path of the question, property], in the order of the form


class Entity(Placed, Base):
    """An entity as it is now; its history is in EntityVersion."""

    __tablename__ = "entities"
    __table_args__ = (
        UniqueConstraint("dataset_id", "uuid"),
        # Lists page by these, and counts of what is there or in conflict read nothing else.
        _some("ix_entities_live", "dataset_id", "id", where="deleted_at IS NULL"),
        _some("ix_entities_deleted", "dataset_id", "id", where="deleted_at IS NOT NULL"),
        _some("ix_entities_conflict", "dataset_id", "id", where="conflict IS NOT NULL"),
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
    __table_args__ = (
        Index(None, "uuid", "branch_base_version"),
        Index(None, "dataset_id", "id"),
        Index(None, "submission_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    submission_version_id: Mapped[int] = mapped_column(ForeignKey("submission_versions.id"))
    uuid: Mapped[str]
    branch_id: Mapped[str]
    branch_base_version: Mapped[int]
    held_at: Mapped[datetime]


# What the verbs need, on the hot path: Core rows, statements built once.
_ENTITY: Any = Entity.__table__
_VERSION: Any = EntityVersion.__table__
_DATASET: Any = Dataset.__table__
_LOCKED = (
    select(_ENTITY)
    .where(_ENTITY.c.dataset_id == bindparam("of"), _ENTITY.c.uuid == bindparam("name"))
    .with_for_update()
)
_VERSION_OF = select(_VERSION).where(_VERSION.c.entity_id == bindparam("of"), _VERSION.c.version == bindparam("number"))
_ADD_VERSION = insert(_VERSION).returning(_VERSION.c.id)
_INTERRUPTED = (
    select(_VERSION.c.version)
    .where(
        _VERSION.c.entity_id == bindparam("of"),
        _VERSION.c.version > bindparam("after"),
        _VERSION.c.branch_id.is_distinct_from(bindparam("branch")),
    )
    .limit(1)
)
_CHANGE = update(_ENTITY).where(_ENTITY.c.id == bindparam("of"))
_RENEW = _CHANGE.values(
    {name: bindparam(f"new_{name}") for name in ("version", "label", "data", "conflict", "updated_at")}
)
_TOUCH = (
    update(_DATASET)
    .where(_DATASET.c.id == bindparam("of"))
    .values(changed_at=bindparam("at"), changes=_DATASET.c.changes + 1)
)


def locked(connection: Connection, dataset_id: int, uuid: str) -> Any:
    """The entity's Row, deleted or not, held against other changes until the transaction ends; None: there is none."""
    found: Any = connection.execute(_LOCKED, {"of": dataset_id, "name": uuid})
    return found.one_or_none()


def add(connection: Connection, row: dict[str, Any]) -> int | None:
    """The new entity's id, or None where the list already has this UUID."""
    return hot.one_id(connection, insert_if_new(Entity, connection, returning_id=True), row)


def add_version(connection: Connection, row: dict[str, Any]) -> int:
    return hot.one_id(connection, _ADD_VERSION, row) or 0


def version_of(connection: Connection, entity_id: int, version: int) -> Any:
    """One version's Row; None: there is none."""
    found: Any = connection.execute(_VERSION_OF, {"of": entity_id, "number": version})
    return found.one_or_none()


def interrupted(connection: Connection, entity_id: int, branch_id: str, after: int) -> bool:
    """Whether somebody outside the branch has changed the entity after this version."""
    found = connection.execute(_INTERRUPTED, {"of": entity_id, "after": after, "branch": branch_id})
    return found.first() is not None


def change(connection: Connection, entity_id: int, **values: Any) -> None:
    connection.execute(_CHANGE.values(**values), {"of": entity_id})


def renew(connection: Connection, entity_id: int, **values: Any) -> None:
    """`change` of exactly what a new version changes: version, label, data, conflict, updated_at."""
    hot.execute(connection, _RENEW, {"of": entity_id, **{f"new_{name}": value for name, value in values.items()}})


def touch(connection: Connection, dataset_id: int, at: datetime) -> None:
    """The list has changed."""
    hot.execute(connection, _TOUCH, {"of": dataset_id, "at": at})


def published_ids(session: Session, round_id: int) -> dict[str, int]:
    """Name → id of the round's lists that a published form has made."""
    query = select(Dataset.name, Dataset.id).where(Dataset.round_id == round_id, Dataset.published_at.is_not(None))
    return {name: number for name, number in session.execute(query)}


_ADD_ALL = insert(_ENTITY).returning(_ENTITY.c.id, sort_by_parameter_order=True)
_PLACED = (_ENTITY.c.province_id, _ENTITY.c.commune_id, _ENTITY.c.village_id)
_AT_ONCE = 5000  # values in one statement: PostgreSQL takes 65,535, SQLite 32,766


def add_all(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """The ids of the new entities, in the order given, which is that of the list; the database refuses what it has."""
    return list(connection.scalars(_ADD_ALL, rows))


def add_versions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(insert(_VERSION), rows)


def among(connection: Connection, dataset_id: int, uuids: Sequence[str], *, lock: bool = False) -> list[Any]:
    """id, uuid, deleted_at and place of those that the list has, in the order of their ids."""
    query = select(_ENTITY.c.id, _ENTITY.c.uuid, _ENTITY.c.deleted_at, *_PLACED).where(
        _ENTITY.c.dataset_id == dataset_id
    )
    query = query.with_for_update() if lock else query
    found: list[Any] = []
    for some in batched(sorted(set(uuids)), _AT_ONCE):
        found += connection.execute(query.where(_ENTITY.c.uuid.in_(some)).order_by(_ENTITY.c.id))
    return found


def change_all(connection: Connection, ids: Sequence[int], **values: Any) -> None:
    for some in batched(ids, _AT_ONCE):
        connection.execute(update(_ENTITY).where(_ENTITY.c.id.in_(some)).values(**values))


def place_of(row: Any) -> Place:
    return Place(row.province_id, row.commune_id, row.village_id)


T = TypeVar("T")


def batched(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))
