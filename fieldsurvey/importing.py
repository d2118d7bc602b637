"""`fieldsurvey import`: the same import as on the pages, from the command line, with its progress on the terminal."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fieldsurvey import work
from fieldsurvey.casework import import_marks, imports, people
from fieldsurvey.casework import jobs as job_verbs
from fieldsurvey.casework.signing_in import normal_name
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, session, session_now, utcnow, write
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.sheets.remarks import Remark
from fieldsurvey.store import imports as store
from fieldsurvey.store import jobs
from fieldsurvey.store import people as people_store
from fieldsurvey.store.imports import Import
from fieldsurvey.translations import say

Say = Callable[[str], object]
_SHOWN = 20  # remarks on the terminal; all of them stand in the copy


@dataclass(frozen=True, slots=True)
class Options:
    kind: str
    dry_run: bool
    take_good_rows: bool
    sign_in: str
    year: int | None
    known: str
    create_villages: bool
    round_id: int | None


def run(path: Path, options: Options, tell: Say) -> None:
    """Raises SystemExit(1) when something is left to the reader: rows that cannot be taken, a failure."""
    by = _doer(options.sign_in)
    with path.open("rb") as content, write() as current:
        of = imports.receive(current, options.kind, path.name, content, blobs(), by=by, now=utcnow())
        of.duplicates, of.add_villages, of.round_id = options.known, options.create_villages, options.round_id
        of.year = options.year or of.year
        imports.start_check(current, of, by=by, now=utcnow())
        number = of.id
    tell(f"Import {number}: {path.name}")
    of = _wait(number, tell)
    _require(of, store.CHECKED, tell)
    bad = _report(of, path, tell)
    if options.dry_run:
        return
    if bad and not options.take_good_rows:
        tell("Nothing was imported. Correct the file, or run again with --take-good-rows.")
        raise SystemExit(1)
    with write() as current:
        imports.take(current, store.locked(current, number), by=by, now=utcnow())
    of = _wait(number, tell)
    _require(of, store.DONE, tell)
    tell("Done: " + ", ".join(f"{count} {what}" for what, count in sorted(of.counts["outcomes"].items())))
    tell(f"It can be undone for 30 days: fieldsurvey import-undo {number}")


def undo(number: int, tell: Say) -> None:
    """Take an import back."""
    with write() as current:
        if current.get(Import, number) is None:
            raise Problem(Kind.NOT_FOUND)
        imports.undo(current, store.locked(current, number), by=people.SYSTEM, now=utcnow())
    of = _wait(number, tell)
    _require(of, store.UNDONE, tell)
    tell("Undone: " + ", ".join(f"{count} {what}" for what, count in sorted(of.counts["outcomes"].items())))


def _doer(sign_in: str) -> Doer:
    if not sign_in:
        return people.SYSTEM
    actor = people_store.by_sign_in_name(session(), *normal_name(sign_in))
    if actor is None:
        raise Problem(Kind.NOT_FOUND)
    return actor.doer()


def _wait(number: int, tell: Say) -> Import:
    """Do the work here, or watch the worker that is at it."""
    shown = _Shown(number, tell)
    while True:
        with work.only_one() as mine:
            while mine and work.run_one(shown):
                pass
        of = session_now().get_one(Import, number, populate_existing=True)
        if of.state not in store.BUSY:
            return of
        shown()
        time.sleep(1)


class _Shown:
    """Says how far the job is, once a second at most; asked after each step."""

    def __init__(self, number: int, tell: Say) -> None:
        self.number, self.tell, self.last = number, tell, 0.0

    def __call__(self) -> bool:
        if time.monotonic() - self.last >= 1:
            self.last = time.monotonic()
            kind = session_now().get_one(Import, self.number).kind
            job = jobs.newest(session(), imports.job_kinds(kind), self.number)
            if job is not None and job.total:
                pace = job_verbs.pace(job)
                rate = f", {pace.per_second:,.0f} a second" if pace.per_second else ""
                left = f", {pace.seconds_left} s left" if pace.seconds_left is not None else ""
                self.tell(f"  {job.phase}: {job.done:,} of {job.total:,}{rate}{left}")
        return False


def _require(of: Import, state: str, tell: Say) -> None:
    if of.state != state:
        tell(say(of.problem, "en", **of.problem_params) if of.problem else f"The import is {of.state}.")
        raise SystemExit(1)


def _report(of: Import, path: Path, tell: Say) -> int:
    """Figures, the first remarks, and the copy with all of them beside the file; returns how many cannot be taken."""
    states = of.counts["states"]
    tell(f"{of.counts['rows']:,} rows, {of.counts['households']:,} units: " + ", ".join(
        f"{count:,} {state}" for state, count in sorted(states.items())))  # fmt: skip
    if of.counts.get("new_villages"):
        tell(f"{len(of.counts['new_villages'])} villages will be created.")
    if of.counts["codes"]:
        for row in store.rows_after(session(), of.id, 0, _SHOWN, store.ImportRow.state == store.BAD):
            for remark in map(Remark.from_list, row.remarks or ()):
                if remark.stops:
                    tell(f"  row {remark.row}: {remark.text('en')}")
        copy = path.with_name(import_marks.name(of))
        shutil.copyfile(import_marks.path(of, blobs(), "vi"), copy)
        tell(f"The file with all remarks: {copy}")
    return int(states.get(store.BAD, 0))
