"""A household moves by a hand-over of two sides; counters and lists count it once, before and after."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from fieldsurvey.casework import handing_over, households, review, rounds
from fieldsurvey.casework.person_values import PersonGiven
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.register import Ceased, Offer
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.seed import country
from fieldsurvey.store import handovers, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.handovers import Handover
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission
from tests.casework.registered import family, kinds
from tests.cast import ADMIN, COMMUNE, HEAD, NEIGHBOUR, NOW, OFFICER, OTHER_COMMUNE, PHU_LUU, TAO_PHU
from tests.world import World


def refused(kind: Kind) -> Any:
    return pytest.raises(Problem, check=lambda problem: problem.kind is kind)


def next_door(world: World) -> Area:
    """A village of the neighbouring commune."""
    with write() as session:
        return country.add_village(session, world.area(Level.COMMUNE, OTHER_COMMUNE), 1, "Đông")


def offered(world: World, household: Household, to: Area, by: Doer | None = None) -> Handover:
    with write() as session:
        return handing_over.offer(session, household.id, to, "Chuyển nhà", by=by or world.doer(OFFICER), now=NOW)


def round_there(world: World) -> int:
    with write() as session:
        area = world.area(Level.COMMUNE, OTHER_COMMUNE)
        by, starts, ends = world.doer(ADMIN), date(2026, 9, 1), date(2026, 12, 14)
        return rounds.create(session, "Yên Lạc", 2026, area, starts, ends, by=by, now=NOW).id


def village_of(household: Household) -> int | None:
    db.session.expire_all()
    return db.session.get_one(Household, household.id).village_id


def test_sender_keeps_it_until_the_receiver_accepts(world: World) -> None:
    household, there = world.list_household(), next_door(world)
    here = household.village_id

    made = offered(world, household, there)
    assert village_of(household) == here
    with write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(NEIGHBOUR), now=NOW)

    assert village_of(household) == there.id
    assert kinds(household) == ["moved"]
    one = handovers.of_household(db.session(), household.id)[0]
    assert (one.state, one.answered_by) == ("accepted", world.actor(NEIGHBOUR).id)


def test_receiver_says_which_village(world: World) -> None:
    household, there = world.list_household(), next_door(world)
    made = offered(world, household, world.area(Level.COMMUNE, OTHER_COMMUNE))

    with refused(Kind.AREA_UNFIT), write() as session:
        handing_over.accept(session, made.id, world.village(PHU_LUU), by=world.doer(NEIGHBOUR), now=NOW)
    with write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(NEIGHBOUR), now=NOW)

    assert village_of(household) == there.id


def test_each_side_answers_for_itself_only(world: World) -> None:
    household, there = world.list_household(), next_door(world)
    made = offered(world, household, there)

    with refused(Kind.OUTSIDE_AREA), write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(OFFICER), now=NOW)
    with refused(Kind.OUTSIDE_AREA), write() as session:
        handing_over.decline(session, made.id, "x", by=world.doer(OFFICER), now=NOW)
    with refused(Kind.OUTSIDE_AREA), write() as session:
        handing_over.withdraw(session, made.id, by=world.doer(NEIGHBOUR), now=NOW)
    with refused(Kind.OUTSIDE_AREA), write() as session:
        handing_over.offer(session, household.id, world.village(PHU_LUU), "x", by=world.doer(NEIGHBOUR), now=NOW)


def test_declined_and_withdrawn_leave_it_where_it_is(world: World) -> None:
    household, there = world.list_household(), next_door(world)
    here = household.village_id

    made = offered(world, household, there)
    with refused(Kind.REASON_MISSING), write() as session:
        handing_over.decline(session, made.id, "", by=world.doer(NEIGHBOUR), now=NOW)
    with write() as session:
        handing_over.decline(session, made.id, "Không ở đây", by=world.doer(NEIGHBOUR), now=NOW)
    again = offered(world, household, there)
    with write() as session:
        handing_over.withdraw(session, again.id, by=world.doer(OFFICER), now=NOW)

    assert village_of(household) == here
    assert [one.state for one in handovers.of_household(db.session(), household.id)] == ["withdrawn", "declined"]
    with refused(Kind.HANDOVER_ANSWERED), write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(NEIGHBOUR), now=NOW)


def test_one_offer_at_a_time(world: World) -> None:
    household, there, by = world.list_household(), next_door(world), world.doer(OFFICER)
    offered(world, household, there)

    with refused(Kind.HANDOVER_OPEN), write() as session:
        handing_over.offer(session, household.id, there, "x", by=by, now=NOW)
    with refused(Kind.HANDOVER_OPEN), write() as session:
        households.cease(session, household.id, Ceased.MISTAKE, "x", by=by, now=NOW)


@pytest.mark.parametrize("code", [TAO_PHU, COMMUNE])
def test_offer_to_where_it_lives_is_refused(world: World, code: str) -> None:
    household = world.list_household(village=TAO_PHU)
    to = world.area(Level.VILLAGE if "-" in code else Level.COMMUNE, code)

    with refused(Kind.AREA_UNFIT), write() as session:
        handing_over.offer(session, household.id, to, "x", by=world.doer(OFFICER), now=NOW)


def test_move_within_the_commune_takes_case_and_counters_along(world: World) -> None:
    household = world.visited(HEAD)
    with write() as session:
        by = world.doer(OFFICER)
        review.decide(session, world.case(household).id, Decision.APPROVE, by=by, now=NOW)
        handing_over.move(session, household.id, world.village(PHU_LUU), "Sang ở với con", by=by, now=NOW)

    assert world.counts(TAO_PHU) == {}
    assert world.counts(PHU_LUU) == {"approved": 1, "poor": 1}
    sent = db.session.scalars(select(Submission)).one()
    assert sent.village_id == world.village(PHU_LUU).id


def test_unvisited_case_goes_over_to_the_receivers_round(world: World) -> None:
    household, there, other = world.list_household(), next_door(world), round_there(world)
    made = offered(world, household, there)

    with write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(NEIGHBOUR), now=NOW)

    case = world.case(household)
    assert (case.round_id, case.village_id) == (other, there.id)
    assert world.counts(TAO_PHU) == {}
    assert progress.differences(db.session(), other) == []


def test_visited_case_stays_in_the_round_whose_form_was_filled_in(world: World) -> None:
    household, there = world.visited(HEAD), next_door(world)
    round_there(world)
    made = offered(world, household, there)

    with write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(NEIGHBOUR), now=NOW)

    assert world.counts(TAO_PHU) == {"received": 1}
    assert world.case(household).round_id == 1


def test_unvisited_case_without_a_round_there_is_still_counted_once(world: World) -> None:
    household, there = world.list_household(), next_door(world)
    made = offered(world, household, there)

    with write() as session:
        handing_over.accept(session, made.id, there, by=world.doer(NEIGHBOUR), now=NOW)

    assert world.counts(TAO_PHU) == {"not_visited": 1}


class Traffic(RuleBasedStateMachine):
    """Everything that moves households about, in any order, by both communes; then everything is counted again."""

    world: World
    ANY = st.integers(0, 5)

    @initialize()
    def clean(self) -> None:
        self.households: list[Household] = []
        for at in range(3):
            self.households.append(self.world.list_household(f"Hộ {at}", (TAO_PHU, PHU_LUU)[at % 2]))

    def pick(self, at: int) -> Household:
        db.session.expire_all()
        return db.session.get_one(Household, self.households[at % len(self.households)].id)

    def villages(self) -> list[Area]:
        there = db.session.scalars(select(Area).where(Area.name == "Đông", Area.level == "village")).one()
        return [self.world.village(TAO_PHU), self.world.village(PHU_LUU), there]

    def side(self, commune_id: int | None) -> Doer:
        ours = self.world.area(Level.COMMUNE, COMMUNE).id
        return self.world.doer(OFFICER if commune_id == ours else NEIGHBOUR)

    def tried(self, verb: Any, *given: Any, **more: Any) -> None:
        """What is refused changes nothing."""
        try:
            with write() as session:
                verb(session, *given, now=NOW, **more)
        except Problem:
            pass

    @rule(at=ANY, to=ANY)
    def offer(self, at: int, to: int) -> None:
        one, there = self.pick(at), self.villages()[to % 3]
        self.tried(handing_over.offer, one.id, there, "x", by=self.side(one.commune_id))

    @rule(at=ANY, to=ANY)
    def move(self, at: int, to: int) -> None:
        one, there = self.pick(at), self.villages()[to % 3]
        self.tried(handing_over.move, one.id, there, "x", by=self.side(one.commune_id))

    @precondition(lambda self: self.open())
    @rule(at=ANY, to=ANY)
    def accept(self, at: int, to: int) -> None:
        one = self.open()[at % len(self.open())]
        self.tried(handing_over.accept, one.id, self.villages()[to % 3], by=self.side(one.to_commune_id))

    @precondition(lambda self: self.open())
    @rule(at=ANY, declined=st.booleans())
    def answer(self, at: int, declined: bool) -> None:
        one = self.open()[at % len(self.open())]
        if declined:
            self.tried(handing_over.decline, one.id, "x", by=self.side(one.to_commune_id))
        else:
            self.tried(handing_over.withdraw, one.id, by=self.side(one.from_commune_id))

    @rule(at=ANY)
    def cease(self, at: int) -> None:
        one = self.pick(at)
        self.tried(households.cease, one.id, Ceased.MOVED_AWAY, "x", by=self.side(one.commune_id))

    @rule(at=ANY)
    def restore(self, at: int) -> None:
        one = self.pick(at)
        self.tried(households.restore, one.id, by=self.side(one.commune_id))

    @rule(at=ANY)
    def register(self, at: int) -> None:
        if len(self.households) < 6:
            somebody = PersonGiven(f"Người mới {len(self.households)}")
            self.households.append(family(self.world, somebody, (TAO_PHU, PHU_LUU)[at % 2]))

    @rule(at=ANY)
    def visit(self, at: int) -> None:
        one = self.pick(at)
        case = self.case(one)
        if case is None or case.round_id != 1 or one.deleted_at is not None:
            return
        case_village = db.session.get_one(Area, case.village_id).code
        if case_village in (TAO_PHU, PHU_LUU) and one.village_id == case.village_id:
            xml = self.world.xml(self.world.answers(one, village=case_village))
            self.world.send(xml, self.world.doer(ADMIN))

    @rule(at=ANY, decision=st.sampled_from([Decision.APPROVE, Decision.REOPEN, Decision.RETURN]))
    def decide(self, at: int, decision: Decision) -> None:
        case = self.case(self.pick(at))
        if case is not None:
            self.tried(review.decide, case.id, decision, by=self.world.doer(ADMIN), reason="x")

    def case(self, household: Household) -> Case | None:
        return db.session.scalars(select(Case).where(Case.household_id == household.id)).one_or_none()

    def open(self) -> list[Handover]:
        db.session.expire_all()
        query = select(Handover).where(Handover.state == Offer.OFFERED.value).order_by(Handover.id)
        return list(db.session.scalars(query))

    @invariant()
    def counters_equal_a_recount(self) -> None:
        db.session.expire_all()
        for one in db.session.scalars(select(Case.round_id).distinct()).all():
            assert progress.differences(db.session(), one) == []

    @invariant()
    def each_is_listed_once_and_lives_somewhere(self) -> None:
        for one in self.households:
            household = db.session.get_one(Household, one.id)
            query = select(func.count()).where(Case.household_id == one.id)
            listed = db.session.scalar(query) or 0
            assert listed <= 1
            assert household.village_id in {village.id for village in self.villages()}
            if one in self.households[:3] and household.deleted_at is None:
                assert listed == 1  # never nowhere
            if household.deleted_at is not None:
                assert listed == 0 or self.case(household).state != State.NOT_VISITED  # type: ignore[union-attr]


@pytest.mark.parametrize("with_round", [True, False])
def test_counters_equal_a_recount_after_any_traffic(world: World, engine_name: str, with_round: bool) -> None:
    next_door(world)
    if with_round:
        round_there(world)

    class Here(Traffic):
        pass

    Here.world = world
    examples = 4 if engine_name == "postgresql" else 12
    run_state_machine_as_test(Here, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))  # type: ignore[no-untyped-call]
