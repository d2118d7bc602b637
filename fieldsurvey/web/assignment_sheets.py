"""Assigning by spreadsheet: sent, checked row by row with remarks, done after a second word."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import assign_households as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import assignment_sheet
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.web import chosen, context
from fieldsurvey.web.door import door

MINE = Permission.ASSIGN_HOUSEHOLDS
SAID_HERE = {
    Kind.SPREADSHEET_BROKEN, Kind.SPREADSHEET_KIND, Kind.SPREADSHEET_LOCKED, Kind.SPREADSHEET_EMPTY, Kind.COLUMNS_MISSING,
}  # fmt: skip
SHOWN = 200


@door.get("/work/sheet")
@requires(MINE)
def assignment_page() -> str:
    return render_template("work_sheet.html", of=chosen.a_round(), lines=None, refused=None)


@door.post("/work/sheet")
@requires(MINE)
def check_assignment_sheet() -> str | tuple[str, int]:
    """The dry run: nothing is changed."""
    of = chosen.a_round()
    try:
        with _stored() as (path, name):
            lines = assignment_sheet.read(session(), of, chosen.scope(MINE, of), path, name)
    except Problem as refused:
        if refused.kind not in SAID_HERE:
            raise
        return render_template("work_sheet.html", of=of, lines=None, refused=refused), refused.kind.status
    good = [line for line in lines if not line.remark]
    plan = "\n".join(f"{one.case_id} {one.person_id} {one.due_on or ''}".rstrip() for one in good)
    wrong = [line for line in lines if line.remark]
    return render_template(
        "work_sheet.html", of=of, lines=lines, good=good[:SHOWN], wrong=wrong[:SHOWN], counts=(len(good), len(wrong)),
        plan=plan, refused=None,
    )  # fmt: skip


@contextmanager
def _stored() -> Iterator[tuple[Path, str]]:
    """The sent file on disk, for as long as it is read."""
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Problem(Kind.SPREADSHEET_EMPTY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        path = path.with_suffix(Path(given.filename).suffix[:8])
        given.save(path)
        yield path, given.filename


@door.post("/work/sheet/apply")
@requires(MINE)
def apply_assignment_sheet() -> AnyResponse:
    """What the dry run showed; all is asked again."""
    by = doer()
    wishes = dict(_wishes(request.form.get("plan", "")))
    if not wishes:
        raise Problem(Kind.SPREADSHEET_EMPTY)
    with write() as current:
        act = verbs.assign_each(current, chosen.round_now(), wishes, by=by, now=utcnow())
    flash(context.t("work.sheet.done", count=context.number(act.households)), "done")
    return redirect(url_for("web.work", commune=act.commune_id) if act.commune_id else url_for("web.work"))


def _wishes(plan: str) -> Iterator[tuple[int, tuple[int, date | None]]]:
    """Lines of `case person [day]`, as the dry run wrote them."""
    try:
        for line in plan.splitlines()[: assignment_sheet.MOST_ROWS]:
            case_id, person_id, *day = line.split()
            yield int(case_id), (int(person_id), date.fromisoformat(day[0]) if day else None)
    except ValueError:
        raise Problem(Kind.SPREADSHEET_BROKEN) from None
