"""A commune's list to take away: on paper with its supplement, as CSV, as XLSX."""

from __future__ import annotations

import io
from collections.abc import Iterator

from flask import Response, render_template, request
from openpyxl import Workbook

from fieldsurvey.extensions import session
from fieldsurvey.guards import requires
from fieldsurvey.outputs import delimited
from fieldsurvey.outputs import listing as outputs
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.listing import Source
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import lists
from fieldsurvey.store.areas import Area
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import chosen, context
from fieldsurvey.web.door import door

MINE = Permission.MANAGE_LISTS
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@door.get("/lists/paper")
@requires(MINE)
def list_on_paper() -> str:
    """Phụ lục I; with `supplement` what was changed after the list was frozen."""
    of = chosen.a_round()
    commune = chosen.area("commune", Level.COMMUNE, MINE, of)
    supplement = bool(request.args.get("supplement"))
    scope = chosen.scope(MINE, of)
    changes = list(lists.changes(session(), of.id, scope, commune.id, frozen_only=True)) if supplement else []
    return render_template(
        "list_paper.html", of=of, commune=commune, province=session().get(Area, commune.parent_id),
        frozen=lists.frozen(session(), of.id, commune.id), supplement=supplement, today=chosen.today(),
        changes=changes[::-1], columns=outputs.COLUMNS, rows=[] if supplement else list(_rows(of, commune)),
    )  # fmt: skip


@door.get("/lists.csv")
@requires(Permission.EXPORT)
def list_as_csv() -> Response:
    of = chosen.a_round()
    commune = chosen.area("commune", Level.COMMUNE, Permission.EXPORT, of)
    return _file(delimited.document(_header(), _rows(of, commune)), "text/csv; charset=utf-8", of, commune, "csv")


@door.get("/lists.xlsx")
@requires(Permission.EXPORT)
def list_as_xlsx() -> Response:
    of = chosen.a_round()
    commune = chosen.area("commune", Level.COMMUNE, Permission.EXPORT, of)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(commune.name[:31])
    sheet.append(_header())
    for row in _rows(of, commune):
        sheet.append([delimited.cell(value) if isinstance(value, str) else value for value in row])
    content = io.BytesIO()
    book.save(content)
    return _file(content.getvalue(), XLSX, of, commune, "xlsx")


def _header() -> list[str]:
    return [context.t(f"lists.column.{name}") for name in outputs.COLUMNS]


def _rows(of: Round, commune: Area) -> Iterator[tuple[object, ...]]:
    said = {f"class.{name}": context.t(f"web.class.{name}") for name in ("poor", "near_poor", "not_poor")}
    said |= {f"source.{one.value}": context.t(f"lists.source.{one.value}") for one in Source}
    return outputs.rows(lists.listed(session(), of.id, chosen.scope(MINE, of), commune.id), said)


def _file(content: bytes, kind: str, of: Round, commune: Area, ending: str) -> Response:
    answer = Response(content, content_type=kind)
    name = f"danh-sach-{of.year}-{commune.code}.{ending}"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer
