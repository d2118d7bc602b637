"""The dry run of a register: each household of the file read, placed and compared with what is known; nothing is taken.

What is found waits in import_rows. After an interruption the file is read again from its beginning, but households that
wait already are not written twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import import_content, import_files, import_marks
from fieldsurvey.casework.import_areas import AreaFinder, Found
from fieldsurvey.casework.import_files import SheetLayout
from fieldsurvey.casework.import_known import Known, Register, Seen
from fieldsurvey.casework.jobs import Progress, Step, Task
from fieldsurvey.rules import permissions
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sheets.files import Row, Sheet
from fieldsurvey.sheets.households import Draft, Reader
from fieldsurvey.store import bulk
from fieldsurvey.store import imports as store
from fieldsurvey.store.imports import Import, ImportRow
from fieldsurvey.translations import DEFAULT_LOCALE

CHUNK = 500  # households of one transaction
_CLEARED = 5_000  # rows of an earlier check that go at a time
_MOST_CODES = 30  # kinds of remarks that the report counts
CLEARING, OPENING, READING, MARKING, COUNTING = "clearing", "opening", "reading", "marking", "counting"
_ROWS: Any = ImportRow.__table__


def plan(task: Task) -> Iterator[Step]:
    """The steps of a check, from the beginning or from where it was interrupted."""
    of = task.session.get_one(Import, task.subject_id)
    if not task.cursor:
        yield from clear(task)
    yield lambda session: Progress(OPENING, 0, 0, {"number": task.cursor.get("number", 0)})
    sheets = import_files.open_file(of, task.folder)
    reading = Reading(task, of)
    for at, (sheet, layout) in enumerate(zip(sheets, import_files.layouts(of), strict=True)):
        if layout.read:
            yield from reading.steps(at, sheet, layout)
    yield lambda session: Progress(MARKING, 0, 1, {"number": reading.number})
    import_marks.write(task.session, of, task.folder, DEFAULT_LOCALE)
    yield lambda session: finish(session, task, of.id, reading.counts)


def clear(task: Task) -> Iterator[Step]:
    """What an earlier check has left goes first."""
    total = sum(store.count_by_state(task.session, task.subject_id).values())
    for done in range(_CLEARED, total + _CLEARED, _CLEARED):
        yield partial(_clear, import_id=task.subject_id, done=min(done, total), total=total)


def _clear(session: Session, import_id: int, done: int, total: int) -> Progress:
    some = select(ImportRow.id).where(ImportRow.import_id == import_id).limit(_CLEARED)
    session.connection().execute(delete(_ROWS).where(_ROWS.c.id.in_(some.scalar_subquery())))
    return Progress(CLEARING, done, total, {})


class Reading:
    """One pass over the file."""

    def __init__(self, task: Task, of: Import) -> None:
        self.task, self.of = task, of
        self.scope = permissions.scope(task.by, Permission.IMPORT_REGISTER)
        self.areas = AreaFinder(task.session, of.valid_on, self.scope, add_villages=of.add_villages)
        self.register, self.seen = Register(task.session, self.scope), Seen()
        self.number, self.rows, self.people = 0, 0, 0
        self.total = sum(one.rows for one in import_files.layouts(of) if one.read)
        self.villages: dict[
            tuple[int, str], list[Any]
        ] = {}  # (commune, folded) → commune, its name, village, households
        self.codes: dict[int, int] = {}  # hash of sheet, place and code → row: a code names one household of a village

    @property
    def counts(self) -> dict[str, Any]:
        return {
            "rows": self.total,
            "households": self.number,
            "people": self.people,
            "new_villages": list(self.villages.values()),
        }

    def steps(self, at: int, sheet: Sheet, layout: SheetLayout) -> Iterator[Step]:
        reader = Reader(layout.columns, layout.role, self.of.valid_on)
        before, waiting = self.rows, list[tuple[Draft, Found]]()
        for draft in reader.drafts(_below(sheet, layout.heading)):
            found = self._look_at(at, draft)
            self.rows = before + draft.last_row - layout.heading
            if self.number > self.task.cursor.get("number", 0):
                waiting.append((draft, found))
            if len(waiting) == CHUNK:
                yield self._step(at, waiting)
                waiting = []
        self.rows = before + layout.rows
        yield self._step(at, waiting)

    def _look_at(self, at: int, draft: Draft) -> Found:
        """Everything that needs no look at the register's people."""
        self.number += 1
        self.people += len(draft.members)
        found = self.areas.find(draft.place)
        for field, code, params in found.wrong:
            draft.remark(draft.first_row, field, code, **params)
        if found.new_village and found.place:
            self._missing_village(found.place.commune_id or 0, found.new_village)
        if draft.code:
            key = hash((at, draft.code, *draft.place.values()))
            row = self.codes.setdefault(key, draft.first_row)
            if row != draft.first_row:
                draft.remark(draft.first_row, "code", "code_twice", value=draft.code, row=row)
        self.seen.note(draft, fold(found.new_village or "") or (found.place.village_id if found.place else None))
        return found

    def _missing_village(self, commune: int, name: str) -> None:
        said = [commune, self.areas.communes[commune].full_name, name, 0]
        self.villages.setdefault((commune, fold(name)), said)[3] += 1

    def _step(self, at: int, waiting: list[tuple[Draft, Found]]) -> Step:
        """Ask the register about these households, then write them down."""
        drafts = [
            (draft, found.place.commune_id if found.place else None, found.place.village_id if found.place else None)
            for draft, found in waiting
        ]
        known = self.register.known(drafts)
        first = self.number - len(waiting)
        rows = [
            self._row(first + place, at, draft, found, known[place - 1])
            for place, (draft, found) in enumerate(waiting, start=1)
        ]
        number, done = self.number, min(self.rows, self.total)

        def write(session: Session) -> Progress:
            if rows:
                bulk.add(session.connection(), _ROWS, rows)
            return Progress(READING, done, self.total, {"number": number})

        return write

    def _row(self, number: int, at: int, draft: Draft, found: Found, known: Known) -> dict[str, Any]:
        return {
            "import_id": self.of.id, "number": number, "sheet": at, "first_row": draft.first_row,
            "last_row": draft.last_row, "state": _state(draft, known), "label": draft.head, "match_id": known.household_id,
            "content": import_content.pack(import_content.of_draft(draft, found.place, found.new_village)),
            "remarks": [remark.as_list() for remark in draft.remarks] or None,
        }  # fmt: skip


def _state(draft: Draft, known: Known) -> str:
    if not draft.can_be_taken:
        return store.BAD
    if known.household_id is not None:
        return store.KNOWN if known.here else store.ELSEWHERE
    return store.WARNED if draft.remarks else store.GOOD


def _below(sheet: Sheet, heading: int) -> Iterator[Row]:
    return (row for row in sheet.rows() if row[0] > heading)


def finish(session: Session, task: Task, import_id: int, counts: dict[str, Any]) -> Progress:
    """The report's figures; the import waits for its owner's word."""
    of = store.locked(session, import_id)
    codes: Counter[str] = Counter()
    for _, remarks in store.remarked(session, import_id):
        codes.update(code for _, _, code, _ in remarks)
    of.counts = {
        **counts, "states": store.count_by_state(session, import_id), "codes": dict(codes.most_common(_MOST_CODES)),
    }  # fmt: skip
    of.state, of.checked_at = store.CHECKED, task.now()
    return Progress(COUNTING, 1, 1, {"number": counts["households"]})
