"""The pages of areas: a commune with its villages, their types, its years; loading lists of units and crosswalks."""

from __future__ import annotations

import base64
import tempfile
import zlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import area_changes
from fieldsurvey.casework import areas as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import area_series
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaType, Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.sheets import areas as sheets
from fieldsurvey.sheets.areas import Complaint
from fieldsurvey.store import areas
from fieldsurvey.store.areas import Area
from fieldsurvey.web import context
from fieldsurvey.web.door import door

SHOWN = 60
SHOWN_WRONG = 100
SAID_HERE = {Kind.NAME_MISSING, Kind.ALREADY_EXISTS, Kind.AREA_IN_USE, Kind.AREA_UNFIT}


@door.get("/areas", endpoint="areas")
@requires(Permission.READ_REGISTER)
def show_areas() -> str | AnyResponse:
    """Communes of the reader by name; who has one only goes to its page."""
    words, scope = request.args.get("name", "").strip()[:100], _scope()
    only = (
        next(iter(scope.communes)) if len(scope.communes) == 1 and not (scope.everywhere or scope.provinces) else None
    )
    if only is not None:
        return redirect(url_for("web.area", area_id=only))
    found = areas.search(session(), scope, (Level.COMMUNE,), fold(words), SHOWN + 1)
    return render_template("areas.html", found=found[:SHOWN], more=len(found) > SHOWN, words=words)


@door.get("/areas/<int:area_id>", endpoint="area")
@requires(Permission.READ_REGISTER)
def show_area(area_id: int) -> str:
    return _page(_commune(area_id))


def _page(commune: Area, refused: Problem | None = None, typed: str = "") -> str:
    by = doer()
    return render_template(
        "area.html",
        page=area_series.commune_page(session(), commune),
        types=tuple(AreaType),
        may_villages=permissions.allows(by, Permission.MANAGE_VILLAGES, commune.place) and commune.valid_to is None,
        may_commune=permissions.allows(by, Permission.MANAGE_AREAS, commune.place) and commune.valid_to is None,
        refused=refused,
        typed=typed,
    )


def _scope() -> Scope:
    return permissions.scope(doer(), Permission.READ_REGISTER)


def _commune(area_id: int) -> Area:
    """A commune that the reader may see; NOT_FOUND otherwise. Closed ones too: the past is read there."""
    found = session().get(Area, area_id)
    if found is None or found.level != Level.COMMUNE or not _scope().covers(found.place):
        raise Problem(Kind.NOT_FOUND)
    return found


def _village(area_id: int) -> Area:
    found = session().get(Area, area_id)
    if found is None or found.level != Level.VILLAGE or not _scope().covers(found.place):
        raise Problem(Kind.NOT_FOUND)
    return found


@door.post("/areas/<int:area_id>/villages")
@requires(Permission.MANAGE_VILLAGES)
def create_village(area_id: int) -> AnyResponse | tuple[str, int]:
    form = request.form
    return _done(_commune(area_id), "created", lambda current, commune: verbs.create_village(
        current, commune, form.get("name", ""), _type(form.get("area_type")), by=doer(), now=utcnow()
    ))  # fmt: skip


@door.post("/areas/villages/<int:area_id>/rename")
@requires(Permission.MANAGE_VILLAGES)
def rename_village(area_id: int) -> AnyResponse | tuple[str, int]:
    """The name and the type, which stand in one form."""
    form, village = request.form, _village(area_id)

    def change(current: Session, _: Area) -> None:
        verbs.rename_village(current, village, form.get("name", ""), by=doer(), now=utcnow())
        verbs.set_type(current, village, _type(form.get("area_type")), by=doer(), now=utcnow())

    return _done(_commune(village.parent_id or 0), "saved", change)


@door.post("/areas/villages/<int:area_id>/close")
@requires(Permission.MANAGE_VILLAGES)
def close_village(area_id: int) -> AnyResponse | tuple[str, int]:
    village = _village(area_id)
    return _done(
        _commune(village.parent_id or 0),
        "closed",
        lambda current, _: verbs.close_village(current, village, by=doer(), now=utcnow()),
    )


