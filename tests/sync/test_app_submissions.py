"""The phone app sends: text first with a receipt, files in parts over a bad line, sealed or not; and gets forms and drafts."""

from __future__ import annotations

import hashlib
import os

import pytest
from cryptography.exceptions import InvalidSignature
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from fieldsurvey.casework import receipts
from fieldsurvey.extensions import db, keys
from fieldsurvey.store.blobs import Rescue
from fieldsurvey.store.keys import RECEIPTS
from fieldsurvey.store.submissions import Attachment, Submission
from tests.app_phone import SEALED, AppPhone
from tests.cast import HEAD, OTHER_HEAD, PHU_LUU, ROUND
from tests.web.scene import behind

PHOTO = os.urandom(200_000)


@pytest.fixture
def phone(app: Flask) -> AppPhone:
    made = AppPhone(app)
    made.sign_in(HEAD)
    return made


def filled(app: Flask, instance_id: str = "uuid:one", replaces: str | None = None, **changes: object) -> bytes:
    with behind(app) as world:
        return world.xml(world.answers(**changes), instance_id, replaces)


def with_photo(app: Flask, instance_id: str = "uuid:one", replaces: str | None = None) -> bytes:
    return filled(app, instance_id, replaces, closing={"house_photo": "nhà.jpg"})


def count(app: Flask, table: type) -> int:
    with behind(app):
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_text_is_received_once_with_one_receipt(app: Flask, phone: AppPhone) -> None:
    xml = filled(app)

    first, again = phone.send(xml), phone.send(xml, zipped=True)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json["outcome"], again.json["outcome"]) == ("new", "repeat")
    assert first.json["receipt"] == again.json["receipt"]
    assert first.json["receipt"]["sha256"] == hashlib.sha256(xml).hexdigest()
    assert count(app, Submission) == 1


def test_receipts_signature_can_be_checked_without_a_line(app: Flask, phone: AppPhone) -> None:
    told = phone.send(filled(app)).json["receipt"]

    with behind(app):
        key = keys().current(RECEIPTS)
    text = f"fieldsurvey receipt 1\n{told['code'].replace('-', '')}\nuuid:one\n{told['sha256']}\n{told['at']}".encode()
    key.verify(text, told["signature"])
    with pytest.raises(InvalidSignature):
        key.verify(text.replace(b"uuid:one", b"uuid:two"), told["signature"])
    assert phone.known["keys"]["receipts"]["jwk"] == key.jwk


def test_sealed_text_is_opened(app: Flask, phone: AppPhone) -> None:
    xml = filled(app)
    sealed = phone.record("submission", "uuid:one", xml, encoding="gzip")

    answer = phone.call("POST", f"/submissions?round={ROUND}", sealed, Content_Type=SEALED)

    assert answer.status_code == 201
    assert answer.json["receipt"]["sha256"] == hashlib.sha256(xml).hexdigest()
    for broken in (sealed[:-1], b"", sealed[:20], phone.record("file", "uuid:one", xml)):
        refused = phone.call("POST", f"/submissions?round={ROUND}", broken, Content_Type=SEALED)
        assert (refused.status_code, refused.json["code"]) == (400, "400.92")


REFUSED = [
    # what comes,                 code,      rescued
    (b"<data", "400.2", True),
    (b"not xml", "400.261", True),
    (b'<data id="unknown"><meta><instanceID>uuid:x</instanceID></meta></data>', "404.262", True),
]


@pytest.mark.parametrize(("xml", "code", "rescued"), REFUSED)
def test_refusals_are_told_and_kept_aside(app: Flask, phone: AppPhone, xml: bytes, code: str, rescued: bool) -> None:
    answer = phone.send(xml)

    assert (answer.json["code"], answer.json["rescued"]) == (code, rescued)
    assert answer.json["message"]["vi"]
    assert answer.json["message"]["en"]
    assert count(app, Rescue) == 1


def test_other_village_is_refused(app: Flask, phone: AppPhone) -> None:
    answer = phone.send(filled(app, village=PHU_LUU))

    assert (answer.status_code, answer.json["kind"]) == (403, "outside_area")


def test_same_id_with_other_content_conflicts(app: Flask, phone: AppPhone) -> None:
    phone.send(filled(app))

    answer = phone.send(filled(app, housing={"floor_area": "99"}))

    assert (answer.status_code, answer.json["code"]) == (409, "409.1")


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"\x1f\x8b broken", {"Content_Encoding": "gzip"}, "400.93"),
        (b"<a/>", {"Content_Encoding": "br"}, "415.1"),
        (b"<" * (2048 * 1024 + 1), {}, "413.1"),
    ],
)
def test_bodies_that_cannot_be_read(phone: AppPhone, body: bytes, headers: dict[str, str], code: str) -> None:
    assert phone.call("POST", f"/submissions?round={ROUND}", body, **headers).json["code"] == code


def test_round_has_to_be_named(phone: AppPhone) -> None:
    assert phone.call("POST", "/submissions", b"<a/>").json["code"] == "400.2"
    assert phone.call("POST", "/submissions?round=999", b"<a id='x'/>").status_code in {403, 404}


