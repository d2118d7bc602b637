"""Several threads, one transaction: what waits for SQLite's writer at the same moment is written and synced together.

Nobody waits longer for it: while one group is on its way to the disk the next one gathers. A work is answered only after
the commit that holds it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

Work = Callable[[Connection], Any]
Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(eq=False, slots=True)
class _Job:
    work: Work
    done: bool = False  # committed, or refused with `error`
    result: Any = None
    error: Exception | None = None


class Together:
    """The writers of one process on one database."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._waiting: deque[_Job] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def run(self, work: Work, transaction: Transaction) -> Any:
        """What `work` returns, once it is committed; raises what `work` or the commit raised.

        `work` changes nothing but the database: where one of a group fails, each is done again by itself.
        """
        mine = _Job(work)
        self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                self._write(mine, transaction)
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _write(self, mine: _Job, transaction: Transaction) -> None:
        jobs = [mine]
        try:
            with transaction() as connection:
                jobs = self._group(mine)
                for job in jobs:
                    job.result = job.work(connection)
        except Exception as error:
            if len(jobs) > 1:
                for job in jobs:
                    _write_alone(job, transaction)
                return
            mine.error = error
        for job in jobs:
            job.done = True

    def _group(self, mine: _Job) -> list[_Job]:
        """Everything that waits by now; `mine` too, though a leader that died may have taken it from the queue."""
        jobs = [mine]
        while self._waiting:
            job = self._waiting.popleft()
            if job is not mine and not job.done:
                jobs.append(job)
        return jobs


def _write_alone(job: _Job, transaction: Transaction) -> None:
    try:
        with transaction() as connection:
            job.result = job.work(connection)
    except Exception as error:
        job.error = error
    job.done = True
