"""What the pages of an import read: its rows by what was found, its progress, what an undo would touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import import_undo, imports
from fieldsurvey.casework import jobs as job_verbs
from fieldsurvey.sheets.remarks import Remark
from fieldsurvey.store import imports as store
from fieldsurvey.store import jobs
from fieldsurvey.store.imports import Import, ImportRow
from fieldsurvey.store.people import Actor
from fieldsurvey.store.register import Household

SIZE = 30  # rows of a page
# The tabs of a report, and which units stand under each.
TABS: dict[str, tuple[str, ...]] = {
    "bad": (store.BAD,),
    "known": (store.KNOWN, store.ELSEWHERE),
    "warned": (store.WARNED,),
    "good": (store.GOOD,),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A unit of the file with what was found in it."""

    number: int
    label: str
    first_row: int
    last_row: int
    sheet: str
    state: str
    choice: str | None
    outcome: str | None
    remarks: tuple[Remark, ...]


def tab_counts(of: Import) -> dict[str, int]:
    states = of.counts.get("states", {})
    return {tab: sum(states.get(state, 0) for state in wanted) for tab, wanted in TABS.items()}


def lines(session: Session, of: Import, tab: str, after: int = 0) -> list[Line]:
    """The next units under a tab, one more than a page holds if there are more."""
    return [_line(of, row) for row in _rows(session, of, after, ImportRow.state.in_(TABS[tab]))]


def kept_lines(session: Session, of: Import) -> list[Line]:
    """The first units that an undo has left because somebody had changed them since."""
    return [_line(of, row) for row in _rows(session, of, 0, ImportRow.outcome == store.KEPT)]


def held_lines(session: Session, of: Import) -> list[Line]:
    """The first units that were held back because they have come into the register since the check."""
    return [_line(of, row) for row in _rows(session, of, 0, ImportRow.outcome == store.HELD)]


def _rows(session: Session, of: Import, after: int, wanted: ColumnElement[bool]) -> Sequence[ImportRow]:
    return store.rows_after(session, of.id, after, SIZE + 1, wanted)


def _line(of: Import, row: ImportRow) -> Line:
    remarks = sorted(map(Remark.from_list, row.remarks or ()), key=lambda one: (not one.stops, one.row))
    name = of.layout[row.sheet]["name"] if len(of.layout) > 1 else ""
    return Line(
        row.number, row.label, row.first_row, row.last_row, name, row.state, row.choice, row.outcome, tuple(remarks)
    )


@dataclass(frozen=True, slots=True)
class State:
    """How far a running import is. `fraction`: 0 to 1; None while the whole is not known."""

    state: str
    phase: str
    done: int
    total: int
    fraction: float | None
    per_second: float | None
    seconds_left: int | None
    waiting: bool  # nobody is at it yet
    cancel_asked: bool


def progress(session: Session, of: Import, now: datetime) -> State | None:
    """None when no job belongs to the import."""
    job = jobs.newest(session, imports.job_kinds(of.kind), of.id)
    if job is None:
        return None
    pace = job_verbs.pace(job)
    waiting = job.state == jobs.WAITING or (job.lease_until is not None and job.lease_until < now)
    return State(
        of.state, job.phase, job.done, job.total, job.done / job.total if job.total else None, pace.per_second,
        pace.seconds_left, waiting, job.cancel_asked,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """What an undo would do: take households out, give old values back, leave what was changed since."""

    removed: int
    restored: int
    kept: int
    examples: tuple[tuple[int, str, str], ...]  # (first row, name, why it stays: changed · listed · gone)
    villages: int  # made by the import; the empty ones go


def undo_preview(session: Session, of: Import) -> Preview:
    """Counts by one statement over the import's rows, and the first of those that stay."""
    return _people_preview(session, of) if of.kind == store.PEOPLE else _register_preview(session, of)


def _register_preview(session: Session, of: Import) -> Preview:
    changed = or_(Household.id.is_(None), Household.version != ImportRow.result_version)
    listed = and_(ImportRow.outcome == store.CREATED, import_undo.used())
    why = case((Household.id.is_(None), "gone"), (changed, "changed"), (listed, "listed"), else_="")
    of_import = (ImportRow.import_id == of.id, ImportRow.outcome.in_((store.CREATED, store.UPDATED)))
    base: Any = select(ImportRow.outcome, why.label("why"), func.count())
    joined = base.outerjoin(Household, Household.id == ImportRow.result_id).where(*of_import)
    counts = {(outcome, reason): count for outcome, reason, count in session.execute(joined.group_by("outcome", "why"))}
    staying: Any = select(ImportRow.first_row, ImportRow.label, why.label("why"))
    first = staying.outerjoin(Household, Household.id == ImportRow.result_id).where(*of_import, or_(changed, listed))
    examples = session.execute(first.order_by(ImportRow.number).limit(SIZE)).all()
    made = sum(1 for *_, here in of.counts.get("villages", []) if here)
    return _preview(counts, tuple((row, label, reason) for row, label, reason in examples), made)


def _people_preview(session: Session, of: Import) -> Preview:
    changed = or_(Actor.id.is_(None), Actor.deleted_at.is_not(None), Actor.last_seen_at.is_not(None))
    why = case((and_(ImportRow.outcome == store.CREATED, changed), "changed"), else_="")
    of_import = (ImportRow.import_id == of.id, ImportRow.outcome.in_((store.CREATED, store.UPDATED)))
    base: Any = select(ImportRow.outcome, why.label("why"), func.count())
    joined = base.outerjoin(Actor, Actor.id == ImportRow.result_id).where(*of_import)
    counts = {(outcome, reason): count for outcome, reason, count in session.execute(joined.group_by("outcome", "why"))}
    staying: Any = select(ImportRow.first_row, ImportRow.label, why.label("why"))
    first = staying.outerjoin(Actor, Actor.id == ImportRow.result_id).where(*of_import, why != "")
    examples = session.execute(first.order_by(ImportRow.number).limit(SIZE)).all()
    return _preview(counts, tuple((row, label, reason) for row, label, reason in examples), 0)


def _preview(counts: dict[Any, int], examples: tuple[tuple[int, str, str], ...], villages: int) -> Preview:
    return Preview(
        removed=counts.get((store.CREATED, ""), 0),
        restored=counts.get((store.UPDATED, ""), 0),
        kept=sum(count for (_, why), count in counts.items() if why),
        examples=examples,
        villages=villages,
    )
