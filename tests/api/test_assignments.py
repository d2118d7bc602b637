"""Roles over the wire: who has one, who may give it, and that nobody gives more than they have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from fieldsurvey.casework import sign_ins
from fieldsurvey.extensions import db, utcnow, write
from fieldsurvey.store.audit import actee_id
from fieldsurvey.store.people import Actor
from tests.cast import ADMIN, HEAD, OFFICER, ROUND, SUPERVISOR, Person
from tests.rest import Rest
from tests.world import FORM

RestOf = Callable[[Person | None], Rest]
EXTENDED = {"X-Extended-Metadata": "true"}
MANAGER, VIEWER, APP_USER, ADMINISTRATOR = 5, 7, 2, 1
PROJECT = f"/projects/{ROUND}"
IN_FORM = f"{PROJECT}/forms/{FORM}"


@pytest.fixture
def bob(app: Flask, rest: RestOf) -> Callable[[], Rest]:
    """Somebody without a role yet, and a script of theirs."""
    made = rest(ADMIN).post("/users", json={"email": "bob@example.org", "displayName": "Bob"}).json

    def script() -> Rest:
        signed_in = Rest(app, None)
        with app.app_context():
            with write() as session:
                token, _ = sign_ins.begin(session, session.get_one(Actor, made["id"]), now=utcnow())
            db.session.remove()
        signed_in.headers["Authorization"] = f"Bearer {token}"
        return signed_in

    script.id = made["id"]  # type: ignore[attr-defined]
    return script


def app_user(rest: RestOf, name: str = "david") -> int:
    made: int = rest(ADMIN).post(f"{PROJECT}/app-users", json={"displayName": name}).json["id"]
    return made


def test_roles_of_the_server(app: Flask, rest: RestOf) -> None:
    admin = rest(ADMIN).get("/users/current").json["id"]

    assert rest(ADMIN).get("/assignments").json == [{"actorId": admin, "roleId": ADMINISTRATOR}]
    extended = rest(ADMIN).get("/assignments", headers=EXTENDED).json[0]
    assert list(extended) == ["actorId", "roleId", "actor"]
    assert extended["actor"]["displayName"] == ADMIN.name


@pytest.mark.parametrize("role", ["admin", "1"])
def test_who_has_a_role(rest: RestOf, role: str) -> None:
    assert [one["displayName"] for one in rest(ADMIN).get(f"/assignments/{role}").json] == [ADMIN.name]


@pytest.mark.parametrize("path", ["/assignments/blah", "/assignments/999", "/projects/99/assignments"])
def test_unknown_role_or_project(rest: RestOf, path: str) -> None:
    assert rest(ADMIN).get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/assignments", "/assignments/admin", f"{PROJECT}/assignments", f"{IN_FORM}/assignments"]
)
def test_only_who_gives_roles_sees_them(rest: RestOf, path: str) -> None:
    for person in (OFFICER, SUPERVISOR, HEAD):
        assert rest(person).get(path).status_code == 403


@pytest.mark.parametrize("role", ["manager", str(MANAGER)])
def test_role_in_a_project_is_given_and_taken_back(rest: RestOf, bob: Any, role: str) -> None:
    script, address = bob(), f"{PROJECT}/assignments/{role}/{bob.id}"

    assert script.get(PROJECT).status_code == 403
    assert rest(ADMIN).post(address).json == {"success": True}
    assert script.get(PROJECT).status_code == 200
    assert {"actorId": bob.id, "roleId": MANAGER} in script.get(f"{PROJECT}/assignments").json
    assert [one["displayName"] for one in script.get(f"{PROJECT}/assignments/manager").json] == ["Bob"]
    assert rest(ADMIN).delete(address).json == {"success": True}
    assert script.get(PROJECT).status_code == 403
    assert rest(ADMIN).delete(address).status_code == 404


def test_role_of_the_server_is_given_and_taken_back(rest: RestOf, bob: Any) -> None:
    script = bob()

    assert rest(ADMIN).post(f"/assignments/admin/{bob.id}").status_code == 200
    assert [one["displayName"] for one in script.get("/assignments/admin").json] == [ADMIN.name, "Bob"]
    assert script.delete(f"/assignments/admin/{bob.id}").status_code == 200
    assert script.get("/assignments").status_code == 403


def test_role_is_given_once(rest: RestOf, bob: Any) -> None:
    address = f"{PROJECT}/assignments/viewer/{bob.id}"

    assert [rest(ADMIN).post(address).status_code for _ in range(2)] == [200, 409]


def test_nobody_gives_more_than_they_have(rest: RestOf, bob: Any) -> None:
    rest(ADMIN).post(f"{PROJECT}/assignments/manager/{bob.id}")
    manager = bob()

    assert manager.post(f"{PROJECT}/assignments/viewer/{bob.id}").status_code == 200
    assert manager.post(f"{PROJECT}/assignments/admin/{bob.id}").status_code == 403
    assert manager.post(f"/assignments/viewer/{bob.id}").status_code == 403


@pytest.mark.parametrize("person", [OFFICER, SUPERVISOR, HEAD])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_who_may_gives_and_takes(rest: RestOf, bob: Any, person: Person, method: str) -> None:
    for base in ("", PROJECT, IN_FORM):
        assert rest(person).call(method, f"{base}/assignments/viewer/{bob.id}").status_code == 403


@pytest.mark.parametrize("path", ["viewer/99999", "999/1", "blah/1"])
def test_who_or_what_is_not_there_is_not_found_whoever_asks(rest: RestOf, path: str) -> None:
    for base in ("", PROJECT, IN_FORM):
        assert rest(HEAD).post(f"{base}/assignments/{path}").status_code == 404


def test_role_of_an_area_is_given_on_its_own_page(rest: RestOf, bob: Any) -> None:
    answer = rest(ADMIN).post(f"{PROJECT}/assignments/commune-officer/{bob.id}")

    assert (answer.status_code, answer.json["code"]) == (400, 400.8)


def test_phones_get_forms(rest: RestOf) -> None:
    david = app_user(rest)

    assert rest(ADMIN).post(f"{IN_FORM}/assignments/app-user/{david}").status_code == 200
    assert rest(ADMIN).get(f"{IN_FORM}/assignments").json == [{"actorId": david, "roleId": APP_USER}]
    assert [one["displayName"] for one in rest(ADMIN).get(f"{IN_FORM}/assignments/app-user").json] == ["david"]
    assert rest(ADMIN).delete(f"{IN_FORM}/assignments/app-user/{david}").status_code == 200
    assert rest(ADMIN).get(f"{IN_FORM}/assignments/app-user").json == []


def test_phone_of_another_project_gets_none(rest: RestOf) -> None:
    other = rest(ADMIN).post("/projects", json={"name": "Another"}).json["id"]
    david = app_user(rest)

    assert rest(ADMIN).post(f"/projects/{other}/assignments/app-user/{david}").status_code == 404


def test_roles_of_all_forms(rest: RestOf, bob: Any) -> None:
    david = app_user(rest)
    rest(ADMIN).post(f"{IN_FORM}/assignments/app-user/{david}")
    rest(ADMIN).post(f"{IN_FORM}/assignments/manager/{bob.id}")

    everybody = rest(ADMIN).get(f"{PROJECT}/assignments/forms").json
    phones = rest(ADMIN).get(f"{PROJECT}/assignments/forms/app-user", headers=EXTENDED).json

    assert everybody == [
        {"actorId": david, "roleId": APP_USER, "xmlFormId": FORM},
        {"actorId": bob.id, "roleId": MANAGER, "xmlFormId": FORM},
    ]
    assert [(one["actor"]["displayName"], one["xmlFormId"]) for one in phones] == [("david", FORM)]


WRITTEN = [
    # address,                       what the entry names
    ("/assignments/admin", "*"),
    (f"{PROJECT}/assignments/admin", actee_id("round", ROUND)),
    (f"{IN_FORM}/assignments/admin", actee_id("form", 1)),
]


@pytest.mark.parametrize(("address", "named"), WRITTEN)
def test_giving_and_taking_is_written_down(rest: RestOf, bob: Any, address: str, named: str) -> None:
    rest(ADMIN).post(f"{address}/{bob.id}")
    rest(ADMIN).delete(f"{address}/{bob.id}")
    taken, given = rest(ADMIN).get("/audits?action=user&limit=2").json

    assert (given["action"], given["details"]) == (
        "user.assignment.create",
        {"roleId": ADMINISTRATOR, "grantedActeeId": named},
    )
    assert (taken["action"], taken["details"]) == (
        "user.assignment.delete",
        {"roleId": ADMINISTRATOR, "revokedActeeId": named},
    )
    assert given["acteeId"] == actee_id("actor", bob.id)


def test_ended_account_has_no_role(rest: RestOf, bob: Any) -> None:
    rest(ADMIN).post(f"/assignments/admin/{bob.id}")
    rest(ADMIN).delete(f"/users/{bob.id}")

    assert [one["displayName"] for one in rest(ADMIN).get("/assignments/admin").json] == [ADMIN.name]
