"""Practice before real work: how far a person is, and who of a round's people has passed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework import facts
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.workflow import State
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import APP_USER, Actor
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission, SubmissionVersion

_OPEN = {State.HAS_ISSUES.value, State.REJECTED.value}


@dataclass(frozen=True, slots=True)
class Standing:
    """How many practice households were sent and have no open note, of how many; `experienced`: has done real work."""

    needed: int
    done: int
    experienced: bool = False

    @property
    def passed(self) -> bool:
        return self.done >= self.needed or self.experienced


NOTHING_NEEDED = Standing(0, 0)


def standing(session: Session, of: Round, by: Doer) -> Standing:
    """Of one person in a real round; nothing is needed of anybody in a practice round."""
    if of.practice or not of.practice_needed or of.practice_round_id is None:
        return NOTHING_NEEDED
    same = _same_person(session, by.id)
    done = len(_done(session, of.practice_round_id, same))
    experienced = done < of.practice_needed and _has_worked(session, same)
    return Standing(of.practice_needed, done, experienced)


def _same_person(session: Session, actor_id: int) -> set[int]:
    """A person and the phones that they carry count as one."""
    actor = session.get(Actor, actor_id)
    owner = (actor.owner_id if actor is not None else None) or actor_id
    phones = select(Actor.id).where(Actor.kind == APP_USER, Actor.owner_id == owner)
    return {actor_id, owner, *session.scalars(phones)}


def _done(session: Session, round_id: int, actor_ids: Collection[int]) -> set[str]:
    """The practice households that these have sent and that nobody has returned."""
    return {row.key for row in sent(session, round_id, actor_ids) if row.clean}


@dataclass(frozen=True, slots=True)
class Sent:
    """One practice submission. `key`: the practice household, else the submission itself."""

    submission_id: int
    actor_id: int
    key: str
    clean: bool
    answers: dict[str, Any]
    at: Any


def sent(session: Session, round_id: int, actor_ids: Collection[int] | None = None) -> Sequence[Sent]:
    """The household questionnaires of a practice round, newest first; of these actors, or of all."""
    query = (
        select(Submission, SubmissionVersion.answers)
        .join(SubmissionVersion, SubmissionVersion.submission_id == Submission.id)
        .join(Form, Form.id == Submission.form_id)
        .where(Form.round_id == round_id, Form.deleted_at.is_(None), SubmissionVersion.current)
        .where(Submission.draft.is_(False), Submission.deleted_at.is_(None))
        .order_by(Submission.id.desc())
    )
    if actor_ids is not None:
        query = query.where(Submission.submitter_id.in_(actor_ids))
    return [
        Sent(
            of.id,
            of.submitter_id or 0,
            facts.value(answers, "identification/household") or of.instance_id,
            of.review_state not in _OPEN,
            answers,
            of.created_at,
        )
        for of, answers in session.execute(query.limit(2000))
    ]


def _has_worked(session: Session, actor_ids: Collection[int]) -> bool:
    """Whether one of them has sent anything to a real round."""
    query = (
        select(Submission.id)
        .join(Form, Form.id == Submission.form_id)
        .join(Round, Round.id == Form.round_id)
        .where(Submission.submitter_id.in_(actor_ids), Submission.draft.is_(False), Round.practice.is_(False))
    )
    return session.execute(query.limit(1)).first() is not None
