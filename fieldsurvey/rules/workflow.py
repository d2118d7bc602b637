"""Review states and their transitions, as tables. The state diagram in docs/generated is made from them."""

from __future__ import annotations

from enum import StrEnum

from fieldsurvey.errors import Kind, Problem


class State(StrEnum):
    """State of a household's case in a round. All but NOT_VISITED are a submission's reviewState on the wire."""

    NOT_VISITED = "notVisited"  # listed, nothing received yet
    RECEIVED = "received"  # on the wire: null
    HAS_ISSUES = "hasIssues"  # returned to the enumerator
    EDITED = "edited"  # corrected, to be looked at again
    APPROVED = "approved"
    REJECTED = "rejected"  # out of scope; never flows into an official list


class Decision(StrEnum):
    """What a commune officer decides about a case."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    REOPEN = "reopen"


class Arrival(StrEnum):
    """What a phone's submission does to a case."""

    NEW = "new"
    CORRECTION = "correction"


DECIDED: dict[tuple[State, Decision], State] = {
    (State.RECEIVED, Decision.APPROVE): State.APPROVED,
    (State.RECEIVED, Decision.RETURN): State.HAS_ISSUES,
    (State.RECEIVED, Decision.REJECT): State.REJECTED,
    (State.EDITED, Decision.APPROVE): State.APPROVED,
    (State.EDITED, Decision.RETURN): State.HAS_ISSUES,
    (State.EDITED, Decision.REJECT): State.REJECTED,
    (State.HAS_ISSUES, Decision.APPROVE): State.APPROVED,  # settled by telephone, for instance
    (State.HAS_ISSUES, Decision.REJECT): State.REJECTED,
    (State.APPROVED, Decision.REOPEN): State.RECEIVED,
    (State.REJECTED, Decision.REOPEN): State.RECEIVED,
}

ARRIVED: dict[tuple[State, Arrival], State] = {
    (State.NOT_VISITED, Arrival.NEW): State.RECEIVED,
    (State.RECEIVED, Arrival.NEW): State.RECEIVED,  # a second visit: kept, shown to the officer as a duplicate
    (State.HAS_ISSUES, Arrival.NEW): State.EDITED,  # filled anew instead of corrected
    (State.EDITED, Arrival.NEW): State.EDITED,
    (State.APPROVED, Arrival.NEW): State.APPROVED,  # a decision stands until an officer reopens it
    (State.REJECTED, Arrival.NEW): State.REJECTED,
    (State.RECEIVED, Arrival.CORRECTION): State.EDITED,
    (State.HAS_ISSUES, Arrival.CORRECTION): State.EDITED,
    (State.EDITED, Arrival.CORRECTION): State.EDITED,
    (State.APPROVED, Arrival.CORRECTION): State.EDITED,  # the approved answers are no longer the answers
    (State.REJECTED, Arrival.CORRECTION): State.EDITED,
}

NEEDS_REASON = frozenset({Decision.RETURN, Decision.REJECT, Decision.REOPEN})
WAITING = frozenset({State.RECEIVED, State.EDITED})  # the officer's turn


def decided(state: State, decision: Decision) -> State:
    """The state after the decision; raises TRANSITION_FORBIDDEN where the table has none."""
    try:
        return DECIDED[state, decision]
    except KeyError:
        raise Problem(Kind.TRANSITION_FORBIDDEN, state=state.value, decision=decision.value) from None


def possible(state: State) -> tuple[Decision, ...]:
    """The decisions that can be taken in this state, in the order of the buttons."""
    return tuple(decision for decision in Decision if (state, decision) in DECIDED)


def arrived(state: State, arrival: Arrival) -> State:
    return ARRIVED[state, arrival]
