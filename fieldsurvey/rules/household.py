"""A household as the questionnaire describes it: the facts that rules look at, under the form's own names and codes.

What decides nothing (needs, wishes, photographs) is not here; neither is reading answers out of XML.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

Answer = str | bool | int | Decimal | frozenset[str] | None
Evidence = tuple[tuple[str, str], ...]  # (node path such as members[2]/m_work, answer code), in the form's words

# Where each question of a household stands in the form, below /data.
PATHS = {
    field: f"{group}/{field}"
    for group, fields in {
        "traits": "merit_member",
        "housing": "wall pillar roof floor_area",
        "water": "source",
        "sanitation": "toilet",
        "information": "internet_use shared_devices personal_devices",
        "power": "electricity electricity_kwh",
        "land": "annual_crops_m2 perennial_crops_m2 forest_m2 water_surface_m2",
        "livestock": "cattle pigs goats poultry aquaculture",
        "assets": "owned",
    }.items()
    for field in fields.split()
}
MEMBERS_PATH = "members"
OLDEST = 130  # whoever seems older is taken to be of this age


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A date of birth of which old papers may give the year only. Raises ValueError for a date that does not exist."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day of birth without its month")
        date(self.year, self.month or 1, self.day or 1)

    def age_on(self, on: date) -> int:
        """Completed years on that day; negative before birth.

        Year only: year − year of birth. Month without day: the birthday counts as reached on the month's first day.
        Someone born on 29 February completes the year on 1 March of a common year.
        """
        years = on.year - self.year
        if self.month is None:
            return years
        return years - ((on.month, on.day) < (self.month, self.day or 1))

    def __str__(self) -> str:
        parts = [f"{self.year:04}"] + [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the household. Codes are those of the form without the prefix `m_`; None means not answered."""

    name: str | None = None
    birth: BirthDate | None = None
    sex: str | None = None
    ethnicity: str | None = None
    relation: str | None = None
    id_number: str | None = None
    schooling: str | None = None
    attending: str | None = None
    enterprise_certificate: bool | None = None
    work: str | None = None
    contract: str | None = None
    regular_work: bool | None = None
    health_insurance: bool | None = None
    disability: str | None = None
    social_allowance: bool | None = None
    pension: bool | None = None
    height_for_age: str | None = None
    weight_for_age: str | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """A household on its day of review. None: not answered. Areas in m², electricity in kWh a month."""

    review_date: date
    members: tuple[Member, ...] = ()  # as on the form, those too who are no longer there
    gone: frozenset[int] = frozenset()  # the places on the form, from 1, of members who are no longer there
    merit_member: bool | None = None
    wall: str | None = None
    pillar: str | None = None
    roof: str | None = None
    floor_area: Decimal | None = None
    source: str | None = None
    toilet: str | None = None
    internet_use: bool | None = None
    shared_devices: frozenset[str] | None = None
    personal_devices: frozenset[str] | None = None
    electricity: str | None = None
    electricity_kwh: int | None = None
    annual_crops_m2: int | None = None
    perennial_crops_m2: int | None = None
    forest_m2: int | None = None
    water_surface_m2: int | None = None
    cattle: int | None = None
    pigs: int | None = None
    goats: int | None = None
    poultry: int | None = None
    aquaculture: bool | None = None
    owned: frozenset[str] | None = None


class Person(NamedTuple):
    """A member in their place on the form (counted from 1), with the age on the day of review (None: not known)."""

    position: int
    member: Member
    age: int | None

    def path(self, question: str) -> str:
        return f"members[{self.position}]/{question}"

    def answer(self, question: str) -> Answer:
        value: Answer = getattr(self.member, question[2:])
        return value

    def evidence(self, question: str) -> tuple[str, str]:
        return f"members[{self.position}]/{question}", as_code(self.answer(question))

    @property
    def birth_question(self) -> str:
        birth = self.member.birth
        return "m_birth_year" if birth is not None and birth.month is None else "m_birth_date"

    @property
    def birth_evidence(self) -> tuple[str, str]:
        return self.path(self.birth_question), str(self.member.birth)


def persons_of(household: Household) -> tuple[Person, ...]:
    """Who is there, with ages on the day of review. A birth after that day contradicts itself: age not known."""
    on = household.review_date
    return tuple(
        Person(place, member, _age(member, on))
        for place, member in enumerate(household.members, start=1)
        if place not in household.gone
    )


def _age(member: Member, on: date) -> int | None:
    if member.birth is None:
        return None
    age = member.birth.age_on(on)
    return min(age, OLDEST) if age >= 0 else None


def as_code(answer: Answer) -> str:
    """An answer in the form's words: yes/no, codes separated by blanks, plain numbers; empty when not answered."""
    if isinstance(answer, str):
        return answer
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, frozenset):
        return " ".join(sorted(answer))
    return plain_number(answer)


def plain_number(number: int | Decimal) -> str:
    """36.50 → "36.5", 60 → "60": no exponent, no trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
