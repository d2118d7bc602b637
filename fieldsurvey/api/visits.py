"""Visits that brought no questionnaire, as phones and programs send them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.visits import NewVisitSchema, VisitSchema
from fieldsurvey.casework import visits as verbs
from fieldsurvey.casework.visits import Attempt
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.visiting import Outcome
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round


@route("POST", "/projects/<project_id>/visits", asks=Permission.SUBMIT, takes=NewVisitSchema, gives=VisitSchema)
def record_visit(project: Round) -> dict[str, Any]:
    """A visit without a questionnaire: why, when and, where known, at which place. Sent again it changes nothing."""
    given = wire.loaded(NewVisitSchema())
    attempt = Attempt(
        Outcome(given["outcome"]), given["at"], given["note"], given["lat"], given["lon"], uuid=str(given["uuid"])
    )
    with write() as current:
        case = _case(project, given["household"])
        try:
            verbs.require_visiting(current, case, doer())
        except Problem:  # ids tell nothing of other areas
            raise Problem(Kind.NOT_FOUND) from None
        made = verbs.record(current, case.id, attempt, by=doer(), now=utcnow())
    return {"uuid": made.uuid, "household": given["household"], "attempts": case.attempts, "givenUp": case.given_up}


def _case(project: Round, household: str) -> Case:
    query = select(Case).join(Household, Household.id == Case.household_id).where(Case.round_id == project.id)
    found = session().scalar(query.where(Household.uuid == household))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found
