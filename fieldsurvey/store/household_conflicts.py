"""Changes of households that came as entities: from which version each was made, by which branch; and open conflicts.

The register itself and its history are in store/register.py and store/household_events.py; here is what only the wire of
ODK's entities asks for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, UniqueConstraint, bindparam, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from fieldsurvey.store.base import Base, Placed


class HouseholdEntityChange(Base):
    """One version of a household that an entity change has made."""

    __tablename__ = "household_entity_changes"
    __table_args__ = (
        UniqueConstraint("household_id", "version"),
        Index(None, "branch_id"),
        Index(None, "submission_version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    version: Mapped[int]  # of the household after it
    received: Mapped[dict[str, Any]]  # label and properties that the change brought
    base_version: Mapped[int | None]  # what the change was made from
    branch_id: Mapped[str | None]
    trunk_version: Mapped[int | None]
    branch_base_version: Mapped[int | None]
    conflicting: Mapped[list[Any]]  # properties that both sides changed
    source: Mapped[dict[str, Any]]  # as of EntityVersion
    submission_version_id: Mapped[int | None] = mapped_column(ForeignKey("submission_versions.id"))
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime]


class HouseholdConflict(Placed, Base):
    """Changes were made side by side and no officer has decided yet."""

    __tablename__ = "household_conflicts"
    __table_args__ = (Index(None, "commune_id"),)

    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str]  # soft | hard
    since_version: Mapped[int]  # the last version before the first of those changes
    at: Mapped[datetime]  # when the newest of them came


_CHANGE: Any = HouseholdEntityChange.__table__
_CONFLICT: Any = HouseholdConflict.__table__
_BRANCH_VERSION = (
    select(func.max(_CHANGE.c.version))
    .where(_CHANGE.c.household_id == bindparam("of"), _CHANGE.c.branch_id == bindparam("branch"))
    .where(_CHANGE.c.branch_base_version == bindparam("base"))
)


def add_change(connection: Connection, row: dict[str, Any]) -> int:
    made: int = connection.execute(insert(_CHANGE).returning(_CHANGE.c.id), row).scalar_one()
    return made


def branch_version(connection: Connection, household_id: int, branch_id: str, base: int) -> int | None:
    """The version that the branch's change from `base` has become."""
    found: int | None = connection.execute(
        _BRANCH_VERSION, {"of": household_id, "branch": branch_id, "base": base}
    ).scalar_one()
    return found


def changes_of(connection: Connection, household_id: int) -> dict[int, Any]:
    """Version → Row of the change that made it."""
    query = select(_CHANGE).where(_CHANGE.c.household_id == household_id)
    return {row.version: row for row in connection.execute(query)}


def conflict_of(connection: Connection, household_id: int) -> Any:
    """Row of the open conflict; None: there is none."""
    return connection.execute(select(_CONFLICT).where(_CONFLICT.c.household_id == household_id)).one_or_none()


def set_conflict(connection: Connection, row: dict[str, Any]) -> None:
    clear(connection, row["household_id"])
    connection.execute(insert(_CONFLICT), row)


def clear(connection: Connection, household_id: int) -> None:
    connection.execute(delete(_CONFLICT).where(_CONFLICT.c.household_id == household_id))
