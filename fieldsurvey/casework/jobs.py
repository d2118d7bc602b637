"""The shape of long work: a plan gives steps one after the other, each step is one transaction and says how far it came.

Who runs them (fieldsurvey.work) holds the job, keeps its lease, and stops between two steps when asked to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import jobs
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.jobs import Job


class Progress(NamedTuple):
    """How far a phase is, and where to go on after an interruption. `total` 0: not known."""

    phase: str
    done: int
    total: int
    cursor: dict[str, Any]


Step = Callable[[Session], Progress]


@dataclass(frozen=True, slots=True)
class Task:
    """What a plan is made for."""

    session: Session  # for reading between the steps
    subject_id: int
    cursor: dict[str, Any]
    by: Doer
    folder: BlobFolder
    secret: str
    now: Callable[[], datetime]


Plan = Callable[[Task], Iterator[Step]]


def note(job: Job, progress: Progress, now: datetime) -> None:
    """Write a step down, and hold the job for longer. A new phase starts the count of its pace anew."""
    if progress.phase != job.phase:
        job.phase, job.phase_at, job.phase_from = progress.phase, now, 0
    job.done, job.total, job.cursor = progress.done, progress.total, progress.cursor
    job.attempts, job.stepped_at, job.lease_until = 0, now, now + jobs.LEASE


def end(job: Job, state: str, now: datetime) -> None:
    job.state, job.finished_at, job.lease_until = state, now, None


@dataclass(frozen=True, slots=True)
class Pace:
    """What a reader is told of a running job."""

    per_second: float | None
    seconds_left: int | None


def pace(job: Job) -> Pace:
    """From what has really been done in this phase, since it began or was taken up again; None while that is too little."""
    if job.phase_at is None or job.stepped_at is None:
        return Pace(None, None)
    seconds = (job.stepped_at - job.phase_at).total_seconds()
    done = job.done - job.phase_from
    if seconds < 1 or done <= 0:
        return Pace(None, None)
    rate = done / seconds
    return Pace(rate, round((job.total - job.done) / rate) if job.total >= job.done else None)
