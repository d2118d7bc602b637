"""The pages of areas: communes, villages, loading of lists and crosswalks with a preview."""

from __future__ import annotations

import io
from typing import Any

import lxml.html
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fieldsurvey.extensions import db
from fieldsurvey.rules.areas import Level
from fieldsurvey.store import areas
from tests.browser import Browser
from tests.cast import ADMIN, COMMUNE, HEAD, NEIGHBOUR, NOW, OFFICER, SUPERVISOR, TAO_PHU, Person
from tests.web.scene import BrowserOf, behind
from tests.web.test_register import made


def commune_id(app: Flask) -> int:
    with behind(app) as world:
        return world.area(Level.COMMUNE, COMMUNE).id


def village_id(app: Flask) -> int:
    with behind(app) as world:
        return world.village(TAO_PHU).id


def test_officer_comes_to_their_commune(app: Flask, browser: BrowserOf) -> None:
    page = browser(OFFICER).get("/areas", follow_redirects=True)

    assert page.request.path == f"/areas/{commune_id(app)}"
    assert "Thôn Tảo Phú" in page.text
    assert "Thêm thôn" in page.text


READERS = [(SUPERVISOR, 200, False), (ADMIN, 200, True), (NEIGHBOUR, 404, False), (HEAD, 403, False)]


@pytest.mark.parametrize(("who", "status", "offered"), READERS)
def test_commune_is_for_its_readers(app: Flask, browser: BrowserOf, who: Person, status: int, offered: bool) -> None:
    page = browser(who).get(f"/areas/{commune_id(app)}")

    assert page.status_code == status
    assert ("Thêm thôn" in page.text) is offered


@pytest.mark.parametrize("typed", ["tam hong", "Tam Hồng", "09043"])
def test_communes_are_searched_without_accents(browser: BrowserOf, typed: str) -> None:
    assert "Xã Tam Hồng" in browser(SUPERVISOR).get("/areas", query_string={"name": typed}).text


def test_village_by_its_forms(app: Flask, browser: BrowserOf) -> None:
    officer, commune = browser(OFFICER), commune_id(app)
    officer.get(f"/areas/{commune}")

    officer.post(f"/areas/{commune}/villages", {"name": "Thôn Đồng Mới", "area_type": "urban"})
    with behind(app):
        new = next(
            one.id for one in areas.children(db.session(), commune, Level.VILLAGE) if one.code == f"{COMMUNE}-15"
        )
    assert "Đã lưu" in officer.post(f"/areas/villages/{new}/rename", {"name": "Thôn Đồng Cũ", "area_type": ""}).text
    assert "Đã đóng" in officer.post(f"/areas/villages/{new}/close").text
    assert "Đã mở lại" in officer.post(f"/areas/villages/{new}/reopen").text
    taken = officer.post(f"/areas/{commune}/villages", {"name": "Tảo Phú"})

    assert taken.status_code == 409
    assert 'value="Tảo Phú"' in taken.text


def test_village_with_households_is_not_closed(app: Flask, browser: BrowserOf) -> None:
    made(app)
    officer, village = browser(OFFICER), village_id(app)
    officer.get("/register")

    refused = officer.post(f"/areas/villages/{village}/close")

    assert refused.status_code == 409
    assert "Còn 1 hộ" in refused.text


def test_type_of_the_commune_is_the_administrators(app: Flask, browser: BrowserOf) -> None:
    commune = commune_id(app)
    for who, status in ((OFFICER, 403), (ADMIN, 200)):
        reader = browser(who)
        reader.get("/register")
        assert reader.post(f"/areas/{commune}/type", {"area_type": "urban"}).status_code == status


def sent(admin: Browser, text: str, name: str = "x.csv", **fields: Any) -> TestResponse:
    admin.get("/areas/load")
    return admin.post("/areas/load", {"file": (io.BytesIO(text.encode()), name), **fields})


def test_list_is_previewed_then_loaded(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)

    preview = sent(admin, "code,full_name,parent\n99001,Xã Mới,25\n", kind="list", on="2026-01-01")
    assert "99001" in preview.text
    with behind(app):
        assert areas.by_any_code(db.session(), "99001", NOW.date()) is None
    form = lxml.html.fromstring(preview.text).forms[-2]
    done = admin.post("/areas/load", {**dict(form.form_values()), "write": "1"})

    assert "Đã nhập" in done.text
    with behind(app):
        assert areas.by_any_code(db.session(), "99001", NOW.date()) is not None


def test_crosswalk_is_previewed_with_what_goes_along(app: Flask, browser: BrowserOf) -> None:
    made(app)
    admin = browser(ADMIN)

    preview = sent(admin, f"old_code,new_code,on,decision\n09064,{COMMUNE},2026-01-01,7/NQ\n", kind="crosswalk")

    assert "Thôn chuyển sang xã mới" in preview.text
    assert OFFICER.name in preview.text


BAD = [
    ("code,full_name,parent\nabc,X,25\n", "x.csv", "Dòng 2, cột code"),
    ("code,full_name,parent\n99001,Xã X,98\n", "x.csv", "Không có đơn vị cấp trên"),
    ("nothing,here\n1,2\n", "x.csv", "Chưa đọc được tệp"),
    ("[1]", "x.json", "Chưa đọc được tệp"),
    ("x", "x.exe", "không đọc được loại tệp"),
    ("", "x.csv", "không có dòng nào"),
]


@pytest.mark.parametrize(("text", "name", "said"), BAD)
def test_bad_files_are_told_with_their_place(browser: BrowserOf, text: str, name: str, said: str) -> None:
    page = sent(browser(ADMIN), text, name, kind="list", on="2026-01-01")

    assert page.status_code in {200, 400}
    assert said in page.text


def test_no_file_and_no_day(browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get("/areas/load")

    assert "chưa chọn tệp" in admin.post("/areas/load", {"kind": "list", "kept": "%%%"}).text
    assert sent(admin, "code,full_name,parent\n99001,Xã Mới,25\n", kind="list", on="").status_code == 400


def test_loading_is_the_administrators(browser: BrowserOf) -> None:
    for who in (OFFICER, SUPERVISOR):
        assert browser(who).get("/areas/load").status_code == 403
