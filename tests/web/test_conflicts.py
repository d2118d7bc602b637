"""Conflicts on a page: what each side says, who and when; the officer's choice; and changes that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from fieldsurvey.extensions import db
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.register import Household
from tests.browser import Browser
from tests.cast import ADMIN, HEAD, NEIGHBOUR, OFFICER, ROUND, Person
from tests.entity_forms import form, submission, uuid4
from tests.rest import XML, Rest
from tests.web.scene import behind

BrowserOf = Callable[[Person | None], Browser]
FORMS = f"/projects/{ROUND}/forms"
ENTITIES = f"/projects/{ROUND}/datasets/households/entities"
BRANCH = uuid4(100)


@pytest.fixture
def uuid(app: Flask) -> str:
    with behind(app) as world:
        uuid = world.list_household().uuid
    script = Rest(app, ADMIN)
    xml = form({"name": "head_name", "address": "address"}, form_id="follow-up", dataset="households")
    assert script.post(f"{FORMS}?publish=true", data=xml, headers=XML).status_code == 200
    return uuid


def send(app: Flask, uuid: str, instance: str = "one", address: str = "Xóm 3", **said: Any) -> None:
    attributes = {"update": "1", "baseVersion": 1, **said}
    xml = submission(instance, uuid, {"address": address}, form_id="follow-up", dataset="households", **attributes)
    assert Rest(app, HEAD).post(f"{FORMS}/follow-up/submissions", data=xml, headers=XML).status_code == 200


def collide(app: Flask, uuid: str) -> None:
    Rest(app, OFFICER).patch(f"{ENTITIES}/{uuid}?force=true", json={"data": {"address": "Xóm 1"}})
    send(app, uuid, branchId=BRANCH, trunkVersion=1)


def address(app: Flask) -> str | None:
    with behind(app):
        return db.session.scalars(select(Household)).one().address


def test_officer_sees_both_sides_and_decides(app: Flask, browser: BrowserOf, uuid: str) -> None:
    collide(app, uuid)
    officer = browser(OFFICER)

    assert "Nguyễn Thị Tuyến" in officer.get("/conflicts").text
    page = officer.get(f"/conflicts/households/{uuid}")
    for said in ("Xóm 1", "Xóm 3", "điện thoại của", "tại văn phòng", "đang dùng", "trước khi hai bên sửa"):
        assert said in page.text

    answer = officer.post(
        f"/conflicts/households/{uuid}", {"seen_version": "3", "field-address": "1", "note": "Đã gọi điện hỏi."}
    )

    assert (answer.status_code, address(app)) == (200, "Xóm 1")
    assert "Không có chỗ nào cần chọn" in officer.get("/conflicts").text
    with behind(app):
        event = db.session.scalars(select(HouseholdEvent).order_by(HouseholdEvent.id.desc())).first()
        assert event is not None
        assert (event.kind, event.reason) == ("corrected", "Đã gọi điện hỏi.")


def test_officer_types_a_third_value(app: Flask, browser: BrowserOf, uuid: str) -> None:
    collide(app, uuid)

    browser(OFFICER).post(
        f"/conflicts/households/{uuid}",
        {"seen_version": "3", "field-address": "other", "other-address": "Xóm 2"},
    )

    assert address(app) == "Xóm 2"


def test_who_was_overtaken_sees_it_again(app: Flask, browser: BrowserOf, uuid: str) -> None:
    collide(app, uuid)

    answer = browser(OFFICER).post(f"/conflicts/households/{uuid}", {"seen_version": "2", "field-address": "1"})

    assert (answer.status_code, address(app)) == (409, "Xóm 3")
    assert "Xóm 1" in answer.text


def test_conflict_of_another_commune_is_not_told(app: Flask, browser: BrowserOf, uuid: str) -> None:
    collide(app, uuid)
    neighbour = browser(NEIGHBOUR)

    assert "Nguyễn Thị Tuyến" not in neighbour.get("/conflicts").text
    assert neighbour.get(f"/conflicts/households/{uuid}").status_code == 404


def test_change_that_waits_is_in_sight_and_can_be_made(app: Flask, browser: BrowserOf, uuid: str) -> None:
    send(app, uuid, "two", branchId=BRANCH, trunkVersion=1, baseVersion=2)
    officer = browser(OFFICER)

    page = officer.get("/conflicts").text
    assert "Chờ thay đổi tạo ra phiên bản 2 trên điện thoại" in page
    answer = officer.post("/conflicts/waiting", {"held": "1"})

    assert (answer.status_code, address(app)) == (200, "Xóm 3")
    assert "Không có thay đổi nào đang chờ" in officer.get("/conflicts").text


def test_conflict_of_another_list_is_decided_too(app: Flask, browser: BrowserOf) -> None:
    script, one = Rest(app, ADMIN), uuid4(1)
    lists = f"/projects/{ROUND}/datasets"
    script.post(lists, json={"name": "wells"})
    script.post(f"{lists}/wells/properties", json={"name": "depth"})
    script.post(f"{lists}/wells/entities", json={"uuid": one, "label": "Giếng 1", "data": {"depth": "5"}})
    xml = form({"depth": "depth"}, form_id="wells", dataset="wells")
    assert script.post(f"{FORMS}?publish=true", data=xml, headers=XML).status_code == 200
    script.patch(f"{lists}/wells/entities/{one}?baseVersion=1", json={"data": {"depth": "6"}})
    sent = submission("one", one, {"depth": "7"}, form_id="wells", dataset="wells", update="1", baseVersion=1)
    assert script.post(f"{FORMS}/wells/submissions", data=sent, headers=XML).status_code == 200

    admin = browser(ADMIN)
    assert "Giếng 1" in admin.get("/conflicts").text
    answer = admin.post(f"/conflicts/wells/{one}", {"seen_version": "3", "field-depth": "1"})

    found = script.get(f"{lists}/wells/entities/{one}").json
    assert (answer.status_code, found["conflict"], found["currentVersion"]["data"]) == (200, None, {"depth": "6"})


def test_page_without_conflicts_says_so(browser: BrowserOf) -> None:
    assert "Không có chỗ nào cần chọn" in browser(OFFICER).get("/conflicts").text
