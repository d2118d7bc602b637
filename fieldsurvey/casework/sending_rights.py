"""Who may send a household's questionnaire: whoever has its area, and whoever it was given to, wherever it is."""

from __future__ import annotations

from sqlalchemy import Connection, select

from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store.people import Actor


def require(
    connection: Connection,
    by: Doer,
    place: Place,
    assignee_id: int | None,
    round_id: int,
    form_id: int | None = None,
) -> None:
    """Raises FORBIDDEN, OUTSIDE_AREA. A statement more only for who comes from outside the area."""
    if permissions.allows(by, Permission.SUBMIT, place, round_id, form_id):
        return
    holds = permissions.holds(by, Permission.SUBMIT, round_id, form_id)
    if not (holds and given_to(connection, assignee_id, by)):
        permissions.require(by, Permission.SUBMIT, place, round_id, form_id)


def given_to(connection: Connection, assignee_id: int | None, by: Doer) -> bool:
    """Whether the household was given to the doer, or to who carries the doer's phone."""
    if assignee_id is None:
        return False
    return by.id == assignee_id or connection.scalar(select(Actor.owner_id).where(Actor.id == by.id)) == assignee_id
