"""When the round will be done, area by area, at the present pace."""

from __future__ import annotations

from flask import render_template, request

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import requires
from fieldsurvey.outputs import forecast as outputs
from fieldsurvey.outputs.progress import BELOW
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.areas import Area
from fieldsurvey.web import chosen, context, ids
from fieldsurvey.web.door import door


@door.get("/forecast")
@requires(Permission.READ_PROGRESS)
def forecast() -> str:
    """The areas one level below the one asked for, the latest first."""
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="work.forecast.title")
    scope = chosen.scope(Permission.READ_PROGRESS, of)
    asked = ids.given(request.args, "area")
    area = session().get(Area, asked or of.area_id or ids.NOBODY)
    if asked is not None and (area is None or not scope.covers(area.place)):
        raise Problem(Kind.NOT_FOUND)
    if area is not None and not scope.covers(area.place):
        area = None
    level = BELOW[Level(area.level)] if area is not None else Level.VILLAGE if not scope.provinces else Level.COMMUNE
    if scope.everywhere and area is None:
        level = Level.PROVINCE
    lines = outputs.lines(session(), of, scope, level, area.ref if area is not None else None, chosen.today())
    return render_template("forecast.html", of=of, area=area, level=level, lines=lines, today=chosen.today())
