"""The register's pages: looking for a household, its page, every form that changes it, hand-overs, two officers."""

from __future__ import annotations

import re
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldsurvey.casework.person_values import PersonGiven
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.seed import country
from fieldsurvey.store import register
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.handovers import Handover
from fieldsurvey.store.register import Household
from tests.browser import Browser
from tests.casework.registered import FATHER, MOTHER, SON, family, three
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, OFFICER, OTHER_COMMUNE, SUPERVISOR, TAO_PHU, Person
from tests.web.scene import BrowserOf, behind, found_in, statements


def made(app: Flask, *who: Any) -> str:
    with behind(app) as world:
        return (three(world) if not who else family(world, *who)).uuid


def person(app: Flask, uuid: str, name: str) -> str:
    with behind(app):
        household = register.by_uuid(db.session(), uuid)
        assert household is not None
        return next(one.uuid for one in register.everybody(db.session(), household.id) if one.name == name)


def stored(app: Flask, uuid: str) -> Household:
    with behind(app):
        found = register.by_uuid(db.session(), uuid)
        assert found is not None
        db.session.expunge(found)
        return found


def on_page(page: str) -> dict[str, Any]:
    """The fields of the page's last form as they stand."""
    form = lxml.html.fromstring(page).forms[-1]
    return {name: value for name, value in form.form_values() if name}


def filled(officer: Browser, where: str, /, **fields: Any) -> TestResponse:
    """Open the form, fill it in, press its button."""
    return officer.post(where, {**on_page(officer.get(where).text), **fields})


def test_register_is_for_those_who_may_read_it(app: Flask, browser: BrowserOf) -> None:
    uuid = made(app)

    for who in (OFFICER, LEADER, SUPERVISOR, ADMIN):
        assert MOTHER.name in browser(who).get(f"/register/{uuid}").text
    assert browser(NEIGHBOUR).get(f"/register/{uuid}").status_code == 404
    assert browser(HEAD).get(f"/register/{uuid}").status_code == 403
    assert browser(HEAD).get("/register").status_code == 403


@pytest.mark.parametrize("typed", ["tuyen", "Nguyễn Thị Tuyến", "025182001234", "0251 82 001 234", "09043-7"])
@pytest.mark.parametrize("who", [OFFICER, SUPERVISOR, ADMIN])
def test_search_by_name_code_and_number(app: Flask, browser: BrowserOf, who: Person, typed: str) -> None:
    uuid = made(app)
    made(app, SON)
    filled(browser(OFFICER), f"/register/{uuid}/correct", code="09043-77")

    page = browser(who).get("/register", query_string={"q": typed}).text

    assert MOTHER.name in page
    assert SON.name not in page
    assert "025182001234" not in page.replace(f'value="{typed}"', "")


def test_search_finds_nobody_elsewhere(app: Flask, browser: BrowserOf) -> None:
    made(app)

    assert MOTHER.name not in browser(NEIGHBOUR).get("/register?q=tuyen").text
    assert MOTHER.name not in browser(NEIGHBOUR).get("/register?q=025182001234").text


NONSENSE = [
    "q=%00", "q='\"%25_", "commune=x", "village=99999999999999999999", "year=0", "group=x", "after=-1", "ceased=1",
    "q=123456789012345678901234567890", "year=²",
]  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_search_for_nonsense_finds_nothing(browser: BrowserOf, query: str) -> None:
    assert browser(SUPERVISOR).get(f"/register?{query}").status_code == 200


