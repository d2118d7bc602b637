"""Decisions about one household: approve, return, reject, reopen, and the score of the paper form."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from fieldsurvey.rules.workflow import Decision, State
from tests.cast import LEADER, OFFICER
from tests.web.scene import (
    BrowserOf,
    case_of,
    decide,
    decided,
    found_in,
    newest_review,
    state,
    visited,
    visited_again,
)

AREA_NOTE = "/data/housing/floor_area"


def test_approve_goes_on_to_the_next_of_the_same_queue(app: Flask, browser: BrowserOf) -> None:
    first, other, second = visited(app, "Lê Văn A"), visited(app, "Trần Thị B"), visited(app, "Lê Văn C")

    answer = decide(browser(OFFICER), first, "approve", "?q=le")

    assert answer.request.full_path == f"/review/{second}?q=le"
    assert "Đã duyệt hộ Lê Văn A." in answer.text
    assert [state(app, one) for one in (first, other)] == [State.APPROVED, State.RECEIVED]


def test_last_of_the_queue_leads_back_to_it(app: Flask, browser: BrowserOf) -> None:
    assert decide(browser(OFFICER), visited(app), "approve").request.path == "/review"


def test_approval_is_undone_from_the_next_page(app: Flask, browser: BrowserOf) -> None:
    first, _ = visited(app, "Lê Văn A"), visited(app, "Lê Văn B")
    officer = browser(OFFICER)
    assert "Hoàn tác" in decide(officer, first, "approve").text

    undone = officer.post("/review/batch", {"decision": "reopen", "reason": "Hoàn tác.", "case": str(first)})

    assert undone.request.path == f"/review/{first}"
    assert state(app, first) == State.RECEIVED


def test_household_is_left_for_the_next(app: Flask, browser: BrowserOf) -> None:
    first, second = visited(app, "Lê Văn A"), visited(app, "Lê Văn B")

    answer = browser(OFFICER).get(f"/review/{first}/next", follow_redirects=True)

    assert answer.request.path == f"/review/{second}"
    assert state(app, first) == State.RECEIVED


def test_return_takes_reasons_and_notes(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    typed = {
        "quick": "Thiếu chữ ký.",
        "reason": "Gọi lại cho chủ hộ.",
        f"note:{AREA_NOTE}": "Đo lại.",
        "note:/data/x": " ",
    }

    decide(browser(OFFICER), case_id, "return", **typed)

    review = newest_review(app, case_id)
    assert review.reason == "Thiếu chữ ký. Gọi lại cho chủ hộ."
    assert review.notes == [{"ref": AREA_NOTE, "text": "Đo lại."}]
    assert state(app, case_id) == State.HAS_ISSUES


@pytest.mark.parametrize("decision", ["return", "reject"])
def test_missing_reason_is_asked_for(app: Flask, browser: BrowserOf, decision: str) -> None:
    case_id = visited(app)

    answer = decide(browser(OFFICER), case_id, decision, reason="  ")

    assert answer.status_code == 400
    assert "Chưa có lý do" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert state(app, case_id) == State.RECEIVED


def test_stale_decision_shows_what_is_new_and_keeps_what_was_typed(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    officer = browser(OFFICER)
    page = officer.get(f"/review/{case_id}").text
    seen = {name: found_in(page, rf'name="{name}" value="([^"]+)"') for name in ("seen_version", "seen_at")}
    visited_again(app, case_id)
    typed = {"reason": "Ảnh không rõ.", "quick": "Thiếu chữ ký.", f"note:{AREA_NOTE}": "Đo lại."}

    answer = officer.post(f"/review/{case_id}/decide", {"decision": "return", **seen, **typed})

    assert answer.status_code == 409
    assert "Có người vừa thay đổi hộ này" in answer.text
    assert ">Ảnh không rõ.</textarea>" in answer.text
    assert ">Đo lại.</textarea>" in answer.text
    assert 'value="Thiếu chữ ký." checked' in answer.text
    assert state(app, case_id) == State.RECEIVED


def test_decision_that_is_no_longer_possible_keeps_the_text(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    officer = browser(OFFICER)
    officer.get(f"/review/{case_id}")
    decided(app, case_id, Decision.APPROVE)

    answer = officer.post(f"/review/{case_id}/decide", {"decision": "return", "reason": "Ảnh không rõ."})

    assert answer.status_code == 409
    assert "<q>Ảnh không rõ.</q>" in answer.text
    assert state(app, case_id) == State.APPROVED


@pytest.mark.parametrize("step", ["decide", "paper-score", "reveal"])
def test_answer_to_a_form_can_be_reloaded(app: Flask, browser: BrowserOf, step: str) -> None:
    case_id = visited(app)

    assert browser(OFFICER).get(f"/review/{case_id}/{step}?q=le").location == f"/review/{case_id}?q=le"
    assert browser(OFFICER).get("/review/batch?q=le").location == "/review?q=le"


def test_reject_and_reopen(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    officer = browser(OFFICER)

    decide(officer, case_id, "reject", reason="Hộ đã chuyển đi.")
    assert state(app, case_id) == State.REJECTED
    reopened = decide(officer, case_id, "reopen", reason="Hộ đã quay về.")

    assert reopened.request.path == f"/review/{case_id}"
    assert "Đã mở lại hộ Nguyễn Thị Tuyến." in reopened.text
    history = found_in(reopened.text, r'(?s)(<section class="card" id="history".*?</section>)')
    assert re.findall(r"<b>([^<]+)</b>", history) == ["Mở lại", "Không thuộc diện", "Nhận phiếu"]


def test_leader_sees_no_buttons_and_presses_none(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    leader = browser(LEADER)

    assert 'name="decision"' not in leader.get(f"/review/{case_id}").text
    assert leader.post(f"/review/{case_id}/decide", {"decision": "approve"}).status_code == 403


# Paper score


def test_paper_score_decides_until_it_is_taken_back(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    computed = case_of(app, case_id).b1
    officer = browser(OFFICER)
    officer.get(f"/review/{case_id}")

    page = officer.post(f"/review/{case_id}/paper-score", {"points": "150"}).text
    assert (case_of(app, case_id).b1, case_of(app, case_id).household_class) == (150, "not_poor")
    assert "Điểm B1 do cán bộ nhập theo phiếu giấy" in page
    assert f"({OFFICER.name})" in page
    assert "Nhập điểm B1 theo phiếu giấy: 150" in page

    page = officer.post(f"/review/{case_id}/paper-score", {"points": ""}).text
    assert case_of(app, case_id).b1 == computed
    assert "Bỏ điểm B1 theo phiếu giấy" in page


@pytest.mark.parametrize("points", ["abc", "-5", "1e9", "99999"])
def test_paper_score_that_is_no_score_is_refused(app: Flask, browser: BrowserOf, points: str) -> None:
    case_id = visited(app)
    officer = browser(OFFICER)
    officer.get(f"/review/{case_id}")

    answer = officer.post(f"/review/{case_id}/paper-score", {"points": points})

    assert answer.status_code == 400
    assert "Giá trị của B1 không dùng được" in answer.text
