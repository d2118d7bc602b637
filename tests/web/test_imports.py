"""The pages of imports: a file from its upload to the undo, by an officer and by others."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from fieldsurvey import work
from fieldsurvey.casework import pins
from fieldsurvey.extensions import db
from fieldsurvey.rules.permissions import Role
from fieldsurvey.store import imports as store
from fieldsurvey.store import people
from fieldsurvey.store.imports import Import
from fieldsurvey.store.register import Household, Member
from tests.browser import Browser
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, OFFICER, SECRET, SUPERVISOR, Person
from tests.web.scene import BrowserOf, behind

HEADINGS = ("Mã hộ", "Họ và tên", "Quan hệ", "Ngày sinh", "Giới tính", "CCCD", "Mã xã", "Thôn", "Phân loại hộ")
TUYEN = ("H1", "Nguyễn Văn Tuyên", "Chủ hộ", "02/03/1985", "Nam", "090085000001", "09043", "Tảo Phú", "Hộ nghèo")
WIFE = ("H1", "Trần Thị Hoa", "Vợ", "1987", "Nữ", "", "09043", "Tảo Phú", "Hộ nghèo")
WRONG = ("H2", "Lê Văn Sai", "Chủ hộ", "31/02/1985", "Nam", "12345", "09043", "Tảo Phú", "Hộ nghèo")


def workbook(*rows: Sequence[str]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEADINGS, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(browser: Browser, content: bytes, name: str = "so-ho.xlsx", kind: str = "register") -> str:
    """The address of the import's page."""
    browser.get(f"/imports?kind={kind}")
    page = browser.post("/imports", {"kind": kind, "file": (io.BytesIO(content), name)},
                        content_type="multipart/form-data")  # fmt: skip
    assert page.status_code == 200, page.text
    return page.request.path


def columns_of(page: str) -> dict[str, str]:
    """What the page of the columns would send as it stands."""
    fields = {}
    for select_ in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', select_[1])
        fields[select_[0]] = chosen.group(1) if chosen else ""
    return fields


def shown(browser: Browser, address: str) -> str:
    """The page of the step at which the import is."""
    return browser.get(address, follow_redirects=True).text


def do_work(app: Flask) -> None:
    with app.app_context():
        while work.run_one():
            pass
        db.session.remove()


def checked(app: Flask, browser: Browser, content: bytes, **upload_as: str) -> str:
    """The address of an import whose dry run is over."""
    address = upload(browser, content, **upload_as)
    page = browser.get(address).text
    browser.post(f"{address}/columns", {"year": "2026", **columns_of(page)})
    do_work(app)
    return address


def taken(app: Flask, browser: Browser, content: bytes, **upload_as: str) -> str:
    address = checked(app, browser, content, **upload_as)
    browser.get(f"{address}/report")
    browser.post(f"{address}/take")
    do_work(app)
    return address


def households(app: Flask) -> list[str]:
    with behind(app):
        return list(db.session.scalars(select(Household.head_name).order_by(Household.id)))


