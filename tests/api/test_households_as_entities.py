"""The round's households as entities that are changed: by programs, and by phones that were without a line. Both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from fieldsurvey.extensions import db
from fieldsurvey.store.cases import Case
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.register import Household
from tests.cast import ADMIN, HEAD, NEIGHBOUR, OFFICER, OTHER_HEAD, PHU_LUU, ROUND, TAO_PHU, Person
from tests.entity_forms import form, submission, uuid4
from tests.rest import XML, Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
HOUSEHOLDS = f"/projects/{ROUND}/datasets/households"
FORMS = f"/projects/{ROUND}/forms"
BRANCH, OTHER_BRANCH = uuid4(100), uuid4(101)


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" in metafunc.fixturenames:
        metafunc.parametrize("engine_name", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def uuid(app: Flask) -> str:
    with app.app_context():
        found = World().list_household().uuid
        db.session.remove()
    return found


@pytest.fixture
def follow_up(rest: RestOf) -> None:
    """A form that updates households and meets new ones."""
    saved = {"name": "head_name", "address": "address", "village": "village"}
    xml = form(saved, form_id="follow-up", dataset="households")
    assert rest(ADMIN).post(f"{FORMS}?publish=true", data=xml, headers=XML).status_code == 200


def entity(rest: RestOf, uuid: str) -> Any:
    return rest(OFFICER).get(f"{HOUSEHOLDS}/entities/{uuid}").json


def send(rest: RestOf, person: Person, instance: str, uuid: str, answers: dict[str, str], **said: Any) -> None:
    xml = submission(instance, uuid, answers, form_id="follow-up", dataset="households", **said)
    answer = rest(person).post(f"{FORMS}/follow-up/submissions", data=xml, headers=XML)
    assert answer.status_code == 200, answer.json


def problems(rest: RestOf, instance: str) -> list[Any]:
    log = rest(ADMIN).get(f"{FORMS}/follow-up/submissions/{instance}/audits").json
    return [one["details"]["problem"]["problemCode"] for one in log if one["action"] == "entity.error"]


def test_officer_s_program_changes_a_household(app: Flask, rest: RestOf, uuid: str) -> None:
    officer = rest(OFFICER)

    changed = officer.patch(f"{HOUSEHOLDS}/entities/{uuid}?baseVersion=1", json={"data": {"address": "Xóm 3"}})
    stale = officer.patch(f"{HOUSEHOLDS}/entities/{uuid}?baseVersion=1", json={"label": "Ai đó"})

    assert (changed.status_code, changed.json["currentVersion"]["data"]["address"]) == (200, "Xóm 3")
    assert changed.json["currentVersion"]["version"] == 2
    assert (stale.status_code, str(stale.json["code"])) == (409, "409.15")
    versions = officer.get(f"{HOUSEHOLDS}/entities/{uuid}/versions").json
    assert [(one["version"], one["data"]["address"]) for one in versions] == [(1, ""), (2, "Xóm 3")]
    assert officer.get(f"{HOUSEHOLDS}/entities/{uuid}/diffs").json == [
        [{"old": "", "new": "Xóm 3", "propertyName": "address"}]
    ]
    with app.app_context():
        event = db.session.scalars(select(HouseholdEvent)).one()
        assert (event.kind, event.after["household"]) == ("corrected", {"address": "Xóm 3"})
        db.session.remove()


@pytest.mark.parametrize(
    ("data", "status"), [({"wall": "earth"}, 400), ({"members": "9"}, 400), ({"village": "nowhere"}, 400)]
)
def test_what_comes_from_reviews_is_not_changed_as_an_entity(
    rest: RestOf, uuid: str, data: dict[str, str], status: int
) -> None:
    refused = rest(OFFICER).patch(f"{HOUSEHOLDS}/entities/{uuid}?force=true", json={"data": data})

    assert (refused.status_code, entity(rest, uuid)["currentVersion"]["version"]) == (status, 1)


def test_who_looks_after_another_commune_changes_nothing(rest: RestOf, uuid: str) -> None:
    path = f"{HOUSEHOLDS}/entities/{uuid}"

    assert rest(NEIGHBOUR).patch(f"{path}?force=true", json={"label": "x"}).status_code == 404
    assert rest(NEIGHBOUR).delete(path).status_code == 404
    assert rest(HEAD).delete(path).status_code == 403


def test_household_is_made_deleted_and_restored(app: Flask, rest: RestOf) -> None:
    officer, new = rest(OFFICER), uuid4(7)
    body = {"uuid": new, "label": "Trần Thị Mới", "data": {"village": TAO_PHU}}

    made = officer.post(f"{HOUSEHOLDS}/entities", json=body)

    assert (made.status_code, made.json["currentVersion"]["label"]) == (200, "Trần Thị Mới")
    assert officer.post(f"{HOUSEHOLDS}/entities", json=body).status_code == 409
    assert officer.delete(f"{HOUSEHOLDS}/entities/{new}").json == {"success": True}
    assert officer.get(f"{HOUSEHOLDS}/entities/{new}").status_code == 404
    assert officer.post(f"{HOUSEHOLDS}/entities/{new}/restore").json == {"success": True}
    assert officer.get(f"{HOUSEHOLDS}/entities/{new}").status_code == 200
    with app.app_context():
        assert World().counts()["not_visited"] == 1
        db.session.remove()


def test_phone_s_update_goes_into_the_register(rest: RestOf, uuid: str, follow_up: None) -> None:
    send(rest, HEAD, "one", uuid, {"address": "Xóm 3"}, update="1", baseVersion=1)

    found = entity(rest, uuid)
    assert (found["currentVersion"]["data"]["address"], found["conflict"]) == ("Xóm 3", None)


def test_phone_of_another_village_changes_nothing(rest: RestOf, uuid: str, follow_up: None) -> None:
    send(rest, OTHER_HEAD, "one", uuid, {"address": "Xóm 3"}, update="1", baseVersion=1)

    assert entity(rest, uuid)["currentVersion"]["version"] == 1
    assert problems(rest, "one") == [403.6]


def test_both_sides_changed_the_same_property(rest: RestOf, uuid: str, follow_up: None) -> None:
    rest(OFFICER).patch(f"{HOUSEHOLDS}/entities/{uuid}?force=true", json={"data": {"address": "Xóm 1"}})
    send(
        rest, HEAD, "one", uuid, {"address": "Xóm 3"}, update="1", baseVersion=1, branchId=BRANCH, trunkVersion=1
    )  # fmt: skip

    found = entity(rest, uuid)
    assert (found["currentVersion"]["data"]["address"], found["conflict"]) == ("Xóm 3", "hard")
    last = rest(OFFICER).get(f"{HOUSEHOLDS}/entities/{uuid}/versions").json[-1]
    assert (last["conflict"], last["conflictingProperties"], last["baseVersion"]) == ("hard", ["address"], 1)


def test_each_side_changed_another_property(rest: RestOf, uuid: str, follow_up: None) -> None:
    rest(OFFICER).patch(f"{HOUSEHOLDS}/entities/{uuid}?force=true", json={"data": {"code": "A1"}})
    send(rest, HEAD, "one", uuid, {"address": "Xóm 3"}, update="1", baseVersion=1)

    assert entity(rest, uuid)["conflict"] == "soft"
    resolved = rest(OFFICER).patch(
        f"{HOUSEHOLDS}/entities/{uuid}?resolve=true&force=true", json={"data": {"code": "A2"}}
    )
    assert (resolved.json["conflict"], resolved.json["currentVersion"]["data"]["code"]) == (None, "A2")


def test_changes_of_a_branch_follow_each_other_and_wait_for_each_other(
    rest: RestOf, uuid: str, follow_up: None
) -> None:
    offline = {"update": "1", "branchId": BRANCH, "trunkVersion": 1}
    send(rest, HEAD, "two", uuid, {"address": "Xóm 2"}, baseVersion=2, **offline)
    assert entity(rest, uuid)["currentVersion"]["version"] == 1, "it waits"

    send(rest, HEAD, "one", uuid, {"address": "Xóm 1"}, baseVersion=1, **offline)

    found = entity(rest, uuid)
    assert (found["currentVersion"]["version"], found["currentVersion"]["data"]["address"]) == (3, "Xóm 2")
    assert found["conflict"] is None


def test_new_household_of_a_phone_waits_for_the_officer(app: Flask, rest: RestOf, follow_up: None) -> None:
    new = uuid4(9)
    send(rest, HEAD, "one", new, {"name": "Phạm Văn Gặp", "village": TAO_PHU}, create="1", label="Phạm Văn Gặp")
    with app.app_context():
        assert db.session.scalars(select(Household)).all() == []
        db.session.remove()

    rest(OFFICER).patch(f"{FORMS}/follow-up/submissions/one", json={"reviewState": "approved"})

    assert entity(rest, new)["currentVersion"]["label"] == "Phạm Văn Gặp"
    with app.app_context():
        assert db.session.scalars(select(Case)).one().village_id == World().village().id
        db.session.remove()


def test_form_cannot_save_to_what_comes_from_reviews(rest: RestOf) -> None:
    xml = form({"wall": "wall"}, form_id="follow-up", dataset="households")

    refused = rest(ADMIN).post(f"{FORMS}?publish=true", data=xml, headers=XML)

    assert (refused.status_code, refused.json["details"]["value"]) == (400, "wall")


def test_move_to_another_village_of_the_commune(rest: RestOf, uuid: str) -> None:
    moved = rest(OFFICER).patch(f"{HOUSEHOLDS}/entities/{uuid}?baseVersion=1", json={"data": {"village": PHU_LUU}})

    assert moved.json["currentVersion"]["data"]["village"] == PHU_LUU
