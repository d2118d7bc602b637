"""What became of a decision, carried to the next page in the session: ids only, names are looked up when shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import session as browser

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import doer
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.workflow import DECIDED, Decision
from fieldsurvey.store import cases

_KEY = "outcome"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why some households were refused: the problem's message id with its parameters."""

    message_id: str
    params: dict[str, Any]
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    decision: Decision
    done: tuple[int, ...]
    refused: tuple[Refusal, ...]
    names: dict[int, str]

    @property
    def undoable(self) -> bool:
        """Whether the state that the decision led to can be reopened."""
        after = {state for (_, decision), state in DECIDED.items() if decision is self.decision}
        return bool(self.done) and all((state, Decision.REOPEN) in DECIDED for state in after)


def remember(decision: Decision, done: Sequence[int], refused: Sequence[tuple[int, Problem]] = ()) -> None:
    by_kind: dict[str, list[Any]] = {}
    for case_id, problem in refused:
        # A household elsewhere is not even said to exist.
        kind = Kind.NOT_FOUND if problem.kind is Kind.OUTSIDE_AREA else problem.kind
        by_kind.setdefault(kind.message_id, [kind.message_id, problem.params, []])[2].append(case_id)
    browser[_KEY] = [decision.value, list(done), list(by_kind.values())]


def take() -> Outcome | None:
    """The outcome that has not been shown yet; it is shown once."""
    kept = browser.pop(_KEY, None)
    if kept is None:
        return None
    decision, done, refused = kept
    refusals = tuple(Refusal(message_id, params, tuple(ids)) for message_id, params, ids in refused)
    named = [one for refusal in refusals for one in refusal.ids] + (done if len(done) == 1 else [])
    scope = permissions.scope(doer(), Permission.READ_HOUSEHOLDS)
    names = cases.head_names(session(), scope, named) if named else {}
    return Outcome(Decision(decision), tuple(done), refusals, names)
