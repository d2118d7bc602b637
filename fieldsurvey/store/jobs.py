"""Long work, kept where the data is: a job is enqueued in its caller's transaction and held by a worker under a lease,
so that neither a crash nor a second worker loses it or does it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
OPEN = (WAITING, RUNNING)
LEASE = timedelta(seconds=60)  # a workbook of a million rows is opened in one go, without a sign of life
MOST_ATTEMPTS = 5  # a job that takes its worker down each time is given up


class Job(Base):
    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state", "id"), Index(None, "kind", "subject_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[int]  # what it works on, an import for instance
    state: Mapped[str]
    phase: Mapped[str]  # what it is doing; the page says it
    done: Mapped[int]  # of the phase
    total: Mapped[int]  # of the phase; 0: not known yet
    cursor: Mapped[dict[str, Any]]  # where to go on after an interruption
    attempts: Mapped[int]  # without a step forward
    cancel_asked: Mapped[bool]
    worker: Mapped[str | None]  # who holds it
    lease_until: Mapped[datetime | None]  # until when nobody else may
    created_by: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    created_at: Mapped[datetime]
    phase_at: Mapped[datetime | None]  # when the phase began
    phase_from: Mapped[int]  # what was done when it did: after an interruption the pace is counted from here
    stepped_at: Mapped[datetime | None]  # the last step forward
    finished_at: Mapped[datetime | None]


def enqueue(session: Session, kind: str, subject_id: int, phase: str, *, by: int | None, now: datetime) -> Job:
    job = Job(
        kind=kind, subject_id=subject_id, state=WAITING, phase=phase, done=0, total=0, cursor={}, attempts=0,
        cancel_asked=False, created_by=by, created_at=now, phase_from=0,
    )  # fmt: skip
    session.add(job)
    session.flush()
    return job


def claim(session: Session, worker: str, now: datetime) -> Job | None:
    """The oldest job that nobody holds, held from now on. `worker` may take back what it held before it crashed."""
    free = or_(Job.state == WAITING, and_(Job.state == RUNNING, or_(Job.lease_until < now, Job.worker == worker)))
    query = select(Job).where(Job.state.in_(OPEN), free).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    job = session.scalar(query.execution_options(populate_existing=True))
    if job is None:
        return None
    job.state, job.worker, job.lease_until = RUNNING, worker, now + LEASE
    job.attempts += 1
    job.phase_at, job.phase_from, job.stepped_at = now, job.done, now
    session.flush()
    return job


def held(session: Session, job_id: int, worker: str) -> Job | None:
    """The job, if this worker still holds it; locked until the transaction ends."""
    query = select(Job).where(Job.id == job_id, Job.worker == worker, Job.state == RUNNING).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def newest(session: Session, kinds: Collection[str], subject_id: int) -> Job | None:
    query = select(Job).where(Job.kind.in_(kinds), Job.subject_id == subject_id).order_by(Job.id.desc()).limit(1)
    return session.scalar(query.execution_options(populate_existing=True))


def waiting(session: Session, now: datetime) -> Sequence[Job]:
    """The jobs that a worker should be doing and perhaps none is."""
    query = select(Job).where(Job.state.in_(OPEN), or_(Job.state == WAITING, Job.lease_until < now))
    return session.scalars(query.order_by(Job.id)).all()


def is_open(session: Session) -> bool:
    """Whether there is any work at all."""
    return session.scalar(select(Job.id).where(Job.state.in_(OPEN)).limit(1)) is not None
