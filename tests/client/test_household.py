"""The real questionnaire on the phone: filled in from start to end, sent, resumed, corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.cast import TAO_PHU
from tests.client.form import Form, answers
from tests.client.household import HEAD, PAGES, expected, fill

pytestmark = pytest.mark.browser
OWN = {"meta[1]/instanceID", "meta[1]/instanceName"}


def given(root: Any) -> dict[str, str]:
    return {path: text for path, text in answers(root) if text}


def send(form: Form, root: Any) -> Any:
    """Sends the answers as the signed-in person."""
    host = form.address.split("/app/")[0]
    file = {"name": "submission.xml", "mimeType": "text/xml", "buffer": etree.tostring(root)}
    headers = {"X-Requested-With": "XMLHttpRequest", "X-OpenRosa-Version": "1.0"}
    return form.page.request.post(
        f"{host}/v1/projects/1/submission", multipart={"xml_submission_file": file}, headers=headers
    )


def test_questionnaire_is_filled_in_from_start_to_end_and_taken_in_by_the_server(form: Callable[..., Form]) -> None:
    filled = form()
    fill(filled, TAO_PHU)
    assert filled.where == "#end"
    assert "Đã ghi đủ" in filled.page.locator(".form-page").inner_text()

    root = filled.finish()

    made = given(root)
    wanted = expected(TAO_PHU)
    assert {path: made.get(path) for path in wanted} == wanted
    assert made["/members[1]/m_age"] == "42"
    assert "/members[2]/m_work" not in dict(answers(root)), "a child of nine is not asked for work"
    assert made["/meta[1]/instanceName"].startswith(HEAD)
    answer = send(filled, root)
    assert answer.status == 201, answer.text()
    assert filled.problems == []


def test_what_is_missing_is_told_in_place_and_leads_there(form: Callable[..., Form]) -> None:
    filled = form()
    filled.next()
    assert filled.where == "/data/identification"
    assert len(filled.mistakes()) == 3
    assert "còn 3 câu" in filled.page.locator(".form-foot").inner_text()
    filled.to("#end")
    assert filled.page.locator("h1").inner_text().startswith("Còn ")
    assert filled.page.get_by_role("button", name="Hoàn thành").is_disabled()
    filled.page.locator(".entry", has_text="Họ và tên chủ hộ").click()
    assert filled.where == "/data/identification"
    assert (
        filled.page.evaluate("document.activeElement.closest('[data-path]').dataset.path")
        == "/data/identification/head_name"
    )


def test_draft_is_resumed_on_its_page_with_all_that_was_entered(form: Callable[..., Form]) -> None:
    filled = form()
    fill(filled, TAO_PHU, until="water")
    filled.give("water/source", "rain")
    filled.saved()
    filled.next()  # to a page on which nothing is entered yet
    before = filled.kept()["instanceId"]

    filled.reopen()

    assert filled.where == "/data/sanitation"
    filled.back()
    assert filled.question("water/source").locator("input[value=rain]").is_checked()
    assert filled.kept()["instanceId"] == before
    filled.back()
    assert filled.where == "/data/housing"
    assert filled.question("floor_area").locator("input").input_value() == "15,5"


def test_returned_household_opens_at_the_note_and_only_that_can_be_changed(form: Callable[..., Form]) -> None:
    filled = form()
    fill(filled, TAO_PHU)
    filled.saved()
    sent = filled.kept()
    notes = [{"path": "/data/members[2]/m_birth_date", "text": "Xem lại giấy khai sinh."}]

    filled.reopen(notes=notes, returned=True, page=None, instanceId=None)

    assert filled.where == "/data/members[2]"
    assert "Xem lại giấy khai sinh." in filled.question("members[2]/m_birth_date").inner_text()
    assert filled.question("members[2]/m_birth_date").locator("input").count() == 3
    assert filled.question("members[2]/m_sex").locator("input").count() == 0, "not noted"
    assert filled.question("members[2]/m_attending").locator(".chooser").count() == 1, "depends on the age"
    filled.day("members[2]/m_birth_date", "01/06/2024")
    filled.reopen()  # corrected over two evenings
    assert filled.where == "/data/members[2]"
    filled.to("#end")
    corrected = given(filled.finish())
    assert corrected["/meta[1]/deprecatedID"] == sent["instanceId"]
    assert corrected["/meta[1]/instanceID"] not in {"", sent["instanceId"]}
    assert corrected["/members[2]/m_birth_date"] == "2024-06-01"
    assert corrected["/members[1]/m_name"] == PAGES["members[1]"]["m_name"]