@door.post("/areas/villages/<int:area_id>/reopen")
@requires(Permission.MANAGE_VILLAGES)
def reopen_village(area_id: int) -> AnyResponse | tuple[str, int]:
    village = _village(area_id)
    return _done(
        _commune(village.parent_id or 0),
        "reopened",
        lambda current, _: verbs.reopen_village(current, village, by=doer(), now=utcnow()),
    )


@door.post("/areas/<int:area_id>/type")
@requires(Permission.MANAGE_AREAS)
def set_commune_type(area_id: int) -> AnyResponse | tuple[str, int]:
    kind = _type(request.form.get("area_type"))
    return _done(
        _commune(area_id), "saved", lambda current, one: verbs.set_type(current, one, kind, by=doer(), now=utcnow())
    )


def _type(given: str | None) -> AreaType | None:
    return AreaType(given) if given in set(AreaType) else None


def _done(commune: Area, said: str, verb: Callable[[Session, Area], Any]) -> AnyResponse | tuple[str, int]:
    """Do it and show the commune again; what is refused is said there, with what was typed."""
    try:
        with write() as current:
            verb(current, commune)
    except Problem as refused:
        if refused.kind not in SAID_HERE:
            raise
        session().expire_all()
        return _page(commune, refused, request.form.get("name", "")), refused.kind.status
    flash(context.t(f"areas.{said}"), "done")
    return redirect(url_for("web.area", area_id=commune.id))


class Loaded(NamedTuple):
    """What a file would change, or what is wrong with it. `kept`: the file, for the second press of the button."""

    kind: str  # list | crosswalk
    on: str
    complete: bool
    name: str
    kept: str
    outcome: Any
    wrong: Sequence[Complaint]

    @property
    def good(self) -> bool:
        return not self.wrong


@door.get("/areas/load")
@requires(Permission.MANAGE_AREAS)
def load_areas_page() -> str:
    return render_template("areas_load.html", loaded=None, refused=None)


@door.post("/areas/load")
@requires(Permission.MANAGE_AREAS)
def load_areas() -> AnyResponse | str | tuple[str, int]:
    """The first press shows what would change; the second, on the same file, does it."""
    try:
        loaded = _loaded(write_it="write" in request.form)
    except Problem as refused:
        if refused.kind.status != Kind.AREA_FILE_BROKEN.status:
            raise
        return render_template("areas_load.html", loaded=None, refused=refused), refused.kind.status
    if "write" in request.form and loaded.good:
        flash(context.t("areas.loaded"), "done")
        return redirect(url_for("web.areas"))
    return render_template("areas_load.html", loaded=loaded, refused=None, most=SHOWN_WRONG)


def _loaded(write_it: bool) -> Loaded:
    form = request.form
    name, content = _content()
    kind = "crosswalk" if form.get("kind") == "crosswalk" else "list"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        read = sheets.crosswalk(path, name) if kind == "crosswalk" else sheets.areas(path, name)
    outcome: Any = None
    if not read.wrong:
        outcome = _take(kind, read.rows, write_it)
    wrong = list(read.wrong) or (outcome.wrong if outcome else [])
    kept = base64.b64encode(zlib.compress(content, 9)).decode()
    return Loaded(kind, form.get("on", ""), bool(form.get("complete")), name, kept, outcome, wrong)


def _take(kind: str, rows: Sequence[Any], write_it: bool) -> Any:
    """Do it; it is taken back where it is only tried, or something is wrong."""
    with write() as current:
        tried = current.begin_nested()
        if kind == "crosswalk":
            outcome: Any = area_changes.apply(current, rows, by=doer(), now=utcnow())
        else:
            complete = bool(request.form.get("complete"))
            outcome = verbs.load(current, rows, _day(), by=doer(), now=utcnow(), complete=complete)
        (tried.rollback if outcome.wrong or not write_it else tried.commit)()
    return outcome


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("on", ""))
    except ValueError:
        raise Problem(Kind.AREA_FILE_BROKEN, reason=context.t("areas.wrong.day")) from None


def _content() -> tuple[str, bytes]:
    """The file that was chosen, else the one that was shown before."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.filename, file.read()
    try:
        return request.form.get("name", ""), zlib.decompress(base64.b64decode(request.form.get("kept", "")))
    except (ValueError, zlib.error):
        raise Problem(Kind.AREA_FILE_BROKEN, reason=context.t("areas.no_file")) from None
