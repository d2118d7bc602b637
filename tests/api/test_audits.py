"""The audit trail over the wire: who reads it, how it is cut and paged, and what an entry is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fieldsurvey.extensions import db, write
from fieldsurvey.store import audit
from fieldsurvey.store.audit import actee_id
from tests.cast import ADMIN, HEAD, OFFICER, ROUND, Person
from tests.rest import Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
ACTS = [
    # day of January 2000, action
    (1, "submission.create"),
    (2, "form.create"),
    (3, "user.create"),
    (4, "dataset.create"),
    (5, "entity.bulk.delete"),
    (6, "user.preference.update"),
]


@pytest.fixture
def trail(world: World) -> None:
    """Six acts of the administrator on six days, about the round."""
    by = world.doer(ADMIN)
    with write() as session:
        for day, action in ACTS:
            at = datetime(2000, 1, day, tzinfo=UTC)
            audit.record(session, action, "round", ROUND, by=by, now=at, day=day)


def days(rest: RestOf, query: str) -> list[int]:
    answer = rest(ADMIN).get(f"/audits?{query}")
    assert answer.status_code == 200, answer.json
    return [entry["details"]["day"] for entry in answer.json]


FOUND = [
    # query,                             days, newest first
    ("end=2000-02-01", [6, 5, 4, 3, 2, 1]),
    ("end=2000-01-02Z", [2, 1]),
    ("start=2000-01-02T00:00Z&end=2000-01-03", [3, 2]),
    ("start=2000-01-02T12:00Z&end=2000-01-03T07:00%2B07:00", [3]),
    ("end=2000-02-01&action=submission.create", [1]),
    ("end=2000-02-01&action=submission", [1]),
    ("end=2000-02-01&action=form", [2]),
    ("end=2000-02-01&action=user", [3]),
    ("end=2000-02-01&action=dataset", [5, 4]),
    ("end=2000-02-01&action=entity", [5]),
    ("end=2000-02-01&action=nonverbose", [5, 4, 3, 2]),
    ("end=2000-02-01&action=nothing", []),
    ("end=2000-02-01&offset=1&limit=2", [5, 4]),
    ("end=2000-02-01&offset=4", [2, 1]),
]


@pytest.mark.parametrize(("query", "found"), FOUND)
def test_trail_is_cut_and_paged(trail: None, rest: RestOf, query: str, found: list[int]) -> None:
    assert days(rest, query) == found


@pytest.mark.parametrize("query", ["start=yesterday", "end=2000-13-01", "limit=many", "offset=1.5"])
def test_what_is_no_date_or_number_is_refused(rest: RestOf, query: str) -> None:
    answer = rest(ADMIN).get(f"/audits?{query}")

    assert (answer.status_code, answer.json["code"]) == (400, 400.11)


@pytest.mark.parametrize(("person", "status"), [(OFFICER, 403), (HEAD, 403), (None, 401)])
def test_only_administrators_read_the_trail(rest: RestOf, person: Person | None, status: int) -> None:
    assert rest(person).get("/audits").status_code == status
    assert rest(person).get(f"/projects/{ROUND}/forms/ra-soat-ho/audits").status_code == status


def test_entry_tells_who_did_what_to_which_thing(trail: None, world: World, rest: RestOf) -> None:
    extended = {"X-Extended-Metadata": "true"}
    entry = rest(ADMIN).get("/audits?action=form.create&end=2000-02-01", headers=extended).json[0]

    assert entry["actorId"] == entry["actor"]["id"] == world.actor(ADMIN).id
    assert (entry["actor"]["displayName"], entry["actor"]["type"]) == (ADMIN.name, "user")
    assert (entry["loggedAt"], entry["notes"]) == ("2000-01-02T00:00:00.000Z", None)
    assert entry["acteeId"] == actee_id("round", ROUND)
    assert (entry["actee"]["id"], entry["actee"]["deletedAt"]) == (ROUND, None)
    assert UUID(entry["acteeId"]).version == 4


def test_entry_of_a_submission_is_about_its_form(world: World, rest: RestOf) -> None:
    world.visited(HEAD)
    db.session.remove()

    extended = {"X-Extended-Metadata": "true"}
    entry = rest(ADMIN).get("/audits?action=submission&limit=1", headers=extended).json[0]

    assert (entry["action"], entry["actor"]["type"]) == ("submission.create", "field_key")
    assert (entry["actee"]["xmlFormId"], entry["actee"]["projectId"]) == ("ra-soat-ho", ROUND)
    assert entry["actor"]["id"] == entry["actorId"]


def test_form_has_a_trail_of_its_own(world: World, rest: RestOf) -> None:
    entries = rest(ADMIN).get(f"/projects/{ROUND}/forms/ra-soat-ho/audits").json

    assert {entry["action"].partition(".")[0] for entry in entries} == {"form"}
