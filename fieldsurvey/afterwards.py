"""What is done when an answer has been sent: looking for doubts about what arrived, noting that a phone was heard of.

Nobody waits for it and nothing depends on it: `fieldsurvey doubts` finds what a stopped server has left undone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, after_this_request, current_app
from sqlalchemy import update

from fieldsurvey.casework import doubt_search
from fieldsurvey.extensions import utcnow, write
from fieldsurvey.store.people import Actor

HEARD_EVERY = timedelta(minutes=30)  # a phone that fetches a form and twenty files was heard of once
PAUSE, REST = 2.0, 9.0  # seconds in which households gather; see Afterwards.look
BATCH = 25  # so many hold SQLite's writer for some hundredths of a second
_log = logging.getLogger("fieldsurvey.afterwards")
_NAME = "fieldsurvey_afterwards"


class Afterwards:
    """The waiting work of one process."""

    def __init__(self) -> None:
        self.arrived: deque[int] = deque()
        self.heard: dict[int, datetime] = {}
        self._turn, self._starting = threading.Lock(), threading.Lock()
        self._running = False

    def soon(self, work: Callable[[], None], pause: float) -> None:
        """Look at what has come within the pause by one thread: a batch costs little more than a single household."""
        with self._starting:
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._after, args=(work, pause), name=_NAME, daemon=True).start()

    def _after(self, work: Callable[[], None], pause: float) -> None:
        time.sleep(pause)
        with self._starting:
            self._running = False
        work()

    def look(self, rest: float = 0.0) -> None:
        """One thread looks at what has come, a batch in each transaction; what comes meanwhile is looked at too.

        After each batch it rests for `rest` times as long as it worked: phones that send go first.
        """
        while self.arrived and self._turn.acquire(blocking=False):
            try:
                while batch := self._taken():
                    begun = time.monotonic()
                    with write() as session:
                        doubt_search.look(session, batch, now=utcnow())
                    time.sleep(rest * (time.monotonic() - begun))
            finally:
                self._turn.release()

    def _taken(self) -> list[int]:
        """Several requests may have brought one submission: it is looked at once."""
        taken: dict[int, None] = {}
        while self.arrived and len(taken) < BATCH:
            taken[self.arrived.popleft()] = None
        return list(taken)

    def note(self, actor_id: int, at: datetime) -> bool:
        """Whether it is time to write down that somebody was heard of."""
        before = self.heard.get(actor_id)
        if before is not None and at - before < HEARD_EVERY:
            return False
        self.heard[actor_id] = at
        return True


def _of(app: Flask) -> Afterwards:
    found: Afterwards = app.extensions.setdefault(_NAME, Afterwards())
    return found


def look_at(submission_id: int) -> None:
    """Look for doubts about a submission when this request has been answered."""
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]
    afterwards = _of(app)
    afterwards.arrived.append(submission_id)
    if app.testing:
        _then(afterwards.look)
    else:
        afterwards.soon(lambda: _run(app, lambda: afterwards.look(REST)), PAUSE)


def heard_of(actor_id: int) -> None:
    """Write down that a phone or person was heard of, if it was not just now."""
    at, app = utcnow(), current_app
    if actor_id and _of(app).note(actor_id, at):
        _then(lambda: _note(actor_id, at))


def _note(actor_id: int, at: datetime) -> None:
    with write() as session:
        session.execute(update(Actor).where(Actor.id == actor_id).values(last_seen_at=at))


def _then(work: Callable[[], None]) -> None:
    """When the last byte of this request's answer has been sent."""
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def attach(answer: Response) -> Response:
        answer.call_on_close(lambda: _run(app, work))
        return answer


def _run(app: Flask, work: Callable[[], None]) -> None:
    try:
        with app.app_context():
            work()
    except Exception:  # the answer has been given: nobody is left to be told
        _log.exception("afterwards")
