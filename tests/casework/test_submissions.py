"""Verbs of scripts on submissions: the case follows its submission, and of two at once one wins. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import current_app
from sqlalchemy import select

from fieldsurvey.casework import submissions as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write, write_together
from fieldsurvey.rules.workflow import State
from fieldsurvey.seed import families
from fieldsurvey.store import audit, forms
from fieldsurvey.store import submissions as store
from fieldsurvey.store.cases import Case
from fieldsurvey.store.forms import Form
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission
from tests.cast import ADMIN, HEAD, NEIGHBOUR, NOW, OFFICER, ROUND, Person
from tests.world import FORM, World
from tests.xforms import publish, xform

FIRST, SECOND, THIRD = "uuid:1", "uuid:2", "uuid:3"
AT_ONCE = 8


def form(name: str = FORM) -> Form:
    found = forms.by_xml_form_id(db.session(), ROUND, name)
    assert found is not None
    return found


def send(world: World, household: Household, instance_id: str = FIRST, profile: str = families.POOR) -> None:
    world.send(world.xml(world.answers(household, profile), instance_id), world.phone_actor(HEAD).doer())


def decide(world: World, state: str | None, instance_id: str = FIRST, by: Person = OFFICER) -> None:
    with write() as session:
        of = store.find(session.connection(), form().id, instance_id)
        assert of is not None
        verbs.decide(session, form(), of, state, by=world.doer(by), now=NOW, reason="Cần xem lại.")


def delete(world: World, instance_id: str = FIRST, by: Person = ADMIN) -> None:
    with write() as session:
        of = store.by_instance(session, form().id, instance_id, draft=False, hold=True)
        if of is None:
            raise Problem(Kind.NOT_FOUND)
        verbs.delete(session, form(), of, by=world.doer(by), now=NOW)


def restore(world: World, instance_id: str = FIRST, by: Person = ADMIN) -> None:
    with write() as session:
        of = store.by_instance(session, form().id, instance_id, draft=False, deleted=True, hold=True)
        if of is None:
            raise Problem(Kind.NOT_FOUND)
        verbs.restore(session, form(), of, by=world.doer(by), now=NOW)


def refused(act: Callable[[], None]) -> Kind:
    with pytest.raises(Problem) as problem:
        act()
    return problem.value.kind


STATES = [
    # set in turn,                       case,             counters
    (["approved"], State.APPROVED, {"approved": 1, "poor": 1}),
    (["approved", "approved"], State.APPROVED, {"approved": 1, "poor": 1}),
    (["approved", "hasIssues"], State.HAS_ISSUES, {"has_issues": 1}),
    (["rejected", None], State.RECEIVED, {"received": 1}),
    (["hasIssues", "rejected", "approved"], State.APPROVED, {"approved": 1, "poor": 1}),
]


@pytest.mark.parametrize(("states", "case", "counts"), STATES)
def test_case_follows_the_review_state(
    world: World, states: list[str | None], case: State, counts: dict[str, int]
) -> None:
    household = world.list_household()
    send(world, household)

    for state in states:
        decide(world, state)

    submission = db.session.scalars(select(Submission).execution_options(populate_existing=True)).one()
    assert (world.case(household).state, submission.review_state) == (case, states[-1])
    assert world.counts() == counts
    entries = audit.of_subject(db.session(), "submission", submission.id)
    assert (entries[0].action, entries[0].params["reviewState"]) == ("submission.update", states[-1])


NOT_BY_DECISION = [
    # before,          set
    ([], "edited"),
    (["hasIssues"], None),
    (["hasIssues"], "edited"),
]


@pytest.mark.parametrize(("before", "state"), NOT_BY_DECISION)
def test_states_that_no_decision_leads_to(world: World, before: list[str], state: str | None) -> None:
    send(world, world.list_household())
    for one in before:
        decide(world, one)

    assert refused(lambda: decide(world, state)) is Kind.TRANSITION_FORBIDDEN


def test_further_visit_does_not_decide_over_the_household(world: World) -> None:
    household = world.list_household()
    send(world, household)
    send(world, household, SECOND)

    assert refused(lambda: decide(world, "approved", SECOND)) is Kind.TRANSITION_FORBIDDEN
    decide(world, "rejected", SECOND)

    assert world.case(household).state == State.RECEIVED
    assert world.counts() == {"received": 1}


def test_another_visit_stands_in_for_the_deleted_one(world: World) -> None:
    household = world.list_household()
    send(world, household)
    send(world, household, SECOND, families.BETTER)

    delete(world)

    case = world.case(household)
    assert (case.state, case.duplicates, case.household_class) == (State.RECEIVED, 0, "not_poor")
    assert world.counts() == {"received": 1}
    restore(world)
    assert (world.case(household).duplicates, world.counts()) == (1, {"received": 1})
    delete(world)
    delete(world, SECOND)
    case = world.case(household)
    assert (case.state, case.submission_id, case.household_class) == (State.NOT_VISITED, None, None)
    assert world.counts() == {"not_visited": 1}


def test_deleted_only_by_who_may(world: World) -> None:
    send(world, world.list_household())

    for person in (OFFICER, NEIGHBOUR):
        assert refused(lambda person=person: delete(world, by=person)) is Kind.FORBIDDEN  # type: ignore[misc]


def at_once(act: Callable[[World], None]) -> list[str]:
    """Done by several at the same moment: "done", or the code of the problem."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.remove()
    start = Barrier(AT_ONCE)

    def run(_: int) -> str:
        with app.app_context():
            start.wait()
            try:
                act(World())
            except Problem as problem:
                return problem.kind.value
            finally:
                db.session.remove()
        return "done"

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sorted(threads.map(run, range(AT_ONCE)))


