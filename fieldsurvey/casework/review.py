"""The commune officer's verbs: approve, return with a reason and notes on questions, reject, reopen; one case or many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update
from sqlalchemy.orm import Session

from fieldsurvey.casework import entity_intake, prefill, registering
from fieldsurvey.casework.attachments import Stored
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions, workflow
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import NEEDS_REASON, Decision, State
from fieldsurvey.store import audit, blobs, cases, hot, progress, register, submissions
from fieldsurvey.store.cases import Case
from fieldsurvey.store.reviews import Review
from fieldsurvey.store.submissions import Present, Submission

LONGEST_REASON = 2000
SPOKEN = "🔊"  # the text of a note that was only spoken


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on one question: `ref` is the node's path, /data/members[2]/m_birth_year."""

    ref: str
    text: str
    spoken: Stored | None = None  # the officer's voice: on disk already

    @property
    def empty(self) -> bool:
        return not self.text.strip() and self.spoken is None

    def row(self) -> dict[str, Any]:
        """As it is kept. Collect, which cannot play a note, shows that there is one."""
        told: dict[str, Any] = {"ref": self.ref, "text": self.text or SPOKEN}
        if self.spoken is not None:
            told["audio"] = {"blob": self.spoken.sha256, "mime": self.spoken.mime}
        return told


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch: the ids that changed, and for the others why not."""

    done: tuple[int, ...]
    refused: tuple[tuple[int, Problem], ...]


def decide(
    session: Session,
    case_id: int,
    decision: Decision,
    *,
    by: Doer,
    now: datetime,
    reason: str = "",
    notes: Sequence[Note] = (),
    seen_version: int | None = None,
) -> Case:
    """Take a decision. `seen_version` is the case's version that the officer looked at: a newer one is STATE_CHANGED."""
    case = cases.locked(session, case_id)
    if case is None:
        raise Problem(Kind.NOT_FOUND)
    decide_locked(session, case, decision, by=by, now=now, reason=reason, notes=notes, seen_version=seen_version)
    return case


def decide_locked(
    session: Session,
    case: Case,
    decision: Decision,
    *,
    by: Doer,
    now: datetime,
    reason: str = "",
    notes: Sequence[Note] = (),
    seen_version: int | None = None,
) -> None:
    """`decide` for who holds the case already."""
    permissions.require(by, Permission.REVIEW, case.place, case.round_id)
    if seen_version is not None and seen_version != case.version:
        raise Problem(Kind.STATE_CHANGED)
    reason = reason.strip()[:LONGEST_REASON]
    notes = [note for note in notes if not note.empty]
    if decision in NEEDS_REASON and not reason and not notes:
        raise Problem(Kind.REASON_MISSING)
    before = State(case.state)
    after = workflow.decided(before, decision)
    if decision is Decision.APPROVE and case.household_class is None:
        raise Problem(Kind.NOT_CLASSIFIED)
    looked_at = submissions.present(session, case.submission_id) if case.submission_id is not None else None
    _write_down(session, case, looked_at, decision, after, reason, notes, by, now)
    if after is State.APPROVED and case.submission_id is not None:
        entity_intake.take_approved(session.connection(), case.submission_id, by=by, now=now)
    _change(session, case, looked_at, before, after, by, now)


def _change(
    session: Session, case: Case, looked_at: Present | None, before: State, after: State, by: Doer, now: datetime
) -> None:
    case.state, case.updated_at, case.version = after.value, now, case.version + 1
    of_case = update(Submission).where(Submission.id == case.submission_id)
    session.execute(of_case.values(review_state=on_wire(after), updated_at=now))
    if State.HAS_ISSUES in (before, after):
        register.bump(session.connection(), case.household_id)
    if after is State.APPROVED and looked_at is not None:
        registering.take_over(session, case, looked_at.answers, by=by, now=now)
        prefill.remember(session, case, looked_at.answers, looked_at.version_id, now)
    elif before is State.APPROVED and after is not State.APPROVED:
        registering.take_back(session, case, by=by, now=now)
        prefill.forget(session, case)
    session.flush()
    connection, classed = session.connection(), case.household_class
    progress.move(connection, case.round_id, case.village_id, before, after, household_class=classed)


_ADD = insert(Review)


def _write_down(
    session: Session,
    case: Case,
    looked_at: Present | None,
    decision: Decision,
    after: State,
    reason: str,
    notes: Sequence[Note],
    by: Doer,
    now: datetime,
) -> None:
    connection, submission_id = session.connection(), case.submission_id
    row = {
        "case_id": case.id,
        "submission_id": submission_id,
        "version_id": looked_at.version_id if looked_at else None,
        "decision": decision.value,
        "reason": reason or None,
        "notes": [one.row() for one in notes],
        "by_id": by.id,
        "by_name": by.name,
        "at": now,
    }
    for spoken in (one.spoken for one in notes if one.spoken is not None):
        blobs.add(connection, spoken.blob)
    hot.add(connection, _ADD, row)
    audit.record(connection, f"case.{decision.value}", "case", case.id, by=by, now=now, state=after.value)
    if looked_at is not None and submission_id is not None:
        state, version_id = on_wire(after), looked_at.version_id
        write_down_state(connection, submission_id, version_id, looked_at.instance_id, state, by=by, now=now)


def on_wire(state: State) -> str | None:
    """A submission's reviewState."""
    return None if state is State.RECEIVED else state.value


def write_down_state(
    connection: Connection,
    submission_id: int,
    version_id: int,
    instance_id: str,
    state: str | None,
    *,
    by: Doer,
    now: datetime,
) -> None:
    """In the history of the submission: its review state has changed."""
    audit.record(
        connection, "submission.update", "submission", submission_id, by=by, now=now,
        reviewState=state, submissionId=submission_id, submissionDefId=version_id, instanceId=instance_id,
    )  # fmt: skip


def decide_many(
    session: Session,
    case_ids: Sequence[int],
    decision: Decision,
    *,
    by: Doer,
    now: datetime,
    reason: str = "",
    seen: Mapping[int, int] | None = None,
) -> Batch:
    """The same decision on many cases; `seen`: the versions looked at. One refused case does not stop the others."""
    versions = seen or {}
    done, refused = [], []
    for case_id in case_ids:
        try:
            with session.begin_nested():
                decide(session, case_id, decision, by=by, now=now, reason=reason, seen_version=versions.get(case_id))
            done.append(case_id)
        except Problem as problem:
            refused.append((case_id, problem))
    return Batch(tuple(done), tuple(refused))
