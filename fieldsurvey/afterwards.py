"""What is done when an answer has been sent: looking for doubts about what arrived, noting that a phone was heard of.

Nobody waits for it and nothing depends on it: `fieldsurvey doubts` finds what a stopped server has left undone.
"""

from __future__ import annotations

import logging
import threading
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
_log = logging.getLogger("fieldsurvey.afterwards")
_NAME = "fieldsurvey_afterwards"


class Afterwards:
    """The waiting work of one process."""

    def __init__(self) -> None:
        self.arrived: deque[int] = deque()
        self.heard: dict[int, datetime] = {}
        self._turn = threading.Lock()

    def look(self) -> None:
        """One thread looks at what has come, a batch in each transaction; what comes meanwhile is looked at too."""
        while self.arrived and self._turn.acquire(blocking=False):
            try:
                while batch := self._taken():
                    with write() as session:
                        doubt_search.look(session, batch, now=utcnow())
            finally:
                self._turn.release()

    def _taken(self) -> list[int]:
        """Several requests may have brought one submission: it is looked at once."""
        taken: dict[int, None] = {}
        while self.arrived and len(taken) < doubt_search.BATCH:
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
    app: Any = current_app
    afterwards = _of(app)
    afterwards.arrived.append(submission_id)
    _then(afterwards.look)


def heard_of(actor_id: int) -> None:
    """Write down that a phone or person was heard of, if it was not just now."""
    at, app = utcnow(), current_app
    if actor_id and _of(app).note(actor_id, at):
        _then(lambda: _note(actor_id, at))


def _note(actor_id: int, at: datetime) -> None:
    with write() as session:
        session.execute(update(Actor).where(Actor.id == actor_id).values(last_seen_at=at))


def _then(work: Callable[[], None]) -> None:
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        try:
            with app.app_context():
                work()
        except Exception:  # the answer has been given: nobody is left to be told
            _log.exception("afterwards")

    @after_this_request
    def attach(answer: Response) -> Response:
        answer.call_on_close(run)
        return answer
