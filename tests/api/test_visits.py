"""A phone says that nobody was met."""

from __future__ import annotations

import pytest
from flask import Flask

from fieldsurvey.extensions import db
from tests.cast import HEAD, OTHER_HEAD, Person
from tests.world import World

VISIT = {"uuid": "7a1f4f5e-9d2b-4a64-8d2f-0a4a5a3a1f01", "outcome": "not_at_home", "at": "2026-10-05T09:00:00+07:00"}


def path(app: Flask, person: Person) -> tuple[str, str]:
    """Where this person's phone sends visits; the UUID of a household of HEAD's village."""
    with app.app_context():
        world = World()
        household = world.list_household("Hộ A", HEAD.area).uuid
        address = f"{world.phone_path(person)}/visits"
        db.session.remove()
    return address, household


def test_visit_is_counted_once(app: Flask) -> None:
    address, household = path(app, HEAD)
    phone = app.test_client(use_cookies=False)

    answers = [phone.post(address, json={**VISIT, "household": household}) for _ in range(2)]

    assert [one.json for one in answers] == [
        {"uuid": VISIT["uuid"], "household": household, "attempts": 1, "givenUp": False}
    ] * 2


WRONG = [
    ({"outcome": "asleep"}, 400),
    ({"outcome": "moved"}, 400),  # without a note
    ({"at": "2031-01-01T00:00:00+07:00"}, 400),
    ({"household": "nobody"}, 404),
    ({"lat": 200.0}, 400),
]


@pytest.mark.parametrize(("given", "status"), WRONG)
def test_visit_that_makes_no_sense_is_refused(app: Flask, given: dict[str, object], status: int) -> None:
    address, household = path(app, HEAD)

    answer = app.test_client(use_cookies=False).post(address, json={**VISIT, "household": household, **given})

    assert answer.status_code == status


def test_visit_elsewhere_is_not_found(app: Flask) -> None:
    address, household = path(app, OTHER_HEAD)

    answer = app.test_client(use_cookies=False).post(address, json={**VISIT, "household": household})

    assert answer.status_code == 404
