"""The worker: takes waiting jobs one after the other, runs their steps each in its own transaction, and goes home.

One worker for a data folder, kept so by a lock on a file that dies with the process: whoever gets the lock may at once
take up what the one before has left. Other machines on the same database are kept apart by leases. A page that starts a
job, or sees one that nobody is doing, sees to it that there is a worker.
"""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import (
    import_check,
    import_people,
    import_take,
    import_tidy,
    import_undo,
    imports,
    people,
)
from fieldsurvey.casework import jobs as verbs
from fieldsurvey.casework.jobs import Plan, Task
from fieldsurvey.config import Config
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, session, utcnow, write
from fieldsurvey.observability import log
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import imports as store
from fieldsurvey.store import jobs
from fieldsurvey.store import people as people_store
from fieldsurvey.store.jobs import Job

PLANS: dict[str, Plan] = {
    "import.register.check": import_check.plan,
    "import.register.take": import_take.plan,
    "import.register.undo": import_undo.plan,
    "import.people.check": import_people.check,
    "import.people.take": import_people.take,
    "import.people.undo": import_people.undo,
}
_POLL = 2.0  # seconds between two looks for work
_children: list[subprocess.Popen[bytes]] = []


class TakenOverError(Exception):
    """Another worker holds the job by now."""


def name() -> str:
    """Of the worker of this data folder."""
    return f"{socket.gethostname()}:{config().data}"


@contextmanager
def only_one() -> Iterator[bool]:
    """Whether this process is the folder's worker; the lock ends with the process, however that ends."""
    path = config().data / "worker.lock"
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def work(*, until_idle: bool, parent: int | None = None) -> int:
    """Do what waits; returns how many jobs were ended. `parent`: go when this process is no longer the parent."""
    done = 0
    with only_one() as mine:
        while mine:
            found = run_one(lambda: parent is not None and os.getppid() != parent)
            done += found
            if not found:
                tidy()
            if not found and (until_idle or (parent is not None and os.getppid() != parent)):
                break
            if not found:
                time.sleep(_POLL)
    return done


def tidy() -> None:
    """Forget what was kept for an undo that is no longer possible."""
    gone = 1
    while gone:
        with write() as current:
            gone = import_tidy.forget(current, blobs(), utcnow())


def run_one(leave: Callable[[], bool] = lambda: False) -> int:
    """The oldest waiting job, to its end, or until `leave`; returns 1, or 0 when there was none."""
    with write() as current:
        job = jobs.claim(current, name(), utcnow())
        if job is None:
            return 0
        job_id, kind, given_up = job.id, job.kind, job.attempts > jobs.MOST_ATTEMPTS
        by = _doer(current, job)
        task = Task(session(), job.subject_id, dict(job.cursor), by, blobs(), config().secret_key, utcnow)
    try:
        if given_up:
            raise Problem(Kind.UNEXPECTED)
        _run(job_id, PLANS[kind](task), by, leave)
    except TakenOverError:
        log.warning("job taken over", extra={"fields": {"job": job_id}})
    except Problem as problem:
        _fail(job_id, problem, by)
    except Exception as error:
        log.error("job failed", exc_info=error, extra={"fields": {"job": job_id, "kind": kind}})
        _fail(job_id, Problem(Kind.UNEXPECTED), by)
    return 1


def _doer(current: Session, job: Job) -> Doer:
    """Who started it, with the rights of now."""
    actor = people_store.active(current, job.created_by) if job.created_by is not None else None
    if job.created_by is None:
        return people.SYSTEM
    return actor.doer() if actor is not None else Doer(job.created_by, "")


def _run(job_id: int, plan: Iterator[verbs.Step], by: Doer, leave: Callable[[], bool]) -> None:
    for step in plan:
        with write() as current:
            job = _held(current, job_id)
            if job.cancel_asked:
                verbs.end(job, jobs.CANCELLED, utcnow())
                imports.stopped(current, store.locked(current, job.subject_id), by=by, now=utcnow())
                return
            progress = step(current)
            verbs.note(_held(current, job_id), progress, utcnow())
        if leave():
            return  # the next worker goes on from here
    with write() as current:
        verbs.end(_held(current, job_id), jobs.DONE, utcnow())


def _held(current: Session, job_id: int) -> Job:
    job = jobs.held(current, job_id, name())
    if job is None:
        raise TakenOverError
    return job


def _fail(job_id: int, problem: Problem, by: Doer) -> None:
    with write() as current:
        job = jobs.held(current, job_id, name())
        if job is not None:
            verbs.end(job, jobs.FAILED, utcnow())
            imports.failed(current, store.locked(current, job.subject_id), problem, by=by, now=utcnow())


def ensure(settings: Config, now: datetime) -> None:
    """See to it that somebody does the waiting jobs: start a worker beside this server unless one is at it.

    A second one finds the lock taken and goes at once. Tests run their jobs themselves.
    """
    if settings.env == "testing" or not jobs.waiting(session(), now):
        return
    _children[:] = [child for child in _children if child.poll() is None]
    if not _children:
        _children.append(start(os.getpid()))


def start(parent: int) -> subprocess.Popen[bytes]:
    """A worker that goes home when nothing waits or this process ends."""
    command = [sys.executable, "-m", "fieldsurvey.cli", "work", "--until-idle", "--parent", str(parent)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words
