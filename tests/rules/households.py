"""Households for the tests of the rules, written the way an official would describe them, and tables of cases.

A person is `born key=code key=code`, where born is 1990-05-20, 1990 (year only) or ? (not known). `;` between people.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from fieldsurvey.rules.household import Answer, BirthDate, Household, Member

REVIEWED = date(2026, 10, 5)

YES_NO = {"yes": True, "no": False}

# Choice lists of the questionnaire, by question.
CHOICES: dict[str, set[str]] = {
    question: set(codes.split())
    for question, codes in {
        "m_schooling": "none primary lower_secondary upper_secondary vocational_elementary vocational_intermediate"
        " college university",
        "m_attending": "none preschool primary lower_secondary upper_secondary vocational college_university",
        "m_enterprise_certificate": "yes no",
        "m_work": "wage own_business farming jobless_wants_work studying housework unable retired",
        "m_contract": "permanent fixed_term civil_servant none",
        "m_regular_work": "yes no",
        "m_health_insurance": "yes no",
        "m_disability": "none mild severe very_severe",
        "m_social_allowance": "yes no",
        "m_pension": "yes no",
        "m_height_for_age": "normal low unknown",
        "m_weight_for_age": "normal low unknown",
        "wall": "concrete brick_stone durable_wood iron_steel earth bamboo_leaf board_sheet other",
        "pillar": "concrete brick_stone durable_wood iron_steel bamboo temporary_wood other",
        "roof": "concrete tile metal_sheet cement_sheet leaf_thatch tarpaulin other",
        "source": "piped drilled_well protected_dug_well protected_spring rain bottled unprotected_dug_well"
        " unprotected_spring surface_water other",
        "toilet": "septic pour_flush vip pit_with_slab double_vault open_pit over_water other none",
        "internet_use": "yes no",
        "shared_devices": "tv radio desktop phone none",
        "personal_devices": "laptop tablet smartphone none",
        "electricity": "grid other none",
        "aquaculture": "yes no",
        "owned": "car motorbike fridge washing_machine air_conditioner water_heater microwave sound_system motor_boat"
        " none",
    }.items()
}
MULTIPLE = ("shared_devices", "personal_devices", "owned")
AMOUNTS: tuple[str, ...] = ("electricity_kwh", "annual_crops_m2", "perennial_crops_m2", "forest_m2", "water_surface_m2")
AMOUNTS += ("cattle", "pigs", "goats", "poultry")

# Nothing is lacking here, so that a test lacks what it names and nothing else.
COMPLETE = Household(
    review_date=REVIEWED,
    merit_member=False,
    wall="brick_stone",
    pillar="brick_stone",
    roof="tile",
    floor_area=Decimal(100),
    source="piped",
    toilet="septic",
    internet_use=True,
    shared_devices=frozenset({"tv"}),
    personal_devices=frozenset({"smartphone"}),
    electricity="grid",
    electricity_kwh=0,
    annual_crops_m2=0,
    perennial_crops_m2=0,
    forest_m2=0,
    water_surface_m2=0,
    cattle=0,
    pigs=0,
    goats=0,
    poultry=0,
    aquaculture=False,
    owned=frozenset({"none"}),
)


def answer(question: str, code: str) -> Answer:
    """The value that a code stands for; `-` is an unanswered question."""
    if code == "-":
        return None
    if question in MULTIPLE:
        return frozenset(code.split("+"))
    if CHOICES.get(question) == {"yes", "no"}:
        return YES_NO[code]
    if question == "floor_area":
        return Decimal(code)
    return int(code) if question in AMOUNTS else code


def born(text: str) -> BirthDate | None:
    return None if text == "?" else BirthDate(*map(int, text.split("-")))


def person(text: str) -> Member:
    birth, *answers = text.split()
    pairs = dict(pair.split("=") for pair in answers)
    said: dict[str, Any] = {key: answer(f"m_{key}", code) for key, code in pairs.items()}
    return Member(birth=born(birth), **said)


def people(text: str) -> tuple[Member, ...]:
    return tuple(person(one) for one in text.split(";") if one.strip())


def household(members: str = "", **answers: str) -> Household:
    """The complete home with these people and, by question, these codes."""
    said: dict[str, Any] = {question: answer(question, code) for question, code in answers.items()}
    return replace(COMPLETE, members=people(members), **said)


def cases(table: str) -> list[Any]:
    """Rows of a Markdown table as test parameters; its last column tells what the row is about."""
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table.strip().splitlines()]
    return [pytest.param(*row[:-1], id=row[-1]) for row in rows[2:]]


# --- any household at all ---------------------------------------------------------------------------------------------


def _choice(question: str) -> st.SearchStrategy[Any]:
    if question in MULTIPLE:
        things = st.frozensets(st.sampled_from(sorted(CHOICES[question] - {"none"})), min_size=1)
        return things | st.just(frozenset({"none"}))
    return st.sampled_from(sorted(CHOICES[question])).map(lambda code: answer(question, code))


births = st.dates(date(1920, 1, 1), REVIEWED).map(lambda day: BirthDate(day.year, day.month, day.day)) | st.integers(
    1920, REVIEWED.year
).map(BirthDate)

members = st.builds(
    Member,
    birth=births,
    **{question.removeprefix("m_"): _choice(question) for question in CHOICES if question.startswith("m_")},
)

complete_households = st.builds(
    Household,
    review_date=st.just(REVIEWED),
    members=st.lists(members, min_size=1, max_size=6).map(tuple),
    floor_area=st.decimals(1, 400, places=1),
    **{question: _choice(question) for question in CHOICES if not question.startswith("m_")},
    **{question: st.integers(0, 30000) for question in AMOUNTS},
)


@st.composite
def gappy(draw: st.DrawFn, whole: Household) -> Household:
    """The same household with some answers missing."""
    members = tuple(replace(member, **_gaps(draw, member, keep=set())) for member in whole.members)
    return replace(whole, members=members, **_gaps(draw, whole, keep={"review_date", "members", "gone"}))


def _gaps(draw: st.DrawFn, facts: Household | Member, keep: set[str]) -> dict[str, Any]:
    names = [field.name for field in fields(facts) if field.name not in keep]
    return dict.fromkeys(draw(st.sets(st.sampled_from(names))))


households = complete_households.flatmap(lambda whole: st.just(whole) | gappy(whole))
areas = st.sampled_from(["rural", "urban"])
