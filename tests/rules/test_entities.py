"""What a UUID and a version must be, and when changes conflict."""

from __future__ import annotations

import pytest

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import entities
from fieldsurvey.rules.entities import Conflict

UUID = "12345678-1234-4123-8234-123456789abc"


@pytest.mark.parametrize("given", [UUID, f"uuid:{UUID}", UUID.upper(), f"uuid:{UUID.upper()}"])
def test_uuid_is_brought_into_one_form(given: str) -> None:
    assert entities.uuid4(given) == UUID


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, Kind.MISSING_PARAMETER),
        ("  ", Kind.MISSING_PARAMETER),
        ("123", Kind.WRONG_TYPE),
        ("12345678-1234-1123-8234-123456789abc", Kind.WRONG_TYPE),  # version 1
        (f"{UUID} ", Kind.WRONG_TYPE),
    ],
)
def test_uuid_that_is_none(given: str | None, kind: Kind) -> None:
    with pytest.raises(Problem) as refused:
        entities.uuid4(given)

    assert refused.value.kind is kind


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, Kind.MISSING_PARAMETER),
        ("", Kind.MISSING_PARAMETER),
        ("-1", Kind.WRONG_TYPE),
        ("1.0", Kind.WRONG_TYPE),
        ("²", Kind.WRONG_TYPE),
        ("99999999999", Kind.WRONG_TYPE),
    ],
)
def test_version_that_is_none(given: str | None, kind: Kind) -> None:
    with pytest.raises(Problem) as refused:
        entities.version(given)

    assert refused.value.kind is kind


def test_version() -> None:
    assert entities.version("12") == 12


BASE = {"age": "1", "name": "A"}


@pytest.mark.parametrize(
    ("received", "now", "names"),
    [
        ({"age": "2"}, {"age": "1", "name": "B"}, []),  # each changed something else
        ({"age": "2"}, {"age": "3", "name": "A"}, ["age"]),
        ({"age": "2"}, {"age": "2", "name": "A"}, []),  # both agree
        ({"age": "1"}, {"age": "3", "name": "A"}, ["age"]),  # put back what somebody had changed
        ({"age": "2", "city": "X"}, {**BASE, "city": "Y"}, ["city"]),
    ],
)
def test_conflicting_properties(received: dict[str, str], now: dict[str, str], names: list[str]) -> None:
    assert entities.conflicting(received, BASE, now) == names


@pytest.mark.parametrize(
    ("known", "names", "after"),
    [
        (None, [], Conflict.SOFT),
        (None, ["age"], Conflict.HARD),
        ("soft", ["age"], Conflict.HARD),
        ("hard", [], Conflict.HARD),
    ],
)
def test_conflict_never_becomes_softer_by_itself(known: str | None, names: list[str], after: Conflict) -> None:
    assert entities.worse(known, names) is after


def test_state_compares_the_label_too() -> None:
    assert entities.differing(entities.state("A", {}), entities.state("B", {})) == ["label"]
