"""People over the wire: found, made, changed, forgotten passwords, and ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask

from fieldsurvey.casework import people
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Role
from fieldsurvey.store.people import Actor
from tests.cast import ADMIN, COMMUNE, HEAD, NOW, OFFICER, PASSWORD, PROVINCE, ROUND, SUPERVISOR, Person
from tests.rest import Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
NEW = "a quite new password"
EXTENDED = {"X-Extended-Metadata": "true"}


def create(rest: RestOf, email: str = "nam@example.org", **more: Any) -> dict[str, Any]:
    answer = rest(ADMIN).post("/users", json={"email": email, **more})
    assert answer.status_code == 200, answer.json
    made: dict[str, Any] = answer.json
    return made


def sign_in(rest: RestOf, name: str, password: str) -> int:
    return rest(None).post("/sessions", json={"email": name, "password": password}).status_code


def id_of(app: Flask, person: Person) -> int:
    with app.app_context():
        found = World().actor(person).id
        db.session.remove()
    return found


# Finding


def test_administrator_sees_everybody_by_email(rest: RestOf) -> None:
    found = rest(ADMIN).get("/users").json

    names = [one["email"] for one in found]
    assert names == sorted(names)
    assert {ADMIN.sign_in, OFFICER.sign_in} <= set(names)
    assert found[0].keys() == {
        "id", "type", "displayName", "email", "createdAt", "updatedAt", "deletedAt", "lastLoginAt",
    }  # fmt: skip


@pytest.mark.parametrize("person", [OFFICER, SUPERVISOR, HEAD])
def test_who_looks_after_nobody_sees_nobody(rest: RestOf, person: Person) -> None:
    assert rest(person).get("/users").json == []
    assert rest(person).get("/users?q=hanh").json == []


def test_administrator_of_a_commune_sees_its_people(app: Flask, rest: RestOf) -> None:
    with app.app_context():
        with write() as session:
            commune = World().area(Level.COMMUNE, COMMUNE)
            person = Person("local", "Tạ Văn Nam", "nam@example.org", Role.ADMINISTRATOR, COMMUNE)
            people.create_user(session, person.name, person.sign_in, PASSWORD, person.role, commune, by=None, now=NOW)
        db.session.remove()
    found = {one["email"] for one in rest(person).get("/users").json}

    assert {OFFICER.sign_in, HEAD.sign_in} <= found
    assert not {ADMIN.sign_in, SUPERVISOR.sign_in} & found


SEARCHED = [
    # typed,                names, the most alike first
    ("hanh", [OFFICER.name]),
    ("Lê Thị Hạnh", [OFFICER.name]),
    ("le thi hnah", [OFFICER.name]),
    ("0912000001", [OFFICER.name]),
    ("admin@", [ADMIN.name]),
    ("%", []),
    ("_", []),
    ("zzz", []),
]


@pytest.mark.parametrize(("typed", "names"), SEARCHED)
def test_search(rest: RestOf, typed: str, names: list[str]) -> None:
    found = rest(ADMIN).get("/users", query_string={"q": typed}).json

    assert [one["displayName"] for one in found][: len(names) or 1] == names


@pytest.mark.parametrize("address", ["/users", "/users/"])
def test_anybody_finds_one_person_by_the_whole_email(rest: RestOf, address: str) -> None:
    found = rest(HEAD).get(f"{address}?q={ADMIN.sign_in}").json

    assert [one["displayName"] for one in found] == [ADMIN.name]


def test_phone_numbers_cannot_be_tried(rest: RestOf) -> None:
    assert rest(HEAD).get(f"/users?q={OFFICER.sign_in}").json == []


def test_current_user(rest: RestOf) -> None:
    user = rest(OFFICER).get("/users/current").json

    assert (user["displayName"], user["email"], user["type"]) == (OFFICER.name, OFFICER.sign_in, "user")
    assert "verbs" not in user


def test_current_user_in_full(rest: RestOf) -> None:
    admin = rest(ADMIN).get("/users/current", headers=EXTENDED).json
    head = rest(HEAD).get("/users/current", headers=EXTENDED).json

    assert {"user.password.invalidate", "assignment.create", "role.update"} < set(admin["verbs"])
    assert head["verbs"] == []
    assert head["preferences"] == {"site": {}, "projects": {}}
    assert head["session"].keys() == {"createdAt", "expiresAt"}


def test_last_sign_in_is_told(rest: RestOf) -> None:
    assert create(rest, password=NEW)["lastLoginAt"] is None
    sign_in(rest, "nam@example.org", NEW)

    assert rest(ADMIN).get("/users?q=nam@example.org").json[0]["lastLoginAt"] is not None


def test_people_see_themselves_and_whom_they_look_after(app: Flask, rest: RestOf) -> None:
    officer, admin = id_of(app, OFFICER), id_of(app, ADMIN)

    assert rest(OFFICER).get(f"/users/{officer}").status_code == 200
    assert rest(ADMIN).get(f"/users/{officer}").status_code == 200
    assert rest(OFFICER).get(f"/users/{admin}").status_code == 403
    assert rest(OFFICER).get("/users/99999").status_code == 404


# Making and changing


def test_account_over_the_wire_has_no_role(rest: RestOf) -> None:
    made = create(rest, password=NEW)
    token = rest(None).post("/sessions", json={"email": "nam@example.org", "password": NEW}).json["token"]
    as_nam = {"Authorization": f"Bearer {token}"}

    assert (made["displayName"], made["email"]) == ("nam@example.org", "nam@example.org")
    assert rest(None).get(f"/projects/{ROUND}", headers=as_nam).status_code == 403
    assert rest(None).get("/projects", headers=as_nam).json == []


WRONG_ACCOUNTS = [
    # what is sent,                                           status, code
    ({}, 400, 400.2),
    ({"email": ""}, 400, 400.2),
    ({"email": 5}, 400, 400.11),
    ({"email": "n@example.org", "password": "short"}, 400, 400.21),
    ({"email": "n@example.org", "password": "x" * 71 + "yz"}, 400, 400.38),
    ({"email": "n@example.org", "password": "hunter2!!!"}, 400, 400.44),
    ({"email": "n@example.org", "password": {}}, 400, 400.11),
    ({"email": "n@example.org", "password": []}, 400, 400.11),
    ({"email": "n@example.org", "password": 123}, 400, 400.11),
    ({"email": ADMIN.sign_in}, 409, 409.3),
    ({"email": "+84912000001"}, 409, 409.3),
]


@pytest.mark.parametrize(("sent", "status", "code"), WRONG_ACCOUNTS)
def test_what_makes_no_account(rest: RestOf, sent: dict[str, Any], status: int, code: float) -> None:
    answer = rest(ADMIN).post("/users", json=sent)

    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("person", [OFFICER, SUPERVISOR])
def test_only_administrators_make_accounts(rest: RestOf, person: Person) -> None:
    assert rest(person).post("/users", json={"email": "n@example.org"}).status_code == 403


def test_people_change_their_own_name_and_email_and_nothing_else(app: Flask, rest: RestOf) -> None:
    script, mine = rest(OFFICER), f"/users/{id_of(app, OFFICER)}"
    before = script.get(mine).json
    sent = {"id": 9, "type": "x", "password": "p", "email": "Hanh@Example.org", "displayName": "Hạnh", "createdAt": "x"}

    after = script.patch(mine, json=sent).json

    assert (after["displayName"], after["email"]) == ("Hạnh", "hanh@example.org")
    assert {name for name in after if after[name] != before[name]} == {"displayName", "email", "updatedAt"}
    assert sign_in(rest, "hanh@example.org", PASSWORD) == sign_in(rest, OFFICER.sign_in, PASSWORD) == 200


def test_email_that_is_taken(app: Flask, rest: RestOf) -> None:
    mine = f"/users/{id_of(app, OFFICER)}"

    assert rest(OFFICER).patch(mine, json={"email": ADMIN.sign_in}).json["code"] == 409.3
    assert rest(OFFICER).patch(mine, json={"email": OFFICER.sign_in}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("PATCH", ""), ("PUT", "/password"), ("DELETE", "")])
def test_others_are_left_alone(app: Flask, rest: RestOf, method: str, path: str) -> None:
    sent = {"displayName": "x", "old": PASSWORD, "new": "short"}

    assert rest(OFFICER).call(method, f"/users/{id_of(app, ADMIN)}{path}", json=sent).status_code == 403
    assert rest(OFFICER).call(method, f"/users/99999{path}", json=sent).status_code == 404


def test_administrator_of_an_area_leaves_those_alone_who_have_a_role_beyond_it(app: Flask, rest: RestOf) -> None:
    with app.app_context():
        with write() as session:
            world, local = World(), Person("local", "Tạ Văn Nam", "nam@example.org", Role.ADMINISTRATOR, PROVINCE)
            area = world.area(Level.PROVINCE, PROVINCE)
            people.create_user(session, local.name, local.sign_in, PASSWORD, local.role, area, by=None, now=NOW)
        db.session.remove()
    officer, head = id_of(app, OFFICER), id_of(app, HEAD)
    rest(ADMIN).post(f"/assignments/admin/{officer}")

    assert rest(local).patch(f"/users/{head}", json={"displayName": "x"}).status_code == 200
    assert rest(local).patch(f"/users/{officer}", json={"displayName": "x"}).status_code == 403


def test_ended_account(app: Flask, rest: RestOf) -> None:
    officer = id_of(app, OFFICER)
    script = rest(OFFICER)

    assert rest(ADMIN).delete(f"/users/{officer}").json == {"success": True}
    assert rest(ADMIN).get(f"/users/{officer}").status_code == 404
    assert script.get("/projects").status_code == 401
    assert sign_in(rest, OFFICER.sign_in, PASSWORD) == 401


def test_nobody_shuts_themselves_out(app: Flask, rest: RestOf) -> None:
    assert rest(ADMIN).delete(f"/users/{id_of(app, ADMIN)}").status_code == 403


# Passwords


def change_password(script: Rest, number: int, old: Any = PASSWORD, new: Any = NEW) -> int:
    return script.put(f"/users/{number}/password", json={"old": old, "new": new}).status_code


def test_password_is_changed_by_who_knows_the_old_one(app: Flask, rest: RestOf) -> None:
    here, elsewhere, officer = rest(OFFICER), rest(OFFICER), id_of(app, OFFICER)

    assert change_password(here, officer) == 200
    assert sign_in(rest, OFFICER.sign_in, NEW) == 200
    assert sign_in(rest, OFFICER.sign_in, PASSWORD) == 401
    assert here.get("/users/current").status_code == 200
    assert elsewhere.get("/users/current").status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("not it", NEW, 401), (None, NEW, 401), ([], NEW, 401), (PASSWORD, "short", 400), (PASSWORD, 5, 400)],
)
def test_what_changes_no_password(app: Flask, rest: RestOf, old: Any, new: Any, status: int) -> None:
    assert change_password(rest(OFFICER), id_of(app, OFFICER), old, new) == status


def test_new_password_is_written_down_without_it(app: Flask, rest: RestOf) -> None:
    change_password(rest(OFFICER), id_of(app, OFFICER))
    entry = rest(ADMIN).get("/audits?action=user", headers=EXTENDED).json[0]

    assert (entry["action"], entry["details"]) == ("user.update", {"data": {"password": True}})
    assert entry["actee"]["displayName"] == entry["actor"]["displayName"] == OFFICER.name


def letter(app: Flask, actor_id: int) -> str | None:
    """The token in the newest letter to somebody."""
    path = app.config["FIELDSURVEY"].outbox / f"{actor_id}.eml"
    if not path.exists():
        return None
    assert path.stat().st_mode & 0o077 == 0
    message: Any = message_from_bytes(path.read_bytes(), policy=policy.SMTP)
    found = re.search(r"/new-password\?token=([A-Za-z0-9!$]+)", message.get_content())
    return found[1] if found else None


def reset(rest: RestOf, token: str | None, password: str = NEW) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return rest(None).post("/users/reset/verify", json={"new": password}, headers=headers).status_code


def test_forgotten_password_is_chosen_anew_once(app: Flask, rest: RestOf) -> None:
    script, officer = rest(OFFICER), id_of(app, OFFICER)

    assert rest(None).post("/users/reset/initiate", json={"email": OFFICER.sign_in}).json == {"success": True}
    assert script.get("/users/current").status_code == 200
    token = letter(app, officer)
    assert reset(rest, token, "short") == 400
    assert [reset(rest, token), reset(rest, token)] == [200, 401]
    assert script.get("/users/current").status_code == 401
    assert sign_in(rest, OFFICER.sign_in, NEW) == 200


def test_token_of_a_letter_is_no_session(app: Flask, rest: RestOf) -> None:
    rest(None).post("/users/reset/initiate", json={"email": ADMIN.sign_in})
    headers = {"Authorization": f"Bearer {letter(app, id_of(app, ADMIN))}"}

    assert rest(None).get("/users/current", headers=headers).status_code == 401


def test_newer_letter_replaces_the_older_one(app: Flask, rest: RestOf) -> None:
    tokens = []
    for _ in range(2):
        rest(None).post("/users/reset/initiate", json={"email": OFFICER.sign_in})
        tokens.append(letter(app, id_of(app, OFFICER)))

    assert [reset(rest, token) for token in tokens] == [401, 200]


def test_new_account_without_password_gets_a_letter(app: Flask, rest: RestOf) -> None:
    made = create(rest, password="")

    assert sign_in(rest, "nam@example.org", "") == 400
    assert reset(rest, letter(app, made["id"])) == 200
    assert sign_in(rest, "nam@example.org", NEW) == 200
    assert letter(app, create(rest, "other@example.org", password=NEW)["id"]) is None


def test_nobody_learns_who_has_an_account(rest: RestOf) -> None:
    assert rest(None).post("/users/reset/initiate", json={"email": "nobody@example.org"}).json == {"success": True}


@pytest.mark.parametrize(("person", "status"), [(ADMIN, 200), (OFFICER, 403), (None, 401)])
@pytest.mark.parametrize("email", [HEAD.sign_in, "nobody@example.org"])
def test_only_who_looks_after_somebody_invalidates(
    rest: RestOf, person: Person | None, status: int, email: str
) -> None:
    answer = rest(person).post("/users/reset/initiate?invalidate=true", json={"email": email})

    assert answer.status_code == status


def test_invalid_password_no_longer_works(app: Flask, rest: RestOf) -> None:
    script = rest(OFFICER)
    rest(ADMIN).post("/users/reset/initiate?invalidate=true", json={"email": OFFICER.sign_in})

    assert sign_in(rest, OFFICER.sign_in, PASSWORD) == 401
    assert script.get("/users/current").status_code == 401
    entry = rest(ADMIN).get("/audits?action=user.update").json[0]
    assert entry["details"] == {"data": {"password": None}}


@pytest.mark.parametrize("sent", [{}, {"email": ""}])
def test_letter_to_nobody(rest: RestOf, sent: dict[str, str]) -> None:
    answer = rest(None).post("/users/reset/initiate", json=sent)

    assert (answer.status_code, answer.json["code"], answer.json["details"]) == (400, 400.2, {"field": "email"})


def test_nobody_resets_without_a_letter(rest: RestOf) -> None:
    assert rest(None).post("/users/reset/verify", json={"new": NEW}).status_code == 401
    assert rest(ADMIN).post("/users/reset/verify", json={"new": NEW}).status_code == 403


def test_no_password_is_kept(app: Flask, rest: RestOf) -> None:
    made = create(rest, password=NEW)

    with app.app_context():
        actor = db.session.get_one(Actor, made["id"])
        assert NEW not in (actor.password_hash or "")
        db.session.remove()
