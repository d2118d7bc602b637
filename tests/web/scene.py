"""What the pages' tests need behind the pages: households in some state, and a look at what a page has changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from fieldsurvey.casework import review
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.seed import families
from fieldsurvey.store import reviews
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.reviews import Review
from tests.browser import Browser
from tests.cast import HEAD, NOW, OFFICER, Person
from tests.world import World

BrowserOf = Callable[[Person | None], Browser]


@contextmanager
def behind(app: Flask) -> Iterator[World]:
    """The world for a moment; a page that is asked for inside would share its context."""
    with app.app_context():
        yield World()
        db.session.remove()


def visited(app: Flask, head: str = "Nguyễn Thị Tuyến", profile: str = families.POOR, by: Person = HEAD) -> int:
    """The case of a household whose questionnaire has arrived."""
    with behind(app) as world:
        return world.case(world.visited(by, profile, head)).id


def sent(app: Flask, **changes: Any) -> int:
    """The same, with some groups of its answers changed."""
    with behind(app) as world:
        household = world.list_household()
        world.send(world.xml(world.answers(household, **changes)), world.phone_actor(HEAD).doer())
        return world.case(household).id


def visited_again(app: Flask, case_id: int, profile: str = families.POOR) -> int:
    """The household's further submission."""
    with behind(app) as world:
        household = db.session.get_one(Household, db.session.get_one(Case, case_id).household_id)
        again = world.xml(world.answers(household, profile))
        return world.send(again, world.phone_actor(HEAD).doer()).submission_id


def newest_review(app: Flask, case_id: int) -> Review:
    with behind(app):
        newest = reviews.of_case(db.session(), case_id)[0]
        db.session.expunge(newest)
        return newest


def decided(app: Flask, case_id: int, decision: Decision, **more: Any) -> None:
    with behind(app) as world, write() as session:
        review.decide(session, case_id, decision, by=world.doer(OFFICER), now=NOW, reason="Cần xem lại.", **more)


def case_of(app: Flask, case_id: int) -> Case:
    with behind(app):
        case = db.session.get_one(Case, case_id)
        db.session.expunge(case)
        return case


def state(app: Flask, case_id: int) -> str:
    return case_of(app, case_id).state


def logged(app: Flask, case_id: int) -> list[str]:
    """The actions in the audit trail of a case, oldest first."""
    with behind(app):
        query = select(AuditEntry.action).where(AuditEntry.subject == "case", AuditEntry.subject_id == case_id)
        return list(db.session.scalars(query.order_by(AuditEntry.id)))


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What is said to the database meanwhile, without the beginning and ending of transactions."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine, "before_cursor_execute", listen)


def decide(officer: Browser, case_id: int, decision: str, query: str = "", **fields: Any) -> TestResponse:
    """Press a button of the page, with the version that it showed."""
    page = officer.get(f"/review/{case_id}{query}").text
    seen = {name: found_in(page, rf'name="{name}" value="([^"]+)"') for name in ("seen_version", "seen_at")}
    return officer.post(f"/review/{case_id}/decide{query}", {"decision": decision, **seen, **fields})


def found_in(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, pattern
    return found.group(1)
