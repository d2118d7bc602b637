"""What submissions do to entities: create, update, or wait in the backlog until the change that they follow has come.

It happens with the submission, in its transaction; a mistake in it is written into the submission's history and never
refuses the submission. A submission changes all of its entities or none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from fieldsurvey.casework import entities, entity_changes, versions
from fieldsurvey.casework.entities import Source
from fieldsurvey.casework.entity_changes import Means, Work
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import answers as xml_answers
from fieldsurvey.forms import entities as forms
from fieldsurvey.forms.entities import Declaration, Sent
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import audit, backlog

LONGEST_WAIT = timedelta(days=5)  # after that a change is made although the one before it never came


Key = tuple[int, str]  # a list's id and an entity's uuid


class Event(StrEnum):
    """What has happened to a submission: the action of its entry in the audit."""

    CREATED = "submission.create"
    EDITED = "submission.update.version"
    APPROVED = "submission.update"
    RELEASED = "submission.backlog.reprocess"  # what it waited for has come
    FORCED = "submission.backlog.force"  # what it waited for has not come


_MEANS = {
    Event.CREATED: Means(),
    Event.EDITED: Means(),
    Event.APPROVED: Means(creates=False, approved=True, updates=False),
    Event.RELEASED: Means(),
    Event.FORCED: Means(forced=True),
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A version of a submission whose entities are to be changed."""

    round_id: int
    submission_id: int
    version_id: int
    instance_id: str
    declarations: Sequence[Declaration]
    said: Sequence[Sent]
    submitter_id: int | None
    user_agent: str | None
    place: Place
    event: Event
    only: Key | None = None  # one of them; None: all
    used: frozenset[Key] = frozenset()  # those that an earlier version or event has seen to


def take(connection: Connection, arrived: Arrived, *, by: Doer, now: datetime) -> None:
    """Do what a stored version says of entities, then what waited for it. A form without entities costs nothing."""
    if not arrived.said:
        return
    if arrived.event is Event.EDITED and backlog.used(connection, arrived.submission_id):
        return  # it has had its effect; who edits it afterwards corrects the record, not the entity
    backlog.lock(connection, entity_changes.uuids(arrived.said))
    _run(connection, [arrived], by, now)


def take_approved(connection: Connection, submission_id: int, *, by: Doer, now: datetime) -> None:
    """The submission has been approved: lists that ask for it get their entities."""
    row = backlog.current(connection, submission_id)
    if row is not None:
        _take_again(connection, row, Event.APPROVED, by, now)


def convert(connection: Connection, dataset_id: int, *, now: datetime) -> None:
    """The list asks for no approval any more: what waited for it is made, as its senders' work."""
    for version_id in backlog.pending(connection, dataset_id):
        row = backlog.reopened(connection, version_id)
        _take_again(connection, row, Event.CREATED, Doer(row.submitter_id or 0, ""), now)


def _take_again(connection: Connection, row: Any, event: Event, by: Doer, now: datetime) -> None:
    used = frozenset(backlog.used(connection, row.submission_id))
    take(connection, replace(_reopened(connection, row, event), used=used), by=by, now=now)


def force(connection: Connection, *, by: Doer, now: datetime, older_than: timedelta = LONGEST_WAIT) -> int:
    """Make the changes that have waited too long, in the order of their branches; returns how many."""
    overdue = backlog.take_older(connection, now - older_than)
    force_these(connection, overdue, by=by, now=now)
    return len(overdue)


def force_these(connection: Connection, taken: Sequence[Any], *, by: Doer, now: datetime) -> None:
    """Make these changes, which have been taken from the backlog."""
    backlog.lock(connection, [row.uuid for row in taken])
    _run(connection, _taken_up(connection, taken, Event.FORCED, by, now), by, now)


