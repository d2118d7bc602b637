"""POST /submission: each case of protocol and behaviour with its own answer."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from fieldsurvey.extensions import db, write
from fieldsurvey.seed import families
from fieldsurvey.store import forms, rounds
from fieldsurvey.store.blobs import Rescue
from fieldsurvey.store.submissions import Attachment, Submission
from tests.cast import HEAD, LEADER, OFFICER, PASSWORD, PHU_LUU, ROUND, Person
from tests.phone import Answer, FlaskLine, Phone, multipart
from tests.world import FORM, World

PhoneOf = Callable[[Person], Phone]
JPEG = ("image/jpeg", b"\xff\xd8\xff\xe0 a small photo")
XML_PART = (
    b'--B\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="s.xml"\r\n'
    b"Content-Type: text/xml\r\n\r\n"
)
ENVELOPE = '<data id="ra-soat-ho" version="{version}"><meta><instanceID>{instance}</instanceID></meta></data>'


@pytest.fixture
def collect(phone: PhoneOf) -> Phone:
    """The village head's phone, which has fetched the questionnaire."""
    made = phone(HEAD)
    made.fetch()
    return made


def a_household(app: Flask, collect: Phone, profile: str = families.POOR, **changes: object) -> bytes:
    """A filled questionnaire of a newly listed household."""
    with app.app_context():
        world = World()
        answers = world.answers(world.list_household(), profile, **changes)
        db.session.remove()
    return collect.fill(answers).xml