def test_photo_in_parts_over_a_line_that_is_cut(app: Flask, phone: AppPhone) -> None:
    assert phone.send(with_photo(app)).json["missing"] == ["nhà.jpg"]
    address = phone.address("uuid:one", "nhà.jpg", PHOTO)
    assert phone.part(address, PHOTO, 0).json == {"offset": 65536, "complete": False, "missing": ["nhà.jpg"]}

    wrong = phone.part(address, PHOTO, 0)
    done = phone.send_file(address, PHOTO)

    assert (wrong.status_code, wrong.headers["Upload-Offset"]) == (409, "65536")
    assert done.json == {"offset": len(PHOTO), "complete": True, "missing": []}
    assert phone.call("HEAD", address).headers["Upload-Complete"] == "?1"
    assert phone.part(address, PHOTO, 0).json["complete"]
    assert phone.call("GET", address).data == PHOTO


def test_sealed_photo_is_opened_when_complete(app: Flask, phone: AppPhone) -> None:
    phone.send(with_photo(app))
    sealed = phone.record("file", "uuid:one", PHOTO, name="nhà.jpg", type="image/jpeg")
    address = phone.address("uuid:one", "nhà.jpg", sealed, sealed=True)

    assert phone.send_file(address, sealed).json["missing"] == []

    assert phone.call("HEAD", address).headers["Upload-Complete"] == "?1"
    assert phone.call("GET", phone.address("uuid:one", "nhà.jpg", PHOTO)).data == PHOTO


def test_sealed_photo_of_another_form_is_refused(app: Flask, phone: AppPhone) -> None:
    phone.send(with_photo(app))
    sealed = phone.record("file", "uuid:two", PHOTO, name="nhà.jpg")
    address = phone.address("uuid:one", "nhà.jpg", sealed, sealed=True)

    answer = phone.part(address, sealed, 0, len(sealed))

    assert answer.json["code"] == "400.92"
    assert phone.call("HEAD", address).headers["Upload-Offset"] == "0"


def test_photo_that_arrives_damaged_begins_again(app: Flask, phone: AppPhone) -> None:
    phone.send(with_photo(app))
    address = phone.address("uuid:one", "nhà.jpg", PHOTO)

    answer = phone.part(address, PHOTO[:-1] + b"?", 0, len(PHOTO))

    assert (answer.status_code, answer.json["code"]) == (422, "422.60")
    assert phone.call("HEAD", address).headers["Upload-Offset"] == "0"
    assert phone.send_file(address, PHOTO).json["complete"]


def test_photo_that_nobody_named_or_may_send_has_no_place(app: Flask, phone: AppPhone) -> None:
    phone.send(with_photo(app))
    stranger = AppPhone(app)
    stranger.sign_in(OTHER_HEAD)

    assert phone.call("HEAD", phone.address("uuid:one", "other.jpg", PHOTO)).status_code == 404
    assert phone.call("HEAD", phone.address("uuid:two", "nhà.jpg", PHOTO)).status_code == 404
    assert stranger.call("HEAD", phone.address("uuid:one", "nhà.jpg", PHOTO)).status_code == 404
    assert stranger.part(phone.address("uuid:one", "nhà.jpg", PHOTO), PHOTO, 0).status_code == 404


@pytest.mark.parametrize(
    ("offset", "length"), [("x", "10"), ("-1", "10"), ("0", ""), ("0", "9" * 20), ("0", "999999999")]
)
def test_parts_that_make_no_sense(app: Flask, phone: AppPhone, offset: str, length: str) -> None:
    phone.send(with_photo(app))
    address = phone.address("uuid:one", "nhà.jpg", PHOTO)

    answer = phone.call("PATCH", address, b"abc", Upload_Offset=offset, Upload_Length=length)

    assert answer.status_code in {400, 413}
    assert phone.call("HEAD", address).headers["Upload-Offset"] == "0"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 900)), max_size=12), size=st.integers(1, 3000))
def test_parts_in_any_order_make_the_file_or_nothing(
    app: Flask, phone: AppPhone, steps: list[tuple[int, int]], size: int
) -> None:
    content = hashlib.shake_128(f"{steps}{size}".encode()).digest(size)
    instance_id = f"uuid:{hashlib.sha256(content).hexdigest()}"
    phone.send(with_photo(app, instance_id))
    address = phone.address(instance_id, "nhà.jpg", content)
    for offset, length in steps:
        answer = phone.part(address, content, min(offset, size), length)
        assert answer.status_code in {200, 409}

    assert phone.send_file(address, content, 700).json["missing"] == []
    assert phone.call("GET", address).data == content


def test_correction_keeps_the_files_that_it_does_not_send_again(app: Flask, phone: AppPhone) -> None:
    phone.send(with_photo(app))
    phone.send_file(phone.address("uuid:one", "nhà.jpg", PHOTO), PHOTO)

    told = phone.send(with_photo(app, "uuid:two", "uuid:one")).json

    assert (told["outcome"], told["missing"]) == ("correction", [])
    with behind(app):
        assert len({one.blob for one in db.session.scalars(select(Attachment))}) == 1


