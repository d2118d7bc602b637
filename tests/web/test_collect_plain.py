"""The form page by page without JavaScript, as a browser from 2015 and lynx see it: the same answers as from a phone."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldsurvey.casework import review
from fieldsurvey.casework.review import Note
from fieldsurvey.extensions import db, write
from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import Schema
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store import forms
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import SubmissionVersion
from tests.browser import Browser
from tests.cast import HEAD, NOW, OFFICER, OTHER_HEAD, ROUND
from tests.web.scene import BrowserOf, behind, state
from tests.world import FORM

PHOTO = b"\xff\xd8\xff a house"
_REF = re.compile(r"\[(\d+)\]")


def begun(app: Flask, browser: Browser) -> TestResponse:
    with behind(app):
        form = forms.by_xml_form_id(db.session(), ROUND, FORM)
        assert form is not None
        form_id = form.id
    browser.get("/plain")
    return browser.post("/plain/begin", {"form": form_id})


def answer_at(answers: Answers, ref: str) -> str:
    """The answer of a household that belongs at a reference, /data/members[2]/m_name."""
    found: Any = answers
    for step in ref.split("/")[2:]:
        number = _REF.search(step)
        found = found.get(_REF.sub("", step)) if isinstance(found, dict) else None
        if number:
            found = found[int(number[1]) - 1] if found and int(number[1]) <= len(found) else None
    return found if isinstance(found, str) else ""


def fields_of(page: TestResponse) -> dict[str, Any]:
    """What the page's form would send if nothing was touched."""
    form = html.fromstring(page.text).xpath("//main//form")[0]
    sent: dict[str, Any] = {}
    for one in form.xpath(".//input|.//select|.//textarea"):
        name, kind = one.get("name"), one.get("type")
        if name is None or kind == "file" or (kind in {"radio", "checkbox"} and one.get("checked") is None):
            continue
        value = one.value if one.tag != "input" else one.get("value", "")
        sent[name] = [*sent.get(name, []), value or ""] if kind == "checkbox" else value or ""
    return sent


def asked(page: TestResponse) -> list[str]:
    return re.findall(r'name="seen:([^"]+)"', page.text)


def typed(value: str, page: TestResponse, ref: str) -> Any:
    """As a person enters an answer."""
    if f'type="checkbox" name="a:{ref}"' in page.text:
        return value.split()
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value)
    return f"{day[3]}/{day[2]}/{day[1]}" if day else value


def filled(browser: Browser, page: TestResponse, answers: Answers) -> TestResponse:
    """Fill in page after page until the last, with these answers."""
    for _ in range(200):
        address = page.request.path
        if 'name="at"' not in page.text:
            return page
        fields = fields_of(page)
        more = 'value="add"' in page.text and page.text.count('value="open:') < len(answers["members"])
        for ref in asked(page):
            value = answer_at(answers, ref)
            if f'type="file" name="a:{ref}"' in page.text:
                if value:
                    fields[f"a:{ref}"] = (io.BytesIO(PHOTO), value, "image/jpeg")
            else:
                fields[f"a:{ref}"] = typed(value, page, ref)
        page = browser.post(address, {**fields, "act": "add" if more else "next"})
    raise AssertionError("the form has no end")


def stored(app: Flask) -> SubmissionVersion:
    with behind(app):
        found = db.session.scalars(select(SubmissionVersion).order_by(SubmissionVersion.id.desc())).first()
        assert found is not None
        db.session.expunge(found)
        return found


def given(schema: Schema, answers: Answers, path: str = "") -> dict[str, str]:
    """Path → answer, of what people are asked; without what a form works out or what the pages call a photo."""
    found: dict[str, str] = {}
    for name, value in answers.items():
        here = f"{path}/{name}" if path else name
        asked = schema.by_path.get(_REF.sub("", here))
        if isinstance(value, list):
            for number, one in enumerate(value, start=1):
                found |= given(schema, one, f"{here}[{number}]")
        elif isinstance(value, dict):
            found |= given(schema, value, here)
        elif value and asked is not None and asked.control and asked.type != "binary":
            found[here] = value
    return found


