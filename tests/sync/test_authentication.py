"""Who is calling a phone's door: token, Basic, session; and who is not let in."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from flask import Flask

from fieldsurvey.casework import people
from fieldsurvey.extensions import db, write
from tests.browser import Browser
from tests.cast import ADMIN, HEAD, NOW, OFFICER, PASSWORD, ROUND, Person
from tests.phone import FlaskLine, Phone
from tests.world import World

PROJECT = f"/v1/projects/{ROUND}"


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def with_basic(app: Flask, name: str, password: str = PASSWORD) -> Phone:
    return Phone(FlaskLine(app), PROJECT, basic(name, password))


def test_token_of_a_phone(phone: Callable[[Person], Phone]) -> None:
    assert [entry["formID"] for entry in phone(HEAD).form_list()] == ["ra-soat-ho"]


@pytest.mark.parametrize(
    ("token", "status"),
    [("a" * 64, 403), ("!$" * 32, 403), ("a" * 63, 401), ("%20" * 64, 401)],
    ids=["unknown", "unknown with signs", "too short", "not a token"],
)
def test_wrong_token(app: Flask, token: str, status: int) -> None:
    assert Phone(FlaskLine(app), f"/v1/key/{token}/projects/{ROUND}").call("GET", "/formList").status == status


def test_revoked_token_is_forbidden_and_says_what_to_do(app: Flask, phone: Callable[[Person], Phone]) -> None:
    collect = phone(HEAD)
    with app.app_context(), write() as session:
        world = World()
        people.revoke_phone(session, world.phone_actor(HEAD), by=world.doer(OFFICER), now=NOW)

    answer = collect.call("GET", "/formList")

    assert answer.status == 403
    assert "mã QR mới" in answer.message


def test_token_beats_other_credentials(phone: Callable[[Person], Phone]) -> None:
    collect = phone(HEAD)
    collect.headers |= basic("nobody@example.org", "wrong")

    assert collect.call("GET", "/formList").status == 200


@pytest.mark.parametrize("name", [HEAD.sign_in, "+84 913 000 001", ADMIN.sign_in, "ADMIN@example.org"])
def test_basic_by_phone_number_or_e_mail(app: Flask, name: str) -> None:
    assert with_basic(app, name).call("GET", "/formList").status == 200


def test_basic_needs_https_in_production(app: Flask) -> None:
    from dataclasses import replace

    app.config["FIELDSURVEY"] = replace(app.config["FIELDSURVEY"], env="production")

    plain = with_basic(app, HEAD.sign_in).call("GET", "/formList")
    safe = app.test_client().get(
        f"{PROJECT}/formList",
        headers={**basic(HEAD.sign_in), "X-OpenRosa-Version": "1.0"},
        base_url="https://localhost",
    )

    assert (plain.status, plain.headers["x-fieldsurvey-problem"]) == (401, "401.3")
    assert safe.status_code == 200


def test_guessing_is_throttled(app: Flask) -> None:
    limit = app.config["FIELDSURVEY"].sign_in_attempts
    guesses = [
        with_basic(app, OFFICER.sign_in, f"wrong {at}").call("GET", "/formList").status for at in range(limit + 1)
    ]

    assert guesses == [401] * limit + [429]
    assert with_basic(app, OFFICER.sign_in).call("GET", "/formList").status == 429  # even the right one waits
    assert with_basic(app, HEAD.sign_in).call("GET", "/formList").status == 200  # others do not


def test_changed_password_ends_the_remembered_one(app: Flask) -> None:
    assert with_basic(app, HEAD.sign_in).call("GET", "/formList").status == 200
    with app.app_context(), write() as session:
        people.set_password(session, World().actor(HEAD), "another password", by=None, now=NOW)

    assert with_basic(app, HEAD.sign_in).call("GET", "/formList").status == 401
    assert with_basic(app, HEAD.sign_in, "another password").call("GET", "/formList").status == 200


def test_session_may_read_but_needs_a_header_to_post(app: Flask, browser: Callable[[Person], Browser]) -> None:
    officer = browser(OFFICER).client
    rosa = {"X-OpenRosa-Version": "1.0"}

    assert officer.get(f"{PROJECT}/formList", headers=rosa).status_code == 200
    assert officer.post(f"{PROJECT}/submission", headers=rosa).status_code == 401
    asked = officer.post(f"{PROJECT}/submission", headers={**rosa, "X-Requested-With": "XMLHttpRequest"})
    assert asked.status_code == 400  # let in; the body is missing


def test_phone_of_one_round_sees_nothing_of_another(app: Flask, phone: Callable[[Person], Phone]) -> None:
    collect = phone(HEAD)
    collect.base = collect.base.replace("/projects/1", "/projects/99")

    assert collect.call("GET", "/formList").status == 404
    db_path = collect.call("GET", "/forms/ra-soat-ho.xml")
    assert db_path.status == 404


def test_no_database_connection_is_left_behind(app: Flask, phone: Callable[[Person], Phone]) -> None:
    collect = phone(HEAD)
    for _ in range(50):
        assert collect.call("GET", "/formList").status == 200

    with app.app_context():
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
