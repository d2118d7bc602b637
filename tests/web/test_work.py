"""Assignment, visits, forecast and doubts on their pages."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from fieldsurvey.casework import doubt_search
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.workflow import State
from fieldsurvey.seed import families
from fieldsurvey.store.assignments import AssignmentAct
from fieldsurvey.store.cases import Case
from fieldsurvey.store.doubts import Doubt
from fieldsurvey.store.submissions import Submission
from tests.browser import Browser
from tests.cast import (
    ADMIN,
    COMMUNE,
    HEAD,
    LEADER,
    NEIGHBOUR,
    NOW,
    OFFICER,
    OTHER_HEAD,
    PHU_LUU,
    SUPERVISOR,
    TAO_PHU,
    Person,
)
from tests.web.scene import BrowserOf, behind, case_of, statements, visited


def area_id(app: Flask, level: Level, code: str) -> int:
    with behind(app) as world:
        return world.area(level, code).id


def actor_id(app: Flask, person: Person) -> int:
    with behind(app) as world:
        return world.actor(person).id


def listed(app: Flask, *heads: str, village: str = TAO_PHU) -> list[int]:
    with behind(app) as world:
        return [world.case(world.list_household(head, village)).id for head in heads]


def at_work(app: Flask, browser: BrowserOf) -> tuple[Browser, str]:
    officer, address = browser(OFFICER), f"/work?commune={area_id(app, Level.COMMUNE, COMMUNE)}"
    assert officer.get(address).status_code == 200
    return officer, address


def newest_act(app: Flask) -> int:
    with behind(app):
        return db.session.scalars(db.select(AssignmentAct.id).order_by(AssignmentAct.id.desc())).first() or 0


def test_village_is_given_to_somebody_and_taken_back(app: Flask, browser: BrowserOf) -> None:
    first, second = listed(app, "Hộ A", "Hộ B")
    officer, _ = at_work(app, browser)
    to = actor_id(app, OTHER_HEAD)

    page = officer.post("/work/assign", {"village": area_id(app, Level.VILLAGE, TAO_PHU), "to": to})

    assert f"Đã giao 2 hộ cho {OTHER_HEAD.name}" in page.text
    assert {case_of(app, one).assignee_id for one in (first, second)} == {to}
    assert "Đã hoàn tác cho 2 hộ" in officer.post(f"/work/acts/{newest_act(app)}/undo").text
    assert {case_of(app, one).assignee_id for one in (first, second)} == {None}
    assert officer.post(f"/work/acts/{newest_act(app)}/undo").status_code == 409


def test_ticked_households_only(app: Flask, browser: BrowserOf) -> None:
    first, second = listed(app, "Hộ A", "Hộ B")
    officer, _ = at_work(app, browser)
    village, to = area_id(app, Level.VILLAGE, TAO_PHU), actor_id(app, OTHER_HEAD)
    assert "Hộ A" in officer.get(f"/work/village?village={village}").text

    officer.post("/work/assign", {"village": village, "to": to, "what": "ticked", "case": [second]})

    assert (case_of(app, first).assignee_id, case_of(app, second).assignee_id) == (None, to)
    assert officer.post("/work/assign", {"village": village, "to": to, "what": "ticked"}).status_code == 400


def test_hand_over_takes_all_that_is_left(app: Flask, browser: BrowserOf) -> None:
    sent, (left,) = visited(app), listed(app, "Hộ B")
    officer, _ = at_work(app, browser)
    form = {
        "commune": area_id(app, Level.COMMUNE, COMMUNE),
        "from": actor_id(app, HEAD),
        "to": actor_id(app, OTHER_HEAD),
    }

    assert officer.post("/work/hand-over", form).status_code == 400
    officer.post("/work/hand-over", {**form, "reason": "Ốm"})

    assert case_of(app, left).assignee_id == form["to"]
    assert case_of(app, sent).assignee_id is None


NOT_FOR_THIS = [NEIGHBOUR, SUPERVISOR, LEADER, ADMIN]


@pytest.mark.parametrize("person", NOT_FOR_THIS)
def test_household_goes_to_enumerators_of_the_commune(app: Flask, browser: BrowserOf, person: Person) -> None:
    listed(app, "Hộ A")
    officer, _ = at_work(app, browser)

    page = officer.post("/work/assign", {"village": area_id(app, Level.VILLAGE, TAO_PHU), "to": actor_id(app, person)})

    assert page.status_code == 400


def test_who_was_given_a_household_of_another_village_may_send_it(app: Flask, browser: BrowserOf) -> None:
    (case_id,) = listed(app, "Hộ A")
    officer, _ = at_work(app, browser)
    officer.post(
        "/work/assign",
        {"village": area_id(app, Level.VILLAGE, TAO_PHU), "to": actor_id(app, OTHER_HEAD), "case": [case_id]},
    )

    with behind(app) as world:
        case = db.session.get_one(Case, case_id)
        household = db.session.get_one(doubt_search.Household, case.household_id)
        world.send(world.xml(world.answers(household)), world.phone_actor(OTHER_HEAD).doer())
    assert case_of(app, case_id).state == State.RECEIVED


def test_day_is_set_and_what_is_overdue_is_counted(app: Flask, browser: BrowserOf) -> None:
    (case_id,) = listed(app, "Hộ A")
    officer, _ = at_work(app, browser)
    village = area_id(app, Level.VILLAGE, TAO_PHU)

    assert (
        "Đã đặt hạn 20/09/2026 cho 1 hộ" in officer.post("/work/due", {"village": village, "due_on": "2026-09-20"}).text
    )

    assert str(case_of(app, case_id).due_on) == "2026-09-20"
    assert officer.post("/work/due", {"village": village, "due_on": "2031-09-20"}).status_code == 400
    assert officer.post("/work/due", {"village": village, "due_on": "tomorrow"}).status_code == 400
    assert "1 hộ quá hạn" in officer.get("/progress").text


def sheet(app: Flask, officer: Browser, text: str) -> object:
    data = {"csrf_token": officer.token, "file": (io.BytesIO(text.encode()), "giao.csv")}
    return officer._seen(officer.client.post("/work/sheet", data=data, content_type="multipart/form-data"))


def test_spreadsheet_is_checked_first_and_applied_on_a_second_word(app: Flask, browser: BrowserOf) -> None:
    first, second = listed(app, "Hộ A", "Hộ B")
    with behind(app), write() as session:
        for number, case_id in enumerate((first, second), start=1):
            household = session.get_one(doubt_search.Household, session.get_one(Case, case_id).household_id)
            household.code = f"09043-01-{number:03}"
    officer, _ = at_work(app, browser)
    officer.get("/work/sheet")
    rows = f"Mã hộ;Số điện thoại;Hạn\n09043-01-001;{OTHER_HEAD.sign_in};01/11/2026\n09043-01-009;{HEAD.sign_in};\n"
    rows += f"09043-01-002;0999999999;\n09043-01-002;{HEAD.sign_in};01/11/2031\n"

    page = sheet(app, officer, rows).text  # type: ignore[attr-defined]

    assert "1 dòng giao được, 3 dòng phải sửa" in page
    for remark in ("Không có hộ này", "Không có rà soát viên nào có số này", "Hạn nằm ngoài"):
        assert remark in page
    assert case_of(app, first).assignee_id is None
    plan = page.split('tabindex="-1">')[-1].split("</textarea>")[0]
    assert "Đã giao 1 hộ" in officer.post("/work/sheet/apply", {"plan": plan}).text
    assert (case_of(app, first).assignee_id, str(case_of(app, first).due_on)) == (
        actor_id(app, OTHER_HEAD),
        "2026-11-01",
    )


def test_spreadsheet_without_the_columns_says_which(app: Flask, browser: BrowserOf) -> None:
    officer, _ = at_work(app, browser)
    officer.get("/work/sheet")

    page = sheet(app, officer, "Tên;Tuổi\nA;1\n").text  # type: ignore[attr-defined]

    assert "ma ho, so dien thoai" in page


def test_enumerator_sees_the_next_house_and_says_that_nobody_was_there(app: Flask, browser: BrowserOf) -> None:
    (case_id,) = listed(app, "Hộ A")
    listed(app, "Hộ của thôn khác", village=PHU_LUU)
    head = browser(HEAD)

    page = head.get("/visits").text
    assert "Hộ tiếp theo" in page
    assert "Hộ A" in page
    assert "Hộ của thôn khác" not in page
    head.get(f"/visits/{case_id}")
    assert head.post(f"/visits/{case_id}", {"outcome": "moved"}).status_code == 400
    for _ in range(3):
        head.post(f"/visits/{case_id}", {"outcome": "not_at_home"})

    case = case_of(app, case_id)
    assert (case.attempts, case.given_up, case.outcome) == (3, True, "not_at_home")
    assert "Không còn hộ nào phải đến" in head.get("/visits").text
    officer = browser(OFFICER)
    assert "Không phải đến nữa" in officer.get(f"/review/{case_id}").text
    assert "1 hộ không phải đến nữa" in officer.get("/progress").text


def test_enumerator_of_another_village_does_not_see_the_household(app: Flask, browser: BrowserOf) -> None:
    (case_id,) = listed(app, "Hộ A")

    assert browser(OTHER_HEAD).get(f"/visits/{case_id}").status_code == 404


def test_forecast_and_people_at_the_supervisors_phone(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    listed(app, "Hộ A")
    supervisor = browser(SUPERVISOR)

    for address in ("/forecast", "/enumerators", "/enumerators?order=silent&name=tuyen"):
        assert supervisor.get(address).status_code == 200
    people = supervisor.get("/enumerators").text
    assert f"tel:{HEAD.sign_in}" in people
    assert "1/2" in people


def test_enumerators_cost_a_fixed_number_of_statements(app: Flask, browser: BrowserOf) -> None:
    visited(app)
    supervisor = browser(SUPERVISOR)
    with statements(app) as few:
        supervisor.get("/enumerators")
    for village in range(1, 10):
        listed(app, "Hộ", village=f"{COMMUNE}-{village:02}")
    with statements(app) as many:
        supervisor.get("/enumerators")

    assert len(many) == len(few) <= 12


def doubted(app: Flask) -> int:
    """The case of a household of which a member stands in another one too."""
    with behind(app) as world:
        for person, head in ((HEAD, "Hộ A"), (OTHER_HEAD, "Hộ B")):
            world.visited(person, families.POOR, head)
        with write() as session:
            ids = list(session.scalars(db.select(Submission.id)))
            assert doubt_search.look(session, ids, now=NOW)
        return db.session.scalars(db.select(Doubt.case_id).order_by(Doubt.case_id)).first() or 0


def doubts_of(app: Flask, case_id: int) -> list[Doubt]:
    with behind(app):
        return list(db.session.scalars(db.select(Doubt).where(Doubt.case_id == case_id)))


def test_doubt_is_shown_filtered_settled_and_opened_again(app: Flask, browser: BrowserOf) -> None:
    case_id = doubted(app)
    officer = browser(OFFICER)
    doubt = doubts_of(app, case_id)[0]

    page = officer.get(f"/review/{case_id}").text
    assert "Cần xem lại" in page
    assert "Hộ B" in page
    assert "Hộ A" in officer.get("/review?doubt=1").text
    officer.get(f"/review/{case_id}")
    assert officer.post(f"/doubts/{doubt.id}/settle", {"result": "no_problem"}).status_code == 400
    officer.post(f"/doubts/{doubt.id}/settle", {"result": "no_problem", "note": "Hai người khác nhau"})

    assert doubts_of(app, case_id)[0].state == "no_problem"
    assert "Hai người khác nhau" in officer.get(f"/review/{case_id}").text
    assert officer.post(f"/doubts/{doubt.id}/settle", {"result": "merged", "note": "x"}).status_code == 409
    officer.post(f"/doubts/{doubt.id}/reopen")
    assert doubts_of(app, case_id)[0].state == "open"


def test_doubt_sends_the_household_back(app: Flask, browser: BrowserOf) -> None:
    case_id = doubted(app)
    officer = browser(OFFICER)
    officer.get(f"/review/{case_id}")

    officer.post(
        f"/doubts/{doubts_of(app, case_id)[0].id}/settle", {"result": "sent_back", "note": "Ghi lại số căn cước"}
    )

    assert case_of(app, case_id).state == State.HAS_ISSUES
    assert "Ghi lại số căn cước" in officer.get(f"/review/{case_id}").text


def test_doubts_are_not_for_the_neighbour(app: Flask, browser: BrowserOf) -> None:
    case_id = doubted(app)
    neighbour = browser(NEIGHBOUR)
    neighbour.get("/review")

    assert (
        neighbour.post(f"/doubts/{doubts_of(app, case_id)[0].id}/settle", {"result": "merged", "note": "x"}).status_code
        == 404
    )