def test_deleted_once_and_brought_back_once(world: World) -> None:
    household = world.list_household()
    send(world, household)
    send(world, household, SECOND)

    for act in (delete, restore):
        assert at_once(lambda world, act=act: act(world, SECOND)) == ["404.1"] * (AT_ONCE - 1) + ["done"]  # type: ignore[misc]

    assert world.case(household).duplicates == 1
    entries = audit.of_subject(db.session(), "submission", world.case(household).submission_id or 0)
    assert [entry.action for entry in entries] == ["submission.create"]


def test_marks_at_once_leave_one_of_them(world: World) -> None:
    publish(xform("visit"))
    xml = b'<data id="visit" version="1"><meta><instanceID>uuid:1</instanceID></meta></data>'
    world.send(xml, world.doer(ADMIN))

    def mark(world: World) -> None:
        of = store.find(db.session.connection(), form("visit").id, FIRST)
        assert of is not None
        at, by = form("visit"), world.doer(ADMIN)
        db.session.remove()
        write_together(lambda connection: verbs.mark(connection, at, of, "approved", by=by, now=NOW))

    assert at_once(mark) == ["done"] * AT_ONCE

    (submission,) = db.session.scalars(select(Submission))
    assert submission.review_state == "approved"
    assert len(audit.of_subject(db.session(), "submission", submission.id)) == 1 + AT_ONCE
    assert db.session.scalars(select(Case)).all() == []


def test_phone_replaces_only_what_its_area_has_sent(world: World) -> None:
    publish(xform("visit"))
    xml = '<data id="visit" version="1"><meta><instanceID>{}</instanceID><deprecatedID>{}</deprecatedID></meta></data>'
    world.send(xml.format(FIRST, "").encode(), world.phone_actor(HEAD).doer())

    with pytest.raises(Problem) as refused:
        world.send(xml.format(SECOND, FIRST).encode(), world.doer(NEIGHBOUR))

    assert refused.value.kind is Kind.OUTSIDE_AREA
    world.send(xml.format(THIRD, FIRST).encode(), world.phone_actor(HEAD).doer())
