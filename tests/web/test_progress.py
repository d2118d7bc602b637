"""The progress page: what each reader sees, the way down, search and order, the file, and what it costs."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask

from fieldsurvey.extensions import write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store.rounds import CLOSED, Round
from fieldsurvey.web import progress
from tests.cast import (
    ADMIN,
    COMMUNE,
    HEAD,
    LEADER,
    NEIGHBOUR,
    OFFICER,
    OTHER_COMMUNE,
    OTHER_HEAD,
    PROVINCE,
    ROUND,
    SUPERVISOR,
    Person,
)
from tests.web.scene import BrowserOf, behind, decided, statements, visited

MOST_STATEMENTS = 6


def area_id(app: Flask, level: Level, code: str) -> int:
    with behind(app) as world:
        return world.area(level, code).id


def rows(page: str) -> list[str]:
    """The names in the table's lines, without the sum."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub(r"<[^>]+>", "", name).strip() for name in re.findall(r'<th scope="row">(.*?)</th>', body, re.S)]


@pytest.mark.parametrize("person", [ADMIN, SUPERVISOR, OFFICER, LEADER])
def test_page_shows_the_villages_of_the_commune(app: Flask, browser: BrowserOf, person: Person) -> None:
    visited(app)

    page = browser(person).get("/progress")

    assert page.status_code == 200
    assert "Xã Tam Hồng" in page.text
    assert len(rows(page.text)) == 14


def test_village_head_sees_their_own_village_alone(app: Flask, browser: BrowserOf) -> None:
    visited(app, by=HEAD)
    visited(app, by=OTHER_HEAD)

    page = browser(HEAD).get("/progress")

    assert "Thôn Tảo Phú" in page.text
    assert "1/1 hộ" in page.text
    assert "Phù Lưu" not in page.text
    assert rows(page.text) == []
    assert "/phones/mine" in page.text


