"""The questionnaires' pages: upload with its complaints, the draft, files, publishing, states, downloads."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook
from werkzeug.test import TestResponse

from fieldsurvey.extensions import db
from fieldsurvey.seed.setting import QUESTIONNAIRE
from fieldsurvey.store import forms
from fieldsurvey.web import forms as pages
from tests.browser import Browser
from tests.cast import ADMIN, HEAD, LEADER, OFFICER, ROUND, SUPERVISOR, Person
from tests.web.scene import BrowserOf, behind

SURVEY = (
    ("type", "name", "label", "media::image"),
    ("select_one yes_no", "lit", "Nhà có điện?", "house.png"),
    ("text", "head", "Chủ hộ", ""),
)
CHOICES = (("list_name", "name", "label"), ("yes_no", "yes", "Có"), ("yes_no", "no", "Không"))


@pytest.fixture(autouse=True)
def _without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """ODK Validate has tests of its own and takes a second a form."""
    monkeypatch.setattr(pages.shutil, "which", lambda program: None)


def spreadsheet(version: str = "1", **sheets: Any) -> bytes:
    book = Workbook()
    book.remove(book.active)
    settings = (("form_title", "form_id", "version"), ("Phiếu điện", "dien", version))
    for name, rows in {"survey": SURVEY, "choices": CHOICES, "settings": settings, **sheets}.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(browser: Browser, content: bytes, name: str = "phieu.xlsx") -> TestResponse:
    browser.get("/forms")
    return browser.post("/forms", {"file": (io.BytesIO(content), name)})


def form_id(app: Flask, xml_form_id: str = "dien") -> int:
    with behind(app):
        found = forms.by_xml_form_id(db.session(), ROUND, xml_form_id)
        assert found is not None
        return found.id


@pytest.mark.parametrize("person", [OFFICER, LEADER, SUPERVISOR, HEAD])
def test_forms_are_the_administrators(app: Flask, browser: BrowserOf, person: Person) -> None:
    number, reader = form_id(app, "ra-soat-ho"), browser(person)

    for address in ("/forms", f"/forms/{number}", f"/forms/{number}/draft", f"/forms/{number}/versions/1.xml"):
        assert reader.get(address).status_code == 403
    for address in ("/forms", f"/forms/{number}/publish", f"/forms/{number}/state", f"/forms/{number}/draft/media"):
        assert reader.post(address).status_code == 403


def test_list_shows_what_phones_get(browser: BrowserOf) -> None:
    page = browser(ADMIN).get("/forms").text

    assert "Phiếu rà soát hộ nghèo, hộ cận nghèo" in page
    assert "ra-soat-ho" in page
    assert "Đang mở" in page


def test_upload_shows_the_draft_before_anybody_gets_it(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)

    page = upload(admin, spreadsheet())

    assert page.status_code == 200
    assert "Đã đọc xong phieu.xlsx" in page.text
    assert "2 câu hỏi" in page.text
    assert "Nhà có điện?" in page.text
    assert "Có · Không" in page.text
    assert "Còn thiếu tệp kèm theo: house.png" in page.text
    assert "Có bản nháp" in admin.get("/forms").text
    with behind(app):
        assert [form.xml_form_id for form, _ in forms.published(db.session(), ROUND)] == ["ra-soat-ho"]


def test_upload_says_sheet_row_and_what_to_do(browser: BrowserOf) -> None:
    broken = (SURVEY[0], ("select_one nothing", "lit", "Nhà có điện?", ""))

    page = upload(browser(ADMIN), spreadsheet(survey=broken), "sai.xlsx")

    assert page.status_code == 400
    assert "Tệp sai.xlsx có 1 lỗi" in page.text
    assert "trang survey, dòng 2" in page.text
    assert "List name not in choices sheet: nothing" in page.text
    assert "Hãy thêm danh sách đó" in page.text


def test_upload_shows_a_file_name_as_text(browser: BrowserOf) -> None:
    page = upload(browser(ADMIN), b"no spreadsheet", "<b>.xlsx")

    assert page.status_code == 400
    assert "<b>.xlsx" not in page.text


def test_upload_shows_warnings_and_may_be_published(browser: BrowserOf) -> None:
    half = (
        ("type", "name", "label::Tiếng Việt (vi)", "label::English (en)", "hint::English (en)"),
        ("text", "head", "Chủ hộ", "Head", "Full name"),
    )

    page = upload(browser(ADMIN), spreadsheet(survey=half))

    assert page.status_code == 200
    assert "nên xem lại" in page.text
    assert "Công bố phiên bản 1" in page.text


def test_upload_of_nothing_asks_for_a_file(browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get("/forms")

    page = admin.post("/forms", {})

    assert page.status_code == 400
    assert "Chưa chọn tệp" in page.text


def test_household_questionnaire_is_told_from_other_forms(browser: BrowserOf) -> None:
    admin = browser(ADMIN)

    assert "Biểu mẫu khác" in upload(admin, spreadsheet()).text
    assert "Phiếu rà soát hộ: máy chủ tính điểm" in upload(admin, QUESTIONNAIRE.read_bytes(), "form.xlsx").text


def test_media_are_given_one_by_one(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    upload(admin, spreadsheet())
    number = form_id(app)

    page = admin.post(f"/forms/{number}/draft/media", {"name": "house.png", "file": (io.BytesIO(b"png"), "a.png")})

    assert "Đã nhận tệp house.png" in page.text
    assert "Còn thiếu tệp" not in page.text


def test_media_that_nobody_expects_are_refused(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    upload(admin, spreadsheet())
    number = form_id(app)

    page = admin.post(f"/forms/{number}/draft/media", {"name": "other.png", "file": (io.BytesIO(b"png"), "a.png")})
    without = admin.post(f"/forms/{number}/draft/media", {"name": "house.png"})

    assert page.status_code == 404
    assert "Chưa chọn tệp" in without.text


def test_publish_gives_the_form_to_phones(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    upload(admin, spreadsheet("2026112401"))

    page = admin.post(f"/forms/{form_id(app)}/publish")

    assert "Đã công bố phiên bản 2026112401" in page.text
    with behind(app):
        found = forms.published(db.session(), ROUND, "dien")
        assert [version.version for _, version in found] == ["2026112401"]


def test_publish_of_a_version_twice_is_refused_before_and_after(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    upload(admin, spreadsheet())
    admin.post(f"/forms/{form_id(app)}/publish")

    draft = upload(admin, spreadsheet())
    answer = admin.post(f"/forms/{form_id(app)}/publish")

    assert "Phiên bản “1” đã công bố rồi" in draft.text
    assert "Công bố phiên bản 1</button>" not in draft.text
    assert answer.status_code == 409


def test_publish_without_a_draft_is_not_found(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get("/forms")
    number = form_id(app, "ra-soat-ho")

    assert admin.post(f"/forms/{number}/publish").status_code == 404
    assert admin.get(f"/forms/{number}/draft").status_code == 404


@pytest.mark.parametrize("state", [forms.CLOSING, forms.CLOSED, forms.OPEN])
def test_state_is_set(app: Flask, browser: BrowserOf, state: str) -> None:
    admin, number = browser(ADMIN), form_id(app, "ra-soat-ho")
    admin.get("/forms")

    page = admin.post(f"/forms/{number}/state", {"state": state})

    assert page.status_code == 200
    assert f'value="{state}" checked' in page.text


def test_state_that_does_not_exist_is_refused(app: Flask, browser: BrowserOf) -> None:
    admin, number = browser(ADMIN), form_id(app, "ra-soat-ho")
    admin.get("/forms")

    assert admin.post(f"/forms/{number}/state", {"state": "ajar"}).status_code == 400


def test_history_lists_published_versions(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    for version in ("1", "2"):
        upload(admin, spreadsheet(version))
        admin.post(f"/forms/{form_id(app)}/publish")

    page = admin.get(f"/forms/{form_id(app)}").text

    assert "Các phiên bản đã công bố" in page
    assert page.index("<b>2</b> <small>") < page.index("<b>1</b> <small>")


def test_files_can_be_taken_away_as_they_came(app: Flask, browser: BrowserOf) -> None:
    admin, number = browser(ADMIN), form_id(app, "ra-soat-ho")
    with behind(app):
        version = forms.published(db.session(), ROUND, "ra-soat-ho")[0][1]

    sheet = admin.get(f"/forms/{number}/versions/{version.id}.xlsx")
    xml = admin.get(f"/forms/{number}/versions/{version.id}.xml")

    assert sheet.data == QUESTIONNAIRE.read_bytes()
    assert f"ra-soat-ho-{version.version}.xlsx" in sheet.headers["Content-Disposition"]
    assert xml.data == version.xml.encode()
    assert xml.content_type == "application/xml; charset=utf-8"
    sheet.close()


def test_file_of_another_form_is_not_found(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    upload(admin, spreadsheet())

    assert admin.get(f"/forms/{form_id(app)}/versions/1.xml").status_code == 404
    assert admin.get("/forms/999999/versions/1.xlsx").status_code == 404
    assert admin.get("/forms/999999").status_code == 404


def test_page_speaks_english_too(browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get("/forms")
    admin.post("/language", {"locale": "en"})

    page = upload(admin, spreadsheet()).text

    assert "2 questions" in page
    assert "Choose one" in page


def test_form_can_be_tried_out_in_the_phone_app(app: Flask, browser: BrowserOf) -> None:
    with behind(app):
        form_id = forms.by_xml_form_id(db.session(), ROUND, "ra-soat-ho").id  # type: ignore[union-attr]

    assert 'href="/app/#/try/1/ra-soat-ho"' in browser(ADMIN).get(f"/forms/{form_id}").text
