"""Where a household questionnaire belongs: its household, its case in the round, its village; and the case's arrival."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Integer, Text, and_, bindparam, insert, or_, select, type_coerce, update
from sqlalchemy.orm import aliased

from fieldsurvey.casework import facts, sending_rights
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules import workflow
from fieldsurvey.rules.areas import AreaType, Level, Place
from fieldsurvey.rules.classification import Classification
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.listing import Source
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.workflow import Arrival, State
from fieldsurvey.store import day_counts, hot, progress, register
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission, insert_if_new

_NEW_HOUSEHOLDS = uuid.UUID("5b0d7c1e-6d5c-4b52-9d0a-3f0f2a9f1c11")  # namespace: a resend makes the same household


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the submission goes. Ids are None for what does not exist yet."""

    round_id: int
    place: Place
    area_type: AreaType
    household_uuid: str
    household_id: int | None
    case_id: int | None
    head_name: str
    address: str | None
    assignee_id: int | None = None  # who the household was given to


_village, _commune = aliased(Area), aliased(Area)
_PLACE = (_village.province_id, _village.parent_id, _village.id, _village.area_type, _commune.area_type)
_LISTED = (
    select(Household.id, Household.head_name, Household.address, Case.id, Case.assignee_id, *_PLACE)
    .join(_village, _village.id == Household.village_id)
    .join(_commune, _commune.id == _village.parent_id)
    .outerjoin(Case, and_(Case.household_id == Household.id, Case.round_id == bindparam("round_id")))
    .where(Household.uuid == bindparam("uuid"), Household.deleted_at.is_(None))
)
_IN_VILLAGE = (
    select(*_PLACE)
    .select_from(_village)
    .join(_commune, _commune.id == _village.parent_id)
    .where(
        _village.level == Level.VILLAGE.value,
        _village.code == bindparam("code"),
        _village.valid_from <= bindparam("on"),
        or_(_village.valid_to.is_(None), _village.valid_to >= bindparam("on")),
    )
)


def destination(
    connection: Connection,
    round_id: int,
    form_id: int,
    answers: Answers,
    instance_id: str,
    *,
    by: Doer,
    now: datetime,
) -> Destination:
    """The listed household's own place, or that of the village answered. Raises OUTSIDE_AREA, VILLAGE_UNKNOWN."""
    found = _listed(connection, round_id, answers) or _newly_met(connection, round_id, answers, instance_id, now.date())
    sending_rights.require(connection, by, found.place, found.assignee_id, round_id, form_id)
    return found


def _listed(connection: Connection, round_id: int, answers: Answers) -> Destination | None:
    household_uuid = facts.value(answers, "identification/household")
    if household_uuid is None:
        return None
    row = hot.execute(connection, _LISTED, {"round_id": round_id, "uuid": household_uuid}).fetchone()
    if row is None:
        return None  # deleted since the phone fetched its list: taken as newly met, for the officer to sort out
    household_id, head_name, address, case_id, assignee_id, *place = row
    return Destination(
        round_id, Place(*place[:3]), _area_type(*place[3:]), household_uuid, household_id, case_id, head_name, address,
        assignee_id,
    )  # fmt: skip


def _newly_met(connection: Connection, round_id: int, answers: Answers, instance_id: str, on: date) -> Destination:
    code = facts.value(answers, "identification/village") or ""
    row = connection.execute(_IN_VILLAGE, {"code": code, "on": on}).first()
    if row is None:
        raise Problem(Kind.VILLAGE_UNKNOWN, village=code)
    head_name = tidy(facts.value(answers, "identification/head_name") or "") or _first_member(answers)
    address = facts.value(answers, "identification/address")
    return Destination(
        round_id,
        Place(*row[:3]),
        _area_type(*row[3:]),
        str(uuid.uuid5(_NEW_HOUSEHOLDS, instance_id)),
        None,
        None,
        head_name,
        address,
    )


def _first_member(answers: Answers) -> str:
    return next((tidy(member["m_name"]) for member in answers.get("members") or [] if member.get("m_name")), "?")


def _area_type(village: str | None, commune: str | None) -> AreaType:
    """Without either, rural: the lower line, so that nobody gains by a gap in the data."""
    return AreaType(village or commune or AreaType.RURAL)


def arrive(
    connection: Connection, to: Destination, submission_id: int, found: Classification | None, now: datetime
) -> None:
    """The household's first or further submission reaches its case. Last in the transaction (see progress.move)."""
    if to.case_id is None:
        _open_case(connection, to, submission_id, found, now)
    elif not _first_visit(connection, to, submission_id, found, now):
        _visited_again(connection, to, submission_id, found, now)


def judged(found: Classification | None) -> dict[str, object]:
    """The columns of a case that repeat its newest result."""
    return {
        "household_class": found.household_class.value if found else None,
        "b1": found.b1 if found else None,
        "b2": found.b2 if found else None,
    }


