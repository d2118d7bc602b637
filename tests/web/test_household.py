"""One household's page: what it shows, to whom, and the look at identity numbers."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from fieldsurvey.casework.review import Note
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.seed import families
from tests.cast import HEAD, NEIGHBOUR, OFFICER, SUPERVISOR, Person
from tests.web.scene import (
    BrowserOf,
    behind,
    case_of,
    decided,
    found_in,
    logged,
    sent,
    state,
    visited,
    visited_again,
)

REFUSED = {"consent": {"consent": "no", "refusal_reason": "Gia đình bận."}}
AREA_NOTE = "/data/housing/floor_area"


def page_of(browser: BrowserOf, case_id: int, person: Person = OFFICER, query: str = "") -> str:
    return browser(person).get(f"/review/{case_id}{query}").text


def answer_row(page: str, anchor: str) -> str:
    return found_in(page, rf'(?s)(<div class="row[^"]*" id="{anchor}">.*?</div>)')


def corrected(app: Flask, note: Note | None = None) -> int:
    """A case that was returned with a note on the floor area and has come back with another one."""
    with behind(app) as world:
        household = world.list_household()
        answers = world.answers(household, housing={"floor_area": "28"})
        world.send(world.xml(answers, "uuid:first"), world.phone_actor(HEAD).doer())
        case_id = world.case(household).id
    decided(app, case_id, Decision.RETURN, notes=[note] if note else [])
    with behind(app) as world:
        changed = {**answers, "housing": {**answers["housing"], "floor_area": "31.5"}}
        world.send(world.xml(changed, "uuid:second", "uuid:first"), world.phone_actor(HEAD).doer())
    return case_id


# What it shows


def test_page_shows_class_points_and_reason(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    case = case_of(app, case_id)

    page = page_of(browser, case_id)

    assert "Nguyễn Thị Tuyến" in page
    assert "Xã Tam Hồng" in page
    assert found_in(page, r'id="result-title"[^>]*>\s*<span class="class [^"]*">([^<]+)') == "Hộ nghèo"
    assert f"điểm B1 là {case.b1}, không vượt quá 140; điểm B2 là {case.b2}, đạt từ 30 trở lên" in page
    assert "Điểm tham khảo — chưa kiểm tra với Phụ lục III" in page


def test_deprivation_leads_to_the_answer_that_decided(app: Flask, browser: BrowserOf) -> None:
    page = page_of(browser, sent(app, sanitation={"toilet": "open_pit"}))

    assert "Hộ không sử dụng nhà tiêu hợp vệ sinh." in page
    assert '<a href="#a-sanitation-toilet">Hộ dùng loại nhà tiêu nào?</a> <b>Hố đào không có bệ</b>' in page
    assert "Hố đào không có bệ" in answer_row(page, "a-sanitation-toilet")


def test_answers_are_in_the_reader_s_language(app: Flask, browser: BrowserOf) -> None:
    case_id = sent(app, housing={"wall": "earth"})
    officer = browser(OFFICER)
    officer.get(f"/review/{case_id}")
    officer.post("/language", {"locale": "en"})

    row = answer_row(officer.get(f"/review/{case_id}").text, "a-housing-wall")

    assert "What are the walls mainly made of?" in row
    assert "Earth or daub" in row


def test_own_place_is_not_repeated_among_the_answers(app: Flask, browser: BrowserOf) -> None:
    page = page_of(browser, visited(app))

    assert 'id="a-identification-village"' not in page
    assert 'id="a-identification-review_date"' in page


def test_phone_number_and_position_are_links(app: Flask, browser: BrowserOf) -> None:
    place = {"location": "21.2309 105.5766 11.0 6.4", "respondent_phone": "0987654321"}
    page = page_of(browser, sent(app, closing=place))

    assert 'href="tel:0987654321"' in page
    assert 'href="geo:21.2309,105.5766?q=21.2309,105.5766"' in page
    assert "openstreetmap.org/?mlat=21.2309" in page
    assert "± 6 m" in page


def test_refused_consent_is_explained(app: Flask, browser: BrowserOf) -> None:
    page = page_of(browser, sent(app, **REFUSED))

    assert "Gia đình không đồng ý trả lời" in page
    assert "Gia đình bận." in page


def test_missing_law_is_explained(app: Flask, browser: BrowserOf) -> None:
    page = page_of(browser, sent(app, identification={"review_date": "2027-03-01"}))

    assert "Chưa chấm được điểm" in page


def test_unanswered_question_that_counts_is_named(app: Flask, browser: BrowserOf) -> None:
    page = page_of(browser, sent(app, sanitation={"toilet": None}))

    assert "Chưa có thông tin về nhà tiêu." in page
    assert re.search(r'Hộ dùng loại nhà tiêu nào\?\s*<span class="missing">chưa trả lời', page)
    assert "Còn câu chưa trả lời có thể làm thay đổi điểm" in page


def test_household_not_visited_says_so(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world:
        case_id = world.case(world.list_household()).id

    page = page_of(browser, case_id)

    assert "Hộ này chưa được điều tra" in page
    assert 'name="decision"' not in page


def test_correction_shows_what_changed_and_what_was_asked(app: Flask, browser: BrowserOf) -> None:
    page = page_of(browser, corrected(app, Note(AREA_NOTE, "Đo lại diện tích.")))

    row = answer_row(page, "a-housing-floor_area")
    assert "31,5" in row
    assert "Trước là: 28" in row
    assert "Ghi chú “Đo lại diện tích.”" in row
    assert "đã sửa câu này" in row
    assert "1 câu khác với bản trước" in page


def test_replaced_version_is_read_only(app: Flask, browser: BrowserOf) -> None:
    case_id = corrected(app)
    officer = browser(OFFICER)
    old = found_in(officer.get(f"/review/{case_id}").text, rf'href="(/review/{case_id}\?[^"]*version=\d+)"')

    page = officer.get(old.replace("&amp;", "&")).text

    assert "không phải bản đang rà soát" in page
    assert 'name="decision"' not in page
    assert "28" in answer_row(page, "a-housing-floor_area")


def test_other_submission_of_the_household_can_be_looked_at(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    other_id = visited_again(app, case_id, families.BETTER)

    page = page_of(browser, case_id)
    assert "Hộ này có 2 phiếu" in page
    assert f"submission={other_id}" in page
    other = page_of(browser, case_id, query=f"?submission={other_id}")
    assert "không phải bản đang rà soát" in other
    assert "Hộ không nghèo" in other
    assert 'name="decision"' not in other


def test_submission_of_another_case_is_not_found(app: Flask, browser: BrowserOf) -> None:
    first, second = visited(app, "A B"), visited(app, "C D")
    of_second = case_of(app, second).submission_id

    assert browser(OFFICER).get(f"/review/{first}?submission={of_second}").status_code == 404
    assert browser(OFFICER).get(f"/review/{first}?version=999").status_code == 404


@pytest.mark.parametrize("path", ["", "/next"])
def test_household_elsewhere_is_not_found(app: Flask, browser: BrowserOf, path: str) -> None:
    case_id = visited(app)

    assert browser(NEIGHBOUR).get(f"/review/{case_id}{path}").status_code == 404
    assert browser(OFFICER).get(f"/review/{case_id + 1}{path}").status_code == 404


@pytest.mark.parametrize(("path", "form"), [("decide", {"decision": "approve"}), ("paper-score", {"points": "1"}),
                                            ("reveal", {})])  # fmt: skip
def test_nothing_is_done_to_a_household_elsewhere(
    app: Flask, browser: BrowserOf, path: str, form: dict[str, str]
) -> None:
    case_id = visited(app)
    neighbour = browser(NEIGHBOUR)

    assert neighbour.post(f"/review/{case_id}/{path}", form).status_code == 404
    assert (state(app, case_id), logged(app, case_id)) == (State.RECEIVED, [])


# Identity numbers


def test_identity_numbers_are_masked_until_looked_at(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    officer = browser(OFFICER)
    masked = officer.get(f"/review/{case_id}").text
    assert found_in(masked, r'class="identity">([^<]+)<').startswith("•••")

    shown = officer.post(f"/review/{case_id}/reveal").text

    assert re.fullmatch(r"\d{9,12}", found_in(shown, r'class="identity">([^<]+)<'))
    assert logged(app, case_id) == ["case.reveal"]
    assert "Xem số căn cước" in shown  # in the history, for everybody to see
    assert found_in(officer.get(f"/review/{case_id}").text, r'class="identity">([^<]+)<').startswith("•••")


def test_supervisor_never_sees_identity_numbers(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    supervisor = browser(SUPERVISOR)

    assert "Hiện số căn cước" not in supervisor.get(f"/review/{case_id}").text
    assert supervisor.post(f"/review/{case_id}/reveal").status_code == 403
    assert logged(app, case_id) == []
