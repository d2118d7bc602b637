"""Taking a whole import back, for 30 days: what it made goes, what it changed gets its old values back; whatever
somebody has changed since stays, and is listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from fieldsurvey.casework.import_units import as_date
from fieldsurvey.casework.import_villages import remove_empty
from fieldsurvey.casework.jobs import Progress, Step, Task
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.register import Change
from fieldsurvey.store import audit, progress, register
from fieldsurvey.store import imports as store
from fieldsurvey.store.base import Base
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.imports import Import, ImportRow
from fieldsurvey.store.register import Household, Member

CHUNK = 500
DAYS = 30
UNDOING, ENDING = "undoing", "ending"
_OWN = {"members", "household_years", "household_events"}  # they came with the household and go with it
_UNDOABLE = ImportRow.outcome.in_((store.CREATED, store.UPDATED))
_DAYS = {"birth_date", "gone_at", "decision_date"}


def last_day(of: Import) -> date | None:
    return of.finished_at.date() + timedelta(days=DAYS) if of.finished_at else None


def plan(task: Task) -> Iterator[Step]:
    of = task.session.get_one(Import, task.subject_id)
    outcomes = store.count_by_outcome(task.session, of.id)
    done, last = task.cursor.get("done", 0), task.cursor.get("number", 0)
    total = done + outcomes.get(store.CREATED, 0) + outcomes.get(store.UPDATED, 0)
    while True:
        reached: list[tuple[int, int]] = []
        yield partial(_undo, task=task, last=last, done=done, total=total, reached=reached)
        if not reached:
            break
        last, done = reached[0]
    yield lambda session: _finish(session, task, total)


def _undo(session: Session, task: Task, last: int, done: int, total: int, reached: list[tuple[int, int]]) -> Progress:
    of = session.get_one(Import, task.subject_id)
    rows = store.rows_after(session, of.id, last, CHUNK, _UNDOABLE)
    if rows:
        undo(session, of, rows, task)
        last, done = rows[-1].number, done + len(rows)
        reached.append((last, done))
        session.flush()
        session.expunge_all()
    return Progress(UNDOING, done, total, {"number": last, "done": done})


def undo(session: Session, of: Import, rows: Sequence[ImportRow], task: Task) -> None:
    """Each row ends as gone (taken back) or kept (somebody has changed it since)."""
    households = register.locked(session, [row.result_id for row in rows if row.result_id])
    in_use = set(session.scalars(select(Household.id).where(Household.id.in_(households), used())))
    removed = []
    for row in rows:
        household = households.get(row.result_id or 0)
        if household is None or household.version != row.result_version:
            row.outcome = store.KEPT
        elif row.outcome == store.UPDATED:
            _give_back(session, of, household, row, task)
            row.outcome = store.GONE
        elif household.id in in_use:
            row.outcome = store.KEPT
        else:
            removed.append(household.id)
            row.outcome = store.GONE
    session.flush()
    _remove(session, removed)


@lru_cache
def _referring() -> tuple[Any, ...]:
    """The columns of other tables that point at a household: whoever has one of those rows needs the household."""
    return tuple(
        key.parent
        for table in Base.metadata.sorted_tables if table.name not in _OWN
        for key in table.foreign_keys if key.column.table.name == "households"
    )  # fmt: skip


def used() -> ColumnElement[bool]:
    """Whether a household stands on a round's list or anywhere else outside the register."""
    return or_(*(exists().where(column == Household.id) for column in _referring()))


def _remove(session: Session, ids: list[int]) -> None:
    """With everything that came with them: nobody has touched it."""
    if ids:
        connection = session.connection()
        for table, column in (
            (HouseholdEvent, HouseholdEvent.household_id),
            (HouseholdYear, HouseholdYear.household_id),
            (Member, Member.household_id),
            (Household, Household.id),
        ):
            connection.execute(delete(table).where(column.in_(ids)))


def _give_back(session: Session, of: Import, household: Household, row: ImportRow, task: Task) -> None:
    """The values from before the import, as one more row of the history."""
    before = row.before or {}
    event = session.scalar(
        select(HouseholdEvent)
        .where(HouseholdEvent.household_id == household.id, HouseholdEvent.batch_id == of.batch_id)
        .order_by(HouseholdEvent.id.desc())
        .limit(1)
    )
    for name, value in (before.get("household") or {}).items():
        setattr(household, name, value)
    household.name_fold = fold(household.head_name)
    household.version += 1
    household.updated_at = task.now()
    for name, values in before.get("members", {}).items():
        _member_back(session, name, values)
    if "year" in before:
        _year_back(session, household.id, event.after["year"]["year"] if event else None, before["year"])
    after = event.after if event is not None else {}
    session.add(
        HouseholdEvent(
            household_id=household.id, kind=Change.UNDONE.value, at=task.now(), actor_id=task.by.id or None,
            before=after, after=before, batch_id=of.batch_id, undoes_id=event.id if event else None,
            version=household.version,
        )
    )  # fmt: skip
    progress.touch(session.connection(), [household.village_id])


def _member_back(session: Session, name: str, values: dict[str, Any] | None) -> None:
    if values is None:
        session.execute(delete(Member).where(Member.uuid == name))
        return
    given = {key: as_date(value) if key in _DAYS else value for key, value in values.items()}
    if "name" in given:
        given["name_fold"] = fold(str(given["name"]))
    session.execute(update(Member).where(Member.uuid == name).values(**given))


def _year_back(session: Session, household_id: int, year: int | None, values: dict[str, Any] | None) -> None:
    of_year = (HouseholdYear.household_id == household_id, HouseholdYear.year == year)
    if values is None:
        session.execute(delete(HouseholdYear).where(*of_year))
        return
    given = {key: as_date(value) if key in _DAYS else value for key, value in values.items() if key != "year"}
    if given:
        session.execute(update(HouseholdYear).where(*of_year).values(**given))


def _finish(session: Session, task: Task, total: int) -> Progress:
    of, now = store.locked(session, task.subject_id), task.now()
    villages = remove_empty(session, of, by=task.by, now=now)
    outcomes = store.count_by_outcome(session, of.id)
    of.state, of.undone_at, of.undone_by = store.UNDONE, now, task.by.id or None
    of.counts = {**of.counts, "outcomes": outcomes, "villages_gone": villages}
    audit.record(session, "import.undone", "import", of.id, by=task.by, now=now, **outcomes)
    return Progress(ENDING, total, total, {"done": total})