def test_filters_narrow(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    poor, other = made(app), made(app, SON)
    filled(officer, f"/register/{poor}/class", year="2025", household_class="poor", decision_number="12")

    assert officer.get("/register?year=2025&group=poor").text.count('class="entry"') == 1
    assert SON.name not in officer.get("/register?group=poor").text
    assert officer.get("/register?year=2025&group=not_poor").text.count('class="entry"') == 0
    for who in (SUPERVISOR, ADMIN):
        for query in ("year=2025", "year=2025&group=poor", "year=2025&group=poor&q=tuyen", "group=poor"):
            page = browser(who).get(f"/register?{query}").text
            assert (MOTHER.name in page, SON.name in page) == (True, False)
    assert other


def test_pages_by_key(app: Flask, browser: BrowserOf, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (MOTHER, SON, FATHER):
        made(app, one)
    monkeypatch.setattr("fieldsurvey.outputs.register.search.__defaults__", (0, 2))

    first = browser(OFFICER).get("/register").text
    following = found_in(first, r'rel="next" href="([^"]+)"')
    second = browser(OFFICER).get(following.replace("&amp;", "&")).text

    assert (MOTHER.name in first, SON.name in first, FATHER.name in first) == (True, True, False)
    assert (MOTHER.name in second, FATHER.name in second) == (False, True)


def test_search_asks_little_of_the_database(app: Flask, browser: BrowserOf) -> None:
    made(app)
    officer = browser(OFFICER)

    with statements(app) as said:
        officer.get("/register?q=tuyen")

    assert len(said) <= 12, said


def test_numbers_are_masked_until_looked_at_and_the_look_is_written_down(app: Flask, browser: BrowserOf) -> None:
    uuid, officer = made(app), browser(OFFICER)

    assert "•••••••••234" in officer.get(f"/register/{uuid}").text
    shown = officer.post(f"/register/{uuid}/reveal").text

    assert "025182001234" in shown
    assert officer.get(f"/register/{uuid}/reveal").request.path == f"/register/{uuid}/reveal"
    with behind(app):
        assert "household.reveal" in db.session.scalars(select(AuditEntry.action)).all()
    assert browser(SUPERVISOR).post(f"/register/{uuid}/reveal").status_code == 403


def test_register_by_hand(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    with behind(app) as world:
        village = world.village(TAO_PHU).id
    officer.get("/register/new")

    given = {"village": village, "name": "Lê Thị Mới", "birth": "1990", "id_number": "025190001111", "code": "77"}
    page = officer.post("/register/new", given)
    again = officer.post("/register/new", {**given, "name": "Lê Thị Hai"})
    sure = officer.post("/register/new", {**given, "name": "Lê Thị Hai", "even_if_known": "1"})

    assert "Đã thêm hộ vào sổ" in page.text
    assert again.status_code == 409
    assert "Lê Thị Mới" in again.text
    assert 'value="Lê Thị Hai"' in again.text
    assert sure.request.path.startswith("/register/")


WRONG = [
    ({"name": ""}, "Họ và tên"),
    ({"birth": "31/02/1990"}, "Ngày sinh"),
    ({"id_number": "12"}, "Số căn cước"),
    ({"village": ""}, "Không dùng được địa bàn"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_register_by_hand_says_what_is_wrong(app: Flask, browser: BrowserOf, given: dict[str, str], said: str) -> None:
    officer = browser(OFFICER)
    with behind(app) as world:
        village = world.village(TAO_PHU).id
    officer.get("/register/new")

    page = officer.post("/register/new", {"village": village, "name": "A", **given})

    assert page.status_code == 400
    assert said in found_in(page.text, r'(?s)role="alert">(.*?)</div>')


def test_correct_and_undo_at_once(app: Flask, browser: BrowserOf) -> None:
    uuid, officer = made(app), browser(OFFICER)

    page = filled(officer, f"/register/{uuid}/correct", address="Ngõ 12", code="25-1")
    assert "Sửa thông tin hộ" in page.text
    assert stored(app, uuid).address == "Ngõ 12"
    undo = found_in(page.text, r'action="(/register/[^"]+/undo/\d+)"')
    officer.post(undo)

    assert stored(app, uuid).address == "Ngõ 3"
    assert "Không hoàn tác được" in officer.post(undo).text


def test_two_officers_and_the_second_decides(app: Flask, browser: BrowserOf) -> None:
    """Field by field: what I typed and what now stands there; mine is proposed where I changed something."""
    uuid, first, second = made(app), browser(OFFICER), browser(OFFICER)
    page = second.get(f"/register/{uuid}/correct").text
    hidden = on_page(page)
    filled(first, f"/register/{uuid}/correct", address="Ngõ 7", code="25-9")

    mine = {**hidden, "head_name": MOTHER.name, "address": "Ngõ 8", "code": "", "reason": "Sửa số ngõ"}
    conflict = second.post(f"/register/{uuid}/correct", mine)

    assert conflict.status_code == 409
    assert "Chọn giữa hai bên" in conflict.text
    assert re.search(r'name="address" value="Ngõ 8" checked', conflict.text)
    assert re.search(r'name="code" value="25-9" checked', conflict.text)
    assert "Người khác vừa sửa" in conflict.text
    second.post(f"/register/{uuid}/correct", on_page(conflict.text))
    assert (stored(app, uuid).address, stored(app, uuid).code) == ("Ngõ 8", "25-9")
    assert stored(app, uuid).head_name == MOTHER.name


def test_other_forms_tell_what_happened_and_keep_what_was_typed(app: Flask, browser: BrowserOf) -> None:
    uuid, first, second = made(app), browser(OFFICER), browser(OFFICER)
    page = second.get(f"/register/{uuid}/born").text
    hidden = on_page(page)
    filled(first, f"/register/{uuid}/correct", address="Ngõ 7")

    given = {**hidden, "name": "Trần Bé", "relation": "child"}
    refused = second.post(f"/register/{uuid}/born", given)
    done = second.post(f"/register/{uuid}/born", on_page(refused.text))

    assert refused.status_code == 409
    assert 'value="Trần Bé"' in refused.text
    assert "Ngõ 7" in refused.text
    assert "Thêm trẻ mới sinh" in done.text


def test_members_are_edited_without_showing_their_number(app: Flask, browser: BrowserOf) -> None:
    uuid, officer = made(app), browser(OFFICER)
    address = f"/register/{uuid}/members/{person(app, uuid, FATHER.name)}/edit"

    assert "025079001234" not in officer.get(address).text
    filled(officer, address, name="Trần Bá Toán", birth="1979", relation="spouse")
    with behind(app):
        one = register.with_uuids(db.session(), [address.split("/")[4]]).popitem()[1]
        assert (one.name, one.id_number) == ("Trần Bá Toán", "025079001234")
    filled(officer, address, name="Trần Bá Toán", birth="1979", relation="spouse", drop_number="1")
    with behind(app):
        assert register.with_uuids(db.session(), [one.uuid])[one.uuid].id_number is None


def test_life_of_a_household(app: Flask, browser: BrowserOf) -> None:
    """Born, died, head changed, left, back, split, merged, ceased, restored: each by its form."""
    uuid, officer = made(app), browser(OFFICER)
    home = f"/register/{uuid}"
    father, son = person(app, uuid, FATHER.name), person(app, uuid, SON.name)
    mother = person(app, uuid, MOTHER.name)

    assert "Thêm trẻ mới sinh" in filled(officer, f"{home}/born", name="Trần Bé", birth="2026", relation="child").text
    refused = filled(officer, f"{home}/members/{mother}/leave", why="died", on="2026-10-01")
    assert "chọn chủ hộ mới" in refused.text
    assert "Đổi chủ hộ" in filled(officer, f"{home}/head", head=father, relation_of_old="spouse", reason="x").text
    assert "Có người mất" in filled(officer, f"{home}/members/{mother}/leave", why="died", on="2026-10-01").text
    assert "Chưa có lý do" in filled(officer, f"{home}/members/{son}/leave", why="moved_out", on="2026-10-01").text
    filled(officer, f"{home}/members/{son}/leave", why="moved_out", on="2026-10-01", reason="Đi học")
    assert "Có người trở về" in filled(officer, f"{home}/members/{son}/back", reason="Đã về").text
    new = filled(officer, f"{home}/split", leaving=son, head=son, reason="Ra riêng", address="Ngõ 9").request.path
    assert "Hộ mới, tách từ hộ khác" in officer.get(new).text
    found = officer.post(f"{new}/merge", {"find": "1", "other_name": "toan"}).text
    assert f'name="other" value="{uuid}"' in found
    assert "Một hộ khác gộp vào" in filled(officer, f"{new}/merge", other=uuid, reason="Về lại").text
    assert "Hộ không còn trong sổ" in filled(officer, f"{home}/cease", why="moved_away", reason="Vào Nam").text
    officer.get(home)
    assert "Khôi phục hộ" in officer.post(f"{home}/restore").text
    assert stored(app, uuid).deleted_at is None


def test_member_goes_to_another_household(app: Flask, browser: BrowserOf) -> None:
    uuid, officer = made(app), browser(OFFICER)
    with behind(app) as world:
        other = family(world, PersonGiven("Phạm Thị Mùi")).uuid
    son = person(app, uuid, SON.name)

    page = filled(
        officer, f"/register/{uuid}/members/{son}/give", other=other, relation="grandchild", reason="Ở với bà"
    )

    assert "Có người sang hộ khác" in page.text
    assert stored(app, other).member_count == 2


BAD = [
    ("class", {"year": "25", "household_class": "poor"}),
    ("class", {"year": "2025", "household_class": "rich"}),
    ("class", {"year": "2025", "household_class": "poor", "decision_date": "2025-13-01"}),
    ("cease", {"why": "bored", "reason": "x"}),
    ("merge", {"other": "nobody", "reason": "x"}),
    ("move", {"area": "999999999", "reason": "x"}),
    ("move", {"reason": "x"}),
    ("head", {"relation_of_old": "spouse", "reason": "x"}),
    ("split", {"reason": "x"}),
    ("correct", {"head_name": ""}),
    ("correct", {"head_name": "A", "seen_version": "x" * 50}),
]


@pytest.mark.parametrize(("act", "given"), BAD)
def test_bad_input_is_said_on_the_form(app: Flask, browser: BrowserOf, act: str, given: dict[str, str]) -> None:
    uuid, officer = made(app), browser(OFFICER)

    page = filled(officer, f"/register/{uuid}/{act}", **given)

    assert page.status_code in {200, 400, 404}
    assert stored(app, uuid).version == 3 or act == "correct"


def test_forms_are_for_the_commune(app: Flask, browser: BrowserOf) -> None:
    uuid = made(app)

    for who, status in ((LEADER, 403), (SUPERVISOR, 403), (NEIGHBOUR, 404)):
        reader = browser(who)
        reader.get("/review")
        assert reader.get(f"/register/{uuid}/correct").status_code == status
        assert reader.post(f"/register/{uuid}/cease", {"why": "mistake", "reason": "x"}).status_code == status


def test_move_within_the_commune_at_once(app: Flask, browser: BrowserOf) -> None:
    uuid, officer = made(app), browser(OFFICER)

    found = officer.post(f"/register/{uuid}/move", {"find": "1", "area_name": "phu luu"}).text
    area = found_in(found, r'name="area" value="(\d+)"')
    page = filled(officer, f"/register/{uuid}/move", area=area, reason="Chuyển nhà")

    assert "Chuyển đến nơi ở mới" in page.text
    assert stored(app, uuid).village_id == int(area)


def test_hand_over_between_communes(app: Flask, browser: BrowserOf) -> None:
    uuid, officer, neighbour = made(app), browser(OFFICER), browser(NEIGHBOUR)
    with behind(app) as world, write() as session:
        there = country.add_village(session, world.area(Level.COMMUNE, OTHER_COMMUNE), 1, "Đông").id

    offered = filled(officer, f"/register/{uuid}/move", area=there, reason="Về quê vợ")
    assert "tiếp nhận" in offered.text
    assert "Chuyển hộ <b>1</b>" in neighbour.get("/register").text
    box = neighbour.get("/register/handovers").text
    assert MOTHER.name in box
    assert "Về quê vợ" in box
    with behind(app):
        handover = db.session.scalars(select(Handover)).one().id
    neighbour.post(f"/register/handovers/{handover}/accept", {"village": there})

    assert stored(app, uuid).village_id == there
    assert officer.get(f"/register/{uuid}").status_code == 404
    assert "Đã tiếp nhận" in officer.get("/register/handovers").text
    assert "đã được trả lời" in neighbour.post(f"/register/handovers/{handover}/accept", {"village": there}).text


def test_hand_over_declined_and_withdrawn(app: Flask, browser: BrowserOf) -> None:
    uuid, officer, neighbour = made(app), browser(OFFICER), browser(NEIGHBOUR)
    with behind(app) as world:
        there = world.area(Level.COMMUNE, OTHER_COMMUNE).id

    filled(officer, f"/register/{uuid}/move", area=there, reason="x")
    neighbour.get("/register/handovers")
    assert "Chưa có lý do" in neighbour.post("/register/handovers/1/decline").text
    neighbour.post("/register/handovers/1/decline", {"reason": "Không thấy ở đây"})
    assert "Không thấy ở đây" in officer.get("/register/handovers").text
    filled(officer, f"/register/{uuid}/move", area=there, reason="x")
    assert "Đã rút lại" in officer.post("/register/handovers/2/withdraw").text
    assert neighbour.post("/register/handovers/99/decline", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_pages_in_both_languages(app: Flask, browser: BrowserOf, locale: str) -> None:
    uuid, officer = made(app), browser(OFFICER)
    officer.get("/register")
    officer.post("/language", {"locale": locale})
    son = person(app, uuid, SON.name)

    acts = ["correct", "class", "born", "moved-in", "head", "split", "merge", "move", "cease"]
    addresses = ["/register", "/register/new", "/register/handovers", f"/register/{uuid}"]
    addresses += [f"/register/{uuid}/{act}" for act in acts]
    addresses += [f"/register/{uuid}/members/{son}/{act}" for act in ("edit", "leave", "back", "give")]
    for address in addresses:
        assert officer.get(address).status_code == 200, address
