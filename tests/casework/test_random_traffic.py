"""A round in small: random traffic, and after every step each kept number agrees with a recount. On both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fieldsurvey.app import create_app
from fieldsurvey.casework import assign_households, doubt_search, listing, review, visits
from fieldsurvey.casework import submissions as verbs
from fieldsurvey.casework.visits import Attempt
from fieldsurvey.errors import Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.listing import Source
from fieldsurvey.rules.visiting import NEEDS_NOTE, Outcome
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.seed import families
from fieldsurvey.store import day_counts, forms, progress
from fieldsurvey.store import submissions as store
from fieldsurvey.store.assignments import AssignmentAct
from fieldsurvey.store.cases import Case
from fieldsurvey.store.doubts import OPEN, Doubt
from fieldsurvey.store.lists import ListChange
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission
from fieldsurvey.store.visits import Visit
from tests.cast import ADMIN, COMMUNE, HEAD, NOW, OFFICER, OTHER_HEAD, PHU_LUU, ROUND, TAO_PHU
from tests.world import FORM, World

numbers = st.integers(0, 9)
VILLAGES = {TAO_PHU: HEAD, PHU_LUU: OTHER_HEAD}


class Traffic(RuleBasedStateMachine):
    """Every rule may be refused, as in life; nothing but the numbers is looked at."""

    app: Flask

    @initialize()
    def begin(self) -> None:
        self.context = self.app.app_context()
        self.context.push()
        self.world, self.day = World(), 0
        for village in VILLAGES:
            for name in ("Hộ A", "Hộ B"):
                self.world.list_household(f"{name} {village}", village)

    def teardown(self) -> None:
        if hasattr(self, "context"):
            db.session.remove()
            self.context.pop()

    @property
    def now(self) -> Any:
        return NOW + timedelta(days=self.day)

    def one(self, table: Any, number: int, *where: Any) -> Any:
        """One of the rows, or None where there is none."""
        found = list(db.session.scalars(db.select(table).where(*where).order_by(table.id)))
        return found[number % len(found)] if found else None

    def act(self, verb: Callable[[Any], Any]) -> None:
        db.session.remove()
        try:
            with write() as session:
                verb(session)
        except Problem:
            db.session.remove()

    @rule(days=st.integers(1, 3))
    def time_passes(self, days: int) -> None:
        self.day += days

    @rule(number=numbers, profile=st.sampled_from(families.PROFILES))
    def phone_sends(self, number: int, profile: str) -> None:
        household = self.one(Household, number)
        village = next(code for code in VILLAGES if self.world.village(code).id == household.village_id)
        self._send(self.world.answers(household, profile, village), village)

    @rule(village=st.sampled_from(sorted(VILLAGES)))
    def phone_meets_a_new_household(self, village: str) -> None:
        self._send(self.world.answers(None, families.POOR, village), village)

    def _send(self, answers: Any, village: str, replaces: str | None = None) -> None:
        xml = self.world.xml(answers, f"uuid:{uuid.uuid4()}", replaces)
        try:
            self.world.send(xml, self.world.phone_actor(VILLAGES[village]).doer(), self.now)
        except Problem:
            db.session.remove()

    @rule(number=numbers)
    def phone_corrects(self, number: int) -> None:
        submission = self.one(Submission, number)
        if submission is None:
            return
        current = store.current_version(db.session(), submission.id)
        assert current is not None
        village = next(code for code in VILLAGES if self.world.village(code).id == submission.village_id)
        household = db.session.get_one(Household, db.session.get_one(Case, submission.case_id).household_id)
        self._send(self.world.answers(household, families.BETTER, village), village, current.instance_id)

    @rule(number=numbers, decision=st.sampled_from(Decision))
    def officer_decides(self, number: int, decision: Decision) -> None:
        case = self.one(Case, number)
        if case is not None:
            by = self.world.doer(OFFICER)
            self.act(lambda session: review.decide(session, case.id, decision, by=by, now=self.now, reason="Xem lại"))

    @rule(number=numbers, back=st.booleans())
    def administrator_deletes_or_restores(self, number: int, back: bool) -> None:
        gone = Submission.deleted_at.is_not(None) if back else Submission.deleted_at.is_(None)
        found, by = self.one(Submission, number, gone), self.world.doer(ADMIN)
        if found is None:
            return

        def change(session: Any) -> None:
            form = forms.by_xml_form_id(session, ROUND, FORM)
            of = session.get_one(Submission, found.id)
            (verbs.restore if back else verbs.delete)(session, form, of, by=by, now=self.now)  # type: ignore[arg-type]

        self.act(change)

    @rule(number=numbers, outcome=st.sampled_from(Outcome))
    def nobody_is_met(self, number: int, outcome: Outcome) -> None:
        case, by = self.one(Case, number), self.world.doer(OFFICER)
        attempt = Attempt(outcome, self.now, "x" if outcome in NEEDS_NOTE else "")
        if case is not None:
            self.act(lambda session: visits.record(session, case.id, attempt, by=by, now=self.now))

    @rule(number=numbers)
    def attempt_is_withdrawn(self, number: int) -> None:
        found, by = self.one(Visit, number), self.world.doer(OFFICER)
        if found is not None:
            self.act(lambda session: visits.withdraw(session, found.id, by=by, now=self.now))

    @rule(needed=st.integers(1, 4))
    def rule_of_attempts_changes(self, needed: int) -> None:
        by = self.world.doer(ADMIN)
        self.act(lambda session: visits.set_attempts_needed(session, _round(session), needed, by=by, now=self.now))

    @rule(number=numbers)
    def household_leaves_the_list(self, number: int) -> None:
        case, by = self.one(Case, number), self.world.doer(OFFICER)
        if case is not None:
            self.act(lambda session: listing.remove(session, case.id, "Chuyển đi", by=by, now=self.now))

    @rule(number=numbers, back=st.booleans())
    def household_comes_on_the_list(self, number: int, back: bool) -> None:
        by = self.world.doer(OFFICER)
        found = self.one(ListChange if back else Household, number)
        if found is None:
            return

        def add(session: Any) -> None:
            if back:
                listing.bring_back(session, found.id, by=by, now=self.now)
            else:
                household = session.get_one(Household, found.id)
                listing.add(session, _round(session), household, Source.OFFICER, "Khó khăn", by=by, now=self.now)

        self.act(add)

    @rule()
    def list_is_made_again(self) -> None:
        by = self.world.doer(OFFICER)
        self.act(lambda session: listing.make(session, _round(session), _commune(session), by=by, now=self.now))

    @rule(village=st.sampled_from(sorted(VILLAGES)), offset=st.none() | st.integers(0, 60))
    def day_is_set(self, village: str, offset: int | None) -> None:
        by, area = self.world.doer(OFFICER), self.world.village(village)
        due = date(2026, 10, 1) + timedelta(days=offset) if offset is not None else None
        self.act(lambda session: assign_households.set_due(session, _round(session), area, due, by=by, now=self.now))

    @rule(village=st.sampled_from(sorted(VILLAGES)), to=st.sampled_from([None, HEAD, OTHER_HEAD]))
    def village_is_given(self, village: str, to: Any) -> None:
        by, area = self.world.doer(OFFICER), self.world.village(village)
        self.act(
            lambda session: assign_households.assign_village(
                session, _round(session), area, self.world.actor(to) if to else None, by=by, now=self.now
            )
        )

    @rule()
    def somebody_falls_ill(self) -> None:
        by = self.world.doer(OFFICER)
        self.act(
            lambda session: assign_households.hand_over(
                session, _round(session), _commune(session), self.world.actor(HEAD), self.world.actor(OTHER_HEAD), "Ốm",
                by=by, now=self.now,
            )
        )  # fmt: skip

    @rule(number=numbers)
    def assignment_is_undone(self, number: int) -> None:
        found, by = self.one(AssignmentAct, number), self.world.doer(OFFICER)
        if found is not None:
            self.act(lambda session: assign_households.undo(session, found.id, by=by, now=self.now))

    @precondition(lambda self: self.day % 2 == 0)
    @rule()
    def doubts_are_looked_for(self) -> None:
        self.act(lambda session: doubt_search.look(session, doubt_search.under_review(session), now=self.now))

    @invariant()
    def every_number_agrees_with_a_recount(self) -> None:
        if not hasattr(self, "world"):
            return
        session = db.session()
        session.expire_all()
        assert progress.differences(session, ROUND) == []
        scope = listing.permissions.Scope(everywhere=True)
        today = self.now.date()
        overdue = sum(day_counts.overdue(session, ROUND, scope, Level.VILLAGE, today).values())
        unvisited = [one for one in session.scalars(db.select(Case)) if one.state == State.NOT_VISITED]
        assert overdue == sum(1 for one in unvisited if not one.given_up and one.due_on and one.due_on < today)
        open_ = {case_id for case_id in session.scalars(db.select(Doubt.case_id).where(Doubt.state == OPEN))}
        assert {one.id for one in session.scalars(db.select(Case)) if one.doubts} == open_


def _round(session: Any) -> Round:
    found: Round = session.get_one(Round, ROUND)
    return found


def _commune(session: Any) -> Any:
    return World().area(Level.COMMUNE, COMMUNE)


@pytest.mark.slow
def test_every_number_agrees_with_a_recount_after_random_traffic(
    engine_name: str, templates: Callable[[str], Any], tmp_path: Path
) -> None:
    finished: list[Callable[[], None]] = []

    class OnFreshDatabase(Traffic):
        def __init__(self) -> None:
            super().__init__()
            config, finish = templates(engine_name).fresh(tmp_path / uuid.uuid4().hex)
            self.app = create_app(config)
            finished.append(finish)

        def teardown(self) -> None:
            super().teardown()
            with self.app.app_context():
                db.engine.dispose()
            finished.pop()()

    run_state_machine_as_test(
        OnFreshDatabase,
        settings=settings(
            max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
