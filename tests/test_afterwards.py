"""What is done after an answer: doubts are found, a phone is heard of, and nothing is lost when it fails."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fieldsurvey.afterwards import HEARD_EVERY, Afterwards
from fieldsurvey.extensions import db
from fieldsurvey.seed import families
from fieldsurvey.store.cases import Case
from fieldsurvey.store.doubts import Doubt
from tests.cast import HEAD, NOW, OTHER_HEAD, ROUND, Person
from tests.world import World


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


def post(app: Flask, person: Person, head: str) -> TestResponse:
    """A phone sends a household; the answer is read to its end, as a server does."""
    with app.app_context():
        world = World()
        household = world.list_household(head, person.area)
        xml = world.xml(world.answers(household, families.POOR, person.area))
        path = world.phone_path(person)
        db.session.remove()
    files = {"xml_submission_file": (io.BytesIO(xml), "submission.xml", "text/xml")}
    answer = app.test_client(use_cookies=False).post(
        f"{path}/submission", data=files, headers={"X-OpenRosa-Version": "1.0"}, content_type="multipart/form-data"
    )
    assert answer.status_code == 201
    answer.close()
    return answer


def test_household_that_arrives_is_looked_at(app: Flask) -> None:
    for person, head in ((HEAD, "Hộ A"), (OTHER_HEAD, "Hộ B")):
        post(app, person, head)

    with app.app_context():
        assert {one.kind for one in db.session.scalars(db.select(Doubt))} >= {"id_number", "person"}
        assert all(case.doubts for case in db.session.scalars(db.select(Case).where(Case.round_id == ROUND)))
        assert World().phone_actor(HEAD).last_seen_at is not None


def test_failure_afterwards_harms_nobody(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("fieldsurvey.afterwards.doubt_search.look", fail)

    assert post(app, HEAD, "Hộ A").status_code == 201


def test_phone_is_noted_once_in_a_while() -> None:
    kept = Afterwards()

    assert kept.note(1, NOW)
    assert not kept.note(1, NOW + HEARD_EVERY / 2)
    assert kept.note(2, NOW)
    assert kept.note(1, NOW + HEARD_EVERY)
