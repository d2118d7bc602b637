"""The list of a round on its pages: preview, make, freeze, single changes with a reason, undo, paper, files, applications."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from openpyxl import load_workbook

from fieldsurvey.casework import rounds
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.store.applications import Application
from fieldsurvey.store.cases import Case
from fieldsurvey.store.lists import ListChange
from fieldsurvey.store.register import Household
from tests.browser import Browser
from tests.cast import ADMIN, COMMUNE, HEAD, NEIGHBOUR, NOW, OFFICER, PHU_LUU, SUPERVISOR, TAO_PHU, Person
from tests.cast import ROUND as FIRST
from tests.web.scene import BrowserOf, behind


@pytest.fixture
def next_year(app: Flask) -> int:
    """A new round of the commune, beside the one in which two households were listed."""
    with behind(app) as world:
        world.list_household("Nguyễn Thị Tuyến", TAO_PHU)
        world.list_household("Trần Văn Khải", PHU_LUU)
        with write() as session:
            rich = world.village(TAO_PHU)
            session.add(
                Household(
                    uuid="rich", version=1, head_name="Lê Khá", name_fold="le kha", created_at=NOW, updated_at=NOW,
                    province_id=rich.province_id, commune_id=rich.parent_id, village_id=rich.id, prior_class="not_poor",
                )
            )  # fmt: skip
            area = world.area(Level.COMMUNE, COMMUNE)
            made = rounds.create(
                session,
                "Rà soát 2027",
                2028,
                area,
                NOW.date(),
                NOW.date().replace(month=12),
                by=world.doer(ADMIN),
                now=NOW,
            )
        return made.id


def area_id(app: Flask, level: Level, code: str) -> int:
    with behind(app) as world:
        return world.area(level, code).id


def officer_at(app: Flask, browser: BrowserOf, of: int) -> tuple[Browser, int]:
    """The officer's browser, looking at a round; the commune's id."""
    officer = browser(OFFICER)
    commune = area_id(app, Level.COMMUNE, COMMUNE)
    officer.get(f"/lists/commune?commune={commune}&round={of}")
    return officer, commune


def listed(app: Flask, of: int) -> list[str]:
    with behind(app):
        query = db.select(Household.head_name).join(Case, Case.household_id == Household.id).where(Case.round_id == of)
        return sorted(db.session.scalars(query))


def household_id(app: Flask, name: str) -> int:
    with behind(app):
        return db.session.scalars(db.select(Household.id).where(Household.head_name == name)).one()


def case_id(app: Flask, of: int, name: str) -> int:
    with behind(app):
        query = db.select(Case.id).join(Household, Household.id == Case.household_id)
        return db.session.scalars(query.where(Case.round_id == of, Household.head_name == name)).one()


def test_preview_counts_what_would_come_and_make_brings_it(app: Flask, browser: BrowserOf, next_year: int) -> None:
    officer, commune = officer_at(app, browser, next_year)

    page = officer.post("/lists/make", {"commune": commune, "class": ["poor", "near_poor"]})

    assert "Đã đưa 2 hộ vào danh sách" in page.text
    assert listed(app, next_year) == ["Nguyễn Thị Tuyến", "Trần Văn Khải"]


def test_frozen_list_takes_single_changes_with_a_reason_only(app: Flask, browser: BrowserOf, next_year: int) -> None:
    officer, commune = officer_at(app, browser, next_year)
    officer.post("/lists/make", {"commune": commune, "class": ["poor"]})

    page = officer.post("/lists/freeze", {"commune": commune, "number": "12/DS-BCĐ", "decided_on": "2026-10-01"})

    assert "số 12/DS-BCĐ, ngày 01/10/2026" in page.text
    assert officer.post("/lists/make", {"commune": commune, "class": ["poor"]}).status_code == 409
    found = officer.get(f"/lists/commune?commune={commune}&q=le+kha")
    assert "Lê Khá" in found.text
    household = household_id(app, "Lê Khá")
    assert officer.post("/lists/add", {"household": household, "reason": " "}).status_code == 400
    assert "Đã thêm hộ Lê Khá" in officer.post("/lists/add", {"household": household, "reason": "Cháy nhà"}).text
    paper = officer.get(f"/lists/paper?commune={commune}&supplement=1").text
    assert "Cháy nhà" in paper
    assert "Lê Khá" in paper


def test_household_is_taken_off_and_brought_back(app: Flask, browser: BrowserOf, next_year: int) -> None:
    officer, commune = officer_at(app, browser, next_year)
    officer.post("/lists/make", {"commune": commune, "class": ["poor"]})
    village = area_id(app, Level.VILLAGE, TAO_PHU)
    assert "Nguyễn Thị Tuyến" in officer.get(f"/lists/village?village={village}").text

    officer.post("/lists/remove", {"case": case_id(app, next_year, "Nguyễn Thị Tuyến"), "reason": "Đã chuyển đi"})

    assert listed(app, next_year) == ["Trần Văn Khải"]
    with behind(app):
        change = db.session.scalars(db.select(ListChange.id)).one()
    assert "trở lại danh sách" in officer.post(f"/lists/changes/{change}/undo").text
    assert listed(app, next_year) == ["Nguyễn Thị Tuyến", "Trần Văn Khải"]


def test_visited_household_does_not_leave_the_list(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world:
        case = world.case(world.visited(HEAD)).id
    officer, _ = officer_at(app, browser, FIRST)

    page = officer.post("/lists/remove", {"case": case, "reason": "Nhầm"})

    assert page.status_code == 409
    assert "đã có phiếu" in page.text


def test_files_hold_the_list(app: Flask, browser: BrowserOf, next_year: int) -> None:
    officer, commune = officer_at(app, browser, next_year)
    officer.post("/lists/make", {"commune": commune, "class": ["poor"]})

    csv, xlsx = (officer.get(f"/lists.{kind}?commune={commune}") for kind in ("csv", "xlsx"))

    assert "Nguyễn Thị Tuyến" in csv.text
    sheet = load_workbook(io.BytesIO(xlsx.data)).active
    assert [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["Nguyễn Thị Tuyến", "Trần Văn Khải"]
    assert "BẢN NHÁP" in officer.get(f"/lists/paper?commune={commune}").text


def test_application_puts_a_household_on_the_list(app: Flask, browser: BrowserOf, next_year: int) -> None:
    officer, _ = officer_at(app, browser, next_year)
    officer.get("/applications/new")
    village = area_id(app, Level.VILLAGE, TAO_PHU)
    given = {
        "kind": "review", "applicant": "Phạm Văn Mới", "village": village, "received_on": "2026-10-01", "cause": ["illness"],
        "reason": "Ốm nặng", "channel": "in_person", "id_number": "025 071 001 234",
    }  # fmt: skip

    assert "Đã nhận đơn của Phạm Văn Mới" in officer.post("/applications/new", given).text
    with behind(app):
        application = db.session.scalars(db.select(Application)).one()
    assert application.id_number == "025071001234"
    assert "Bệnh nặng: Ốm nặng" in officer.get("/applications").text
    officer.post(f"/applications/{application.id}/accept")

    assert listed(app, next_year) == ["Phạm Văn Mới"]
    assert officer.post(f"/applications/{application.id}/refuse", {"reason": "x"}).status_code == 409


def test_application_is_refused_with_a_reason_and_looked_at_again(
    app: Flask, browser: BrowserOf, next_year: int
) -> None:
    officer, _ = officer_at(app, browser, next_year)
    officer.get("/applications/new")
    village = area_id(app, Level.VILLAGE, TAO_PHU)
    officer.post("/applications/new", {"applicant": "Phạm Văn Mới", "village": village, "received_on": "2026-10-01"})
    with behind(app):
        application = db.session.scalars(db.select(Application.id)).one()

    assert officer.post(f"/applications/{application}/refuse").status_code == 400
    officer.post(f"/applications/{application}/refuse", {"reason": "Không cư trú"})
    assert "Không cư trú" in officer.get("/applications?answer=refused").text
    officer.post(f"/applications/{application}/reopen")
    assert "Phạm Văn Mới" in officer.get("/applications").text


def test_application_without_a_name_keeps_what_was_typed(app: Flask, browser: BrowserOf, next_year: int) -> None:
    officer, _ = officer_at(app, browser, next_year)
    officer.get("/applications/new")
    village = area_id(app, Level.VILLAGE, TAO_PHU)

    page = officer.post("/applications/new", {"village": village, "reason": "Cháy nhà", "received_on": "2026-10-01"})

    assert page.status_code == 400
    assert "Cháy nhà" in page.text


@pytest.mark.parametrize("person", [SUPERVISOR, HEAD])
def test_lists_are_the_officers(browser: BrowserOf, person: Person) -> None:
    reader = browser(person)

    for address in ("/lists", "/applications", "/work", "/work/sheet"):
        assert reader.get(address).status_code == 403


def test_neighbour_sees_nothing_of_the_list(app: Flask, browser: BrowserOf, next_year: int) -> None:
    neighbour = browser(NEIGHBOUR)

    for level, code in ((Level.COMMUNE, COMMUNE), (Level.VILLAGE, TAO_PHU)):
        kind = level.value
        path = "/lists/commune" if level is Level.COMMUNE else "/lists/village"
        assert neighbour.get(f"{path}?{kind}={area_id(app, level, code)}").status_code == 404
