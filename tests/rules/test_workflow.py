"""Review states: what each decision and each arrival does."""

from __future__ import annotations

import pytest

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.workflow import ARRIVED, DECIDED, WAITING, Arrival, Decision, State, arrived, decided, possible

BUTTONS = [
    # state,             decisions offered
    (State.NOT_VISITED, ()),
    (State.RECEIVED, (Decision.APPROVE, Decision.RETURN, Decision.REJECT)),
    (State.EDITED, (Decision.APPROVE, Decision.RETURN, Decision.REJECT)),
    (State.HAS_ISSUES, (Decision.APPROVE, Decision.REJECT)),
    (State.APPROVED, (Decision.REOPEN,)),
    (State.REJECTED, (Decision.REOPEN,)),
]


@pytest.mark.parametrize(("state", "decisions"), BUTTONS)
def test_possible_decisions(state: State, decisions: tuple[Decision, ...]) -> None:
    assert possible(state) == decisions
    for decision in decisions:
        assert decided(state, decision) is DECIDED[state, decision]


@pytest.mark.parametrize("decision", Decision)
def test_impossible_decision_is_refused(decision: Decision) -> None:
    with pytest.raises(Problem) as problem:
        decided(State.NOT_VISITED, decision)

    assert problem.value.kind is Kind.TRANSITION_FORBIDDEN


@pytest.mark.parametrize("state", set(State) - {State.NOT_VISITED})
def test_correction_always_waits_for_the_officer(state: State) -> None:
    assert arrived(state, Arrival.CORRECTION) in WAITING


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED])
def test_second_visit_changes_no_decision(state: State) -> None:
    assert ARRIVED[state, Arrival.NEW] is state
