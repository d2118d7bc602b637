"""The rounds' pages: the list, a new one with its households, closing and opening."""

from __future__ import annotations

import pytest
from flask import Flask

from fieldsurvey.extensions import db
from fieldsurvey.rules.areas import Level
from fieldsurvey.store import forms, progress, rounds
from tests.browser import Browser
from tests.cast import ADMIN, COMMUNE, HEAD, LEADER, OFFICER, PROVINCE, ROUND, SUPERVISOR, Person
from tests.web.scene import BrowserOf, behind, visited

GIVEN = {"name": "Rà soát 2027", "year": "2028", "starts_on": "2027-09-01", "ends_on": "2027-12-14"}


def commune(app: Flask) -> int:
    with behind(app) as world:
        return world.area(Level.COMMUNE, COMMUNE).id


def at_the_form(browser: BrowserOf) -> Browser:
    admin = browser(ADMIN)
    admin.get("/rounds/new")
    return admin


@pytest.mark.parametrize("person", [OFFICER, LEADER, SUPERVISOR, HEAD])
def test_rounds_are_the_administrators(browser: BrowserOf, person: Person) -> None:
    reader = browser(person)

    for address in ("/rounds", "/rounds/new"):
        assert reader.get(address).status_code == 403
    for address in ("/rounds/new", f"/rounds/{ROUND}/state", f"/rounds/{ROUND}/list"):
        assert reader.post(address).status_code == 403


def test_list_shows_area_dates_and_how_far_it_is(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = browser(ADMIN).get("/rounds").text

    for said in ("Xã Tam Hồng", "01/09/2026 – 14/12/2026", "1 hộ, đã xong 0", "Đang mở"):
        assert said in page


def test_new_round_lists_the_registers_households(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = at_the_form(browser).post("/rounds/new", {**GIVEN, "area": commune(app), "list": "on"})

    assert page.request.path == "/rounds"
    assert "Đã tạo đợt “Rà soát 2027” với 1 hộ trong danh sách" in page.text
    assert "Chưa có biểu mẫu nên điện thoại chưa làm được gì" in page.text
    with behind(app):
        made = rounds.all_rounds(db.session())[0]
        assert progress.by_round(db.session())[made.id] == (1, 0)


def test_new_round_takes_the_forms_of_an_older_one(app: Flask, browser: BrowserOf) -> None:
    admin = at_the_form(browser)
    assert f'<option value="{ROUND}" selected>' in admin.get("/rounds/new").text

    page = admin.post("/rounds/new", {**GIVEN, "area": commune(app), "forms_from": ROUND})

    assert "Đã lấy 1 biểu mẫu" in page.text
    assert "Chưa có biểu mẫu" not in page.text
    with behind(app):
        made = rounds.all_rounds(db.session())[0]
        assert [form.xml_form_id for form, _ in forms.published(db.session(), made.id)] == ["ra-soat-ho"]


def test_forms_of_a_round_that_does_not_exist(app: Flask, browser: BrowserOf) -> None:
    page = at_the_form(browser).post("/rounds/new", {**GIVEN, "area": commune(app), "forms_from": "999999"})

    assert page.status_code == 404
    with behind(app):
        assert len(rounds.all_rounds(db.session())) == 1


def test_new_round_without_a_list_is_empty(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = at_the_form(browser).post("/rounds/new", {**GIVEN, "area": commune(app)})

    assert "với 0 hộ trong danh sách" in page.text


def test_new_round_of_everything(app: Flask, browser: BrowserOf) -> None:
    page = at_the_form(browser).post("/rounds/new", {**GIVEN, "everywhere": "on"})

    assert "Không giới hạn" in page.text


def test_area_is_searched_for_and_what_was_typed_stays(app: Flask, browser: BrowserOf) -> None:
    page = at_the_form(browser).post("/rounds/new", {**GIVEN, "area_name": "tam hong", "find": "1"})

    assert page.status_code == 200
    assert f'name="area" value="{commune(app)}"' in page.text
    assert "Tỉnh Phú Thọ" in page.text
    assert 'value="Rà soát 2027"' in page.text


def test_search_finds_by_code_and_no_villages(app: Flask, browser: BrowserOf) -> None:
    admin = at_the_form(browser)

    assert "Tỉnh Phú Thọ" in admin.post("/rounds/new", {"area_name": PROVINCE, "find": "1"}).text
    assert "Không có địa bàn nào như vậy" in admin.post("/rounds/new", {"area_name": "tao phu", "find": "1"}).text


WRONG = [
    ({"name": " "}, "Chưa có tên"),
    ({"year": "năm nay"}, "bốn chữ số"),
    ({"year": "1999"}, "bốn chữ số"),
    ({"starts_on": ""}, "Hãy nhập ngày"),
    ({"ends_on": "2027-08-31"}, "phải sau ngày bắt đầu"),
    ({"area": ""}, "Hãy tìm rồi chọn địa bàn"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_new_round_says_what_is_wrong(app: Flask, browser: BrowserOf, given: dict[str, str], said: str) -> None:
    page = at_the_form(browser).post("/rounds/new", {**GIVEN, "area": commune(app), **given})

    assert page.status_code == 400
    assert said in page.text
    with behind(app):
        assert len(rounds.all_rounds(db.session())) == 1


def test_close_and_open(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get("/rounds")

    closed = admin.post(f"/rounds/{ROUND}/state", {"state": "closed"})
    opened = admin.post(f"/rounds/{ROUND}/state", {"state": "open"})

    assert "Đã khóa đợt" in closed.text
    assert "Mở lại đợt" in closed.text
    assert "Đã mở đợt" in opened.text


def test_close_what_does_not_exist(browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get("/rounds")

    assert admin.post("/rounds/999999/state", {"state": "closed"}).status_code == 404
    assert admin.post(f"/rounds/{ROUND}/state", {"state": "ajar"}).status_code == 400


def test_households_are_added_to_a_list_once(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    admin = browser(ADMIN)
    admin.get("/rounds")

    assert "Đã đưa thêm 0 hộ" in admin.post(f"/rounds/{ROUND}/list").text
