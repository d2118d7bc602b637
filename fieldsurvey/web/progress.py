"""The supervisor's page: how far the round has come, area by area, and the same table as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

from flask import Response, render_template, request

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import delimited
from fieldsurvey.outputs import progress as outputs
from fieldsurvey.outputs.progress import Order, Overview, View
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import context, ids
from fieldsurvey.web.bars import Writer, bar
from fieldsurvey.web.door import door

LINES = 200  # of one sheet of the table: every commune of a province, but not every village


@door.get("/progress")
@requires(Permission.READ_PROGRESS)
def progress() -> str:
    of, view = context.current_round(), _view()
    if of is None:
        return render_template("round_missing.html", title="progress.title")
    page = _overview(of, view, Permission.READ_PROGRESS)
    write, today = Writer(context.locale(), context.t("progress.unit")), _today()
    sheets = max(1, -(-len(page.lines) // LINES))
    sheet = min(max(request.args.get("page", 1, type=int), 1), sheets)
    return render_template(
        "progress.html", page=page, view=view, chosen=_chosen(view), of=of, today=today, write=write, bar=bar,
        ago=_ago(today), sheet=sheet, sheets=sheets, lines=page.lines[(sheet - 1) * LINES : sheet * LINES],
    )  # fmt: skip


@door.get("/progress.csv")
@requires(Permission.EXPORT)
def progress_csv() -> Response:
    of = context.current_round()
    if of is None:
        raise Problem(Kind.NOT_FOUND)
    page = _overview(of, _view(), Permission.EXPORT)
    header = [context.t(f"progress.csv.{name}") for name in outputs.CSV_COLUMNS]
    body = delimited.document(header, outputs.csv_rows(page, context.moment))
    answer = Response(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename={_file_name(of, page)}"
    return answer


def _view() -> View:
    """What the address asks for; what it asks for wrongly is taken as not asked."""
    order = request.args.get("order", Order.LEAST)
    return View(
        area_id=ids.given(request.args, "area"),
        villages=request.args.get("by") == "village",
        name=request.args.get("name", "").strip()[:100],
        order=Order(order) if order in set(Order) else Order.LEAST,
    )


def _chosen(view: View) -> dict[str, str | int | None]:
    """The same as parts of an address; what is usual is left out."""
    return {
        "area": view.area_id,
        "by": "village" if view.villages else None,
        "name": view.name or None,
        "order": view.order.value if view.order is not Order.LEAST else None,
    }


def _overview(of: Round, view: View, permission: Permission) -> Overview:
    return outputs.overview(session(), of, permissions.scope(doer(), permission, of.id), view, _today())


def _today() -> date:
    return utcnow().astimezone(context.VIETNAM).date()


def _ago(today: date) -> Callable[[datetime | None], str]:
    """Writes how many days ago a moment was, as people count them: yesterday evening is yesterday."""

    @cache
    def written(days: int) -> str:
        name = {0: "today", 1: "yesterday"}.get(max(days, 0), "days")
        return context.t(f"progress.ago.{name}", days=days)

    never = context.t("progress.ago.never")
    return lambda moment: written((today - moment.astimezone(context.VIETNAM).date()).days) if moment else never


def _file_name(of: Round, page: Overview) -> str:
    place = f"-{page.focus.code}" if page.focus else ""
    return f"tien-do-{of.year}{place}-{_today():%Y%m%d}.csv"
