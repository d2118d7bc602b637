"""What is like what somebody typed, and what is more so."""

from __future__ import annotations

import pytest

from fieldsurvey.rules.likeness import likeness

MORE_ALIKE = [
    # typed,            this,              than that
    ("alice", "alice", "alicia"),
    ("alice", "alicia", "bob"),
    ("nguyen thi hnah", "nguyen thi hanh", "nguyen van binh"),
    ("getodk", "bob@getodk.org", "chelsea@getodk.org"),  # the rest of it is shorter
]


@pytest.mark.parametrize(("typed", "this", "that"), MORE_ALIKE)
def test_more_alike(typed: str, this: str, that: str) -> None:
    assert likeness(this, typed) > likeness(that, typed)


@pytest.mark.parametrize("typed", ["", "%", "_", "-", "xyz"])
def test_not_alike_at_all(typed: str) -> None:
    assert likeness("alice@example.org", typed) == 0


def test_the_same_is_most_alike() -> None:
    assert likeness("lê thị hạnh", "lê thị hạnh") == 2
