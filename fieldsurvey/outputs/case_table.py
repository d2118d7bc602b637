"""The households of a round with state, class and points, as CSV; streamed at flat memory."""

from __future__ import annotations

import csv as csv_writer
import io
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from fieldsurvey.outputs.delimited import cell
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import cases
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household

COLUMNS = ("household", "code", "village", "head_name", "state", "class", "b1", "b2", "received_at", "duplicates")
_BATCH = 1_000


def csv(session: Session, round_id: int, scope: Scope, states: Sequence[str] = ()) -> Iterator[bytes]:
    """Chunks of UTF-8. Values that a spreadsheet would take for a formula get an apostrophe before them."""
    yield _lines([COLUMNS])
    wanted = cases.Filter(states=tuple(states))
    last = 0
    while rows := cases.page(session, round_id, scope, wanted, after=last, size=_BATCH):
        yield _lines([_row(*row) for row in rows])
        last = rows[-1][0].id
        session.expunge_all()


def _row(case: cases.Case, household: Household, village: Area | None) -> tuple[object, ...]:
    return (
        household.uuid, cell(household.code or ""), village.code if village else "", cell(household.head_name),
        case.state, case.household_class or "", case.b1, case.b2,
        case.received_at.isoformat(timespec="seconds") if case.received_at else "", case.duplicates,
    )  # fmt: skip


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv_writer.writer(text).writerows(rows)
    return text.getvalue().encode()
