"""Looking at identity numbers in full: allowed to few, and written down each time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household


def note_look(session: Session, case_id: int, *, by: Doer, now: datetime) -> None:
    """Write down that `by` looks at the identity numbers of a case; raises NOT_FOUND, FORBIDDEN, OUTSIDE_AREA."""
    case = session.get(Case, case_id)
    if case is None:
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.REVEAL, case.place, case.round_id)
    audit.record(session, "case.reveal", "case", case.id, by=by, now=now)


def note_look_at_household(session: Session, household: Household, *, by: Doer, now: datetime) -> None:
    """The same for the members of a household of the register; raises FORBIDDEN, OUTSIDE_AREA."""
    permissions.require(by, Permission.REVEAL, household.place)
    audit.record(session, "household.reveal", "household", household.id, by=by, now=now)
