"""What comes back to the phone, and the six failures that others had with it: never reached, stays rejected after it was
answered, goes to the wrong person, lost with the app, old notes still shown, notes in the wrong name.
"""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask

from fieldsurvey.casework import people, review
from fieldsurvey.casework.review import Note
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Role
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import Grant
from fieldsurvey.store.register import Household
from tests.app_phone import AppPhone
from tests.browser import Browser
from tests.cast import HEAD, LEADER, NEIGHBOUR, NOW, OFFICER, OTHER_HEAD, PASSWORD, TAO_PHU, Person
from tests.web.scene import BrowserOf, behind, decide, state

FLOOR = "/data/housing/floor_area"
BIRTH = "/data/members[2]/m_birth_year"
NOTES = [Note(FLOOR, "Đo lại diện tích."), Note(BIRTH, "Xem lại năm sinh.")]


def received(app: Flask, phone: AppPhone, **changes: object) -> int:
    """A household that the phone has sent; its case."""
    with behind(app) as world:
        household = world.list_household()
        xml = world.xml(world.answers(household, **changes), "uuid:one")
        case_id = world.case(household).id
    assert phone.send(xml).status_code == 201
    return case_id


def returned(app: Flask, case_id: int, by: Person = OFFICER) -> None:
    with behind(app) as world, write() as session:
        review.decide(session, case_id, Decision.RETURN, by=world.doer(by), now=NOW, reason="Cần xem lại.", notes=NOTES)


def corrected(app: Flask, phone: AppPhone, case_id: int, floor: str = "31") -> int:
    with behind(app) as world:
        household = db.session.get_one(Household, db.session.get_one(Case, case_id).household_id)
        xml = world.xml(world.answers(household, housing={"floor_area": floor}), "uuid:two", "uuid:one")
    return phone.send(xml).status_code


@pytest.fixture
def phone(app: Flask) -> AppPhone:
    made = AppPhone(app)
    made.sign_in(HEAD)
    return made


def test_returned_household_reaches_the_phone_with_text_and_notes(app: Flask, phone: AppPhone) -> None:
    assert phone.call("GET", "/returned").json == []
    returned(app, received(app, phone))

    answer = phone.call("GET", "/returned")

    (case,) = answer.json
    assert (case["instanceId"], case["reason"], case["by"]) == ("uuid:one", "Cần xem lại.", OFFICER.name)
    assert case["notes"] == [{"path": one.ref, "text": one.text} for one in NOTES]
    assert "uuid:one" in case["xml"]
    assert phone.call("GET", "/returned", If_None_Match=answer.headers["ETag"]).status_code == 304


def test_returned_household_reaches_also_a_phone_set_up_by_code(app: Flask, phone: AppPhone) -> None:
    returned(app, received(app, phone))
    with behind(app) as world:
        token = people.token_of(world.phone_actor(HEAD), secret=app.config["FIELDSURVEY"].secret_key)
    other = AppPhone(app, "two")
    other.sign_in(qr=token)

    assert len(other.call("GET", "/returned").json) == 1


def test_answered_household_is_no_longer_returned(app: Flask, phone: AppPhone) -> None:
    case_id = received(app, phone)
    returned(app, case_id)

    assert corrected(app, phone, case_id) == 201

    assert phone.call("GET", "/returned").json == []
    assert state(app, case_id) == "edited"


def test_returned_household_goes_to_who_has_the_village_now(app: Flask, phone: AppPhone) -> None:
    returned(app, received(app, phone))
    with behind(app) as world, write() as session:
        successor = world.actor(OTHER_HEAD)
        village = world.area(Level.VILLAGE, TAO_PHU)
        successor.grants.append(Grant(role=Role.ENUMERATOR.value, area_level=Level.VILLAGE.value, area_id=village.id))
        predecessor = world.actor(HEAD)
        predecessor.grants.clear()
        session.flush()
    other = AppPhone(app, "two")
    other.sign_in(OTHER_HEAD)

    assert len(other.call("GET", "/returned").json) == 1
    assert phone.call("GET", "/returned").json == []


def test_returned_household_goes_to_who_was_given_it(app: Flask, phone: AppPhone) -> None:
    case_id = received(app, phone)
    returned(app, case_id)
    with behind(app) as world, write() as session:
        session.get_one(Case, case_id).assignee_id = world.actor(OTHER_HEAD).id

    assert phone.call("GET", "/returned").json == []


