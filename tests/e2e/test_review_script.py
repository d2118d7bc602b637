"""The script of the pages in a real browser at phone size: batches, keys, notes, identity numbers in place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from fieldsurvey.rules.workflow import State
from tests.cast import OFFICER, PASSWORD
from tests.e2e.conftest import PHONE_SIZE
from tests.web.scene import logged, newest_review, state, visited

pytestmark = pytest.mark.browser
Opened = Callable[[str], Any]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app behind a real port, so that a test can look behind the page at once."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(address: str, screen: Callable[[], Any]) -> Iterator[Opened]:
    """`opened("/review")`: that page on the officer's phone. Nothing may go wrong in its script."""
    page = screen()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/sign-in")
    page.fill("#name", OFFICER.sign_in)
    page.fill("#password", PASSWORD)
    page.click("form[action='/sign-in'] button.main")
    page.wait_for_url("**/review")
    yield lambda path: (page.goto(address + path), page)[1]
    assert troubles == []


def test_ticked_rows_are_counted_and_approved(app: Flask, opened: Opened) -> None:
    cases = [visited(app, f"Nguyễn Văn {name}") for name in ("A", "B", "C")]
    page = opened("/review")
    assert not page.is_visible("[data-bar]")

    page.check(f"input[name=case][value^='{cases[0]}:']")
    page.click(f"input[name=case][value^='{cases[2]}:']", modifiers=["Shift"])
    assert page.inner_text("[data-count]") == "Đã chọn 3"
    page.uncheck(f"input[name=case][value^='{cases[1]}:']")
    page.click("[data-bar] button[value=approve]")
    page.wait_for_selector(".message")

    assert "Đã duyệt 2 hộ." in page.inner_text(".message")
    assert [state(app, one) for one in cases] == [State.APPROVED, State.RECEIVED, State.APPROVED]


def test_keys_move_open_and_approve(app: Flask, opened: Opened) -> None:
    first, second = visited(app, "Nguyễn Văn A"), visited(app, "Nguyễn Văn B")
    page = opened("/review")

    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    assert page.is_checked(f"input[name=case][value^='{second}:']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{second}")
    page.keyboard.press("a")
    page.wait_for_url(f"**/review/{first}")

    assert [state(app, one) for one in (first, second)] == [State.RECEIVED, State.APPROVED]
    page.keyboard.press("?")
    assert page.is_visible("[data-keys]")


def test_notes_beside_answers_go_with_the_return(app: Flask, opened: Opened) -> None:
    case_id = visited(app)
    page = opened(f"/review/{case_id}")

    page.click("#a-housing-wall .note summary")
    page.fill("#a-housing-wall textarea", "Xem lại tường nhà.")
    page.keyboard.press("Enter")  # a new line, not a decision
    page.once("dialog", lambda asked: asked.dismiss())
    page.click("#approve button")  # the script asks first: approving would leave the note behind
    assert state(app, case_id) == State.RECEIVED
    page.click("#return summary")
    assert "Kèm 1 ghi chú" in page.inner_text("#return [data-notes-text]")
    page.click("#return .sheet-in button.main")
    page.wait_for_url("**/review")

    assert state(app, case_id) == State.HAS_ISSUES
    assert newest_review(app, case_id).notes == [{"ref": "/data/housing/wall", "text": "Xem lại tường nhà."}]


def test_identity_numbers_appear_and_what_was_typed_stays(app: Flask, opened: Opened) -> None:
    case_id = visited(app)
    page = opened(f"/review/{case_id}")
    page.click("#return summary")
    page.fill("#reason-return", "Đang viết dở.")
    page.keyboard.press("Escape")

    page.click("form[data-reveal-into] button")
    page.wait_for_selector("form[data-reveal-into]", state="detached")

    assert page.locator(".identity").first.inner_text().isdigit()
    assert page.input_value("#reason-return") == "Đang viết dở."
    assert page.url.endswith(f"/review/{case_id}")
    assert logged(app, case_id) == ["case.reveal"]


def test_link_to_an_answer_opens_the_person_it_is_about(app: Flask, opened: Opened) -> None:
    case_id = visited(app)
    page = opened(f"/review/{case_id}")
    answer = page.locator("details.person:not([open]) .row").first.get_attribute("id")
    assert not page.is_visible(f"#{answer}")

    page.evaluate(f"location.hash = '{answer}'")

    assert page.is_visible(f"#{answer}")


def test_nothing_is_wider_than_the_phone(app: Flask, opened: Opened) -> None:
    for path in (f"/review/{visited(app)}", "/review", "/review?tab=all&group=poor&dup=1"):
        assert opened(path).evaluate("document.documentElement.scrollWidth") <= PHONE_SIZE["width"], path
