"""The accounts' pages: find, create, a new password, an end."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from fieldsurvey.casework import people
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Role
from fieldsurvey.store import people as store
from tests.browser import Browser
from tests.cast import ADMIN, COMMUNE, HEAD, LEADER, NOW, OFFICER, OTHER_COMMUNE, PASSWORD, SUPERVISOR, Person
from tests.web.scene import BrowserOf, behind

GIVEN = {"name": "Tạ Văn Nam", "sign_in": "0987654321", "role": "enumerator"}


def area_id(app: Flask, level: Level, code: str) -> int:
    with behind(app) as world:
        return world.area(level, code).id


def actor_id(app: Flask, person: Person) -> int:
    with behind(app) as world:
        return world.actor(person).id


def at_the_form(browser: BrowserOf) -> Browser:
    admin = browser(ADMIN)
    admin.get("/people/new")
    return admin


def password_in(page: str) -> str:
    found = re.search(r'<code class="password">([^<]+)</code>', page)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("person", [OFFICER, LEADER, SUPERVISOR, HEAD])
def test_people_are_the_administrators(app: Flask, browser: BrowserOf, person: Person) -> None:
    reader, somebody = browser(person), actor_id(app, HEAD)

    for address in ("/people", "/people/new", f"/people/{somebody}"):
        assert reader.get(address).status_code == 403
    for address in ("/people/new", f"/people/{somebody}/password", f"/people/{somebody}/deactivate"):
        assert reader.post(address).status_code == 403


def test_list_shows_role_and_area(browser: BrowserOf) -> None:
    page = browser(ADMIN).get("/people").text

    assert "(19)" in page
    assert OFFICER.name in page
    assert "Xã Tam Hồng, Tỉnh Phú Thọ" in page


def test_list_is_searched_by_name_and_role(browser: BrowserOf) -> None:
    admin = browser(ADMIN)

    found = admin.get("/people?name=tuyen&role=enumerator").text

    assert HEAD.name in found
    assert OFFICER.name not in found
    assert "Không tìm thấy" in admin.get("/people?name=zzz").text


def test_list_shows_the_first_and_says_how_many_more(browser: BrowserOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldsurvey.web.people.SHOWN", 3)

    page = browser(ADMIN).get("/people").text

    assert page.count('class="entry"') == 3
    assert "Còn 16 người nữa" in page


def test_create_person_who_can_sign_in_with_the_password_shown(app: Flask, browser: BrowserOf) -> None:
    village = area_id(app, Level.VILLAGE, HEAD.area)

    page = at_the_form(browser).post("/people/new", {**GIVEN, "area": village})

    made = Person("nam", "Tạ Văn Nam", "0987654321", Role.ENUMERATOR, HEAD.area)
    assert page.headers["Cache-Control"] == "no-store"
    assert browser(None).sign_in(made, password_in(page.text)).request.path == "/progress"


def test_area_is_searched_for_at_the_roles_level(app: Flask, browser: BrowserOf) -> None:
    admin = at_the_form(browser)

    villages = admin.post("/people/new", {**GIVEN, "area_name": "tao phu", "find": "1"})
    communes = admin.post("/people/new", {**GIVEN, "role": "commune_officer", "area_name": "tam hong", "find": "1"})

    assert f'name="area" value="{area_id(app, Level.VILLAGE, HEAD.area)}"' in villages.text
    assert f'name="area" value="{area_id(app, Level.COMMUNE, COMMUNE)}"' in communes.text
    assert 'value="0987654321"' in villages.text
    assert "Hãy tìm rồi chọn thôn" not in villages.text


WRONG = [
    ({"name": " "}, "Chưa có tên"),
    ({"sign_in": "abc"}, "số điện thoại (ví dụ 0912345678)"),
    ({"sign_in": ""}, "số điện thoại (ví dụ 0912345678)"),
    ({"role": "emperor"}, "Hãy chọn vai trò"),
    ({"area": ""}, "Rà soát viên cần một thôn"),
    ({"role": "commune_officer"}, "Cán bộ xã cần một xã, phường"),
    ({"role": "administrator"}, "không hợp với vai trò quản trị"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_create_person_says_what_is_wrong(app: Flask, browser: BrowserOf, given: dict[str, str], said: str) -> None:
    village = area_id(app, Level.VILLAGE, HEAD.area)

    page = at_the_form(browser).post("/people/new", {**GIVEN, "area": village, **given})

    assert page.status_code == 400
    assert said in page.text
    with behind(app):
        assert store.by_sign_in_name(db.session(), None, "0987654321") is None


def test_create_person_with_a_number_that_is_taken(app: Flask, browser: BrowserOf) -> None:
    village = area_id(app, Level.VILLAGE, HEAD.area)

    page = at_the_form(browser).post("/people/new", {**GIVEN, "sign_in": OFFICER.sign_in, "area": village})

    assert page.status_code == 409
    assert "đã có tài khoản" in page.text
    assert 'value="Tạ Văn Nam"' in page.text


def test_reset_password_shows_the_new_one_once(app: Flask, browser: BrowserOf) -> None:
    somebody, admin = actor_id(app, OFFICER), browser(ADMIN)
    officer = browser(OFFICER)
    admin.get(f"/people/{somebody}")

    password = password_in(admin.post(f"/people/{somebody}/password").text)

    assert password not in admin.get(f"/people/{somebody}").text
    assert officer.get("/review").request.path == "/review"
    assert officer.client.get("/review").status_code == 302
    assert browser(None).sign_in(OFFICER, PASSWORD).status_code == 401
    assert browser(None).sign_in(OFFICER, password).status_code == 200


def test_deactivate_shuts_the_person_out(app: Flask, browser: BrowserOf) -> None:
    somebody, admin, officer = actor_id(app, OFFICER), browser(ADMIN), browser(OFFICER)
    admin.get(f"/people/{somebody}")

    page = admin.post(f"/people/{somebody}/deactivate")

    assert f"Đã ngừng tài khoản của {OFFICER.name}" in page.text
    assert officer.client.get("/review").status_code == 302
    assert browser(None).sign_in(OFFICER).status_code == 401
    assert admin.get(f"/people/{somebody}").status_code == 404


def test_deactivate_oneself_is_neither_offered_nor_done(app: Flask, browser: BrowserOf) -> None:
    myself, admin = actor_id(app, ADMIN), browser(ADMIN)

    page = admin.get(f"/people/{myself}")
    answer = admin.post(f"/people/{myself}/deactivate")

    assert "/deactivate" not in page.text
    assert answer.status_code == 403


def test_phone_is_no_account(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world:
        phone = world.phone_actor(HEAD).id

    assert browser(ADMIN).get(f"/people/{phone}").status_code == 404


def test_administrator_of_a_commune_finds_nobody_elsewhere(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world, write() as session:
        area = world.area(Level.COMMUNE, OTHER_COMMUNE)
        people.create_user(
            session, "Tạ Văn Nam", "nam@example.org", PASSWORD, Role.ADMINISTRATOR, area, by=None, now=NOW
        )
    limited = browser(Person("nam", "Tạ Văn Nam", "nam@example.org", Role.ADMINISTRATOR, OTHER_COMMUNE))

    assert OFFICER.name not in limited.get("/people").text
    assert limited.get(f"/people/{actor_id(app, OFFICER)}").status_code == 404
