"""App users and public links over the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cast import ADMIN, HEAD, NEIGHBOUR, OFFICER, ROUND, Person
from tests.rest import Rest

RestOf = Callable[[Person | None], Rest]
USERS = f"/projects/{ROUND}/app-users"
LINKS = f"/projects/{ROUND}/forms/ra-soat-ho/public-links"
EXTENDED = {"X-Extended-Metadata": "true"}


def test_app_user_gets_a_token_and_no_form_yet(rest: RestOf) -> None:
    made = rest(ADMIN).post(USERS, json={"displayName": "Máy 1"}).json
    address = f"/key/{made['token']}/projects/{ROUND}/formList"

    assert (made["type"], made["projectId"], len(made["token"])) == ("field_key", ROUND, 64)
    answer = rest(None).get(address, headers={"X-OpenRosa-Version": "1.0"})
    assert (answer.status_code, answer.text.count("<formID>")) == (200, 0)


def test_newest_stands_first_with_who_made_it(rest: RestOf) -> None:
    admin = rest(ADMIN)
    for name in ("Máy 1", "Máy 2"):
        admin.post(USERS, json={"displayName": name})

    found = admin.get(USERS, headers=EXTENDED).json

    assert [one["displayName"] for one in found[:2]] == ["Máy 2", "Máy 1"]
    assert (found[0]["createdBy"]["displayName"], found[0]["lastUsed"]) == (ADMIN.name, None)


def test_officer_sees_the_phones_of_the_own_commune_only(rest: RestOf) -> None:
    admin, officer = rest(ADMIN), rest(OFFICER)
    admin.post(USERS, json={"displayName": "Máy của tỉnh"})

    names = [one["displayName"] for one in officer.get(USERS).json]

    assert HEAD.name in names
    assert "Máy của tỉnh" not in names
    assert officer.post(USERS, json={"displayName": "Máy 3"}).json["code"] == 403.60
    assert not set(names) & {one["displayName"] for one in rest(NEIGHBOUR).get(USERS).json}


def test_removed_app_user_is_gone_and_shut_out(rest: RestOf) -> None:
    admin = rest(ADMIN)
    made = admin.post(USERS, json={"displayName": "Máy 1"}).json

    assert admin.delete(f"{USERS}/{made['id']}").json == {"success": True}
    assert made["id"] not in [one["id"] for one in admin.get(USERS).json]
    assert rest(None).get(f"/key/{made['token']}/projects/{ROUND}").status_code == 403


def test_app_user_of_another_project_is_not_found(rest: RestOf) -> None:
    admin = rest(ADMIN)
    other = admin.post("/projects", json={"name": "Khác"}).json["id"]
    made = admin.post(USERS, json={"displayName": "Máy 1"}).json

    assert admin.delete(f"/projects/{other}/app-users/{made['id']}").status_code == 404


def test_app_user_carries_properties_that_the_project_knows(rest: RestOf) -> None:
    admin = rest(ADMIN)
    made = admin.post(USERS, json={"displayName": "Máy 1"}).json
    address = f"{USERS}/{made['id']}"

    assert admin.patch(address, json={"properties": {"khu": "bắc"}}).json["code"] == 400.23
    admin.post(f"/projects/{ROUND}/actor-properties", json={"name": "khu"})
    assert admin.patch(address, json={"properties": {"khu": "bắc"}}).json["properties"] == {"khu": "bắc"}
    extended = admin.get(f"/projects/{ROUND}/actor-properties", headers=EXTENDED).json
    assert extended == [{"name": "khu", "values": ["bắc"]}]


@pytest.mark.parametrize(
    ("name", "status"), [("name", 400), ("__khu", 400), ("displayName", 400), ("KHU", 409), ("", 400)]
)
def test_names_that_a_property_cannot_have(rest: RestOf, name: str, status: int) -> None:
    admin = rest(ADMIN)
    admin.post(f"/projects/{ROUND}/actor-properties", json={"name": "khu"})

    assert admin.post(f"/projects/{ROUND}/actor-properties", json={"name": name}).status_code == status


def test_public_link_opens_one_form(rest: RestOf) -> None:
    admin = rest(ADMIN)
    made = admin.post(LINKS, json={"displayName": "Ai cũng điền được", "once": True}).json

    assert (made["type"], made["once"]) == ("public_link", True)
    assert [one["id"] for one in admin.get(LINKS, headers=EXTENDED).json] == [made["id"]]
    assert admin.delete(f"{LINKS}/{made['id']}").status_code == 200
    assert admin.get(LINKS).json == []
