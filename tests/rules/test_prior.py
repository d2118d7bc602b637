"""Last year's answers: what is kept of them, what "the same" says, and whether two answers are the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules import prior
from fieldsurvey.rules.prior import Type

SHEET: dict[str, Any] = {
    "identification": {"household": "…"},
    "housing": {"wall": "brick_stone", "floor_area": "40", "housing_same": "yes"},
    "water": {"source": "tap", "water_same": "no"},
    "assets": {"owned": "tv fridge", "assets_same": ""},
    "power": None,
}


def test_last_years_answers_are_known_by_the_names_of_their_questions() -> None:
    said = prior.said_of_home(SHEET)

    assert said == {"wall": "brick_stone", "floor_area": "40", "source": "tap", "owned": "tv fridge"}


def test_of_a_member_what_is_asked_each_year_is_kept() -> None:
    member = {"m_name": "Vũ Văn Nam", "m_work": "farming", "m_pension": "no", "m_height": "low", "m_disability": None}

    assert prior.said_of_member(member) == {"m_work": "farming", "m_pension": "no"}


@pytest.mark.parametrize(("status", "gone"), [("here", False), ("gone", True), (None, False), ("", False)])
def test_a_member_is_gone_only_where_the_roster_says_so(status: str | None, gone: bool) -> None:
    assert prior.is_gone({"m_status": status}) is gone


def test_a_block_is_the_same_only_where_that_was_asked() -> None:
    assert prior.marked_same(SHEET) == {"housing": True, "water": False}


@pytest.mark.parametrize(
    ("now", "before", "differs"),
    [
        ("40", "40", False),
        ("40.0", "40", False),
        ("40", "41", True),
        ("", None, False),
        (None, "40", True),
        ("40", None, True),
        ("brick_stone", "wood", True),
    ],
)
def test_an_answer_that_says_the_same_otherwise_is_the_same(now: Any, before: Any, differs: bool) -> None:
    names = ["floor_area"] if differs else []

    assert prior.differing("housing", {"housing": {"floor_area": now}}, {"floor_area": before}) == names


def test_several_choices_are_the_same_in_any_order() -> None:
    assert prior.differing("assets", {"assets": {"owned": "fridge tv"}}, {"owned": "tv fridge"}) == []
    assert prior.differing("assets", {"assets": {"owned": "tv"}}, {"owned": "tv fridge"}) == ["owned"]


def test_a_block_that_was_not_filled_in_differs_from_what_was_known() -> None:
    assert prior.differing("water", {}, {"source": "tap"}) == ["source"]


@given(st.sampled_from(sorted(prior.BLOCKS)), st.data())
def test_what_is_carried_over_never_differs(block: str, data: st.DataObject) -> None:
    group = {name: data.draw(st.text(max_size=5)) for name in prior.BLOCKS[block]}
    before = prior.said_of_home({block: group})

    assert prior.differing(block, {block: group}, before) == []


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("floor_area", Type.DECIMAL),
        ("m_birth_date", Type.DATE),
        ("cattle", Type.INTEGER),
        ("owned", Type.CHOICES),
        ("m_pension", Type.BOOLEAN),
        ("household", Type.UUID),
        ("head_name", Type.TEXT),
        ("wall", Type.CHOICE),
    ],
)
def test_properties_have_types(name: str, type_: Type) -> None:
    assert prior.type_of(name) is type_