def stored(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_head_says_that_this_is_an_openrosa_server(collect: Phone) -> None:
    answer = collect.call("HEAD", "/submission")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert answer.headers["x-openrosa-accept-content-length"] == "100000000"
    assert "date" in answer.headers


def test_new_submission_is_created(app: Flask, collect: Phone) -> None:
    answer = collect.post(a_household(app, collect))

    assert (answer.status, answer.message) == (201, "Máy chủ đã nhận và lưu phiếu.")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    with app.app_context():
        submission = db.session.scalars(select(Submission)).one()
        assert submission.device_id == "collect:test"
        assert "org.odk.collect" in (submission.user_agent or "")


def test_same_again_is_created_again_and_stored_once(app: Flask, collect: Phone) -> None:
    xml = a_household(app, collect)

    assert [collect.post(xml).status for _ in range(3)] == [201, 201, 201]
    assert stored(app, Submission) == 1


def test_same_id_with_other_answers_conflicts_and_is_kept_aside(app: Flask, collect: Phone) -> None:
    xml = a_household(app, collect)
    collect.post(xml)

    answer = collect.post(xml.replace(b"<floor_area>", b"<floor_area>1"))

    assert answer.status == 409
    assert "báo cán bộ xã" in answer.message
    assert (stored(app, Submission), stored(app, Rescue)) == (1, 1)


def test_photos_in_several_posts(app: Flask, collect: Phone) -> None:
    closing = {"house_photo": "nhà của bác Tuyến.jpg", "signature": "ký.png"}
    xml = a_household(app, collect, closing=closing)

    first = collect.post(xml, {"nhà của bác Tuyến.jpg": JPEG}, incomplete=True)
    last = collect.post(xml, {"ký.png": ("image/png", b"png")})

    assert (first.status, last.status) == (201, 201)
    assert "Còn thiếu 1 tệp" in first.message
    with app.app_context():
        kept = {one.name: bool(one.blob) for one in db.session.scalars(select(Attachment))}
    assert kept == dict.fromkeys(closing.values(), True)


def test_file_known_by_its_part_name(app: Flask, collect: Phone) -> None:
    """pyxform-based clients name the part, Collect names the file: both are the question's file name."""
    xml = a_household(app, collect, closing={"house_photo": "nha.jpg"})
    kind, body = multipart(xml, {"nha.jpg": JPEG})

    answer = collect.call(
        "POST", "/submission", {"Content-Type": kind}, body.replace(b'filename="nha.jpg"', b'filename="x"')
    )

    assert answer.status == 201
    assert "thiếu" not in answer.message


def test_unexpected_file_is_reported(app: Flask, collect: Phone) -> None:
    answer = collect.post(a_household(app, collect), {"lạ.jpg": JPEG})

    assert answer.status == 201
    assert "lạ.jpg" in answer.message


@pytest.mark.parametrize(("language", "sentence"), [("vi", "Máy chủ đã nhận"), ("en-GB,en;q=0.9", "The form has been")])
def test_answer_in_the_phones_language(app: Flask, collect: Phone, language: str, sentence: str) -> None:
    kind, body = multipart(a_household(app, collect), {})

    answer = collect.call("POST", "/submission", {"Content-Type": kind, "Accept-Language": language}, body)

    assert answer.message.startswith(sentence)
    assert answer.headers["content-language"] == language[:2]


def broken_xml(xml: bytes) -> dict[str, bytes]:
    return {
        "cut off": xml[:-30],
        "invalid UTF-8": xml.replace("Trần".encode(), b"Tr\xff\xfen").replace(b"<floor_area>", b"<floor_area>\xff"),
        "external entity": b'<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + xml[xml.index(b"<data") :],
        "billion laughs": b'<!DOCTYPE data [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + xml[xml.index(b"<data") :],
        "too deep": xml.replace(b"<housing>", b"<a>" * 400 + b"</a>" * 400 + b"<housing>"),
        "no form id": xml.replace(b'id="ra-soat-ho"', b"", 1),
        "not XML": b"hello",
        "empty": b"",
        "unknown encoding": b'<?xml version="1.0" encoding="klingon"?>' + xml[xml.index(b"<data") :],
    }


BROKEN = [
    # case,             code,     in the sentence
    ("cut off", "400.261", "bị hỏng"),
    ("invalid UTF-8", "400.61", "UTF-8"),
    ("external entity", "400.62", "DTD"),
    ("billion laughs", "400.62", "DTD"),
    ("too deep", "400.63", "nhiều tầng"),
    ("no form id", "400.2", "form ID"),
    ("not XML", "400.261", "bị hỏng"),
    ("empty", "400.261", "bị hỏng"),
    ("unknown encoding", "400.61", "UTF-8"),
]


@pytest.mark.parametrize(("case", "code", "sentence"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_xml_is_refused_with_a_sentence_and_kept_aside(
    app: Flask, collect: Phone, case: str, code: str, sentence: str
) -> None:
    answer = collect.post(broken_xml(a_household(app, collect))[case])

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (400, code)
    assert sentence in answer.message
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert (stored(app, Submission), stored(app, Rescue)) == (0, 1)


def test_utf16_xml_is_understood(app: Flask, collect: Phone) -> None:
    xml = a_household(app, collect).decode().replace("encoding='UTF-8'", "encoding='UTF-16'")

    assert collect.post(xml.encode("utf-16")).status == 201


def raw(collect: Phone, body: bytes, kind: str = "multipart/form-data; boundary=B", **headers: str) -> Answer:
    return collect.call("POST", "/submission", {"Content-Type": kind, **headers}, body)


BODIES = [
    # what is wrong,              body,                                  type,                               code
    ("no multipart", b"<data/>", "text/xml", "400.7"),
    ("no boundary", XML_PART, "multipart/form-data", "400.39"),
    ("cut off in the XML", XML_PART + b"<da", "multipart/form-data; boundary=B", "400.39"),
    ("no end", XML_PART + b"<data/>\r\n", "multipart/form-data; boundary=B", "400.39"),
    ("broken part header", b"--B\r\nnonsense\r\n\r\nx\r\n--B--\r\n", "multipart/form-data; boundary=B", "400.39"),
    ("no XML part", b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n',
     "multipart/form-data; boundary=B", "400.7"),
    ("XML not as a file", b'--B\r\nContent-Disposition: form-data; name="xml_submission_file"\r\n\r\n<a/>\r\n--B--\r\n',
     "multipart/form-data; boundary=B", "400.7"),
    ("empty body", b"", "multipart/form-data; boundary=B", "400.7"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "body", "kind", "code"), BODIES, ids=[row[0] for row in BODIES])
def test_broken_body(collect: Phone, what: str, body: bytes, kind: str, code: str) -> None:
    answer = raw(collect, body, kind)

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (400, code), what


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(body=st.binary(max_size=400), cut=st.integers(0, 400))
def test_no_body_is_ever_a_500(collect: Phone, body: bytes, cut: int) -> None:
    assert raw(collect, body).status == 400
    assert raw(collect, (XML_PART + body + b"\r\n--B--\r\n")[: len(XML_PART) + cut]).status == 400


def test_zip_bomb_is_refused_unread(collect: Phone) -> None:
    bomb = gzip.compress(XML_PART + b"0" * 10_000_000)

    answer = raw(collect, bomb, **{"Content-Encoding": "gzip"})

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (415, "415.1")


def test_oversize_xml(app: Flask, collect: Phone) -> None:
    xml = a_household(app, collect).replace(b"<remarks", b"<remarks>" + b"a" * 3_000_000 + b"</remarks><remarks")

    answer = collect.post(xml)

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (413, "413.1")


def test_oversize_body_is_refused_unread(app: Flask, collect: Phone) -> None:
    app.config["MAX_CONTENT_LENGTH"] = None  # the door's own limit must hold
    line = FlaskLine(app)
    answer = line.client.post(
        collect.base + "/submission", headers=collect.headers, data=b"x", content_type="multipart/form-data; boundary=B",
        environ_overrides={"CONTENT_LENGTH": "200000000"},
    )  # fmt: skip

    assert answer.status_code == 413
    assert "100 MB" in answer.text


def test_too_many_files(app: Flask, collect: Phone) -> None:
    files = {f"{at}.jpg": JPEG for at in range(103)}

    answer = collect.post(a_household(app, collect), files)

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (413, "413.2")


def test_as_many_files_as_collect_sends(app: Flask, collect: Phone) -> None:
    files = {f"{at}.jpg": JPEG for at in range(100)}

    assert collect.post(a_household(app, collect), files, incomplete=True).status == 201


TROUBLES = [
    # replaced, by, status, code
    (b'id="ra-soat-ho"', b'id="khac"', 404, "404.262"),
    (b' version="', b' version="77', 404, "404.6"),
]


@pytest.mark.parametrize(("old", "new", "status", "code"), TROUBLES)
def test_unknown_form_or_version(app: Flask, collect: Phone, old: bytes, new: bytes, status: int, code: str) -> None:
    answer = collect.post(a_household(app, collect).replace(old, new, 1))

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (status, code)
    assert stored(app, Rescue) == 1


def test_closed_round(app: Flask, collect: Phone) -> None:
    xml = a_household(app, collect)
    with app.app_context(), write() as session:
        session.get_one(rounds.Round, ROUND).state = rounds.CLOSED

    answer = collect.post(xml)

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (409, "409.62")


@pytest.mark.parametrize(("state", "status"), [(forms.OPEN, 201), (forms.CLOSING, 201), (forms.CLOSED, 409)])
def test_form_state(app: Flask, collect: Phone, state: str, status: int) -> None:
    xml = a_household(app, collect)
    with app.app_context(), write() as session:
        found = forms.by_xml_form_id(session, ROUND, FORM)
        assert found is not None
        found.state = state

    assert collect.post(xml).status == status


def test_household_of_another_village(app: Flask, collect: Phone) -> None:
    with app.app_context():
        world = World()
        answers = world.answers(world.list_household(village=PHU_LUU), village=PHU_LUU)
        db.session.remove()

    answer = collect.post(collect.fill(answers).xml)

    assert (answer.status, answer.headers["x-fieldsurvey-problem"]) == (403, "403.60")
    assert stored(app, Rescue) == 1


def test_correction_after_return(app: Flask, collect: Phone, browser: Callable[..., object]) -> None:
    from fieldsurvey.casework import review
    from fieldsurvey.rules.workflow import Decision
    from tests.cast import NOW

    with app.app_context():
        world = World()
        household = world.list_household()
        answers = world.answers(household)
        db.session.remove()
    draft = collect.fill(answers)
    assert collect.send(draft).status == 201
    with app.app_context():
        world = World()
        case = world.case(household)
        with write() as session:
            review.decide(session, case.id, Decision.RETURN, by=world.doer(OFFICER), now=NOW, reason="Hỏi lại tuổi.")

    corrected = collect.correct(draft, {**answers, "housing": {**answers["housing"], "floor_area": "30"}})
    answer = collect.send(corrected)

    assert (answer.status, answer.message) == (201, "Máy chủ đã nhận và lưu bản sửa của phiếu.")
    assert collect.post(draft.xml).status == 201  # the late retry of a phone in the hills


CALLERS = [
    # who,                                      headers,                             status
    ("nobody", {}, 401),
    ("a wrong password", {"Authorization": "Basic MDkxMzAwMDAwMTp3cm9uZw=="}, 401),
    ("digest", {"Authorization": 'Digest username="x"'}, 401),
]


@pytest.mark.parametrize(("who", "headers", "status"), CALLERS, ids=[row[0] for row in CALLERS])
def test_unknown_caller(app: Flask, who: str, headers: dict[str, str], status: int) -> None:
    phone = Phone(FlaskLine(app), f"/v1/projects/{ROUND}", headers)

    answer = phone.call("POST", "/submission")

    assert answer.status == status, who
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.headers["x-openrosa-version"] == "1.0"


def test_person_who_may_not_submit_is_asked_for_other_credentials(app: Flask, collect: Phone) -> None:
    import base64

    basic = base64.b64encode(f"{LEADER.sign_in}:{PASSWORD}".encode()).decode()
    phone = Phone(FlaskLine(app), f"/v1/projects/{ROUND}", {"Authorization": f"Basic {basic}"})

    assert phone.post(a_household(app, collect)).status == 401


def test_missing_version_header(collect: Phone) -> None:
    del collect.headers["X-OpenRosa-Version"]

    answer = collect.call("HEAD", "/submission")

    assert answer.status == 400
    assert answer.headers["x-openrosa-version"] == "1.0"


def test_submission_without_instance_id_gets_one(app: Flask, collect: Phone) -> None:
    xml = a_household(app, collect).replace(b"<instanceID>", b"<other>").replace(b"</instanceID>", b"</other>")

    assert collect.post(xml).status == 201
    with app.app_context():
        made = db.session.scalars(select(Submission.instance_id)).one()
        db.session.remove()
    assert made.startswith("uuid:")
