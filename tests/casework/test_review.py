"""The officer's verbs: approve, return, reject, reopen; states, counters, register, audit and rights. On both databases."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldsurvey.casework import classify, review
from fieldsurvey.casework.review import Note
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.workflow import DECIDED, Decision, State, possible
from fieldsurvey.seed import families
from fieldsurvey.store import audit, register, results, reviews
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, NOW, OFFICER, SUPERVISOR, Person
from tests.world import World


def decide(
    world: World, household: Household, decision: Decision, by: Person = OFFICER, reason: str = "", **more: object
) -> None:
    with write() as session:
        review.decide(
            session,
            world.case(household).id,
            decision,
            by=world.doer(by),
            now=NOW,
            reason=reason,
            **more,  # type: ignore[arg-type]
        )


def refused(world: World, household: Household, decision: Decision, by: Person = OFFICER, **more: object) -> Kind:
    with pytest.raises(Problem) as problem:
        decide(world, household, decision, by, **more)  # type: ignore[arg-type]
    return problem.value.kind


DECISIONS = [
    # decisions in turn,                                   state,            on the wire,  counters
    ([Decision.APPROVE], State.APPROVED, "approved", {"approved": 1, "poor": 1}),
    ([Decision.RETURN], State.HAS_ISSUES, "hasIssues", {"has_issues": 1}),
    ([Decision.REJECT], State.REJECTED, "rejected", {"rejected": 1}),
    ([Decision.RETURN, Decision.APPROVE], State.APPROVED, "approved", {"approved": 1, "poor": 1}),
    ([Decision.APPROVE, Decision.REOPEN], State.RECEIVED, None, {"received": 1}),
    ([Decision.REJECT, Decision.REOPEN], State.RECEIVED, None, {"received": 1}),
]


@pytest.mark.parametrize(("decisions", "state", "wire", "counts"), DECISIONS)
def test_decide(
    world: World, decisions: list[Decision], state: State, wire: str | None, counts: dict[str, int]
) -> None:
    household = world.visited(HEAD)

    for decision in decisions:
        decide(world, household, decision, reason="Cần xem lại.")

    case = world.case(household)
    assert case.state == state
    assert db.session.get_one(Submission, case.submission_id, populate_existing=True).review_state == wire
    assert world.counts() == counts
    assert [one.decision for one in reviews.of_case(db.session(), case.id)] == [
        one.value for one in reversed(decisions)
    ]
    assert audit.of_subject(db.session(), "case", case.id)[0].action == f"case.{decisions[-1].value}"


def test_approved_answers_enter_the_register(world: World) -> None:
    household = world.visited(HEAD)
    assert register.members(db.session(), household.id) == []

    decide(world, household, Decision.APPROVE)

    members = register.members(db.session(), household.id)
    known = db.session.get_one(Household, household.id, populate_existing=True)
    assert (members[0].relation, members[0].name) == ("head", "Nguyễn Thị Tuyến")
    assert (known.member_count, known.version, known.head_name) == (len(members), 2, "Nguyễn Thị Tuyến")


@pytest.mark.parametrize("decision", [Decision.RETURN, Decision.REJECT])
def test_what_is_not_approved_never_enters_the_register(world: World, decision: Decision) -> None:
    household = world.visited(HEAD)

    decide(world, household, decision, reason="Không thuộc diện.")

    assert register.members(db.session(), household.id) == []
    assert db.session.get_one(Household, household.id).version == 1


@pytest.mark.parametrize("decision", [Decision.RETURN, Decision.REJECT])
def test_reason_is_required(world: World, decision: Decision) -> None:
    household = world.visited(HEAD)

    assert refused(world, household, decision, reason="  ") is Kind.REASON_MISSING
    assert world.case(household).state == State.RECEIVED


def test_note_on_a_question_is_reason_enough(world: World) -> None:
    household = world.visited(HEAD)
    note = Note("/data/members[2]/m_birth_year", "Năm sinh này không khớp giấy khai sinh.")

    decide(world, household, Decision.RETURN, notes=[note, Note("/data/housing/wall", " ")])

    (kept,) = reviews.of_case(db.session(), world.case(household).id)
    assert kept.notes == [{"ref": note.ref, "text": note.text}]


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        (HEAD, Kind.FORBIDDEN),
        (LEADER, Kind.FORBIDDEN),
        (SUPERVISOR, Kind.FORBIDDEN),
        (NEIGHBOUR, Kind.OUTSIDE_AREA),
    ],
)
def test_who_may_not_decide(world: World, person: Person, kind: Kind) -> None:
    household = world.visited(HEAD)

    assert refused(world, household, Decision.APPROVE, by=person) is kind
    assert world.counts() == {"received": 1}


def test_administrator_may_decide(world: World) -> None:
    household = world.visited(HEAD)

    decide(world, household, Decision.APPROVE, by=ADMIN)

    assert world.case(household).state == State.APPROVED


def test_stale_decision_is_noticed(world: World) -> None:
    household = world.visited(HEAD)
    seen = world.case(household).version
    decide(world, household, Decision.RETURN, reason="Hỏi lại.")

    assert refused(world, household, Decision.APPROVE, seen_version=seen) is Kind.STATE_CHANGED


@pytest.mark.parametrize("decision", Decision)
def test_nothing_can_be_decided_about_an_unvisited_household(world: World, decision: Decision) -> None:
    household = world.list_household()

    assert refused(world, household, decision, reason="x") is Kind.TRANSITION_FORBIDDEN


def test_batch_does_what_it_can_and_says_what_it_could_not(world: World) -> None:
    good, bad = world.visited(HEAD), world.list_household("Chưa điều tra")
    ids = [world.case(good).id, world.case(bad).id, 999_999]

    with write() as session:
        batch = review.decide_many(session, ids, Decision.APPROVE, by=world.doer(OFFICER), now=NOW)

    assert batch.done == (ids[0],)
    assert [(case_id, problem.kind) for case_id, problem in batch.refused] == [
        (ids[1], Kind.TRANSITION_FORBIDDEN),
        (ids[2], Kind.NOT_FOUND),
    ]
    assert world.counts() == {"approved": 1, "poor": 1, "not_visited": 1}


def test_paper_score_decides_the_class_and_is_kept_beside_the_computed_one(world: World) -> None:
    household = world.visited(HEAD)
    case_id = world.case(household).id

    with write() as session:
        classify.enter_paper_score(session, case_id, 141, by=world.doer(OFFICER), now=NOW)

    case = world.case(household)
    result = results.newest(db.session(), case.submission_id or 0)
    assert result is not None
    assert (case.household_class, case.b1) == ("not_poor", 141)
    assert (result.detail["b1_paper"], result.paper_score_by) == (141, world.doer(OFFICER).id)
    assert result.detail["b1_computed"] != 141

    with write() as session:
        classify.enter_paper_score(session, case_id, None, by=world.doer(OFFICER), now=NOW)
    assert world.case(household).household_class == "poor"


@pytest.mark.parametrize(
    ("score", "person", "kind"),
    [(-1, OFFICER, Kind.UNEXPECTED_VALUE), (1001, OFFICER, Kind.UNEXPECTED_VALUE), (100, NEIGHBOUR, Kind.OUTSIDE_AREA)],
)
def test_paper_score_refused(world: World, score: int, person: Person, kind: Kind) -> None:
    household = world.visited(HEAD)

    with pytest.raises(Problem) as problem, write() as session:
        classify.enter_paper_score(session, world.case(household).id, score, by=world.doer(person), now=NOW)

    assert problem.value.kind is kind


def test_paper_score_of_a_decided_case_is_refused(world: World) -> None:
    household = world.visited(HEAD)
    decide(world, household, Decision.APPROVE)

    with pytest.raises(Problem) as problem, write() as session:
        classify.enter_paper_score(session, world.case(household).id, 100, by=world.doer(OFFICER), now=NOW)

    assert problem.value.kind is Kind.TRANSITION_FORBIDDEN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.sampled_from(Decision), max_size=8), st.sampled_from(families.PROFILES))
def test_any_run_of_decisions_leaves_the_counters_right(world: World, decisions: list[Decision], profile: str) -> None:
    household = world.visited(HEAD, profile)

    for decision in decisions:
        before = State(world.case(household).state)
        if decision in possible(before):
            decide(world, household, decision, reason="Lý do.")
            assert world.case(household).state == DECIDED[before, decision]
        else:
            assert refused(world, household, decision, reason="Lý do.") is Kind.TRANSITION_FORBIDDEN

    world.counts()


def test_what_has_no_class_cannot_be_approved(world: World) -> None:
    household = world.list_household()
    answers = {**world.answers(household), "consent": {"consent": "no", "refusal_reason": "Không muốn trả lời."}}
    world.send(world.xml(answers), world.phone_actor(HEAD).doer())

    assert refused(world, household, Decision.APPROVE) is Kind.NOT_CLASSIFIED
    decide(world, household, Decision.REJECT, reason="Gia đình từ chối.")
    assert world.counts() == {"rejected": 1}
