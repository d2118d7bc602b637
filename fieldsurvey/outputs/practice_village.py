"""The practice village: invented households for a practice round's lists, their stories, and the score of the answers."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from fieldsurvey.casework import facts
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules.household import MEMBERS_PATH
from fieldsurvey.store.areas import Area

_SPACE = uuid.UUID("0c3f4d5e-7a3c-4f6b-9a53-6f1f2f0b7d01")  # namespace of practice households
MEMBERS = "members"  # in `expected`: how many people


@dataclass(frozen=True, slots=True)
class PracticeHousehold:
    """One of them. `expected`: path → the answer that follows from the story."""

    number: int
    head: str
    address: str
    members: int
    prior_class: str
    stories: dict[str, str]
    expected: dict[str, str]

    def uuid_in(self, village_code: str) -> str:
        """Its name on the wire in one village's list: no real household has it."""
        return str(uuid.uuid5(_SPACE, f"{village_code}/{self.number}"))


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the expected answers were given; `wrong`: the paths of the others."""

    right: int
    of: int
    wrong: tuple[str, ...]


@lru_cache(maxsize=1)
def households() -> tuple[PracticeHousehold, ...]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(
        PracticeHousehold(
            number, one["head"], one["address"], one["members"], one["prior_class"],
            {"vi": one["story_vi"], "en": one["story_en"]}, one["expected"],
        )
        for number, one in enumerate(tomllib.loads(text)["households"], start=1)
    )  # fmt: skip


def rows(villages: list[Area]) -> Iterator[tuple[object, ...]]:
    """For households.csv: every practice household in each of the villages."""
    for village in villages:
        for one in households():
            yield (
                one.uuid_in(village.code), one.head, 1, village.code, f"TH-{one.number}", one.head, one.address,
                one.members, one.prior_class, "",
            )  # fmt: skip


def of_answers(answers: Answers) -> PracticeHousehold | None:
    """Which of them a questionnaire is about."""
    chosen = facts.value(answers, "identification/household")
    village = facts.value(answers, "identification/village") or ""
    return next((one for one in households() if chosen == one.uuid_in(village)), None)


def score(one: PracticeHousehold, answers: Answers) -> Score:
    """The trainee's answers against the story."""
    wrong = tuple(path for path, expected in one.expected.items() if not _same(_given(answers, path), expected))
    return Score(len(one.expected) - len(wrong), len(one.expected), wrong)


def _given(answers: Answers, path: str) -> str | None:
    if path == MEMBERS:
        people: Any = answers.get(MEMBERS_PATH) or []
        return str(len(people))
    return facts.value(answers, path)


def _same(given: str | None, expected: str) -> bool:
    if given == expected:
        return True
    try:
        return given is not None and Decimal(given) == Decimal(expected)
    except InvalidOperation:
        return False
