"""Imports from a spreadsheet: the list of them, the upload, the matching of columns, the progress bar.

The report, the word to go and the undo are in import_report.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey import work
from fieldsurvey.casework import import_files, import_undo
from fieldsurvey.casework import imports as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, session, session_now, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import import_templates
from fieldsurvey.outputs import imports as outputs
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sheets import columns
from fieldsurvey.store import imports as store
from fieldsurvey.store import rounds
from fieldsurvey.store.imports import Import
from fieldsurvey.web import context, ids
from fieldsurvey.web.door import door

SHOWN = 30  # imports of the list
KINDS = (store.REGISTER, store.PEOPLE)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@door.url_value_preprocessor
def allow_a_province(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A whole province is larger than any form. Before the CSRF check, which reads the body."""
    if endpoint == "web.upload_import":
        request.max_content_length = config().max_import_mb * 1_000_000


@door.get("/imports", endpoint="imports")
@requires(Permission.IMPORT_REGISTER)
def show_imports() -> str:
    return _list(_kind())


@door.post("/imports")
@requires(Permission.IMPORT_REGISTER)
def upload_import() -> AnyResponse | tuple[str, int]:
    """Keep the file and go on to its columns; what cannot be read is said above the form."""
    by, kind, file = doer(), _kind(), request.files.get("file")
    if file is None or not file.filename:
        return _list(kind, nothing_chosen=True), Kind.MISSING_PARAMETER.status
    try:
        with write() as current:
            of = verbs.receive(current, kind, file.filename, file.stream, blobs(), by=by, now=utcnow())
    except Problem as refused:
        if not refused.kind.name.startswith("SPREADSHEET"):
            raise
        return _list(kind, refused=refused, file_name=file.filename), refused.kind.status
    return redirect(url_for("web.import_page", import_id=of.id))


@door.get("/imports/template/<kind>.xlsx")
@requires(Permission.IMPORT_REGISTER)
def import_template(kind: str) -> Response:
    """An empty file with the headings, an example and what each column means."""
    if kind not in KINDS:
        raise Problem(Kind.NOT_FOUND)
    out = io.BytesIO()
    import_templates.write(out, kind, context.locale())
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"mau-{kind}.xlsx")


@door.get("/imports/<int:import_id>")
@requires(Permission.IMPORT_REGISTER)
def import_page(import_id: int) -> AnyResponse | str:
    """The page of the step at which the import is."""
    of = found(import_id)
    if of.state in store.BUSY:
        work.ensure(config(), utcnow())
        return _progress_page(of)
    if of.state in {store.DRAFT, store.CANCELLED, store.FAILED}:
        return columns_page(of)
    return redirect(url_for("web.import_report" if of.state == store.CHECKED else "web.import_result", import_id=of.id))


@door.get("/imports/<int:import_id>/columns")
@requires(Permission.IMPORT_REGISTER)
def import_columns(import_id: int) -> str:
    of = found(import_id)
    verbs.require_state(of, store.DRAFT, store.CHECKED, store.CANCELLED, store.FAILED)
    return columns_page(of)


@door.post("/imports/<int:import_id>/columns")
@requires(Permission.IMPORT_REGISTER)
def match_import(import_id: int) -> AnyResponse | tuple[str, int]:
    """What the sheets and columns are, then the dry run."""
    by, form = doer(), request.form
    try:
        with write() as current:
            of = found(import_id)
            verbs.match_columns(current, of, _chosen(of), by=by, now=utcnow())
            _options(of)
            verbs.start_check(current, of, by=by, now=utcnow())
    except Problem as refused:
        if refused.kind not in {Kind.IMPORT_COLUMNS_MISSING, Kind.SPREADSHEET_NO_HEADINGS}:
            raise
        return columns_page(found(import_id), refused=refused, given=form), refused.kind.status
    return redirect(url_for("web.import_page", import_id=import_id))


@door.get("/imports/<int:import_id>/progress.json")
@requires(Permission.IMPORT_REGISTER)
def import_progress(import_id: int) -> Response:
    """What the progress bar shows; asked once a second."""
    of = found(import_id)
    work.ensure(config(), utcnow())
    state = outputs.progress(session(), of, utcnow())
    return jsonify(state=of.state, busy=of.state in store.BUSY, **_spoken(state))