def test_officer_imports_the_good_rows_and_sees_why_the_others_stay_out(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = checked(app, officer, workbook(TUYEN, WIFE, WRONG))

    report = shown(officer, address)
    assert "1 hộ nhập được, 1 hộ không nhập được" in report
    assert "ngày “31/02/1985” không có trong lịch" in report
    assert "có 5 chữ số" in report
    assert households(app) == []

    officer.post(f"{address}/take")
    do_work(app)

    assert households(app) == ["Nguyễn Văn Tuyên"]
    assert "Đã nhập xong" in shown(officer, address)
    with behind(app):
        assert db.session.scalars(select(Member.relation).order_by(Member.position)).all() == ["head", "spouse"]


def test_copy_of_the_file_has_remarks_and_yellow_cells(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = checked(app, officer, workbook(TUYEN, WRONG))

    answer = officer.get(f"{address}/remarks")

    assert "so-ho-ghi-chu.xlsx" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    assert sheet["J1"].value == "Ghi chú của phần mềm"
    assert sheet["J2"].value is None
    assert "✗ Ngày sinh" in str(sheet["J3"].value)
    assert sheet["D3"].fill.fgColor.rgb == "FFFFEB84"
    assert sheet["B3"].fill.fill_type is None


def test_undo_shows_first_what_it_touches(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = taken(app, officer, workbook(TUYEN, WIFE))

    assert "Hộ sẽ được gỡ khỏi sổ" in officer.get(f"{address}/undo").text
    officer.post(f"{address}/undo")
    do_work(app)

    assert households(app) == []
    assert "Đã hoàn tác" in shown(officer, address)


def test_undo_leaves_what_somebody_has_changed(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = taken(app, officer, workbook(TUYEN, WIFE))
    with behind(app):
        db.session.scalars(select(Household)).one().version += 1
        db.session.commit()

    assert "đã có người sửa" in officer.get(f"{address}/undo").text
    officer.post(f"{address}/undo")
    do_work(app)

    assert households(app) == ["Nguyễn Văn Tuyên"]
    assert "Giữ nguyên vì đã có người sửa" in shown(officer, address)


def test_households_of_another_commune_are_refused_with_a_remark(app: Flask, browser: BrowserOf) -> None:
    officer = browser(NEIGHBOUR)
    address = checked(app, officer, workbook(TUYEN))

    assert "bạn không được nhập hộ của Xã Tam Hồng" in shown(officer, address)
    assert "Nhập 1 hộ" not in shown(officer, address)


def test_known_household_is_shown_and_its_owner_chooses(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    taken(app, officer, workbook(TUYEN))
    address = checked(app, officer, workbook(TUYEN, WIFE))

    assert "đã có trong sổ" in officer.get(f"{address}/report").text
    officer.post(f"{address}/choice", {"duplicates": "new"})
    officer.post(f"{address}/take")
    do_work(app)

    assert len(households(app)) == 2


def test_choice_for_one_row(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    taken(app, officer, workbook(TUYEN))
    address = checked(app, officer, workbook(TUYEN, WIFE))

    officer.get(f"{address}/report")
    officer.post(f"{address}/choice", {"duplicates": "update", "row_1": "skip"})
    officer.post(f"{address}/take")
    do_work(app)

    with behind(app):
        assert db.session.scalars(select(Member.name)).all() == ["Nguyễn Văn Tuyên"]


@pytest.mark.parametrize("person", [LEADER, HEAD])
def test_who_may_not_import_sees_no_page(browser: BrowserOf, person: Person) -> None:
    assert browser(person).get("/imports").status_code == 403


def test_nobody_sees_the_import_of_another_commune(app: Flask, browser: BrowserOf) -> None:
    address = upload(browser(OFFICER), workbook(TUYEN))

    assert browser(NEIGHBOUR).get(address).status_code == 404
    assert browser(SUPERVISOR).get(address).status_code == 200
    assert browser(ADMIN).get(address).status_code == 200


BAD_FILES = [
    ("a.docx", b"x", "không đọc được loại tệp này"),
    ("a.xlsx", b"PK not really", "Tệp bị hỏng"),
    ("a.csv", b"", "không có dòng nào"),
    ("a.csv", b"1,2,3\n4,5,6\n", "Không tìm thấy dòng tiêu đề"),
]


@pytest.mark.parametrize(("name", "content", "said"), BAD_FILES)
def test_file_that_is_none_is_refused_with_advice(browser: BrowserOf, name: str, content: bytes, said: str) -> None:
    officer = browser(OFFICER)
    officer.get("/imports")

    page = officer.post("/imports", {"kind": "register", "file": (io.BytesIO(content), name)},
                        content_type="multipart/form-data")  # fmt: skip

    assert page.status_code == 400
    assert said in page.text


def test_columns_without_a_name_are_asked_for_again(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = upload(officer, workbook(TUYEN))
    given = {
        name: "" if name.startswith("column") else value for name, value in columns_of(shown(officer, address)).items()
    }

    page = officer.post(f"{address}/columns", given)

    assert page.status_code == 400
    assert "chưa có cột cho họ tên" in page.text


def test_columns_are_remembered_for_the_same_headings(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = upload(officer, workbook(TUYEN))
    fields = columns_of(shown(officer, address))
    officer.post(f"{address}/columns", {**fields, "column_0_8": ""})

    again = officer.get(upload(officer, workbook(WIFE)))

    assert "Đã ghép như lần trước" in again.text
    assert columns_of(again.text)["column_0_8"] == ""


def test_progress_says_how_far_it_is(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = upload(officer, workbook(TUYEN))
    officer.post(f"{address}/columns", columns_of(shown(officer, address)))

    assert "Đang chờ đến lượt" in shown(officer, address)
    assert officer.get(f"{address}/progress.json").json["busy"] is True
    do_work(app)
    after = officer.get(f"{address}/progress.json").json
    assert (after["state"], after["busy"], after["fraction"]) == ("checked", False, 1.0)


def test_stopping_a_check_leads_back_to_the_columns(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = upload(officer, workbook(TUYEN))
    officer.post(f"{address}/columns", columns_of(shown(officer, address)))

    officer.post(f"{address}/cancel")
    do_work(app)

    assert "Đã dừng" in shown(officer, address)
    assert "Kiểm tra thử" in shown(officer, address)


def test_stopping_a_run_takes_back_what_was_written(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = checked(app, officer, workbook(TUYEN))
    officer.get(f"{address}/report")
    officer.post(f"{address}/take")
    officer.post(f"{address}/cancel")
    do_work(app)

    assert households(app) == []
    assert "Đã dừng và gỡ" in shown(officer, address)


def test_two_presses_are_one(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = checked(app, officer, workbook(TUYEN))
    officer.get(f"{address}/report")
    officer.post(f"{address}/take")

    assert officer.post(f"{address}/take").status_code == 409
    do_work(app)
    assert households(app) == ["Nguyễn Văn Tuyên"]


@pytest.mark.parametrize("kind", ["register", "people"])
def test_template_can_be_imported_as_it_is(app: Flask, browser: BrowserOf, kind: str) -> None:
    officer = browser(OFFICER)
    content = officer.get(f"/imports/template/{kind}.xlsx").data

    address = checked(app, officer, content, kind=kind)

    with behind(app):
        of = db.session.get_one(Import, int(address.rsplit("/", 1)[1]))
        assert of.counts["states"].get(store.BAD, 0) == 0
        assert of.counts["households"] == 1


def test_english_reader_gets_english_remarks(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = checked(app, officer, workbook(WRONG))
    officer.post("/language", {"locale": "en"})

    assert "there is no day “31/02/1985”" in officer.get(f"{address}/report").text
    sheet = openpyxl.load_workbook(io.BytesIO(officer.get(f"{address}/remarks").data)).active
    assert sheet is not None
    assert "Date of birth: there is no day" in str(sheet["J2"].value)


PEOPLE = "Họ và tên,Số điện thoại,Mã thôn,Dùng đến ngày\nTạ Văn Nam,0987654321,09043-01,31/12/2099\nSai,12,,\n"


def test_enumerator_made_in_bulk_signs_in_with_the_pin_of_the_sheet(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    address = taken(app, officer, PEOPLE.encode(), name="rsv.csv", kind="people")

    assert "Tài khoản mới" in shown(officer, address)
    with behind(app):
        actor = people.by_sign_in_name(db.session(), None, "0987654321")
        assert actor is not None
        pin, number = pins.pin_of(actor, secret=SECRET) or "", actor.id
    made = Person("nam", "Tạ Văn Nam", "0987654321", Role.ENUMERATOR, HEAD.area)
    assert browser(None).sign_in(made, pin).request.path != "/sign-in"
    assert "31/12/2099" in officer.get("/phones/pins").text
    officer.post(f"/people/{number}/until", {"until": "2020-01-01"})
    refused = browser(None).sign_in(made, pin)
    assert refused.status_code == 403
    assert "chỉ dùng được đến hết ngày 01/01/2020" in refused.text


def test_last_day_of_an_account_of_another_commune_is_not_the_officer_s(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world:
        head = world.actor(HEAD).id
    neighbour = browser(NEIGHBOUR)
    neighbour.get("/imports")

    assert neighbour.post(f"/people/{head}/until", {"until": "2020-01-01"}).status_code == 404
    assert browser(OFFICER).post(f"/people/{head}/until", {"until": "soon"}).status_code == 400


def test_file_of_a_province_may_be_larger_than_a_form(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    app.config["MAX_CONTENT_LENGTH"] = 2_000

    assert upload(officer, workbook(*[TUYEN] * 50)).startswith("/imports/")
