"""How often each enumerator says "the same as last year"."""

from __future__ import annotations

from flask import render_template

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import doer, requires
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import people, prefill_checks, rounds
from fieldsurvey.web.door import door


@door.get("/rounds/<int:round_id>/same")
@requires(Permission.READ_HOUSEHOLDS)
def sameness(round_id: int) -> str:
    """Who confirms most as the same stands first."""
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS, round_id)
    found = rounds.by_id(session(), round_id)
    if found is None or not scope:
        raise Problem(Kind.NOT_FOUND)
    rows = sorted(prefill_checks.by_enumerator(session(), round_id, scope), key=_share, reverse=True)
    names = people.names(session(), {one.person_id for one in rows})
    return render_template("same_people.html", of=found, rows=rows, names=names)


def _share(row: prefill_checks.Counted) -> tuple[float, int]:
    return (row.same / row.offered if row.offered else -1.0, row.forms)
