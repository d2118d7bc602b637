"""The practice village: the same form, nothing of it real; who has passed; real work that opens after it."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import func, select

from fieldsurvey.casework import people, practice
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs import practice_village
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission
from tests.app_phone import AppPhone
from tests.cast import ADMIN, HEAD, NEIGHBOUR, NOW, OFFICER, ROUND, TAO_PHU
from tests.web.scene import BrowserOf, behind


def set_up(app: Flask, needed: int = 2) -> int:
    """The practice round of the open round."""
    with behind(app) as world, write() as session:
        of = session.get_one(Round, ROUND)
        return practice.set_up(session, of, "Tập huấn", needed, by=world.doer(ADMIN), now=NOW).id


def practised(app: Flask, number: int, instance_id: str, **changes: object) -> bytes:
    """A practice household's questionnaire."""
    one = practice_village.households()[number - 1]
    with behind(app) as world:
        answers = world.answers(**changes)
        answers["identification"] |= {"listing": "listed", "household": one.uuid_in(TAO_PHU)}
        return world.xml(answers, instance_id)


def rows(app: Flask, table: type) -> int:
    with behind(app):
        return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def phone(app: Flask) -> AppPhone:
    made = AppPhone(app)
    made.sign_in(HEAD)
    return made


def the_rounds(phone: AppPhone) -> dict[int, dict[str, object]]:
    return {one["id"]: one for one in phone.tell("POST", "/hello").json["rounds"]}


def test_real_work_opens_after_practice(app: Flask, phone: AppPhone) -> None:
    there = set_up(app)
    assert the_rounds(phone)[ROUND]["locked"]
    assert the_rounds(phone)[there] | {"practice": True, "locked": False} == the_rounds(phone)[there]
    assert {one["roundId"] for one in phone.call("GET", "/forms").json} == {there}

    for number in (1, 1, 2):
        assert phone.send(practised(app, number, f"uuid:{number}"), there).status_code in {200, 201}

    assert the_rounds(phone)[ROUND]["practiceDone"] == 2
    assert not the_rounds(phone)[ROUND]["locked"]
    assert {one["roundId"] for one in phone.call("GET", "/forms").json} == {ROUND, there}


def test_practice_touches_nothing_real(app: Flask, phone: AppPhone) -> None:
    there = set_up(app)
    before = rows(app, Case), rows(app, Household)

    answer = phone.send(practised(app, 1, "uuid:1"), there)

    assert answer.json["outcome"] == "new"
    assert answer.json["receipt"]["code"]
    assert (rows(app, Case), rows(app, Household)) == before
    with behind(app) as world:
        assert world.counts() == {}
        assert db.session.scalars(select(Submission)).one().case_id is None
    page = app.test_client().get(f"/receipts?code={answer.json['receipt']['code']}").text
    assert "TẬP HUẤN" in page


def test_practice_list_holds_no_real_household(app: Flask, phone: AppPhone) -> None:
    there = set_up(app)
    with behind(app) as world:
        world.list_household("Nguyễn Thị Thật")
    form = next(one for one in phone.call("GET", "/forms").json if one["roundId"] == there)
    media = next(one for one in form["media"] if one["name"] == "households.csv")

    listed = list(csv.DictReader(io.StringIO(phone.call("GET", media["url"].removeprefix("/sync")).text)))

    assert [one["label"] for one in listed] == [one.head for one in practice_village.households()]
    assert {one["village"] for one in listed} == {TAO_PHU}


def test_what_is_sent_to_a_locked_round_is_still_taken(app: Flask, phone: AppPhone) -> None:
    set_up(app)
    with behind(app) as world:
        xml = world.xml(world.answers(), "uuid:real")

    assert phone.send(xml).status_code == 201
    assert not the_rounds(phone)[ROUND]["locked"]


def test_phone_of_a_code_practises_too(app: Flask) -> None:
    there = set_up(app, 1)
    with behind(app) as world:
        token = people.token_of(world.phone_actor(HEAD), secret=app.config["FIELDSURVEY"].secret_key)
    phone = AppPhone(app)
    phone.sign_in(qr=token)

    assert phone.send(practised(app, 1, "uuid:1"), there).status_code == 201

    own = AppPhone(app, "two")
    own.sign_in(HEAD)
    assert not the_rounds(own)[ROUND]["locked"]


def test_trainer_sees_who_has_passed_and_returns_what_is_wrong(app: Flask, phone: AppPhone, browser: BrowserOf) -> None:
    there = set_up(app, 1)
    phone.send(practised(app, 1, "uuid:1", housing={"wall": "brick_stone", "floor_area": "99"}), there)
    officer = browser(OFFICER)
    address = f"/rounds/{ROUND}/practice"

    page = officer.get(address).text

    assert HEAD.name in page
    assert "Đã đạt" in page
    assert "mét vuông" in page
    with behind(app):
        sent = db.session.scalars(select(Submission.id)).one()
    assert "Đã trả lại" in officer.post(f"{address}/{sent}", {"decision": "return", "note": "Đo lại."}).text
    assert "Đã đạt" not in officer.get(address).text
    assert the_rounds(phone)[ROUND]["locked"]
    officer.post(f"{address}/{sent}", {"decision": "approve", "note": ""})
    assert "Đã đạt" in officer.get(address).text
    assert HEAD.name not in browser(NEIGHBOUR).get(address).text


def test_real_submissions_cannot_be_answered_as_practice(app: Flask, phone: AppPhone, browser: BrowserOf) -> None:
    set_up(app)
    with behind(app) as world:
        xml = world.xml(world.answers(), "uuid:real")
    phone.send(xml)
    with behind(app):
        sent = db.session.scalars(select(Submission.id)).one()
    officer = browser(OFFICER)
    officer.get(f"/rounds/{ROUND}/practice")

    assert officer.post(f"/rounds/{ROUND}/practice/{sent}", {"decision": "approve"}).status_code == 404


def test_administrator_sets_practice_up(app: Flask, browser: BrowserOf) -> None:
    admin = browser(ADMIN)
    admin.get(f"/rounds/{ROUND}/practice")

    assert "Đã lưu" in admin.post(f"/rounds/{ROUND}/practice", {"needed": "3"}).text
    assert admin.post(f"/rounds/{ROUND}/practice", {"needed": "9"}).status_code == 400
    assert "TẬP HUẤN" in admin.get("/rounds").text
    assert browser(OFFICER).post(f"/rounds/{ROUND}/practice", {"needed": "0"}).status_code in {400, 403}


def test_every_story_is_scored_in_full_when_answered_as_told() -> None:
    for one in practice_village.households():
        answers: dict[str, object] = {"members": [{}] * one.members}
        for path, value in one.expected.items():
            group, _, name = path.partition("/")
            if name:
                answers.setdefault(group, {})[name] = value  # type: ignore[index]
        assert practice_village.score(one, answers).wrong == ()
        assert practice_village.score(one, {}).right == 0
