"""The officer's queue: what stands in it, how it is searched, paged and decided about in batches, and what it costs."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fieldsurvey.outputs import queue as cases_queue
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.seed import families
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, OFFICER, OTHER_HEAD, SUPERVISOR, TAO_PHU, Person
from tests.web.scene import BrowserOf, behind, decided, logged, state, statements, visited

APPROVE, RETURN, REOPEN = "approve", "return", "reopen"


def heads(page: TestResponse) -> list[str]:
    """The heads of household that stand in the queue, in order."""
    return re.findall(r'<td role="cell" class="c-head"><a href="[^"]+">([^<]+)</a>', page.text)


def counts(page: TestResponse) -> list[int]:
    """The numbers on the tabs."""
    tabs = re.search(r'<nav class="tabs".*?</nav>', page.text, re.DOTALL)
    return [int(number) for number in re.findall(r"<b>(\d+)</b>", tabs.group(0) if tabs else "")]


def boxes(page: TestResponse) -> list[str]:
    return re.findall(r'name="case" value="(\d+:\d+)"', page.text)


def village_id(app: Flask, code: str = TAO_PHU) -> int:
    with behind(app) as world:
        return world.village(code).id


def test_queue_shows_what_waits(app: Flask, browser: BrowserOf) -> None:
    visited(app, "Nguyễn Thị Tuyến")
    decided(app, visited(app, "Lê Văn Thắng"), Decision.APPROVE)
    with behind(app) as world:
        world.list_household("Tạ Thị Oanh")

    page = browser(OFFICER).get("/review")

    assert heads(page) == ["Nguyễn Thị Tuyến"]
    assert counts(page) == [1, 0, 1, 0, 1, 3]


@pytest.mark.parametrize(("tab", "decision"), [("returned", Decision.RETURN), ("approved", Decision.APPROVE),
                                               ("rejected", Decision.REJECT)])  # fmt: skip
def test_tab_shows_its_state(app: Flask, browser: BrowserOf, tab: str, decision: Decision) -> None:
    visited(app, "Nguyễn Thị Tuyến")
    decided(app, visited(app, "Lê Văn Thắng"), decision)

    assert heads(browser(OFFICER).get(f"/review?tab={tab}")) == ["Lê Văn Thắng"]


@pytest.mark.parametrize(("person", "sees"), [(OFFICER, True), (LEADER, True), (SUPERVISOR, True), (ADMIN, True),
                                              (NEIGHBOUR, False)])  # fmt: skip
def test_queue_ends_at_the_reader_s_area(app: Flask, browser: BrowserOf, person: Person, sees: bool) -> None:
    visited(app)

    page = browser(person).get("/review?tab=all&round=1")

    assert ("Nguyễn Thị Tuyến" in page.text) is sees


def test_row_says_what_matters(app: Flask, browser: BrowserOf) -> None:
    visited(app, profile=families.BETTER)

    text = browser(OFFICER).get("/review").text

    assert "Hộ không nghèo" in text
    assert "Tảo Phú" in text
    assert "Trước là: Hộ nghèo" in text  # flag: the class has changed
    assert "05/10/2026" in text


SEARCHES = [
    ("q=tuyen", ["Nguyễn Thị Tuyến"]),
    ("q=TUYẾN", ["Nguyễn Thị Tuyến"]),
    ("q=dao", ["Đỗ Thị Đào"]),
    ("q=van+khong+co", []),
    ("group=poor", ["Nguyễn Thị Tuyến"]),
    ("group=not_poor", ["Đỗ Thị Đào"]),
    ("group=nonsense&tab=nonsense", ["Nguyễn Thị Tuyến", "Đỗ Thị Đào"]),
    ("dup=1", []),
]


@pytest.mark.parametrize(("query", "found"), SEARCHES)
def test_queue_is_searched(app: Flask, browser: BrowserOf, query: str, found: list[str]) -> None:
    visited(app, "Nguyễn Thị Tuyến")
    visited(app, "Đỗ Thị Đào", families.BETTER)

    assert heads(browser(OFFICER).get(f"/review?{query}")) == found


def test_queue_is_cut_to_a_village(app: Flask, browser: BrowserOf) -> None:
    visited(app, "Nguyễn Thị Tuyến", by=HEAD)
    visited(app, "Lê Văn Thắng", by=OTHER_HEAD)

    page = browser(OFFICER).get(f"/review?village={village_id(app)}")

    assert heads(page) == ["Nguyễn Thị Tuyến"]
    assert counts(page)[0] == 1  # the tabs count the village alone


def test_empty_queue_says_so(browser: BrowserOf) -> None:
    assert "Không còn hộ nào chờ duyệt" in browser(OFFICER).get("/review").text


def test_search_without_a_find_offers_all_states(app: Flask, browser: BrowserOf) -> None:
    decided(app, visited(app), Decision.APPROVE)

    page = browser(OFFICER).get("/review?q=tuyen")

    assert "Không tìm thấy hộ nào" in page.text
    assert 'href="/review?tab=all&amp;q=tuyen"' in page.text


def test_queue_is_paged_by_key(app: Flask, browser: BrowserOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases_queue, "PAGE", 2)
    for head in ("A", "B", "C"):
        visited(app, f"Nguyễn Văn {head}")
    officer = browser(OFFICER)

    first = officer.get("/review?group=poor")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = officer.get(following.group(1).replace("&amp;", "&"))

    assert heads(first) == ["Nguyễn Văn A", "Nguyễn Văn B"]
    assert heads(second) == ["Nguyễn Văn C"]
    assert 'rel="next"' not in second.text
    assert 'href="/review?group=poor"' in second.text  # back to the first page of the same search


def test_queue_costs_six_statements(app: Flask, browser: BrowserOf) -> None:
    for head in ("A", "B", "C"):
        visited(app, f"Nguyễn Văn {head}")
    officer = browser(OFFICER)

    with statements(app) as said:
        officer.get("/review?q=nguyen")

    assert len(said) <= 6, said


def test_queue_without_a_round_says_so(browser: BrowserOf) -> None:
    assert "Chưa có đợt rà soát nào" in browser(NEIGHBOUR).get("/review").text


# Batches


def test_batch_approves_the_ticked(app: Flask, browser: BrowserOf) -> None:
    ticked, left = [visited(app, "Lê Văn A"), visited(app, "Lê Văn B")], visited(app, "Lê Văn C")
    officer = browser(OFFICER)
    page = officer.get("/review?q=le")

    answer = officer.post("/review/batch?q=le", {"decision": APPROVE, "case": boxes(page)[:2]})

    assert "Đã duyệt 2 hộ." in answer.text
    assert [state(app, one) for one in ticked] == [State.APPROVED] * 2
    assert state(app, left) == State.RECEIVED
    assert heads(answer) == ["Lê Văn C"]  # the same search as before


def test_batch_says_which_were_refused_and_why(app: Flask, browser: BrowserOf) -> None:
    fresh, stale = visited(app, "Lê Văn A"), visited(app, "Lê Văn B")
    officer = browser(OFFICER)
    ticked = boxes(officer.get("/review"))
    decided(app, stale, Decision.RETURN)  # somebody else was faster

    answer = officer.post("/review/batch", {"decision": APPROVE, "case": ticked})

    assert "Đã duyệt hộ Lê Văn A." in answer.text
    assert "1 hộ chưa duyệt được." in answer.text
    assert "Có người vừa thay đổi hộ này" in answer.text
    assert f'href="/review/{stale}">Lê Văn B</a>' in answer.text
    assert [state(app, fresh), state(app, stale)] == [State.APPROVED, State.HAS_ISSUES]


def test_batch_returns_with_one_reason(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    officer = browser(OFFICER)
    ticked = boxes(officer.get("/review"))

    refused = officer.post("/review/batch", {"decision": RETURN, "case": ticked})
    assert "Chưa có lý do" in refused.text
    assert state(app, case_id) == State.RECEIVED

    reasons = {"quick": "Thiếu chữ ký.", "reason": "Xin chữ ký của chủ hộ."}
    officer.post("/review/batch", {"decision": RETURN, "case": ticked, **reasons})
    assert state(app, case_id) == State.HAS_ISSUES
    assert "Thiếu chữ ký. Xin chữ ký của chủ hộ." in officer.get(f"/review/{case_id}").text


def test_batch_is_undone(app: Flask, browser: BrowserOf) -> None:
    cases = [visited(app, "Lê Văn A"), visited(app, "Lê Văn B")]
    officer = browser(OFFICER)
    done = officer.post("/review/batch", {"decision": APPROVE, "case": boxes(officer.get("/review"))})
    assert "Hoàn tác" in done.text

    undone = officer.post(
        "/review/batch", {"decision": REOPEN, "reason": "Hoàn tác.", "case": [str(one) for one in cases]}
    )

    assert "Đã mở lại 2 hộ." in undone.text
    assert "Hoàn tác</button>" not in undone.text
    assert [state(app, one) for one in cases] == [State.RECEIVED] * 2
    assert logged(app, cases[0]) == ["case.approve", "case.reopen"]


def test_outcome_is_said_once(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    officer = browser(OFFICER)
    officer.post("/review/batch", {"decision": APPROVE, "case": boxes(officer.get("/review"))})

    assert "Đã duyệt" not in re.sub(r'<nav class="tabs".*?</nav>', "", officer.get("/review").text, flags=re.DOTALL)


def test_household_elsewhere_is_not_even_said_to_exist(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)

    answer = browser(NEIGHBOUR).post("/review/batch", {"decision": APPROVE, "case": f"{case_id}:2"})

    assert state(app, case_id) == State.RECEIVED
    assert "ở ngoài địa bàn" not in answer.text


def test_leader_reads_but_does_not_decide(app: Flask, browser: BrowserOf) -> None:
    case_id = visited(app)
    leader = browser(LEADER)

    assert boxes(leader.get("/review")) == []
    assert leader.post("/review/batch", {"decision": APPROVE, "case": f"{case_id}:2"}).status_code == 403
    assert state(app, case_id) == State.RECEIVED


@pytest.mark.parametrize("form", [{"decision": "burn"}, {}])
def test_unknown_decision_is_refused(browser: BrowserOf, form: dict[str, str]) -> None:
    assert browser(OFFICER).post("/review/batch", form).status_code == 400


def test_boxes_that_make_no_sense_are_left_out(browser: BrowserOf) -> None:
    answer = browser(OFFICER).post("/review/batch", {"decision": APPROVE, "case": ["x:1", "1:x", "", "²:1"]})

    assert answer.status_code == 200
