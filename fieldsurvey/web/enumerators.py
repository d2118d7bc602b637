"""Every enumerator of the reader's areas on one page, for a supervisor's phone: pace, returns, last contact, tap to call."""

from __future__ import annotations

from flask import render_template, request

from fieldsurvey.extensions import session
from fieldsurvey.guards import requires
from fieldsurvey.outputs import enumerators as outputs
from fieldsurvey.outputs.enumerators import Order
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.web import chosen, context
from fieldsurvey.web.door import door


@door.get("/enumerators")
@requires(Permission.READ_HOUSEHOLDS)
def enumerators() -> str:
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="work.enumerators.title")
    asked = request.args.get("order", Order.LATE.value)
    order = Order(asked) if asked in set(Order) else Order.LATE
    name = request.args.get("name", "").strip()[:100]
    scope = chosen.scope(Permission.READ_HOUSEHOLDS, of)
    lines = outputs.lines(session(), of, scope, chosen.inside(of), chosen.today(), order, name)
    return render_template(
        "enumerators.html", of=of, lines=lines, order=order, orders=Order, name=name, today=chosen.today()
    )
