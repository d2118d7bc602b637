"""The round's list for the phone app: all of it once, then what has changed and what is gone; 304. Both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from fieldsurvey.casework import households, listing, review
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs.list_delta import order
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.store import progress
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from tests.app_phone import AppPhone
from tests.cast import HEAD, NOW, OFFICER, OTHER_HEAD, PHU_LUU, ROUND, TAO_PHU
from tests.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def uuids(app: Flask) -> list[str]:
    """Two households of the village head, and one of the neighbouring village; long ago."""
    with app.app_context():
        world = World()
        made = [world.list_household(name, village).uuid for name, village in HOUSEHOLDS]
        with write() as session:
            session.execute(update(Case).values(updated_at=NOW - timedelta(days=40)))
            session.execute(update(Household).values(updated_at=NOW - timedelta(days=40)))
        db.session.remove()
    return made


LATER = NOW + timedelta(days=36_500)  # after the moment at which the phone asked, which is the present
HOUSEHOLDS = [("Nguyễn Thị Tuyến", TAO_PHU), ("Đặng Đức Đạt", TAO_PHU), ("Phùng Thị Hoa", PHU_LUU)]


@pytest.fixture
def phone(app: Flask, uuids: list[str]) -> AppPhone:
    made = AppPhone(app)
    made.sign_in(HEAD)
    return made


def fetch(phone: AppPhone, since: str = "", **more: str) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in {"round": str(ROUND), "since": since, **more}.items())
    answer = phone.call("GET", f"/households?{query}")
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def names(found: dict[str, Any]) -> list[str]:
    return sorted(one["name"] for one in found["households"])


def correct(app: Flask, uuid: str, **changes: str) -> None:
    with app.app_context():
        with write() as session:
            found = session.query(Household).filter_by(uuid=uuid).one()
            households.correct(session, found.id, changes, by=World().doer(OFFICER), now=LATER)
        db.session.remove()


def test_everything_comes_the_first_time(phone: AppPhone, uuids: list[str]) -> None:
    found = fetch(phone)

    assert (found["full"], found["gone"], names(found)) == (True, [], ["Nguyễn Thị Tuyến", "Đặng Đức Đạt"])
    (first,) = (one for one in found["households"] if one["uuid"] == uuids[0])
    assert {name: first[name] for name in ("village", "state", "prior_class", "due")} == {
        "village": TAO_PHU, "state": "not_visited", "prior_class": "poor", "due": None,
    }  # fmt: skip
    assert found["types"]["households"]["floor_area"] == "decimal"
    assert found["types"]["members"]["m_birth_date"] == "date"


def test_nothing_comes_where_nothing_has_changed(phone: AppPhone) -> None:
    first = phone.call("GET", f"/households?round={ROUND}")
    version = (first.json or {})["version"]

    assert phone.call("GET", f"/households?round={ROUND}", If_None_Match=first.headers["ETag"]).status_code == 304
    again = fetch(phone, version)
    assert (again["full"], again["households"], again["gone"], again["version"]) == (False, [], [], version)


def test_only_the_changed_household_comes(app: Flask, phone: AppPhone, uuids: list[str]) -> None:
    version = fetch(phone)["version"]
    correct(app, uuids[1], address="Xóm 3")

    found = fetch(phone, version)

    assert (found["full"], names(found), found["households"][0]["address"]) == (False, ["Đặng Đức Đạt"], "Xóm 3")
    assert found["version"] != version


def test_change_in_another_village_is_none_here(app: Flask, phone: AppPhone, uuids: list[str]) -> None:
    version = fetch(phone)["version"]
    correct(app, uuids[2], address="Xóm 3")

    assert fetch(phone, version)["households"] == []


def test_household_that_left_the_list_is_gone(app: Flask, phone: AppPhone, uuids: list[str]) -> None:
    version = fetch(phone)["version"]
    with app.app_context():
        world = World()
        with write() as session:
            case = world.case(session.query(Household).filter_by(uuid=uuids[0]).one())
            listing.remove(session, case.id, "Ghi nhầm.", by=world.doer(OFFICER), now=NOW)
        db.session.remove()

    found = fetch(phone, version)

    assert (found["full"], found["gone"]) == (False, [uuids[0]])


def test_household_given_to_somebody_else_is_gone(app: Flask, phone: AppPhone, uuids: list[str]) -> None:
    version = fetch(phone)["version"]
    with app.app_context():
        other = World().actor(OTHER_HEAD).id
        with write() as session:
            found = session.query(Household).filter_by(uuid=uuids[0]).one()
            session.execute(update(Case).where(Case.household_id == found.id).values(assignee_id=other))
            progress.touch(session.connection(), [found.village_id])
        db.session.remove()

    assert fetch(phone, version)["gone"] == [uuids[0]]


def test_returned_household_says_why_and_comes_first(app: Flask, phone: AppPhone, uuids: list[str]) -> None:
    version = fetch(phone)["version"]
    with app.app_context():
        world = World()
        household = db.session.query(Household).filter_by(uuid=uuids[1]).one()
        world.send(world.xml(world.answers(household)), world.doer(HEAD), LATER)
        with write() as session:
            review.decide(
                session,
                world.case(household).id,
                Decision.RETURN,
                by=world.doer(OFFICER),
                now=LATER,
                reason="Sai tuổi.",
            )
        db.session.remove()

    found = fetch(phone, version)
    by_uuid = {one["uuid"]: one for one in fetch(phone)["households"]}

    assert (names(found), found["households"][0]["state"]) == (["Đặng Đức Đạt"], "has_issues")
    assert found["households"][0]["review"] == "Sai tuổi."
    assert by_uuid[uuids[1]]["order"] < by_uuid[uuids[0]]["order"]


@pytest.mark.parametrize("since", ["nonsense", "x" * 3000, "WzEsMl0.abc", "%00"])
def test_version_that_is_not_ours_gets_everything(phone: AppPhone, since: str) -> None:
    assert fetch(phone, since)["full"] is True


def test_members_come_where_they_are_wanted(app: Flask, phone: AppPhone, uuids: list[str]) -> None:
    with app.app_context():
        world = World()
        household = db.session.query(Household).filter_by(uuid=uuids[0]).one()
        world.send(world.xml(world.answers(household)), world.doer(HEAD))
        with write() as session:
            review.decide(session, world.case(household).id, Decision.APPROVE, by=world.doer(OFFICER), now=NOW)
        db.session.remove()

    prefill = fetch(phone, prefill="1")["prefill"]
    people = [dict(zip(prefill["person"], one, strict=True)) for one in prefill["rows"][uuids[0]]["p"]]

    assert people[0]["m_relation"] == "head"
    assert all(len(one["id_tail"]) <= 3 for one in people)
    assert prefill["rows"][uuids[0]]["a"] == [], "this round's own answers are not last year's"
    assert "prefill" not in fetch(phone)


@pytest.mark.parametrize(("query", "status"), [("round=x", 400), ("round=99999", 404), (f"round={ROUND}", 200)])
def test_round_is_asked_for_by_its_number(phone: AppPhone, query: str, status: int) -> None:
    assert phone.call("GET", f"/households?{query}").status_code == status


def test_who_may_not_send_gets_no_list(app: Flask, uuids: list[str]) -> None:
    nobody = AppPhone(app)

    assert nobody.call("GET", f"/households?round={ROUND}").status_code == 401


def test_order_is_returned_then_due_then_waiting_then_done() -> None:
    ordered = [
        order(State.HAS_ISSUES, None), order(State.NOT_VISITED, 1), order(State.NOT_VISITED, 2),
        order(State.NOT_VISITED, None), order(State.EDITED, 1), order(State.APPROVED, 1),
    ]  # fmt: skip

    assert ordered == sorted(set(ordered))


def test_household_of_another_village_that_was_given_to_them_comes_with_its_village(
    app: Flask, phone: AppPhone, uuids: list[str]
) -> None:
    with app.app_context():
        mine = World().actor(HEAD).id
        with write() as session:
            found = session.query(Household).filter_by(uuid=uuids[2]).one()
            session.execute(update(Case).where(Case.household_id == found.id).values(assignee_id=mine))
            progress.touch(session.connection(), [found.village_id])
        db.session.remove()

    found_now = fetch(phone)

    assert "Phùng Thị Hoa" in names(found_now)
    assert {one["village"] for one in found_now["households"]} == {TAO_PHU, PHU_LUU}
