"""Imports: a file that somebody has sent, what its columns hold, and each household or account in it with its remarks,
what is known of it already, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Row, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import Base, PackedJson, Placed, in_scope

REGISTER, PEOPLE = "register", "people"
# States of an import.
DRAFT, CHECKING, CHECKED, RUNNING, DONE = "draft", "checking", "checked", "running", "done"
UNDOING, UNDONE, CANCELLED, FAILED = "undoing", "undone", "cancelled", "failed"
BUSY = (CHECKING, RUNNING, UNDOING)
# What a unit is after the check.
GOOD, WARNED, BAD, KNOWN, ELSEWHERE = "good", "warned", "bad", "known", "elsewhere"
# What is to become of one that is known already.
UPDATE, SKIP, NEW = "update", "skip", "new"
# What has become of it.
CREATED, UPDATED, SKIPPED, HELD, GONE, KEPT = "created", "updated", "skipped", "held", "gone", "kept"


class Import(Placed, Base):
    """`Placed`: where its sender belongs, so that colleagues of the commune see it."""

    __tablename__ = "imports"
    __table_args__ = (Index(None, "commune_id", "id"), Index(None, "blob"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # register | people
    name: Mapped[str]  # the file's own
    blob: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    size: Mapped[int]  # bytes
    state: Mapped[str]
    year: Mapped[int | None]  # of the list, for a register
    valid_on: Mapped[date]  # the day whose area codes count, and on which ages are reckoned
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))  # in which people get phones
    duplicates: Mapped[str]  # update | skip | new
    add_villages: Mapped[bool]  # make the villages that are missing
    layout: Mapped[list[Any]]  # of each sheet: name, role, heading row, columns
    counts: Mapped[dict[str, Any]]  # what the check found and what the run did
    problem: Mapped[str | None]  # message id of why it failed
    problem_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))  # who said go
    finished_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    undone_at: Mapped[datetime | None]

    @property
    def batch_id(self) -> str:
        """The name of what it did, in the register's history."""
        return f"import:{self.id}"


class ImportRow(Base):
    """A household or an account of the file: all its rows together, so that it is taken whole or not at all."""

    __tablename__ = "import_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index(None, "import_id", "state", "number"),
        Index(None, "import_id", "outcome", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    number: Mapped[int]  # order in the file, from 1
    sheet: Mapped[int]  # which of the layout's
    first_row: Mapped[int]
    last_row: Mapped[int]
    state: Mapped[str]
    label: Mapped[str]  # head of the household, name of the person
    match_id: Mapped[int | None]  # the household or account that it is already
    choice: Mapped[str | None]  # update | skip | new, where it differs from the import's
    content: Mapped[bytes] = mapped_column(LargeBinary)  # what will be written, packed
    remarks: Mapped[list[Any] | None]  # sheets.remarks.Remark.as_list
    outcome: Mapped[str | None]
    result_id: Mapped[int | None]  # the household or account that it became
    result_version: Mapped[int | None]  # its version then
    before: Mapped[dict[str, Any] | None] = mapped_column(PackedJson)  # what it was, where it was changed


class ColumnMatch(Base):
    """What somebody has said the columns under certain headings hold: proposed to the next who sends the same."""

    __tablename__ = "column_matches"
    __table_args__ = (UniqueConstraint("kind", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    fingerprint: Mapped[str]  # sheets.columns.Heading.fingerprint
    columns: Mapped[dict[str, Any]]  # field → column
    at: Mapped[datetime]


def by_id(session: Session, scope: Scope, import_id: int, kind: str) -> Import | None:
    query = select(Import).where(Import.id == import_id, Import.kind == kind, in_scope(Import, scope))
    return session.scalar(query.execution_options(populate_existing=True))


def locked(session: Session, import_id: int) -> Import:
    """Held until the transaction ends."""
    query = select(Import).where(Import.id == import_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def newest(session: Session, scope: Scope, kind: str, limit: int) -> Sequence[Import]:
    query = select(Import).where(Import.kind == kind, in_scope(Import, scope))
    return session.scalars(query.order_by(Import.id.desc()).limit(limit)).all()


def same_file(session: Session, of: Import) -> Import | None:
    """An earlier import of the very same file that still stands."""
    query = select(Import).where(
        Import.blob == of.blob, Import.kind == of.kind, Import.state == DONE, Import.id != of.id
    )
    return session.scalar(query.order_by(Import.id.desc()).limit(1))


def remembered(session: Session, kind: str, fingerprint: str) -> dict[str, int] | None:
    query = select(ColumnMatch.columns).where(ColumnMatch.kind == kind, ColumnMatch.fingerprint == fingerprint)
    return session.scalar(query)


def remember(session: Session, kind: str, fingerprint: str, columns: dict[str, int], now: datetime) -> None:
    known = session.scalar(select(ColumnMatch).where(ColumnMatch.kind == kind, ColumnMatch.fingerprint == fingerprint))
    if known is None:
        session.add(ColumnMatch(kind=kind, fingerprint=fingerprint, columns=columns, at=now))
    else:
        known.columns, known.at = columns, now
    session.flush()


def rows_after(session: Session, import_id: int, after: int, limit: int, *conditions: Any) -> Sequence[ImportRow]:
    """The next units in the order of the file."""
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.number > after, *conditions)
    return session.scalars(query.order_by(ImportRow.number).limit(limit)).all()


def takeable_after(session: Session, import_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """The next units that were found good, without ORM objects: a province has 300,000."""
    columns = (
        ImportRow.id, ImportRow.number, ImportRow.state, ImportRow.choice, ImportRow.match_id, ImportRow.content,
        ImportRow.remarks,
    )  # fmt: skip
    query = select(*columns).where(ImportRow.import_id == import_id, ImportRow.number > after, ImportRow.state != BAD)
    return session.execute(query.order_by(ImportRow.number).limit(limit)).all()


def count_by_state(session: Session, import_id: int) -> dict[str, int]:
    query = select(ImportRow.state, func.count()).where(ImportRow.import_id == import_id).group_by(ImportRow.state)
    return {state: count for state, count in session.execute(query)}


def count_by_outcome(session: Session, import_id: int) -> dict[str, int]:
    query = select(ImportRow.outcome, func.count()).where(ImportRow.import_id == import_id).group_by(ImportRow.outcome)
    return {outcome: count for outcome, count in session.execute(query) if outcome is not None}


def remarked(session: Session, import_id: int, sheet: int | None = None) -> Iterator[tuple[int, list[Any]]]:
    """(sheet, remarks) of every unit that has any, in the order of the file; a stream. `sheet`: of that one only."""
    query = select(ImportRow.sheet, ImportRow.remarks).where(ImportRow.import_id == import_id)
    query = query.where(ImportRow.sheet == sheet) if sheet is not None else query
    ordered = query.where(ImportRow.remarks.is_not(None)).order_by(ImportRow.number)
    for sheet, remarks in session.execute(ordered.execution_options(yield_per=2_000)):
        if remarks:
            yield sheet, remarks


def set_choice(session: Session, import_id: int, numbers: Sequence[int], choice: str | None) -> None:
    session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.number.in_(numbers))
        .values(choice=choice)
        .execution_options(synchronize_session=False)
    )