def _run(connection: Connection, arrived: Sequence[Arrived], by: Doer, now: datetime) -> None:
    """One submission after the other, and behind each those that waited for it."""
    waiting, changed = deque(arrived), set[int]()
    while waiting:
        work = _whole(connection, waiting.popleft(), by, now)
        if work is not None:
            changed |= work.changed
            waiting.extendleft(reversed(_taken_up(connection, work.released, Event.RELEASED, by, now)))
    entities.settle(connection, changed, now)


def _taken_up(connection: Connection, held: Sequence[Any], event: Event, by: Doer, now: datetime) -> list[Arrived]:
    """Changes that wait no longer, without those whose submission has been deleted meanwhile."""
    found = []
    for one in held:
        _note(connection, event, one.submission_id, one.submission_version_id, by, now)
        row = backlog.reopened(connection, one.submission_version_id)
        if row is not None:
            found.append(replace(_reopened(connection, row, event), only=(one.dataset_id, one.uuid)))
    return found


def _reopened(connection: Connection, row: Any, event: Event) -> Arrived:
    declarations = versions.schema_of(connection, row.form_version_id).entities
    return Arrived(
        round_id=row.round_id,
        submission_id=row.submission_id,
        version_id=row.version_id,
        instance_id=row.instance_id,
        declarations=declarations,
        said=forms.sent(xml_answers.open_envelope(bytes(row.xml)).root, declarations),
        submitter_id=row.submitter_id,
        user_agent=row.user_agent,
        place=Place(row.province_id, row.commune_id, row.village_id),
        event=event,
    )


def _whole(connection: Connection, arrived: Arrived, by: Doer, now: datetime) -> Work | None:
    """All entities of a submission or none; what is wrong is written down."""
    work = Work(
        connection, arrived.submission_id, arrived.version_id, _source(arrived), arrived.place,
        _MEANS[arrived.event], by, now,
    )  # fmt: skip
    try:
        with connection.begin_nested():
            _each(work, arrived)
    except Problem as problem:
        _note(connection, "entity.error", arrived.submission_id, arrived.version_id, by, now, problem=_told(problem))
        return None
    return work


def _source(arrived: Arrived) -> Source:
    details: dict[str, Any] = {"type": "submission", "submission": {"instanceId": arrived.instance_id}}
    if arrived.event is Event.FORCED:
        details["forced"] = True
    return Source(
        details=details,
        noted={"submissionId": arrived.submission_id, "submissionDefId": arrived.version_id},
        submission_version_id=arrived.version_id,
        creator_id=arrived.submitter_id,
        user_agent=arrived.user_agent,
    )


def _each(work: Work, arrived: Arrived) -> None:
    said = arrived.said
    lists, actions = backlog.lists(work.connection, arrived.round_id), _actions(arrived.declarations)
    errors: list[dict[str, Any]] = []
    for index, one in enumerate(said):
        try:
            want = entity_changes.wanted(one, lists, actions)
            if want.key not in arrived.used and arrived.only in (None, want.key):
                entity_changes.make(work, want)
        except Problem as problem:
            if len(said) == 1:
                raise
            errors.append({"problem": _told(problem), "index": index})
    if errors:
        raise Problem(Kind.ENTITIES_INVALID, count=len(errors), total=len(said), errors=errors)


def _actions(declarations: Sequence[Declaration]) -> dict[str, list[str]]:
    """List → what the form may do to it."""
    found: dict[str, list[str]] = {}
    for one in declarations:
        known = found.setdefault(one.dataset, [])
        known.extend(action for action in one.actions if action not in known)
    return found


def _told(problem: Problem) -> dict[str, Any]:
    """A problem in the audit: programs read its number, people get the sentence when they read the entry."""
    return {"problemCode": float(problem.kind.value), "problemDetails": problem.params}


def _note(
    connection: Connection, action: str, submission_id: int, version_id: int, by: Doer, now: datetime, **more: Any
) -> None:
    audit.record(
        connection, str(action), "submission", submission_id, by=by, now=now,
        submissionId=submission_id, submissionDefId=version_id, **more,
    )  # fmt: skip