def test_household_filled_in_without_a_script_is_what_a_phone_sends(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world:
        household = world.list_household()
        answers, schema = world.answers(household), world.schema
    answers["roster"] = {"people": str(len(answers["members"]))}
    reader = browser(HEAD)

    last = filled(reader, begun(app, reader), answers)
    assert "Phiếu đã đủ" in last.text, last.text[-3000:]
    sent = reader.post(last.request.path + "/send")

    assert re.search(r'receipt-code">[0-9A-Z]{4}-[0-9A-Z]{4}<', sent.text)
    assert given(schema, stored(app).answers) == given(schema, answers)
    with behind(app) as world:
        assert world.case(db.session.get_one(Household, household.id)).state == "received"
    assert "Phiếu đang ghi dở" not in reader.get("/plain").text


def test_wrong_answers_are_told_in_place_and_kept(app: Flask, browser: BrowserOf) -> None:
    reader = browser(HEAD)
    page = begun(app, reader)
    fields = fields_of(page) | {"a:/data/identification/review_date": "31/02/2026", "act": "next"}

    again = reader.post(page.request.path, fields)

    assert again.status_code == 400
    assert "31/12/1980" in again.text
    assert 'value="31/02/2026"' in again.text
    assert "Câu này cần trả lời." in again.text


def test_begun_form_waits_and_is_only_ones_own(app: Flask, browser: BrowserOf) -> None:
    reader = browser(HEAD)
    page = begun(app, reader)
    address = page.request.path
    fields = fields_of(page) | {
        "a:/data/identification/listing": "new",
        "a:/data/identification/head_name": "Bà Tư",
        "act": "save",
    }
    reader.post(address, fields)

    assert "Bà Tư" in browser(HEAD).get("/plain").text
    assert 'value="Bà Tư"' in browser(HEAD).get(address).text
    stranger = browser(OTHER_HEAD)
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}/send").status_code == 404
    assert browser(None).get(address).status_code == 302


def test_unfinished_form_is_not_sent(app: Flask, browser: BrowserOf) -> None:
    reader = browser(HEAD)
    address = begun(app, reader).request.path

    refused = reader.post(f"{address}/send")

    assert refused.status_code == 400
    assert "cần xem lại" in refused.text


def test_begun_form_is_deleted_only_when_ticked(app: Flask, browser: BrowserOf) -> None:
    reader = browser(HEAD)
    address = begun(app, reader).request.path

    assert "đánh dấu" in reader.post(f"{address}/delete").text
    assert "Đã xóa" in reader.post(f"{address}/delete", {"sure": "on"}).text
    assert reader.get(address).status_code == 404


def test_returned_form_is_corrected_without_a_script(app: Flask, browser: BrowserOf) -> None:
    with behind(app) as world:
        household = world.list_household()
        answers, schema = world.answers(household), world.schema
        answers["roster"] = {"people": str(len(answers["members"]))}
        case_id = world.case(household).id
        world.send(world.xml(answers), world.phone_actor(HEAD).doer())
        note = Note("/data/housing/floor_area", "Đo lại diện tích.")
        with write() as session:
            review.decide(session, case_id, Decision.RETURN, by=world.doer(OFFICER), now=NOW, notes=[note])
    reader, before = browser(HEAD), stored(app)
    reader.get("/plain")
    page = reader.post("/plain/correct", {"instance": before.instance_id})
    address = page.request.path
    housing = reader.get(f"{address}?at=/data/housing/wall")
    assert "Đo lại diện tích." in housing.text
    reader.post(address, fields_of(housing) | {"a:/data/housing/floor_area": "31,5", "act": "next"})

    sent = reader.post(f"{address}/send")

    assert "Đã gửi" in sent.text, re.findall(r"<li>.*?</li>", sent.text, re.DOTALL)[:5]
    after = stored(app)
    assert after.deprecated_id == before.instance_id
    assert given(schema, after.answers) == {**given(schema, before.answers), "housing/floor_area": "31.5"}
    assert state(app, case_id) == "edited"


@pytest.mark.parametrize("path", ["/plain/999", "/plain/999?at=/data/x"])
def test_forms_that_are_gone(browser: BrowserOf, path: str) -> None:
    assert browser(HEAD).get(path).status_code == 404


def test_pages_need_no_script(app: Flask, browser: BrowserOf) -> None:
    page = begun(app, browser(HEAD)).text

    main = page.partition("<main")[2]
    assert "<script" not in main
    assert "onclick" not in main
    assert "data-" not in re.sub(r'ref="[^"]*"|(value|name|id|action)="[^"]*"', "", main)
