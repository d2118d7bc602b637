"""Personal data that leaves by the wire is written down: once for each person, form, way and day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
from fieldsurvey.store import disclosures
from fieldsurvey.store.people import Actor
from tests import central
from tests.cast import ADMIN, ROUND, Person
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import publish

SIMPLE = f"/projects/{ROUND}/forms/simple"


@pytest.fixture
def admin(world: World, rest: Callable[[Person | None], Rest]) -> Rest:
    publish(central.SIMPLE)
    db.session.remove()
    script = rest(ADMIN)
    assert script.post(f"{SIMPLE}/submissions", data=central.ONE, headers=XML).status_code == 200
    return script


def written_down() -> list[tuple[str, str]]:
    db.session.remove()
    me = db.session.query(Actor).filter_by(email=ADMIN.sign_in).one()
    return sorted((row.way, row.form) for row in disclosures.of_actor(db.session(), me.id))


READINGS = {
    "/submissions/one.xml": "xml",
    "/submissions/one/versions/one.xml": "xml",
    "/submissions/one/diffs": "diffs",
    "/submissions.geojson": "geojson",
    ".svc/Submissions": "odata",
    ".svc/Submissions('one')": "odata",
}


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("address", "way"), READINGS.items())
def test_a_reading_is_written_down_once(admin: Rest, address: str, way: str) -> None:
    for _ in range(2):
        assert admin.get(SIMPLE + address).status_code == 200

    assert written_down() == [(way, "simple")]


def test_what_holds_no_answers_is_not(admin: Rest) -> None:
    for address in ("", ".xml", ".svc", ".svc/$metadata", "/submissions"):
        assert admin.get(SIMPLE + address).status_code == 200

    assert written_down() == []


def test_a_dashboard_that_has_everything_already_gets_304_all_the_same(admin: Rest) -> None:
    tag = admin.get(f"{SIMPLE}.svc/Submissions").headers["ETag"]

    assert admin.get(f"{SIMPLE}.svc/Submissions", headers={"If-None-Match": tag}).status_code == 304
