"""Practice before real work: how far a person is, and who of a round's people has passed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import facts, versions
from fieldsurvey.forms.xform import labelled
from fieldsurvey.outputs import practice_village
from fieldsurvey.outputs.practice_village import Score
from fieldsurvey.rules.permissions import Doer, Role, Scope
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import areas, forms
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import APP_USER, USER, Actor
from fieldsurvey.store.people import Grant as GrantRow
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission, SubmissionVersion

MOST = 2000  # people, and practice households, on one page
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
    person_id: int  # who carries the phone, where a phone sent it
    key: str
    clean: bool
    answers: dict[str, Any]
    at: datetime


def sent(
    session: Session, round_id: int, actor_ids: Collection[int] | None = None, scope: Scope | None = None
) -> Sequence[Sent]:
    """The household questionnaires of a practice round, newest first; of these actors, or of an area."""
    query = (
        select(Submission, SubmissionVersion.answers, func.coalesce(Actor.owner_id, Actor.id))
        .outerjoin(Actor, Actor.id == Submission.submitter_id)
        .join(SubmissionVersion, SubmissionVersion.submission_id == Submission.id)
        .join(Form, Form.id == Submission.form_id)
        .where(Form.round_id == round_id, Form.deleted_at.is_(None), SubmissionVersion.current)
        .where(Submission.draft.is_(False), Submission.deleted_at.is_(None))
        .order_by(Submission.id.desc())
    )
    if actor_ids is not None:
        query = query.where(Submission.submitter_id.in_(actor_ids))
    if scope is not None:
        query = query.where(in_scope(Submission, scope))
    return [
        Sent(
            of.id,
            person_id or 0,
            facts.value(answers, "identification/household") or of.instance_id,
            of.review_state not in _OPEN,
            answers,
            of.created_at,
        )
        for of, answers, person_id in session.execute(query.limit(MOST))
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


@dataclass(frozen=True, slots=True)
class Try:
    """One practice household that a trainee has sent, against its story."""

    submission_id: int
    head: str
    score: Score | None  # None: not one of the practice households
    labels: tuple[str, ...]  # the questions that were answered otherwise
    open: bool  # returned, and not yet sent anew
    at: datetime


@dataclass(frozen=True, slots=True)
class Trainee:
    """A person and what they have practised."""

    name: str
    village: str
    done: int
    passed: bool
    tries: tuple[Try, ...]


def trainees(session: Session, of: Round, scope: Scope, language: str) -> list[Trainee]:
    """Everybody who has practised for a round and everybody who fills in its villages, the furthest first."""
    found: dict[int, list[Sent]] = {one.id: [] for one in _enumerators(session, scope)}
    if of.practice_round_id is not None:
        for one in sent(session, of.practice_round_id, scope=scope):
            found.setdefault(one.person_id, []).append(one)
    actors = {one.id: one for one in session.scalars(select(Actor).where(Actor.id.in_(found)))}
    places = areas.with_ids(session, sorted({one.village_id for one in actors.values() if one.village_id}))
    labels = _labels(session, of.practice_round_id, language)
    told = []
    for actor_id, tries in found.items():
        actor = actors[actor_id]
        village = places.get(actor.village_id or 0)
        done = len({one.key for one in tries if one.clean})
        made = tuple(_try(one, labels) for one in tries)
        place = village.full_name if village else ""
        told.append(Trainee(actor.display_name, place, done, done >= max(of.practice_needed, 1), made))
    return sorted(told, key=lambda one: (-one.done, one.village, one.name))


def _enumerators(session: Session, scope: Scope) -> Sequence[Actor]:
    query = (
        select(Actor)
        .join(GrantRow, GrantRow.actor_id == Actor.id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), GrantRow.role == Role.ENUMERATOR.value)
        .where(in_scope(Actor, scope))
        .limit(MOST)
    )
    return session.scalars(query).unique().all()


def _labels(session: Session, round_id: int | None, language: str) -> dict[str, str]:
    """Question's path → its words, of the practice round's household questionnaire."""
    found: dict[str, str] = {}
    for _form, version in forms.published(session, round_id or 0):
        schema = versions.schema_of(session.connection(), version.id)
        if facts.is_household_form(schema):
            found |= {path: labelled(one.label, language) for path, one in schema.by_path.items()}
    return found


def _try(one: Sent, labels: dict[str, str]) -> Try:
    about = practice_village.of_answers(one.answers)
    score = practice_village.score(about, one.answers) if about else None
    wrong = tuple(labels.get(path) or path for path in (score.wrong if score else ()))
    head = about.head if about else facts.value(one.answers, "identification/head_name") or "?"
    return Try(one.submission_id, head, score, wrong, not one.clean, one.at)
