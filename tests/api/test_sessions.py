"""Sessions over the wire: begun with a password, used with a token or cookies, ended by whoever may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from fieldsurvey.extensions import db
from tests.cast import ADMIN, HEAD, OFFICER, PASSWORD, ROUND, Person
from tests.rest import Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
TOKEN = r"[A-Za-z0-9!$]{64}"


def begin(rest: RestOf, person: Person = OFFICER, **changes: Any) -> TestResponse:
    return rest(None).post("/sessions", json={"email": person.sign_in, "password": PASSWORD, **changes})


def as_bearer(answer: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json['token']}"}


def test_session_is_begun_with_a_password(rest: RestOf) -> None:
    answer = begin(rest)

    assert answer.status_code == 200
    assert answer.json.keys() == {"token", "csrf", "expiresAt", "createdAt"}
    assert re.fullmatch(TOKEN, answer.json["token"])
    assert re.fullmatch(TOKEN, answer.json["csrf"])
    assert rest(None).get("/users/current", headers=as_bearer(answer)).json["displayName"] == OFFICER.name


@pytest.mark.parametrize("name", [" +84 912 000 001", "0912.000.001", "0912000001"])
def test_phone_number_stands_for_an_email(rest: RestOf, name: str) -> None:
    assert begin(rest, email=name).status_code == 200


def test_capitals_of_an_email_do_not_matter(rest: RestOf) -> None:
    assert begin(rest, ADMIN, email=ADMIN.sign_in.upper()).status_code == 200


def test_session_comes_as_cookies_too(app: Flask, rest: RestOf) -> None:
    answer = begin(rest)
    expires = http_date(datetime.fromisoformat(answer.json["expiresAt"]))

    session, csrf = answer.headers.getlist("Set-Cookie")
    assert re.fullmatch(f"session=[^;]+; Path=/; Expires={expires}; HttpOnly; SameSite=Strict", session)
    assert re.fullmatch(f"__csrf=[^;]+; Path=/; Expires={expires}; SameSite=Strict", csrf)


def test_over_https_the_cookie_is_bound_to_the_host(rest: RestOf) -> None:
    given = {"email": OFFICER.sign_in, "password": PASSWORD}
    answer = rest(None).post("/sessions", json=given, base_url="https://localhost")

    assert answer.headers.getlist("Set-Cookie")[0].startswith("__Host-session=")
    assert "; Secure; " in answer.headers.getlist("Set-Cookie")[0]


WRONG = [
    # what is sent,                          status, code
    ({}, 400, 400.3),
    ({"email": "x@example.org"}, 400, 400.3),
    ({"email": "x@example.org", "password": None}, 400, 400.3),
    ({"email": "", "password": "x"}, 400, 400.3),
    ({"email": 5, "password": "x"}, 400, 400.11),
    ({"email": [], "password": "x"}, 400, 400.11),
    ({"email": ADMIN.sign_in, "password": "not it"}, 401, 401.2),
    ({"email": ADMIN.sign_in, "password": {}}, 401, 401.2),
    ({"email": ADMIN.sign_in, "password": 123}, 401, 401.2),
    ({"email": "nobody@example.org", "password": PASSWORD}, 401, 401.2),
]


@pytest.mark.parametrize(("sent", "status", "code"), WRONG)
def test_what_begins_no_session(rest: RestOf, sent: dict[str, Any], status: int, code: float) -> None:
    answer = rest(None).post("/sessions", json=sent)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_what_is_missing_is_said_without_the_password(rest: RestOf) -> None:
    assert rest(None).post("/sessions").json["details"] == {"expected": ["email", "password"], "got": {}}
    answer = rest(None).post("/sessions", json={"password": "a secret of mine"})
    assert "a secret of mine" not in answer.text


def test_many_failures_must_wait(app: Flask, rest: RestOf) -> None:
    limit = app.config["FIELDSURVEY"].sign_in_attempts
    answers = [begin(rest, password=f"guess {number}").status_code for number in range(limit + 1)]

    assert answers == [401] * limit + [429]


@pytest.mark.parametrize("wrong", [{"Authorization": "Bearer nobody"}, {"Authorization": "Basic !"}])
def test_old_credentials_do_not_hinder_a_new_session(rest: RestOf, wrong: dict[str, str]) -> None:
    answer = rest(None).post("/sessions", json={"email": OFFICER.sign_in, "password": PASSWORD}, headers=wrong)

    assert answer.status_code == 200


def test_sign_in_is_written_down(rest: RestOf) -> None:
    token = rest(None).post(
        "/sessions", json={"email": ADMIN.sign_in, "password": PASSWORD}, headers={"User-Agent": "a script"}
    )
    entry = rest(None).get("/audits?action=user.session.create", headers=as_bearer(token)).json[0]

    assert entry["details"] == {"userAgent": "a script"}


def test_restore_tells_how_long_the_session_lasts(rest: RestOf) -> None:
    begun = begin(rest)
    answer = rest(None).get("/sessions/restore", headers={"Cookie": f"session={begun.json['token']}"})

    assert answer.json == {"createdAt": begun.json["createdAt"], "expiresAt": begun.json["expiresAt"]}


def test_nothing_is_restored_where_there_is_no_session(rest: RestOf) -> None:
    assert rest(None).get("/sessions/restore", headers={"Cookie": "session=nonsense"}).status_code == 401
    basic = {"Authorization": "Basic MDkxMjAwMDAwMTpmaWVsZHN1cnZleS1kZW1v"}
    assert rest(None).get("/sessions/restore", headers=basic).status_code == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({}, {}, 401),
        ({"__csrf": "wrong"}, {}, 401),
        ({"__csrf": "the right one"}, {}, 200),
        ({}, {"X-Requested-With": "XMLHttpRequest"}, 200),
    ],
)
def test_cookie_changes_things_only_from_our_own_pages(
    rest: RestOf, body: dict[str, str], headers: dict[str, str], status: int
) -> None:
    begun = begin(rest, ADMIN).json
    sent = {
        "name": "A project",
        **{name: value.replace("the right one", begun["csrf"]) for name, value in body.items()},
    }

    cookie = {"Cookie": f"session={begun['token']}", **headers}
    assert rest(None).post("/projects", json=sent, headers=cookie).status_code == status


@pytest.mark.parametrize("which", ["current", "token"])
def test_session_is_ended(rest: RestOf, which: str) -> None:
    begun = begin(rest)
    address = f"/sessions/{begun.json['token'] if which == 'token' else which}"

    answer = rest(None).delete(address, headers=as_bearer(begun))

    assert answer.json == {"success": True}
    assert answer.headers.getlist("Set-Cookie") == [
        "session=null; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict",
        "__csrf=null; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; SameSite=Strict",
    ]
    assert rest(None).get("/users/current", headers=as_bearer(begun)).status_code == 401


def test_administrator_ends_anothers_session_and_keeps_the_cookies(rest: RestOf) -> None:
    begun = begin(rest)

    answer = rest(ADMIN).delete(f"/sessions/{begun.json['token']}")

    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
    assert rest(None).get("/users/current", headers=as_bearer(begun)).status_code == 401


@pytest.mark.parametrize("token", ["a" * 64, "x"])
def test_tokens_cannot_be_tried(rest: RestOf, token: str) -> None:
    others = begin(rest, ADMIN).json["token"]

    assert rest(OFFICER).delete(f"/sessions/{token}").status_code == 403
    assert rest(OFFICER).delete(f"/sessions/{others}").status_code == 403


def test_token_of_a_phone_is_ended_by_who_looks_after_it(app: Flask, rest: RestOf) -> None:
    with app.app_context():
        token = World().phone_path(HEAD).split("/")[3]
        db.session.remove()
    as_phone = rest(None)

    assert as_phone.delete(f"/key/{token}/sessions/{token}").status_code == 403
    assert as_phone.delete(f"/key/{token}/sessions/current").status_code == 403
    assert rest(HEAD).delete(f"/sessions/{token}").status_code == 403
    assert rest(OFFICER).delete(f"/sessions/{token}").status_code == 200
    assert as_phone.get(f"/key/{token}/projects/{ROUND}").status_code == 403
    assert rest(ADMIN).get("/audits?action=field_key.session.end").json[0]["details"] is None