@door.post("/imports/<int:import_id>/cancel")
@requires(Permission.IMPORT_REGISTER)
def cancel_import(import_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        verbs.cancel(current, found(import_id), by=by, now=utcnow())
    return redirect(url_for("web.import_page", import_id=import_id))


def found(import_id: int) -> Import:
    """The import, if it is of the reader's area and kind of work."""
    for kind in KINDS:
        scope = permissions.scope(doer(), verbs.PERMISSION[kind])
        of = store.by_id(session(), scope, import_id, kind)
        if of is not None:
            return of
    raise Problem(Kind.NOT_FOUND)


def _kind() -> str:
    kind = request.values.get("kind", store.REGISTER)
    if kind not in KINDS:
        raise Problem(Kind.NOT_FOUND)
    permissions.require_anywhere(doer(), verbs.PERMISSION[kind])
    return kind


def _list(kind: str, **more: Any) -> str:
    scope = permissions.scope(doer(), verbs.PERMISSION[kind])
    page = store.newest(session(), scope, kind, SHOWN)
    return render_template("imports.html", kind=kind, kinds=KINDS, imports=page, limit=config().max_import_mb, **more)


def _progress_page(of: Import) -> str:
    state = outputs.progress(session_now(), of, utcnow())
    return render_template("import_progress.html", of=of, progress=_spoken(state))


def _spoken(state: outputs.State | None) -> dict[str, Any]:
    """The progress as the page writes it."""
    if state is None:
        return {"phase": "", "fraction": None, "text": "", "left": ""}
    phase = context.t("imports.phase.waiting" if state.waiting else f"imports.phase.{state.phase}")
    counted = context.t("imports.of", done=context.number(state.done), total=context.number(state.total))
    pace = context.t("imports.pace", count=context.number(round(state.per_second))) if state.per_second else ""
    left = ""
    if state.seconds_left is not None:
        left = context.t("imports.left", time=_span(state.seconds_left))
    return {
        "phase": context.t("imports.stopping") if state.cancel_asked else phase,
        "fraction": state.fraction,
        "text": " · ".join(part for part in (counted if state.total else "", pace) if part),
        "left": left,
    }


def _span(seconds: int) -> str:
    """75 → 1 minute 15 seconds"""
    if seconds < 60:
        return context.t("imports.seconds", count=seconds)
    return context.t("imports.minutes", minutes=seconds // 60, seconds=seconds % 60)


def columns_page(of: Import, **more: Any) -> str:
    layouts = import_files.layouts(of)
    fields = list(columns.LAYOUTS[of.kind])
    offered = of.kind == store.PEOPLE and context.may(Permission.MANAGE_DEVICES)
    choices = [one for one in context.known_rounds() if one.state == rounds.OPEN] if offered else []
    return render_template(
        "import_columns.html", of=of, layouts=layouts, fields=fields, roles=columns.ROLES, rounds=choices,
        same=store.same_file(session(), of), days=import_undo.DAYS, **more,
    )  # fmt: skip


def _chosen(of: Import) -> Sequence[tuple[str, columns.Columns]]:
    """For each sheet its role and field → column; of two columns with one field the first counts."""
    form, chosen = request.form, []
    for at, layout in enumerate(import_files.layouts(of)):
        role = form.get(f"role_{at}", layout.role)
        picked: columns.Columns = {}
        for column in range(len(layout.texts)):
            name = form.get(f"column_{at}_{column}", "")
            if name in columns.LAYOUTS[of.kind]:
                picked.setdefault(name, column)
        chosen.append((role if role in columns.ROLES else layout.role, picked))
    return chosen


def _options(of: Import) -> None:
    form = request.form
    if of.kind == store.REGISTER:
        year = form.get("year", type=int)
        of.year = year if year is not None and verbs.FIRST_YEAR <= year <= verbs.LAST_YEAR else of.year
        of.add_villages = "add_villages" in form
    else:
        chosen = ids.given(form, "round")
        known = {one.id for one in context.known_rounds() if one.state == rounds.OPEN}
        of.round_id = chosen if chosen in known else None


def told(message: str, **params: Any) -> None:
    flash(context.t(message, **params), "done")
