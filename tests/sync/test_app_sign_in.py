"""Signing in on the phone app: by number and PIN, by password, by code; revoked and expired keys; hello; wipe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from fieldsurvey.casework import devices, people, phone_sign_in
from fieldsurvey.extensions import config, db, utcnow, write
from fieldsurvey.outputs import phone_codes
from fieldsurvey.store.devices import Device, PhoneSecret
from tests.app_phone import AppPhone
from tests.cast import ADMIN, HEAD, NOW, OFFICER, ROUND
from tests.web.scene import behind

WRONG = "mật khẩu sai"


def given_pin(app: Flask) -> str:
    with behind(app) as world, write() as session:
        return phone_sign_in.give_pin(session, world.actor(HEAD), by=world.doer(OFFICER), now=NOW)


def code_of_phone(app: Flask) -> str:
    with behind(app) as world:
        return people.token_of(world.phone_actor(HEAD), secret=config().secret_key)


def test_sign_in_with_password_tells_who_where_and_how_much(app: Flask) -> None:
    answer = AppPhone(app).sign_in(HEAD)

    told = answer.json
    assert answer.status_code == 201
    assert told["person"]["name"] == HEAD.name
    assert told["person"]["village"]["code"] == HEAD.area
    assert not told["person"]["hasPin"]
    assert [one["id"] for one in told["rounds"]] == [ROUND]
    assert not told["rounds"][0]["locked"]
    assert told["keys"]["seal"]["jwk"]["crv"] == "P-256"
    assert told["limits"]["part"] == 65536
    assert answer.headers["X-Fieldsurvey-Time"] == told["serverTime"] or told["serverTime"]


def test_sign_in_with_pin_given_by_the_officer(app: Flask) -> None:
    pin = given_pin(app)

    assert AppPhone(app).sign_in(HEAD, pin).status_code == 201
    assert AppPhone(app).sign_in(HEAD, "000001").status_code == 401


def test_officer_gives_no_pin_to_who_looks_after_everything(app: Flask) -> None:
    with behind(app) as world, write() as session, pytest.raises(Exception, match="forbidden"):
        phone_sign_in.give_pin(session, world.actor(ADMIN), by=world.doer(ADMIN), now=NOW)


def test_pin_dies_after_too_many_wrong_ones(app: Flask) -> None:
    pin = given_pin(app)
    with behind(app), write() as session:
        session.execute(update(PhoneSecret).values(failures=phone_sign_in.MOST_WRONG))

    assert AppPhone(app).sign_in(HEAD, pin).status_code == 401
    assert AppPhone(app).sign_in(HEAD).status_code == 201
    assert AppPhone(app).sign_in(HEAD, pin).status_code == 201


def test_wrong_ones_are_counted_and_throttled(app: Flask) -> None:
    phone = AppPhone(app)
    for _ in range(8):
        assert phone.sign_in(HEAD, WRONG).status_code == 401

    answer = phone.sign_in(HEAD)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert set(answer.json["message"]) == {"vi", "en"}


@pytest.mark.parametrize("wrapped", ["key", "address", "settings"])
def test_sign_in_with_the_code_on_paper(app: Flask, wrapped: str) -> None:
    key = code_of_phone(app)
    address = f"https://survey.example.vn/v1/key/{key}/projects/1"
    text = {
        "key": key,
        "address": address,
        "settings": phone_codes.encoded(phone_codes.collect_settings(address, "Đợt", "vi")),
    }[wrapped]

    told = AppPhone(app).sign_in(qr=text).json

    assert [one["id"] for one in told["rounds"]] == [ROUND]


@pytest.mark.parametrize(
    ("text", "status"), [("https://zalo.me/1", 400), ("x" * 64, 403), ("eJw=", 400), ("x" * 9000, 400)]
)
def test_other_codes_are_refused(app: Flask, text: str, status: int) -> None:
    assert AppPhone(app).sign_in(qr=text).status_code == status


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"name": 1, "secret": []}', b"{}", b"\xff"])
def test_what_is_no_sign_in_is_said_so(app: Flask, body: bytes) -> None:
    answer = AppPhone(app).call("POST", "/sign-in", body)

    assert answer.status_code == 400
    assert answer.json["message"]["vi"]


def test_same_installation_keeps_its_line_and_loses_its_old_key(app: Flask) -> None:
    phone = AppPhone(app)
    first = phone.sign_in(HEAD).json
    old = phone.token
    second = phone.sign_in(HEAD).json

    assert first["device"] == second["device"]
    assert first["person"]["draftSalt"] == second["person"]["draftSalt"]
    phone.token = old
    assert phone.tell("POST", "/hello").status_code == 401


def test_hello_tells_the_office_how_the_phone_is(app: Flask) -> None:
    phone = AppPhone(app)
    phone.sign_in(HEAD)

    answer = phone.tell(
        "POST", "/hello", {"battery": 0.43, "freeMb": 812, "unsent": 5, "drafts": "many", "persisted": True}
    )

    assert answer.json["wipe"] is False
    with behind(app):
        device = db.session.scalars(select(Device)).one()
        assert (device.battery, device.free_mb, device.unsent, device.drafts, device.persisted) == (
            43,
            812,
            5,
            None,
            True,
        )


@pytest.mark.parametrize("path", ["/forms", "/returned", "/drafts", "/hello"])
def test_nothing_without_a_key(app: Flask, path: str) -> None:
    phone = AppPhone(app)
    phone.token = "x" * 64

    for method in ("GET", "POST"):
        assert phone.call(method, path).status_code in {401, 405}
    phone.token = ""
    assert phone.call("POST" if path == "/hello" else "GET", path).json["code"] == "401.2"


def test_revoked_phone_is_told_so_and_still_wipes(app: Flask) -> None:
    phone = AppPhone(app)
    phone.sign_in(HEAD)
    with behind(app) as world, write() as session:
        devices.ask_wipe(session, phone.known["device"]["id"], by=world.doer(OFFICER), now=NOW)
    assert phone.call("GET", "/drafts").headers["X-Fieldsurvey-Wipe"] == "sent"
    with behind(app) as world, write() as session:
        devices.revoke(session, phone.known["device"]["id"], by=world.doer(OFFICER), now=NOW)

    answer = phone.call("GET", "/drafts")

    assert (answer.status_code, answer.json["code"]) == (401, "401.60")
    assert answer.headers["X-Fieldsurvey-Wipe"] == "sent"
    assert phone.tell("POST", "/wiped", {"kept": 2}).status_code == 204
    assert "X-Fieldsurvey-Wipe" not in phone.call("GET", "/drafts").headers


def test_key_expires_and_lives_on_with_each_hello(app: Flask) -> None:
    phone = AppPhone(app)
    phone.sign_in(HEAD)
    phone.tell("POST", "/hello")
    with behind(app), write() as session:
        session.execute(update(Device).values(expires_at=utcnow() - timedelta(seconds=1)))

    assert phone.tell("POST", "/hello").json["code"] == "401.61"


@pytest.mark.parametrize("end", ["password", "account"])
def test_key_ends_with_the_password_and_the_account(app: Flask, end: str) -> None:
    phone = AppPhone(app)
    phone.sign_in(HEAD)
    with behind(app) as world, write() as session:
        if end == "password":
            people.set_password(session, world.actor(HEAD), "bốn con trâu đực", by=None, now=NOW)
        else:
            people.deactivate(session, world.actor(HEAD), by=world.doer(ADMIN), now=NOW)

    assert phone.tell("POST", "/hello").json["code"] == "401.60"


def test_key_of_a_code_ends_when_the_code_is_revoked(app: Flask) -> None:
    phone = AppPhone(app)
    phone.sign_in(qr=code_of_phone(app))
    with behind(app) as world, write() as session:
        people.revoke_phone(session, world.phone_actor(HEAD), by=world.doer(OFFICER), now=NOW)

    assert phone.tell("POST", "/hello").status_code == 401


@pytest.mark.parametrize(
    ("pin", "status"), [("482913", 204), ("4829", 204), ("123456", 400), ("1111", 400), ("12", 400), ("abcd", 400)]
)
def test_choosing_a_pin(app: Flask, pin: str, status: int) -> None:
    phone = AppPhone(app)
    phone.sign_in(HEAD)

    assert phone.tell("PUT", "/pin", {"pin": pin}).status_code == status
    if status == 204:
        assert AppPhone(app, "two").sign_in(HEAD, pin).json["person"]["hasPin"]


def test_phone_of_a_code_chooses_no_pin(app: Flask) -> None:
    phone = AppPhone(app)
    phone.sign_in(qr=code_of_phone(app))

    assert phone.tell("PUT", "/pin", {"pin": "482913"}).status_code == 403


def test_signing_out_ends_the_key(app: Flask) -> None:
    phone = AppPhone(app)
    phone.sign_in(HEAD)

    assert phone.tell("POST", "/sign-out").status_code == 204
    assert phone.tell("POST", "/hello").status_code == 401


def test_keys_are_public_and_stay(app: Flask) -> None:
    phone = AppPhone(app)

    assert phone.call("GET", "/keys").json == phone.call("GET", "/keys").json


def test_unknown_address_is_told_in_the_apps_dialect(app: Flask) -> None:
    answer = AppPhone(app).call("GET", "/nowhere")

    assert (answer.status_code, answer.json["code"]) == (404, "404.1")