def test_receipts_page_follows_the_submission(app: Flask, phone: AppPhone) -> None:
    code = phone.send(filled(app)).json["receipt"]["code"]
    page = app.test_client()

    assert "chưa thay đổi" in page.get(f"/receipts?code={code.lower().replace('-', ' ')}").text
    phone.send(filled(app, "uuid:two", "uuid:one", housing={"floor_area": "99"}))
    assert "đã có bản sửa" in page.get(f"/receipts?code={code}").text
    assert page.get("/receipts").status_code == 200


def test_forged_receipts_are_refused_and_guessing_is_slow(app: Flask, phone: AppPhone) -> None:
    code = phone.send(filled(app)).json["receipt"]["code"]
    page = app.test_client()
    forged = [code[:-1] + letter for letter in receipts.ALPHABET if letter != code[-1]]

    statuses = [page.get(f"/receipts?code={one}").status_code for one in forged]

    assert statuses[:30] == [404] * 30
    assert statuses[30] == 429


@given(st.integers(0, 2**40 - 1))
def test_codes_survive_how_people_type(number: int) -> None:
    code = receipts.spelled(number)

    for typed in (
        code,
        code.lower(),
        receipts.shown(code),
        f" {code[:3]} {code[3:]} ",
        code.replace("0", "O").replace("1", "l"),
    ):
        assert receipts.typed(typed) == code


@given(st.text(max_size=12))
def test_what_is_no_code_is_unknown_or_eight_letters(text: str) -> None:
    try:
        assert len(receipts.typed(text)) == 8
    except Exception as refused:
        assert "receipt_unknown" in str(refused)


def test_forms_come_with_their_files(phone: AppPhone) -> None:
    answer = phone.call("GET", "/forms")

    (form,) = answer.json
    assert (form["xmlFormId"], form["householdForm"], form["practice"]) == ("ra-soat-ho", True, False)
    assert phone.call("GET", "/forms", If_None_Match=answer.headers["ETag"]).status_code == 304
    xml = phone.call("GET", form["url"].removeprefix("/sync"))
    assert len(xml.data) == form["size"]
    for media in form["media"]:
        path = media["url"].removeprefix("/sync")
        sent = phone.call("GET", path)
        assert sent.status_code == 200
        assert phone.call("GET", path, If_None_Match=sent.headers["ETag"]).status_code == 304
        stale = phone.call("GET", path.replace(media["hash"], "0" * 32))
        assert (stale.status_code, stale.json["code"]) == (409, "409.71")


def test_hash_of_a_form_changes_with_its_lists(app: Flask, phone: AppPhone) -> None:
    before = phone.call("GET", "/forms").json[0]
    with behind(app) as world:
        world.list_household()

    after = phone.call("GET", "/forms").json[0]

    assert before["version"] == after["version"]
    assert before["hash"] != after["hash"]


@pytest.mark.parametrize("path", ["/forms/999/1.xml", "/forms/1/none.xml", "/forms/1/none/media/a.csv"])
def test_forms_that_are_not_there(phone: AppPhone, path: str) -> None:
    assert phone.call("GET", path).status_code == 404


def test_sealed_drafts_come_back_on_another_phone(app: Flask, phone: AppPhone) -> None:
    assert phone.call("PUT", "/drafts/uuid%3Aone", b"sealed 1").status_code == 204
    assert phone.call("PUT", "/drafts/uuid%3Aone", b"sealed 2").status_code == 204
    other = AppPhone(app, "two")
    other.sign_in(HEAD)

    (line,) = other.call("GET", "/drafts").json

    assert (line["instanceId"], line["size"], line["deviceId"]) == ("uuid:one", 8, phone.known["device"]["id"])
    assert other.call("GET", "/drafts/uuid%3Aone").data == b"sealed 2"
    stranger = AppPhone(app, "three")
    stranger.sign_in(OTHER_HEAD)
    assert stranger.call("GET", "/drafts").json == []
    assert stranger.call("GET", "/drafts/uuid%3Aone").status_code == 404
    assert other.call("DELETE", "/drafts/uuid%3Aone").status_code == 204
    assert other.call("DELETE", "/drafts/uuid%3Aone").status_code == 204
    assert phone.call("GET", "/drafts").json == []


def test_draft_goes_when_its_form_arrives(app: Flask, phone: AppPhone) -> None:
    phone.call("PUT", "/drafts/uuid%3Aone", b"sealed")
    phone.send(filled(app))

    assert phone.call("GET", "/drafts").json == []


def test_drafts_have_a_quota(phone: AppPhone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldsurvey.casework.keep_draft.ALL", 10)
    phone.call("PUT", "/drafts/uuid%3Aone", b"123456")

    full = phone.call("PUT", "/drafts/uuid%3Atwo", b"123456")

    assert (full.status_code, full.json["code"]) == (413, "413.60")
    assert phone.call("PUT", "/drafts/uuid%3Aone", b"1234567890").status_code == 204
    assert phone.call("PUT", "/drafts/uuid%3Aone", b"x" * (1 << 20) + b"x").status_code == 413