def test_others_get_nothing(app: Flask, phone: AppPhone) -> None:
    returned(app, received(app, phone))
    for person in (OTHER_HEAD, LEADER, NEIGHBOUR):
        other = AppPhone(app, person.sign_in)
        other.sign_in(person)
        assert other.call("GET", "/returned").json == [], person


def test_returned_household_survives_a_new_installation(app: Flask, phone: AppPhone) -> None:
    returned(app, received(app, phone))
    again = AppPhone(app, "after the app was installed anew")
    again.sign_in(HEAD, PASSWORD)

    assert again.call("GET", "/returned").json[0]["notes"][0]["text"] == NOTES[0].text


def test_old_notes_are_shown_as_answered(app: Flask, phone: AppPhone, browser: BrowserOf) -> None:
    case_id, officer = received(app, phone, housing={"floor_area": "30"}), browser(OFFICER)
    returned(app, case_id)
    assert "đã trả lời" not in officer.get(f"/review/{case_id}").text

    corrected(app, phone, case_id)

    page = officer.get(f"/review/{case_id}").text
    assert "đã sửa câu này" in page
    assert "remarked" not in page


def test_notes_of_an_earlier_return_do_not_come_again(app: Flask, phone: AppPhone) -> None:
    case_id = received(app, phone)
    returned(app, case_id)
    corrected(app, phone, case_id)
    with behind(app) as world, write() as session:
        review.decide(
            session, case_id, Decision.RETURN, by=world.doer(OFFICER), now=NOW, notes=[Note(FLOOR, "Vẫn sai.")]
        )

    (case,) = phone.call("GET", "/returned").json

    assert case["instanceId"] == "uuid:two"
    assert case["notes"] == [{"path": FLOOR, "text": "Vẫn sai."}]


def test_notes_stand_in_the_name_of_who_wrote_them(app: Flask, phone: AppPhone, browser: BrowserOf) -> None:
    case_id = received(app, phone)
    decide(browser(OFFICER), case_id, "return", **{f"note:{FLOOR}": "Đo lại."})

    (case,) = phone.call("GET", "/returned").json

    assert case["by"] == OFFICER.name
    assert case["notes"][0]["text"] == "Đo lại."


def spoken(officer: Browser, case_id: int, content: bytes, kind: str) -> int:
    """Return with a recording beside a question; the answer's status."""
    page = officer.get(f"/review/{case_id}").text
    version = re.search(r'name="seen_version" value="([^"]+)"', page)
    fields = {
        "decision": "return",
        "reason": "",
        "seen_version": version[1] if version else "",
        f"voice:{FLOOR}": (io.BytesIO(content), "note.webm", kind),
    }
    return officer.post(f"/review/{case_id}/decide", fields).status_code


def test_spoken_note_is_heard_on_the_phone(app: Flask, phone: AppPhone, browser: BrowserOf) -> None:
    case_id, officer = received(app, phone), browser(OFFICER)

    assert spoken(officer, case_id, b"\x1aE\xdf\xa3sound", "audio/webm") == 200

    (note,) = phone.call("GET", "/returned").json[0]["notes"]
    assert (note["path"], note["text"], note["audio"]["type"], note["audio"]["size"]) == (FLOOR, "🔊", "audio/webm", 9)
    heard = phone.call("GET", note["audio"]["url"].removeprefix("/sync"))
    assert (heard.data, heard.mimetype) == (b"\x1aE\xdf\xa3sound", "audio/webm")
    page = officer.get(f"/review/{case_id}").text
    address = re.search(r'<audio[^>]*src="([^"]+)"', page)
    assert address is not None
    assert officer.get(address[1]).data == b"\x1aE\xdf\xa3sound"
    assert browser(NEIGHBOUR).get(address[1]).status_code == 404
    stranger = AppPhone(app, "stranger")
    stranger.sign_in(OTHER_HEAD)
    assert stranger.call("GET", note["audio"]["url"].removeprefix("/sync")).status_code == 404


@pytest.mark.parametrize(("kind", "size"), [("text/html", 10), ("audio/webm", 3_000_001)])
def test_recordings_that_are_none(app: Flask, phone: AppPhone, browser: BrowserOf, kind: str, size: int) -> None:
    case_id = received(app, phone)

    assert spoken(browser(OFFICER), case_id, b"x" * size, kind) in {400, 413}
    assert state(app, case_id) == "received"
