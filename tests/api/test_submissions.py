"""Submissions over the wire: sent, corrected, reviewed, deleted and brought back, with their files and comments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from fieldsurvey.extensions import db
from fieldsurvey.rules.workflow import State
from fieldsurvey.store.cases import Case
from tests.cast import ADMIN, HEAD, NEIGHBOUR, OFFICER, ROUND, Person
from tests.rest import XML, Rest
from tests.world import FORM, World
from tests.xforms import publish, xform

RestOf = Callable[[Person | None], Rest]
VISITS = f"/projects/{ROUND}/forms/visit/submissions"
WITH_PHOTO = xform(
    instance="<name/><age/><photo/>",
    binds='<bind nodeset="/data/name" type="string"/><bind nodeset="/data/photo" type="binary"/>',
    body='<upload ref="/data/photo" mediatype="image/*"/>',
)


def visit(instance_id: str, name: str = "Tuyến", age: int = 40, deprecated: str = "", photo: str = "") -> str:
    replaces = f"<deprecatedID>{deprecated}</deprecatedID>" if deprecated else ""
    return (
        f'<data id="visit" version="1"><meta><instanceID>{instance_id}</instanceID>{replaces}</meta>'
        f"<name>{name}</name><age>{age}</age>{f'<photo>{photo}</photo>' if photo else ''}</data>"
    )


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    """With the form `visit` published."""
    publish(WITH_PHOTO)
    db.session.remove()
    return rest(ADMIN)


def send(script: Rest, xml: str) -> int:
    return script.post(VISITS, data=xml.encode(), headers=XML).status_code


def test_submission_is_sent_and_read_back_byte_for_byte(admin: Rest) -> None:
    made = admin.post(f"{VISITS}?deviceID=máy-1", data=visit("uuid:1").encode(), headers=XML).json

    assert (made["instanceId"], made["reviewState"], made["deviceId"]) == ("uuid:1", None, "máy-1")
    assert (made["currentVersion"]["instanceId"], made["currentVersion"]["current"]) == ("uuid:1", True)
    assert admin.get(f"{VISITS}/uuid%3A1.xml").text == visit("uuid:1")
    assert [one["instanceId"] for one in admin.get(VISITS).json] == ["uuid:1"]


@pytest.mark.parametrize(
    ("xml", "status", "code"),
    [
        ("<data", 400, 400.2),
        (visit("uuid:1").replace('id="visit"', 'id="khac"'), 400, 400.8),
        (visit("uuid:1").replace('version="1"', 'version="9"'), 404, 404.6),
        (visit("uuid:0"), 409, 409.3),
    ],
    ids=["broken", "another form", "unknown version", "sent again"],
)
def test_what_cannot_be_sent(admin: Rest, xml: str, status: int, code: float) -> None:
    send(admin, visit("uuid:0"))

    answer = admin.post(VISITS, data=xml.encode(), headers=XML)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_correction_keeps_the_first_name_and_every_version(admin: Rest) -> None:
    send(admin, visit("uuid:1", age=40))

    corrected = admin.put(f"{VISITS}/uuid:1", data=visit("uuid:2", age=41, deprecated="uuid:1").encode(), headers=XML)

    assert corrected.json["reviewState"] == "edited"
    assert corrected.json["currentVersion"]["instanceId"] == "uuid:2"
    versions = admin.get(f"{VISITS}/uuid:1/versions").json
    assert [(one["instanceId"], one["current"]) for one in versions] == [("uuid:2", True), ("uuid:1", False)]
    assert admin.get(f"{VISITS}/uuid:1/versions/uuid:1.xml").text == visit("uuid:1", age=40)
    assert admin.get(f"{VISITS}/uuid:1/diffs").json == {
        "uuid:2": [
            {"old": "uuid:1", "new": "uuid:2", "path": ["meta", "instanceID"]},
            {"new": "uuid:1", "path": ["meta", "deprecatedID"]},
            {"old": "40", "new": "41", "path": ["age"]},
        ]
    }


def test_later_instance_id_leads_to_its_version(admin: Rest) -> None:
    send(admin, visit("uuid:1"))
    admin.put(f"{VISITS}/uuid:1", data=visit("uuid:2", deprecated="uuid:1").encode(), headers=XML)

    for tail in ("", ".xml", "/attachments", "/attachments/nh%C3%A0.jpg", "?a=b"):
        moved = admin.get(f"{VISITS}/uuid%3A2{tail}")
        assert moved.status_code == 301
        assert moved.headers["Location"] == f"/v1{VISITS}/uuid:1/versions/uuid:2{tail}"
        assert moved.text.endswith(moved.headers["Location"])


@pytest.mark.parametrize(
    ("address", "xml", "code"),
    [
        ("uuid:1", visit("uuid:2"), 400.19),
        ("uuid:1", visit("uuid:2", deprecated="uuid:9"), 409.9),
        ("uuid:9", visit("uuid:2", deprecated="uuid:9"), 404.1),
        ("uuid:1", visit("uuid:0", deprecated="uuid:1"), 409.3),
    ],
    ids=["names nothing", "names another", "unknown", "taken"],
)
def test_corrections_that_are_refused(admin: Rest, address: str, xml: str, code: float) -> None:
    for first in ("uuid:0", "uuid:1"):
        send(admin, visit(first))

    assert admin.put(f"{VISITS}/{address}", data=xml.encode(), headers=XML).json["code"] == code


def test_files_come_one_by_one(admin: Rest) -> None:
    send(admin, visit("uuid:1", photo="nhà.jpg"))
    files = f"{VISITS}/uuid:1/attachments"

    assert admin.get(files).json == [{"name": "nhà.jpg", "exists": False}]
    assert admin.post(f"{files}/khac.jpg", data=b"?").status_code == 404
    assert admin.post(f"{files}/nh%C3%A0.jpg", data=b"photo", headers={"Content-Type": "image/jpeg"}).status_code == 200

    sent = admin.get(f"{files}/nh%C3%A0.jpg")
    assert (sent.data, sent.mimetype) == (b"photo", "image/jpeg")
    assert sent.headers["Content-Disposition"].endswith("filename*=UTF-8''nh%C3%A0.jpg")
    assert admin.get(f"{files}/nh%C3%A0.jpg", headers={"If-None-Match": sent.headers["ETag"]}).status_code == 304
    assert admin.delete(f"{files}/nh%C3%A0.jpg").status_code == 200
    assert admin.get(files).json == [{"name": "nhà.jpg", "exists": False}]


def test_comments_newest_first(admin: Rest) -> None:
    send(admin, visit("uuid:1"))
    comments = f"{VISITS}/uuid:1/comments"
    for body in ("Hỏi lại tuổi", "Đã hỏi"):
        admin.post(comments, json={"body": body})

    assert [one["body"] for one in admin.get(comments).json] == ["Đã hỏi", "Hỏi lại tuổi"]
    extended = admin.get(comments, headers={"X-Extended-Metadata": "true"}).json
    assert extended[0]["actor"]["displayName"] == ADMIN.name
    assert admin.post(comments, json={}).json["code"] == 400.2


@pytest.mark.parametrize("state", ["approved", "hasIssues", "rejected", "edited", None])
def test_review_state_is_set(admin: Rest, state: str | None) -> None:
    send(admin, visit("uuid:1"))

    assert admin.patch(f"{VISITS}/uuid:1", json={"reviewState": state}).json["reviewState"] == state
    assert admin.patch(f"{VISITS}/uuid:1", json={"reviewState": "xong"}).json["code"] == 400.8


def test_deleted_submission_comes_back_on_request_only(admin: Rest) -> None:
    send(admin, visit("uuid:1"))

    admin.delete(f"{VISITS}/uuid:1")

    assert admin.get(VISITS).json == []
    assert admin.get(f"{VISITS}/uuid:1").status_code == 404
    assert [one["instanceId"] for one in admin.get(f"{VISITS}?deleted=true").json] == ["uuid:1"]
    assert send(admin, visit("uuid:1")) == 409
    assert admin.post(f"{VISITS}/uuid:1/restore").json == {"success": True}
    assert [one["instanceId"] for one in admin.get(VISITS).json] == ["uuid:1"]
    actions = [entry["action"] for entry in admin.get(f"{VISITS}/uuid:1/audits").json]
    assert actions == ["submission.restore", "submission.delete", "submission.create"]


def test_submitters_by_name(admin: Rest) -> None:
    send(admin, visit("uuid:1"))

    assert [one["displayName"] for one in admin.get(f"{VISITS}/submitters").json] == [ADMIN.name]
    assert admin.get(f"{VISITS}/keys").json == []


def test_draft_is_tried_out_apart_from_the_real_ones(admin: Rest, rest: RestOf) -> None:
    form = f"/projects/{ROUND}/forms/visit"
    admin.post(f"{form}/draft")
    token = admin.get(f"{form}/draft").json["draftToken"]

    test = f"/test/{token}{form}/draft/submissions"
    assert rest(None).post(test, data=visit("uuid:1").encode(), headers=XML).status_code == 200
    assert rest(None).post(test.replace(token, "x" * 64), data=visit("uuid:2").encode(), headers=XML).status_code == 404
    assert [one["instanceId"] for one in admin.get(f"{form}/draft/submissions").json] == ["uuid:1"]
    assert admin.get(VISITS).json == []


# Households: the case moves with its submission, and nobody sees another commune's.

HOUSEHOLDS = f"/projects/{ROUND}/forms/{FORM}/submissions"


def case_state(app: Flask) -> str:
    with app.app_context():
        state = db.session.query(Case).filter(Case.submission_id.is_not(None)).one().state
        db.session.remove()
    return state


@pytest.fixture
def sent(world: World) -> str:
    """The instanceID of a household that HEAD has sent."""
    receipt = world.send(world.xml(world.answers(world.list_household())), world.phone_actor(HEAD).doer())
    db.session.remove()
    return receipt.instance_id


def test_script_of_the_officer_moves_the_case(app: Flask, rest: RestOf, sent: str) -> None:
    officer = rest(OFFICER)

    for state, expected in (
        ("approved", State.APPROVED),
        ("hasIssues", State.HAS_ISSUES),
        ("rejected", State.REJECTED),
    ):
        assert officer.patch(f"{HOUSEHOLDS}/{sent}", json={"reviewState": state}).json["reviewState"] == state
        assert case_state(app) == expected
    assert officer.patch(f"{HOUSEHOLDS}/{sent}", json={"reviewState": None}).json["reviewState"] is None
    assert case_state(app) == State.RECEIVED


def test_officer_of_another_commune_sees_nothing_of_it(rest: RestOf, sent: str) -> None:
    neighbour = rest(NEIGHBOUR)

    assert neighbour.get(HOUSEHOLDS).json == []
    for path in ("", ".xml", "/versions", "/attachments", "/diffs", "/audits", "/comments"):
        assert neighbour.get(f"{HOUSEHOLDS}/{sent}{path}").status_code == 404, path
    assert neighbour.patch(f"{HOUSEHOLDS}/{sent}", json={"reviewState": "approved"}).status_code == 404


def test_deleting_the_only_visit_makes_the_household_unvisited(app: Flask, rest: RestOf, sent: str) -> None:
    admin = rest(ADMIN)

    assert admin.delete(f"{HOUSEHOLDS}/{sent}").status_code == 200
    with app.app_context():
        assert {case.state for case in db.session.query(Case)} == {State.NOT_VISITED}
        db.session.remove()
    admin.post(f"{HOUSEHOLDS}/{sent}/restore")
    assert case_state(app) == State.RECEIVED


def test_approved_household_is_not_deleted(rest: RestOf, sent: str) -> None:
    admin = rest(ADMIN)
    admin.patch(f"{HOUSEHOLDS}/{sent}", json={"reviewState": "approved"})

    assert admin.delete(f"{HOUSEHOLDS}/{sent}").status_code == 409
