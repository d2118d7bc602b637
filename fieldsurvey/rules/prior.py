"""Last year's answers: which questions may be "the same as last year", block by block, and how a member can be accounted for.

Form versions differ from year to year, so answers are known by the names of their questions. Not in a block, because
they are asked anew each year: the children's growth (it is measured), causes and wishes, and identity numbers, of which
a phone never gets more than the last digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from fieldsurvey.rules.household import PATHS

MARK = "_same"  # ends the question of a block that asks whether all is the same: housing_same
SAME, CHANGED = "yes", "no"

# Block → its questions, in the order of the form.
BLOCKS: dict[str, tuple[str, ...]] = {}
for _path in PATHS.values():
    _group, _, _name = _path.rpartition("/")
    if _group != "traits":  # one question, asked anew
        BLOCKS[_group] = (*BLOCKS.get(_group, ()), _name)
QUESTIONS: tuple[str, ...] = tuple(name for names in BLOCKS.values() for name in names)

# What is known of a member from the register itself, and what the last approved answers said of them.
MEMBER_FACTS = ("m_name", "m_birth_known", "m_birth_date", "m_birth_year", "m_sex", "m_ethnicity", "m_relation")
MEMBER_QUESTIONS = (
    "m_schooling", "m_attending", "m_enterprise_certificate", "m_work", "m_contract", "m_regular_work",
    "m_health_insurance", "m_disability", "m_social_allowance", "m_pension",
)  # fmt: skip

PERSON, STATUS, GONE_REASON = "m_person", "m_status", "m_gone_reason"
HERE, GONE = "here", "gone"


class Remark(StrEnum):
    """What an officer is told of a questionnaire that does not fit what was known; never a reason to refuse it."""

    MEMBER_MISSING = "member_missing"  # a known member is neither there nor said to be gone
    GONE_WITHOUT_REASON = "gone_without_reason"
    OF_ANOTHER_HOUSEHOLD = "of_another_household"  # a person whom the register has elsewhere
    NOT_THE_SAME = "not_the_same"  # a block is marked as the same, but its answers are others


class Type(StrEnum):
    """The type of a property of the round's lists; on the wire of ODK every value is text."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    CHOICE = "choice"  # a code of the form's list of the same question
    CHOICES = "choices"  # several, separated by blanks
    BOOLEAN = "boolean"  # yes or no
    UUID = "uuid"


_INTEGERS = {
    "electricity_kwh", "annual_crops_m2", "perennial_crops_m2", "forest_m2", "water_surface_m2", "cattle", "pigs",
    "goats", "poultry", "m_birth_year", "members", "position", "year",
}  # fmt: skip
_BOOLEANS = {
    "merit_member", "internet_use", "aquaculture", "m_enterprise_certificate", "m_regular_work", "m_health_insurance",
    "m_social_allowance", "m_pension",
}  # fmt: skip
_TYPES: dict[str, Type] = {
    **dict.fromkeys(("village", "code", "head_name", "address", "review", "m_name", "id_tail"), Type.TEXT),
    **dict.fromkeys(_INTEGERS, Type.INTEGER),
    **dict.fromkeys(_BOOLEANS, Type.BOOLEAN),
    **dict.fromkeys(("shared_devices", "personal_devices", "owned"), Type.CHOICES),
    **dict.fromkeys(("floor_area", "lat", "lon"), Type.DECIMAL),
    **dict.fromkeys(("answered_on", "m_birth_date"), Type.DATE),
    "household": Type.UUID,
}


def type_of(name: str) -> Type:
    """Of a property of `households` or `members`; a question that is none of the others offers a list."""
    return _TYPES.get(name, Type.CHOICE)


def said_of_home(answers: Mapping[str, Any]) -> dict[str, str]:
    """Question → answer of the blocks that may be the same next year; what was not asked is left out."""
    found: dict[str, str] = {}
    for block, names in BLOCKS.items():
        group = answers.get(block)
        if isinstance(group, Mapping):
            found |= {name: group[name] for name in names if isinstance(group.get(name), str)}
    return found


def said_of_member(answers: Mapping[str, Any]) -> dict[str, str]:
    return {name: answers[name] for name in MEMBER_QUESTIONS if isinstance(answers.get(name), str)}


def is_gone(member: Mapping[str, Any]) -> bool:
    """Whether a row of the roster says that a known person is no longer in the household."""
    return member.get(STATUS) == GONE


def marked_same(answers: Mapping[str, Any]) -> dict[str, bool]:
    """Block → whether it was confirmed as the same as last year; only blocks where that was asked."""
    found = {}
    for block in BLOCKS:
        group = answers.get(block)
        mark = group.get(f"{block}{MARK}") if isinstance(group, Mapping) else None
        if mark in (SAME, CHANGED):
            found[block] = mark == SAME
    return found


def differing(block: str, answers: Mapping[str, Any], before: Mapping[str, str]) -> list[str]:
    """The questions of a block that are answered otherwise than last year, a number written otherwise not counting."""
    group = answers.get(block)
    now = group if isinstance(group, Mapping) else {}
    return [name for name in BLOCKS[block] if not _alike(now.get(name), before.get(name))]


def _alike(one: Any, other: str | None) -> bool:
    if one == other or (not one and not other):
        return True
    if not isinstance(one, str) or not other:
        return False
    try:
        return float(one) == float(other)
    except ValueError:
        return sorted(one.split()) == sorted(other.split())
