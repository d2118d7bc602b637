"""OData of household questionnaires: the computed class as a field, and only the households of the caller's area."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
from fieldsurvey.seed import families
from tests.cast import HEAD, NEIGHBOUR, OFFICER, ROUND, Person
from tests.rest import Rest
from tests.world import FORM, World

RestOf = Callable[[Person | None], Rest]
SERVICE = f"/projects/{ROUND}/forms/{FORM}.svc"
HOUSEHOLDS = f"{SERVICE}/Submissions"


@pytest.fixture
def households(world: World) -> World:
    world.visited(HEAD, families.POOR)
    world.visited(HEAD, families.PROFILES[-1])
    db.session.remove()
    return world


def test_class_and_points_are_fields(households: World, rest: RestOf) -> None:
    row = rest(OFFICER).get(f"{HOUSEHOLDS}?$filter=__fieldsurvey/class eq 'poor'&$select=__fieldsurvey").json["value"]

    assert len(row) == 1
    assert row[0]["__fieldsurvey"]["class"] == "poor"
    assert row[0]["__fieldsurvey"].keys() == {"class", "b1", "b2", "standard", "pointsTable", "fromPaper"}
    assert "fieldsurvey" in rest(OFFICER).get(f"{SERVICE}/$metadata").text
    by_points = rest(OFFICER).get(f"{HOUSEHOLDS}?$orderby=__fieldsurvey/b1 desc&$select=__fieldsurvey/b1").json["value"]
    points = [one["__fieldsurvey"]["b1"] for one in by_points]
    assert points == sorted(points, reverse=True)


def test_neighbour_sees_and_counts_no_household(households: World, rest: RestOf) -> None:
    mine, theirs = (rest(who).get(f"{HOUSEHOLDS}?$count=true").json for who in (OFFICER, NEIGHBOUR))

    assert (mine["@odata.count"], theirs["@odata.count"], theirs["value"]) == (2, 0, [])
    one = mine["value"][0]["__id"].replace(":", "%3A")
    assert rest(NEIGHBOUR).get(f"{HOUSEHOLDS}('{one}')").json["code"] == 404.1
    assert rest(HEAD).get(HOUSEHOLDS).json["code"] == 403.1
