"""The phones' pages: who has one, codes on screen, on paper and as a picture, handing out, revoking."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from fieldsurvey.casework import people
from fieldsurvey.extensions import config, db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.seed import country
from fieldsurvey.store import people as store
from fieldsurvey.store.people import Actor
from fieldsurvey.store.rounds import CLOSED, Round
from tests.cast import (
    ADMIN,
    COMMUNE,
    HEAD,
    LEADER,
    NEIGHBOUR,
    NOW,
    OFFICER,
    OTHER_COMMUNE,
    OTHER_HEAD,
    PROVINCE,
    ROUND,
    SUPERVISOR,
    Person,
)
from tests.web.scene import BrowserOf, behind, visited


def phone_of(app: Flask, person: Person) -> int:
    with behind(app) as world:
        return world.phone_actor(person).id


def token_of(app: Flask, phone_id: int) -> str:
    with behind(app):
        return people.token_of(db.session.get_one(Actor, phone_id), secret=config().secret_key)


def area_id(app: Flask, level: Level, code: str) -> int:
    with behind(app) as world:
        return world.area(level, code).id


def revoke(app: Flask, person: Person) -> None:
    with behind(app) as world, write() as session:
        people.revoke_phone(session, world.phone_actor(person), by=world.doer(OFFICER), now=NOW)


def count(app: Flask) -> int:
    with behind(app) as world:
        return len(store.phones_of_commune(db.session(), ROUND, world.area(Level.COMMUNE, COMMUNE).id))


def test_list_shows_each_village_with_its_phone(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = browser(OFFICER).get("/phones").text

    assert page.count('class="entry"') == 14
    assert HEAD.name in page
    assert "gửi lần cuối 05/10/2026" in page
    assert "chưa gửi phiếu nào" in page


def test_list_marks_a_village_without_a_phone(app: Flask, browser: BrowserOf) -> None:
    revoke(app, HEAD)

    page = browser(OFFICER).get("/phones").text

    assert "Chưa có điện thoại" in page
    assert "Tạo mã cho 1 thôn chưa có" in page


@pytest.mark.parametrize("person", [LEADER, SUPERVISOR, HEAD])
def test_list_is_for_who_hands_out_phones(browser: BrowserOf, person: Person) -> None:
    assert browser(person).get("/phones").status_code == 403


def test_list_of_another_commune_is_not_found(app: Flask, browser: BrowserOf) -> None:
    officer, other = browser(OFFICER), area_id(app, Level.COMMUNE, OTHER_COMMUNE)

    assert officer.get(f"/phones?commune={other}").status_code == 404
    assert officer.get(f"/phones/sheet?commune={other}").status_code == 404
    assert officer.get(f"/phones?commune={area_id(app, Level.PROVINCE, PROVINCE)}").status_code == 404


GIANT = 10**30


@pytest.mark.parametrize("address", [f"/phones?commune={GIANT}", f"/phones/{GIANT}", "/phones?commune=-1"])
def test_number_that_no_database_holds_is_not_found(browser: BrowserOf, address: str) -> None:
    assert browser(OFFICER).get(address).status_code == 404


def test_administrator_of_several_communes_chooses_one(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world, write() as session:
        country.add_village(session, world.area(Level.COMMUNE, OTHER_COMMUNE), 1, "Đông")
        session.get_one(Round, ROUND).area_id = world.area(Level.PROVINCE, PROVINCE).id
    admin = browser(ADMIN)

    page = admin.get("/phones").text

    assert f"/phones?commune={area_id(app, Level.COMMUNE, COMMUNE)}" in page
    assert "14/14 thôn" in page
    assert "Thiếu 1 thôn" in page
    assert "Yên Lạc" in admin.get("/phones?name=yen+lac").text
    assert "Không tìm thấy" in admin.get("/phones?name=zzz").text


def test_phone_shows_its_code_and_how_to_use_it(app: Flask, browser: BrowserOf) -> None:
    phone_id = phone_of(app, HEAD)

    answer = browser(OFFICER).get(f"/phones/{phone_id}")

    assert f"http://localhost/v1/key/{token_of(app, phone_id)}/projects/{ROUND}" in unescape(answer.text)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in answer.text
    assert "Thôn Tảo Phú, Xã Tam Hồng, Tỉnh Phú Thọ" in answer.text
    assert "ODK Collect" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_code_that_no_phone_can_reach_is_warned_of(app: Flask, browser: BrowserOf) -> None:
    phone_id, officer = phone_of(app, HEAD), browser(OFFICER)

    assert "địa chỉ nội bộ" in officer.get(f"/phones/{phone_id}").text
    elsewhere = officer.client.get(f"/phones/{phone_id}", base_url="https://rasoat.example.vn")
    assert "địa chỉ nội bộ" not in elsewhere.text


@pytest.mark.parametrize("person", [NEIGHBOUR, OFFICER])
def test_what_is_no_phone_of_mine_is_not_found(app: Flask, browser: BrowserOf, person: Person) -> None:
    with behind(app) as world:
        somebody = world.actor(HEAD).id
    known = phone_of(app, HEAD) if person is NEIGHBOUR else somebody
    reader = browser(person)

    for address in (f"/phones/{known}", f"/phones/{known}/code.png", "/phones/999999999"):
        assert reader.get(address).status_code == 404
    assert reader.post(f"/phones/{known}/revoke").status_code == 404


def test_picture_is_for_the_officer_and_for_the_owner(app: Flask, browser: BrowserOf) -> None:
    phone_id = phone_of(app, HEAD)

    for person in (OFFICER, HEAD):
        answer = browser(person).get(f"/phones/{phone_id}/code.png")
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert browser(OTHER_HEAD).get(f"/phones/{phone_id}/code.png").status_code == 404
    assert browser(LEADER).get(f"/phones/{phone_id}/code.png").status_code == 404


def test_village_head_sees_their_own_code(app: Flask, browser: BrowserOf) -> None:
    page = browser(HEAD).get("/phones/mine").text

    assert f"/phones/{phone_of(app, HEAD)}/code.png" in page
    assert f"/phones/{phone_of(app, OTHER_HEAD)}/code.png" not in page
    assert "Bạn chưa có mã QR" in browser(OFFICER).get("/phones/mine").text


def test_sheet_has_six_codes_to_a_page(app: Flask, browser: BrowserOf) -> None:
    page = browser(OFFICER).get(f"/phones/sheet?commune={area_id(app, Level.COMMUNE, COMMUNE)}").text
    sheets = page.split('<div class="print-sheet">')[1:]

    assert [sheet.count('class="slip"') for sheet in sheets] == [6, 6, 2]
    assert page.count("<svg xmlns") == 14
    assert "Thôn Tảo Phú" in sheets[0]


def test_create_phone_leads_to_its_code(app: Flask, browser: BrowserOf) -> None:
    officer, village = browser(OFFICER), area_id(app, Level.VILLAGE, HEAD.area)
    officer.get("/phones")

    page = officer.post("/phones", {"village": village, "name": "Máy dự phòng"})

    assert re.fullmatch(r"/phones/\d+", page.request.path)
    assert "Máy dự phòng" in page.text
    assert "Đã tạo mã" in page.text
    assert count(app) == 15


def test_create_phone_belongs_to_somebody_of_the_village_only(app: Flask, browser: BrowserOf) -> None:
    officer, village = browser(OFFICER), area_id(app, Level.VILLAGE, HEAD.area)
    with behind(app) as world:
        owner, stranger = world.actor(HEAD).id, world.actor(OTHER_HEAD).id
    officer.get("/phones")

    for given, kept in ((owner, owner), (stranger, None)):
        page = officer.post("/phones", {"village": village, "owner": given})
        with behind(app):
            assert db.session.get_one(Actor, int(page.request.path.rpartition("/")[2])).owner_id == kept


def test_create_phone_elsewhere_is_refused(app: Flask, browser: BrowserOf) -> None:
    neighbour = browser(NEIGHBOUR)
    neighbour.get("/phones")
    village = area_id(app, Level.VILLAGE, HEAD.area)

    assert neighbour.post("/phones", {"village": village, "name": "Máy lạ"}).status_code in {403, 404}
    assert count(app) == 14


def test_create_missing_phones_in_one_action(app: Flask, browser: BrowserOf) -> None:
    revoke(app, HEAD)
    revoke(app, OTHER_HEAD)
    officer, commune = browser(OFFICER), area_id(app, Level.COMMUNE, COMMUNE)
    officer.get("/phones")

    page = officer.post("/phones/missing", {"commune": commune})

    assert "Đã tạo mã cho 2 điện thoại" in page.text
    assert count(app) == 14


def test_revoke_phone_stops_it_at_once(app: Flask, browser: BrowserOf) -> None:
    phone_id, officer = phone_of(app, HEAD), browser(OFFICER)
    token = token_of(app, phone_id)
    officer.get(f"/phones/{phone_id}")

    page = officer.post(f"/phones/{phone_id}/revoke")

    assert f"Đã thu hồi mã của {HEAD.name}" in page.text
    assert officer.get(f"/phones/{phone_id}").status_code == 404
    headers = {"X-OpenRosa-Version": "1.0"}
    assert app.test_client().get(f"/v1/key/{token}/projects/{ROUND}/formList", headers=headers).status_code == 403


def test_closed_round_hands_out_no_more_codes(app: Flask, browser: BrowserOf) -> None:
    revoke(app, HEAD)
    with behind(app), write() as session:
        session.get_one(Round, ROUND).state = CLOSED

    page = browser(OFFICER).get("/phones").text

    assert "Đợt đã khóa nên không tạo thêm mã" in page
    assert 'action="/phones"' not in page
    assert "Bạn chưa có mã QR" in browser(OTHER_HEAD).get("/phones/mine").text


def test_sheet_as_pdf_is_the_officer_s(browser: BrowserOf, app: Flask) -> None:
    with behind(app) as world:
        commune = world.area(Level.COMMUNE, COMMUNE).id

    sheet = browser(OFFICER).get(f"/phones/sheet.pdf?commune={commune}")

    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    assert browser(NEIGHBOUR).get(f"/phones/sheet.pdf?commune={commune}").status_code == 404
    assert browser(HEAD).get(f"/phones/sheet.pdf?commune={commune}").status_code == 403