_TABLE: Any = Case.__table__
_FIRST_VISIT = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("case"), _TABLE.c.state == State.NOT_VISITED.value)
    .values(
        state=State.RECEIVED.value,
        version=_TABLE.c.version + 1,
        submission_id=bindparam("submission"),
        household_class=bindparam("class"),
        b1=bindparam("new_b1"),
        b2=bindparam("new_b2"),
        received_at=bindparam("at"),
        sent_on=bindparam("today"),
        updated_at=bindparam("at"),
    )
    # As the driver gives them: a hot statement decodes nothing.
    .returning(
        type_coerce(_TABLE.c.due_on, Text()).label("due_on"),
        type_coerce(_TABLE.c.attempts > 0, Integer()).label("attempted"),
        type_coerce(_TABLE.c.given_up, Integer()).label("given_up"),
    )
)


def _first_visit(
    connection: Connection, to: Destination, submission_id: int, found: Classification | None, now: datetime
) -> bool:
    """The usual case in one statement; False when the case is no longer unvisited."""
    values = {
        "case": to.case_id,
        "submission": submission_id,
        "at": now,
        "today": day_of(now),
        "class": found.household_class.value if found else None,
        "new_b1": found.b1 if found else None,
        "new_b2": found.b2 if found else None,
    }
    rows = hot.execute(connection, _FIRST_VISIT, values).fetchall()
    if not rows:
        return False
    due_on, attempted, given_up = rows[0]
    progress.move(
        connection, to.round_id, to.place.village_id, State.NOT_VISITED, State.RECEIVED, received_at=now,
        attempted=bool(attempted), given_up=bool(given_up),
    )  # fmt: skip
    due = date.fromisoformat(due_on) if isinstance(due_on, str) else due_on
    day_counts.arrived(connection, to.round_id, to.place, day_of(now), due if not given_up else None)
    return True


def _visited_again(
    connection: Connection, to: Destination, submission_id: int, found: Classification | None, now: datetime
) -> None:
    """A second submission of the household: kept and shown as a duplicate; it answers a case that was sent back."""
    query = select(Case.state).where(Case.id == to.case_id).with_for_update()
    before = State(connection.execute(query).scalar_one())
    after = workflow.arrived(before, Arrival.NEW)
    changes: dict[str, object] = {"duplicates": _TABLE.c.duplicates + 1, "version": _TABLE.c.version + 1}
    if before is State.HAS_ISSUES:
        if to.household_id is not None:
            register.bump(connection, to.household_id)
        changes |= {**judged(found), "submission_id": submission_id, "state": after.value, "received_at": now}
    connection.execute(update(_TABLE).where(_TABLE.c.id == to.case_id).values(updated_at=now, **changes))
    progress.move(connection, to.round_id, to.place.village_id, before, after, received_at=now)


def _open_case(
    connection: Connection, to: Destination, submission_id: int, found: Classification | None, now: datetime
) -> None:
    """A household that was not on the round's list: into the register (if new) and onto the list."""
    place = {"province_id": to.place.province_id, "commune_id": to.place.commune_id, "village_id": to.place.village_id}
    household_id = to.household_id or _register(connection, to, place, now)
    row = {
        **place,
        **judged(found),
        "round_id": to.round_id,
        "household_id": household_id,
        "state": State.RECEIVED.value,
        "submission_id": submission_id,
        "duplicates": 0,
        "received_at": now,
        "sent_on": day_of(now),
        "list_source": Source.MET.value,
        "updated_at": now,
        "version": 1,
    }
    case_id = connection.execute(insert_if_new(Case, connection, returning_id=True), row).scalar_one_or_none()
    if case_id is None:  # two phones met the same unlisted household at the same moment
        _join_other(connection, to, household_id, submission_id, found, now)
        return
    _link(connection, submission_id, case_id)
    progress.ensure(connection, to.round_id, to.place)
    progress.count(connection, to.round_id, to.place.village_id, progress.STATE_COLUMNS[State.NOT_VISITED], 1)
    progress.move(connection, to.round_id, to.place.village_id, State.NOT_VISITED, State.RECEIVED, received_at=now)
    day_counts.arrived(connection, to.round_id, to.place, day_of(now), None)


def _register(connection: Connection, to: Destination, place: dict[str, int | None], now: datetime) -> int:
    row = {
        **place,
        "uuid": to.household_uuid,
        "version": 1,
        "head_name": to.head_name,
        "name_fold": fold(to.head_name),
        "address": to.address,
        "created_at": now,
        "updated_at": now,
    }
    result: int = connection.execute(insert(Household).returning(Household.id), row).scalar_one()
    return result


def _join_other(
    connection: Connection,
    to: Destination,
    household_id: int,
    submission_id: int,
    found: Classification | None,
    now: datetime,
) -> None:
    query = select(Case.id).where(Case.round_id == to.round_id, Case.household_id == household_id)
    case_id: int = connection.execute(query).scalar_one()
    _link(connection, submission_id, case_id)
    arrive(connection, replace(to, household_id=household_id, case_id=case_id), submission_id, found, now)


def _link(connection: Connection, submission_id: int, case_id: int) -> None:
    connection.execute(update(Submission).where(Submission.id == submission_id).values(case_id=case_id))
