"""An import from the upload to the undo: what its owner may do in which state. The long parts are jobs.

draft → checking → checked → running → done → undoing → undone; a stop leads back, or takes back what was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from fieldsurvey.casework import import_files, import_undo
from fieldsurvey.casework.import_files import SheetLayout
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.sheets import columns
from fieldsurvey.sheets.columns import Columns
from fieldsurvey.store import audit, blobs, jobs
from fieldsurvey.store import imports as store
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.imports import Import
from fieldsurvey.store.jobs import Job

CHECK, TAKE, UNDO = "check", "take", "undo"  # jobs; their kind is `import.<kind of import>.<job>`
PERMISSION = {store.REGISTER: Permission.IMPORT_REGISTER, store.PEOPLE: Permission.MANAGE_ENUMERATORS}
FIRST_YEAR, LAST_YEAR = 2005, 2100
LONGEST_NAME = 200


def job_kinds(kind: str) -> list[str]:
    return [f"import.{kind}.{job}" for job in (CHECK, TAKE, UNDO)]


def receive(
    session: Session, kind: str, name: str, content: IO[bytes], folder: BlobFolder, *, by: Doer, now: datetime
) -> Import:
    """Keep the file and propose what its columns hold.

    Raises SPREADSHEET_KIND, SPREADSHEET_BROKEN, SPREADSHEET_LOCKED, SPREADSHEET_EMPTY, SPREADSHEET_NO_HEADINGS.
    """
    permissions.require_anywhere(by, PERMISSION[kind])
    stored = folder.put(content)
    blobs.add(session, stored)
    of = Import(
        kind=kind, name=name[-LONGEST_NAME:], blob=str(stored["sha256"]), size=int(stored["size"]), state=store.DRAFT,
        year=day_of(now).year if kind == store.REGISTER else None, valid_on=day_of(now), duplicates=store.UPDATE,
        add_villages=False, layout=[], counts={}, created_by=by.id or None, created_at=now,
        province_id=by.place.province_id, commune_id=by.place.commune_id, village_id=by.place.village_id,
    )  # fmt: skip
    of.layout = import_files.as_json(import_files.propose(session, kind, import_files.open_file(of, folder)))
    session.add(of)
    session.flush()
    audit.record(session, "import.create", "import", of.id, by=by, now=now, kind=kind, bytes=of.size)
    return of


def require_state(of: Import, *states: str) -> None:
    if of.state not in states:
        raise Problem(Kind.IMPORT_STATE, state=of.state)


def match_columns(
    session: Session, of: Import, chosen: Sequence[tuple[str, Columns]], *, by: Doer, now: datetime
) -> list[SheetLayout]:
    """Say of each sheet what it is and what its columns hold: (role, field → column). Remembered for these headings.

    Raises IMPORT_STATE, and IMPORT_COLUMNS_MISSING with `fields` when nothing holds a name.
    """
    permissions.require_anywhere(by, PERMISSION[of.kind])
    require_state(of, store.DRAFT, store.CHECKED, store.CANCELLED, store.FAILED)
    found = [
        replace(one, role=role, columns=picked)
        for one, (role, picked) in zip(import_files.layouts(of), chosen, strict=True)
    ]
    read = [one for one in found if one.read]
    for one in read:
        lacking = columns.lacking(one.columns, of.kind)
        if lacking:
            raise Problem(Kind.IMPORT_COLUMNS_MISSING, sheet=one.name or of.name, fields=lacking[0][0])
    if not read:
        raise Problem(Kind.SPREADSHEET_NO_HEADINGS)
    of.layout = import_files.as_json(found)
    import_files.remember(session, of.kind, found, now)
    return found


def start_check(session: Session, of: Import, *, by: Doer, now: datetime) -> Job:
    """The dry run: it takes nothing. Raises IMPORT_STATE."""
    permissions.require_anywhere(by, PERMISSION[of.kind])
    require_state(of, store.DRAFT, store.CHECKED, store.CANCELLED, store.FAILED)
    of.state, of.problem, of.problem_params = store.CHECKING, None, {}
    return _enqueue(session, of, CHECK, "opening", by, now)


def choose(
    session: Session, of: Import, duplicates: str | None, numbers: Sequence[int] = (), *, by: Doer, now: datetime
) -> None:
    """What becomes of those who are known already: of some rows, or of all that nothing else was said about."""
    permissions.require_anywhere(by, PERMISSION[of.kind])
    require_state(of, store.DRAFT, store.CHECKED)
    if duplicates not in {store.UPDATE, store.SKIP, store.NEW, None}:
        raise Problem(Kind.UNEXPECTED_VALUE, field="duplicates", value=str(duplicates))
    if numbers:
        store.set_choice(session, of.id, numbers, duplicates)
    elif duplicates:
        of.duplicates = duplicates


def take(session: Session, of: Import, *, by: Doer, now: datetime) -> Job:
    """The word to go: everything that was found good is written; what was not stays out. Raises IMPORT_STATE."""
    permissions.require_anywhere(by, PERMISSION[of.kind])
    require_state(of, store.CHECKED)
    of.state, of.taken_by = store.RUNNING, by.id or None
    audit.record(session, "import.take", "import", of.id, by=by, now=now, kind=of.kind)
    return _enqueue(session, of, TAKE, "taking", by, now)


def require_undoable(of: Import, now: datetime) -> None:
    """Raises IMPORT_STATE, IMPORT_TOO_OLD."""
    require_state(of, store.DONE)
    last = import_undo.last_day(of)
    if last is not None and now.date() > last:
        raise Problem(Kind.IMPORT_TOO_OLD, days=import_undo.DAYS)


def undo(session: Session, of: Import, *, by: Doer, now: datetime) -> Job:
    """Take the whole import back. Raises IMPORT_STATE, IMPORT_TOO_OLD."""
    permissions.require_anywhere(by, PERMISSION[of.kind])
    require_undoable(of, now)
    of.state = store.UNDOING
    audit.record(session, "import.undo", "import", of.id, by=by, now=now, kind=of.kind)
    return _enqueue(session, of, UNDO, "undoing", by, now)


def cancel(session: Session, of: Import, *, by: Doer, now: datetime) -> None:
    """Ask the worker to stop after the step that it is at. An undo is not stopped: half of one helps nobody."""
    permissions.require_anywhere(by, PERMISSION[of.kind])
    require_state(of, store.CHECKING, store.RUNNING)
    job = jobs.newest(session, job_kinds(of.kind), of.id)
    if job is not None and job.state in jobs.OPEN:
        job.cancel_asked = True
    audit.record(session, "import.cancel", "import", of.id, by=by, now=now, kind=of.kind)


def stopped(session: Session, of: Import, *, by: Doer, now: datetime) -> None:
    """The worker has stopped: a check may begin anew, what a run has written is taken back."""
    if of.state == store.CHECKING:
        of.state = store.CANCELLED
    elif of.state == store.RUNNING:
        of.state, of.finished_at = store.UNDOING, now
        of.counts = {**of.counts, "stopped": True}
        _enqueue(session, of, UNDO, "undoing", by, now)


def failed(session: Session, of: Import, problem: Problem, *, by: Doer, now: datetime) -> None:
    """The worker cannot go on: the reason stands on the page, and what a run has written is taken back."""
    of.problem, of.problem_params = problem.kind.message_id, dict(problem.params)
    if of.state == store.RUNNING:
        of.state, of.finished_at = store.UNDOING, now
        _enqueue(session, of, UNDO, "undoing", by, now)
    else:
        of.state = store.FAILED


def _enqueue(session: Session, of: Import, job: str, phase: str, by: Doer, now: datetime) -> Job:
    session.flush()
    return jobs.enqueue(session, f"import.{of.kind}.{job}", of.id, phase, by=by.id or None, now=now)
