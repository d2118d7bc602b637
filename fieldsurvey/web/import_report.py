"""An import after its dry run: the report row by row, the copy with remarks, the word to go, the result, the undo."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey import work
from fieldsurvey.casework import import_marks, import_undo
from fieldsurvey.casework import imports as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, session, session_now, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import imports as outputs
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import imports as store
from fieldsurvey.web import context
from fieldsurvey.web.door import door
from fieldsurvey.web.imports import found, told

VILLAGES_SHOWN = 100
CHOICES = (store.UPDATE, store.SKIP, store.NEW)


@door.get("/imports/<int:import_id>/report")
@requires(Permission.IMPORT_REGISTER)
def import_report(import_id: int) -> AnyResponse | str:
    """The figures, and the rows under one tab: those that cannot be taken first."""
    of = found(import_id)
    if of.state != store.CHECKED:
        return redirect(url_for("web.import_page", import_id=of.id))
    counts = outputs.tab_counts(of)
    usual = next((tab for tab, count in counts.items() if count), "good")
    tab = request.args.get("tab", usual)
    if tab not in outputs.TABS:
        raise Problem(Kind.NOT_FOUND)
    lines = outputs.lines(session(), of, tab, request.args.get("after", 0, type=int))
    more = lines[outputs.SIZE - 1].number if len(lines) > outputs.SIZE else None
    states = of.counts["states"]
    return render_template(
        "import_report.html", of=of, tab=tab, tabs=counts, lines=lines[: outputs.SIZE], more=more,
        takeable=sum(count for state, count in states.items() if state != store.BAD), bad=states.get(store.BAD, 0),
        villages=of.counts.get("new_villages", [])[:VILLAGES_SHOWN], choices=CHOICES,
    )  # fmt: skip


@door.get("/imports/<int:import_id>/remarks")
@requires(Permission.IMPORT_REGISTER)
def import_remarks(import_id: int) -> Response:
    """The sender's own file with the remarks in it, in the reader's language."""
    of = found(import_id)
    if of.checked_at is None:
        raise Problem(Kind.NOT_FOUND)
    path = import_marks.path(of, blobs(), context.locale())
    if not path.exists() or path.stat().st_mtime < of.checked_at.timestamp() - 3600:
        path = import_marks.write(session(), of, blobs(), context.locale())
    return send_file(path, as_attachment=True, download_name=import_marks.name(of), etag=False)


@door.post("/imports/<int:import_id>/choice")
@requires(Permission.IMPORT_REGISTER)
def choose_in_import(import_id: int) -> AnyResponse:
    """What becomes of those who are known: of all, or of the rows of the page that say otherwise."""
    by, form = doer(), request.form
    with write() as current:
        of = found(import_id)
        verbs.choose(current, of, form.get("duplicates", ""), by=by, now=utcnow())
        wishes: dict[str, list[int]] = {}
        for name, wish in form.items():
            if name.startswith("row_") and name[4:].isdecimal() and len(name) < 20:
                wishes.setdefault(wish, []).append(int(name[4:]))
        for wish, numbers in wishes.items():
            verbs.choose(current, of, wish or None, numbers, by=by, now=utcnow())
    told("imports.choice_kept")
    return redirect(url_for("web.import_report", import_id=import_id, tab="known"))


@door.post("/imports/<int:import_id>/take")
@requires(Permission.IMPORT_REGISTER)
def take_import(import_id: int) -> AnyResponse:
    """Everything that is good, at the user's word."""
    by = doer()
    with write() as current:
        verbs.take(current, _locked(import_id), by=by, now=utcnow())
    return redirect(url_for("web.import_page", import_id=import_id))


@door.get("/imports/<int:import_id>/result")
@requires(Permission.IMPORT_REGISTER)
def import_result(import_id: int) -> AnyResponse | str:
    of = found(import_id)
    if of.state not in {store.DONE, store.UNDONE}:
        return redirect(url_for("web.import_page", import_id=of.id))
    outcomes = of.counts.get("outcomes", {})
    return render_template(
        "import_result.html", of=of, outcomes=outcomes, left_out=of.counts.get("states", {}).get(store.BAD, 0),
        last_day=import_undo.last_day(of), undoable=_undoable(of),
        kept=outputs.kept_lines(session(), of) if outcomes.get(store.KEPT) else [],
        held=outputs.held_lines(session(), of) if outcomes.get(store.HELD) else [],
    )  # fmt: skip


def _undoable(of: store.Import) -> bool:
    try:
        verbs.require_undoable(of, utcnow())
    except Problem:
        return False
    return True


@door.get("/imports/<int:import_id>/undo")
@requires(Permission.IMPORT_REGISTER)
def preview_undo(import_id: int) -> str:
    """What the undo would touch and what it would leave."""
    of = found(import_id)
    verbs.require_undoable(of, utcnow())
    return render_template("import_undo.html", of=of, preview=outputs.undo_preview(session(), of))


@door.post("/imports/<int:import_id>/undo")
@requires(Permission.IMPORT_REGISTER)
def undo_import(import_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        verbs.undo(current, _locked(import_id), by=by, now=utcnow())
    session_now()
    work.ensure(config(), utcnow())
    return redirect(url_for("web.import_page", import_id=import_id))


def _locked(import_id: int) -> store.Import:
    """Two presses of one button are one: the second finds the state changed."""
    return store.locked(session(), found(import_id).id)
