"""Visits that brought no questionnaire: why, and when nobody has to come again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

ATTEMPTS_NEEDED = 3  # usual; each round may say otherwise
MOST_ATTEMPTS_NEEDED = 20


class Outcome(StrEnum):
    """Why a visit brought no questionnaire."""

    NOT_AT_HOME = "not_at_home"
    REFUSED = "refused"
    NOT_FOUND = "not_found"  # no such house, or nobody knows the household
    MOVED = "moved"
    DISSOLVED = "dissolved"  # all have died, or joined other households
    OTHER = "other"  # in words


FINAL = frozenset({Outcome.MOVED, Outcome.DISSOLVED})  # coming again would change nothing: the officer's turn
NEEDS_NOTE = frozenset({Outcome.MOVED, Outcome.DISSOLVED, Outcome.OTHER})


def given_up(outcomes: Sequence[Outcome], needed: int) -> bool:
    """Whether nobody has to come again, by the attempts in their order.

    The last of them is final, or there were as many as needed since the household was last said to be gone.
    """
    if not outcomes:
        return False
    if outcomes[-1] in FINAL:
        return True
    since = next((at for at in range(len(outcomes) - 1, -1, -1) if outcomes[at] in FINAL), -1)
    return len(outcomes) - 1 - since >= needed