def test_neighbour_hears_nothing_of_the_round(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = browser(NEIGHBOUR).get(f"/progress?round={ROUND}")

    assert "Tam Hồng" not in page.text
    assert "Chưa có đợt rà soát nào" in page.text


def test_empty_round_says_what_to_do(browser: BrowserOf) -> None:
    page = browser(ADMIN).get("/progress")

    assert "Chưa có hộ nào trong danh sách" in page.text
    assert 'href="/rounds"' in page.text
    assert 'href="/rounds"' not in browser(OFFICER).get("/progress").text


def test_headline_counts_states_and_classes(app: Flask, browser: BrowserOf) -> None:
    decided(app, visited(app, "Hộ A"), Decision.APPROVE)
    visited(app, "Hộ B")

    page = browser(OFFICER).get("/progress").text

    assert "<b>50%</b> đã xong" in page
    assert "Đã điều tra 2/2 hộ (100%)" in page
    assert "1 hộ nghèo (100%)" in page
    assert "chưa phải kết quả công nhận" in page


def test_line_of_a_village_leads_to_its_households(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    village = area_id(app, Level.VILLAGE, HEAD.area)

    assert f'href="/review?village={village}"' in browser(OFFICER).get("/progress").text


def test_line_of_a_commune_leads_down(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world, write() as session:
        session.get_one(Round, ROUND).area_id = world.area(Level.PROVINCE, PROVINCE).id
    visited(app)
    supervisor, commune = browser(SUPERVISOR), area_id(app, Level.COMMUNE, COMMUNE)

    communes = supervisor.get("/progress")
    villages = supervisor.get(f"/progress?area={commune}")

    assert len(rows(communes.text)) == 148
    assert f'href="/progress?area={commune}"' in communes.text
    assert len(rows(villages.text)) == 14
    assert "by=village" in communes.text


OUTSIDE = [
    (OFFICER, Level.COMMUNE, OTHER_COMMUNE),
    (OFFICER, Level.PROVINCE, PROVINCE),
    (HEAD, Level.VILLAGE, OTHER_HEAD.area),
]


@pytest.mark.parametrize(("person", "level", "code"), OUTSIDE)
def test_area_outside_is_not_found(app: Flask, browser: BrowserOf, person: Person, level: Level, code: str) -> None:
    outside = area_id(app, level, code)
    reader = browser(person)

    assert reader.get(f"/progress?area={outside}").status_code == 404
    assert reader.get("/progress?area=999999999").status_code == 404
    assert reader.get(f"/progress?area={10**30}").status_code == 404


def test_long_table_has_pages(app: Flask, browser: BrowserOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINES", 5)
    visited(app)
    officer = browser(OFFICER)

    sheets = [officer.get(f"/progress?order=name&page={number}").text for number in (1, 2, 3)]

    assert [len(rows(sheet)) for sheet in sheets] == [5, 5, 4]
    assert len({name for sheet in sheets for name in rows(sheet)}) == 14
    assert 'rel="next" href="/progress?order=name&amp;page=3"' in sheets[1]
    assert "Trang 2/3" in sheets[1]
    assert 'rel="next"' not in sheets[2]
    assert rows(officer.get("/progress?order=name&page=99").text) == rows(sheets[2])
    assert rows(officer.get("/progress?order=name&page=-1").text) == rows(sheets[0])
    assert len(officer.get("/progress.csv").text.splitlines()) == 15


def test_search_without_accents(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    officer = browser(OFFICER)

    assert rows(officer.get("/progress?name=tao+phu").text) == ["Thôn Tảo Phú"]
    assert "Không có địa bàn nào có tên này" in officer.get("/progress?name=zzz").text


def test_order_by_name(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    names = rows(browser(OFFICER).get("/progress?order=name").text)

    assert names[0] == "Thôn Bình Lâm"
    assert names[-1] == "Thôn Yên Tâm"


def test_wrong_words_in_the_address_are_ignored(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    address = "/progress?order=zzz&area=zzz&by=zzz&name=%00&endpoint=web.people&_external=1"
    assert browser(OFFICER).get(address).status_code == 200


def test_search_is_shown_as_text(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = browser(OFFICER).get("/progress?name=<script>alert(1)</script>").text

    assert "<script>alert" not in page


def test_page_has_no_inline_style_or_script(app: Flask, browser: BrowserOf) -> None:
    visited(app)

    page = browser(OFFICER).get("/progress").text

    assert "style=" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


DAYS = [
    # the round's days,           what is said
    (("2020-01-01", "2020-02-01"), "Đã quá hạn"),
    (("2020-01-01", "2099-01-01"), "Còn "),
    (("2098-01-01", "2099-01-01"), "Bắt đầu ngày 01/01/2098"),
]


@pytest.mark.parametrize(("days", "said"), DAYS)
def test_page_says_how_long_there_is(app: Flask, browser: BrowserOf, days: tuple[str, str], said: str) -> None:
    visited(app)
    with behind(app), write() as session:
        found = session.get_one(Round, ROUND)
        found.starts_on, found.ends_on = (type(found.starts_on).fromisoformat(day) for day in days)

    assert said in browser(OFFICER).get("/progress").text


def test_page_says_that_the_round_is_closed(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    with behind(app), write() as session:
        session.get_one(Round, ROUND).state = CLOSED

    assert "Đợt đã khóa" in browser(OFFICER).get("/progress").text


def test_file_has_the_same_lines_and_runs_nothing(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    with behind(app) as world, write():
        world.village().full_name = "=HYPERLINK(1)"

    answer = browser(OFFICER).get("/progress.csv?order=name")
    lines = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))

    assert answer.content_type == "text/csv; charset=utf-8"
    assert re.search(rf"filename=tien-do-2026-{COMMUNE}-\d{{8}}\.csv", answer.headers["Content-Disposition"])
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert len(lines) == 14
    assert {line["Địa bàn"] for line in lines} >= {"'=HYPERLINK(1)", "Thôn Phù Lưu"}


@pytest.mark.parametrize(("person", "status"), [(OFFICER, 200), (LEADER, 200), (SUPERVISOR, 200), (HEAD, 403)])
def test_file_is_for_who_may_take_rows_out(app: Flask, browser: BrowserOf, person: Person, status: int) -> None:
    visited(app)

    assert browser(person).get("/progress.csv").status_code == status


@pytest.mark.parametrize("address", ["/progress", "/progress?order=name&name=tao", "/progress.csv"])
def test_page_costs_six_statements(app: Flask, browser: BrowserOf, address: str) -> None:
    visited(app)
    officer = browser(OFFICER)

    with statements(app) as said:
        officer.get(address)

    assert len(said) <= MOST_STATEMENTS
