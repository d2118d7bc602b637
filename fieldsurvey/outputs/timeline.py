"""What happened to a household's case, newest first: arrivals, decisions with notes, paper scores, looks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldsurvey.forms.xform import Schema, labelled
from fieldsurvey.outputs.answer_sheet import anchor
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.reviews import Review
from fieldsurvey.store.submissions import SubmissionVersion

RECEIVED, CORRECTED = "received", "corrected"
AUDITED = {"case.paper_score": "paper_score", "case.reveal": "reveal"}  # decisions come from the reviews themselves
_POSITION = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Remark:
    """A note on one question, with the question's words; `position` of the person it is about, 0 for none."""

    ref: str
    label: str
    position: int
    text: str
    spoken: tuple[int, int] | None = None  # (id of the review, position of the note) of a recording

    @property
    def anchor(self) -> str:
        return anchor(_path(self.ref))


@dataclass(frozen=True, slots=True)
class Event:
    """One step. `what`: received, corrected, a decision (approve, …), paper_score or reveal."""

    at: datetime
    what: str
    who: str
    reason: str = ""
    remarks: tuple[Remark, ...] = ()
    version_id: int | None = None  # whose answers can be looked at
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """The rows that a timeline is made from; `names` of actors by id."""

    versions: Sequence[SubmissionVersion]
    reviews: Sequence[Review]
    logged: Sequence[AuditEntry]
    names: Mapping[int, str]


def events(sources: Sources, schema: Schema | None, language: str) -> tuple[Event, ...]:
    """All steps, newest first."""
    steps = [
        *_arrivals(sources),
        *(_decision(one, schema, language) for one in sources.reviews),
        *_acts(sources.logged, sources.names),
    ]
    return tuple(sorted(steps, key=lambda step: step.at, reverse=True))


def _arrivals(sources: Sources) -> Iterator[Event]:
    for one in sources.versions:
        what = CORRECTED if one.deprecated_id else RECEIVED
        yield Event(one.created_at, what, sources.names.get(one.submitter_id or 0, ""), version_id=one.id)


def _decision(review: Review, schema: Schema | None, language: str) -> Event:
    return Event(
        review.at,
        review.decision,
        review.by_name,
        reason=review.reason or "",
        remarks=tuple(_remark(review, position, schema, language) for position in range(len(review.notes))),
    )


def _remark(review: Review, number: int, schema: Schema | None, language: str) -> Remark:
    note = review.notes[number]
    ref, spoken = note["ref"], (review.id, number) if note.get("audio") else None
    path = _path(ref)
    asked = schema.by_path.get(without_positions(path)) if schema else None
    label = labelled(asked.label, language) if asked else ""
    position = _POSITION.search(path)
    return Remark(ref, label or path, int(position.group(1)) if position else 0, note["text"], spoken)


def _path(ref: str) -> str:
    """/data/members[2]/m_work → members[2]/m_work."""
    return ref.lstrip("/").partition("/")[2]


def without_positions(path: str) -> str:
    """members[2]/m_work → members/m_work, the question's own path."""
    return _POSITION.sub("", path)


def _acts(logged: Iterable[AuditEntry], names: Mapping[int, str]) -> Iterator[Event]:
    for one in logged:
        if one.action in AUDITED:
            who = names.get(one.actor_id or 0, "")
            yield Event(one.at, AUDITED[one.action], who, points=one.params.get("points"))
