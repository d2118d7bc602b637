"""A year rolled over: last year's approved answers come back to the phone, as Collect fetches them and as our app does."""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select

from fieldsurvey.casework import households, listing, publishing, review, rounds
from fieldsurvey.extensions import db, write
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules import prior
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store.cases import Case
from fieldsurvey.store.prefill_checks import PrefillCheck
from fieldsurvey.store.register import Household, Member
from tests.browser import Browser
from tests.cast import ADMIN, HEAD, NEIGHBOUR, NOW, OFFICER, OTHER_HEAD, PASSWORD, ROUND, Person
from tests.phone import MANIFEST, FlaskLine, Phone
from tests.world import World

NEXT_YEAR = NOW + timedelta(days=365)


@pytest.fixture
def next_round(app: Flask) -> int:
    """Last year's household was approved; this year's round has listed it and has the same questionnaire."""
    with app.app_context():
        world = World()
        household = world.visited(HEAD)
        with write() as session:
            review.decide(session, world.case(household).id, Decision.APPROVE, by=world.doer(OFFICER), now=NOW)
        admin = world.doer(ADMIN)
        with write() as session:
            made = rounds.create(
                session, "Rà soát 2027", 2028, None, NEXT_YEAR.date(), NEXT_YEAR.date(), by=admin, now=NEXT_YEAR
            )
            publishing.copy(session, ROUND, made.id, by=admin, now=NEXT_YEAR)
            listing.list_households(session, made, None, by=admin, now=NEXT_YEAR)
        db.session.remove()
        return made.id


@pytest.fixture
def collect(app: Flask, next_round: int) -> Phone:
    """The village head's phone on the new round, with its form and files."""
    found = signed_in(app, HEAD, next_round)
    found.fetch()
    return found


def signed_in(app: Flask, person: Person, round_id: int) -> Phone:
    """Set up with name and password."""
    secret = b64encode(f"{person.sign_in}:{PASSWORD}".encode()).decode()
    return Phone(FlaskLine(app), f"/v1/projects/{round_id}", {"Authorization": f"Basic {secret}"})


def rows(phone: Phone, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(phone.media[name].decode())))


def filled(phone: Phone, **changes: Any) -> Answers:
    """As the form fills itself: every block and every person the same as last year, but for `changes`."""
    (household,) = rows(phone, "households.csv")
    blocks = {
        block: {**{name: household[name] for name in names if household[name]}, f"{block}_same": "yes"}
        for block, names in prior.BLOCKS.items()
    }
    people = [
        {"m_person": one["name"], "m_status": "here", **{key: text for key, text in one.items() if key[:2] == "m_"}}
        for one in rows(phone, "members.csv")
    ]
    given: Answers = {
        "identification": {
            "review_date": "2026-12-20", "village": household["village"], "listing": "listed",
            "household": household["name"], "head_name": household["head_name"],
        },
        "consent": {"consent": "yes"},
        "members": people,
        "traits": {"merit_member": "no", "members_complete": "OK"},
        **blocks,
    }  # fmt: skip
    return {**given, **changes}


def test_last_year_s_answers_come_with_the_form(collect: Phone) -> None:
    (household,) = rows(collect, "households.csv")
    people = rows(collect, "members.csv")

    assert household["answered_on"] == "2026-10-04"
    assert household["wall"] in {"earth", "brick_stone"}
    assert household["electricity"] == "grid"
    assert [one["number"] for one in people] == [str(at) for at in range(1, len(people) + 1)]
    assert {one["household"] for one in people} == {household["name"]}
    assert all(one["m_health_insurance"] in {"yes", "no"} for one in people)
    assert all(len(one["id_tail"]) <= 3 for one in people), "a phone gets no whole identity number"


def test_lists_are_fetched_again_only_when_they_have_changed(app: Flask, collect: Phone, next_round: int) -> None:
    path = "/forms/ra-soat-ho/attachments/members.csv"
    tag = collect.call("GET", path).headers["etag"]
    before = manifest(collect)

    assert collect.call("GET", path, {"If-None-Match": tag}).status == 304
    with app.app_context():
        with write() as session:
            review_case(session, next_round)
        db.session.remove()
    assert manifest(collect)["households.csv"] != before["households.csv"]
    assert collect.call("GET", path, {"If-None-Match": tag}).status == 200


def review_case(session: Any, round_id: int) -> None:
    """Somebody corrects the register."""
    household = session.scalars(select(Household)).one()
    households.correct(session, household.id, {"address": "Xóm 3"}, by=World().doer(OFFICER), now=NEXT_YEAR)


def manifest(phone: Phone) -> dict[str, str]:
    found = etree.fromstring(phone.call("GET", "/forms/ra-soat-ho/manifest").body)
    return {one.findtext(f"{MANIFEST}filename"): one.findtext(f"{MANIFEST}hash") for one in found}


def test_neighbouring_village_gets_none_of_it(app: Flask, next_round: int) -> None:
    other = signed_in(app, OTHER_HEAD, next_round)
    other.fetch()

    assert rows(other, "households.csv") == rows(other, "members.csv") == []


def check_of(app: Flask, instance_id: str) -> tuple[dict[str, int], list[dict[str, Any]]]:
    with app.app_context():
        found = db.session.scalars(select(PrefillCheck).order_by(PrefillCheck.submission_id.desc())).first()
        assert found is not None
        counts = {name: getattr(found, name) for name in ("offered", "same", "known", "gone", "added")}
        remarks = list(found.remarks)
        db.session.remove()
        return counts, remarks


def test_what_was_confirmed_as_the_same_is_marked(app: Flask, collect: Phone) -> None:
    draft = collect.fill(filled(collect))

    assert collect.send(draft).status == 201
    counts, remarks = check_of(app, draft.instance_id)
    known = len(rows(collect, "members.csv"))
    assert counts == {"offered": len(prior.BLOCKS), "same": len(prior.BLOCKS), "known": known, "gone": 0, "added": 0}
    assert remarks == []


def test_same_that_is_not_the_same_is_remarked(app: Flask, collect: Phone) -> None:
    draft = collect.fill(filled(collect, water={"source": "piped", "water_same": "yes"}))
    collect.send(draft)

    assert check_of(app, draft.instance_id)[1] == [{"kind": "not_the_same", "block": "water", "questions": ["source"]}]


def test_member_who_is_left_out_is_remarked_not_refused(app: Flask, collect: Phone) -> None:
    people = filled(collect)["members"]
    draft = collect.fill(filled(collect, members=people[:-1]))

    assert collect.send(draft).status == 201
    _, (remark,) = check_of(app, draft.instance_id)
    assert (remark["kind"], remark["uuid"]) == ("member_missing", people[-1]["m_person"])


def test_member_who_is_gone_leaves_the_household_with_the_reason(app: Flask, collect: Phone, next_round: int) -> None:
    *stay, last = filled(collect)["members"]
    gone = {"m_person": last["m_person"], "m_status": "gone", "m_gone_reason": "married"}
    newborn = {
        "m_name": "Bé Mới Sinh", "m_birth_known": "full", "m_birth_date": "2026-11-30", "m_sex": "female",
        "m_ethnicity": "kinh", "m_relation": "grandchild", "m_health_insurance": "yes", "m_disability": "none",
        "m_social_allowance": "no", "m_height_for_age": "normal", "m_weight_for_age": "normal",
    }  # fmt: skip
    draft = collect.fill(filled(collect, members=[*stay, gone, newborn]))
    collect.send(draft)

    assert check_of(app, draft.instance_id)[0] | {"same": 8} == {
        "offered": 8, "same": 8, "known": len(stay) + 1, "gone": 1, "added": 1,
    }  # fmt: skip
    with app.app_context():
        world = World()
        found = db.session.scalars(select(Household)).one()
        case = db.session.scalars(select(Case).where(Case.round_id == next_round)).one()
        with write() as session:
            review.decide(session, case.id, Decision.APPROVE, by=world.doer(OFFICER), now=NEXT_YEAR)
        left = db.session.scalars(select(Member).where(Member.uuid == last["m_person"])).one()
        assert (left.gone_reason, left.gone_at.isoformat() if left.gone_at else "") == ("married", "2026-12-20")
        assert found.member_count == len(stay) + 1
        db.session.remove()
    collect.media.clear()
    collect.fetch()
    assert [one["m_name"] for one in rows(collect, "members.csv")][-1] == "Bé Mới Sinh"


def test_officer_sees_what_is_different_and_who_says_the_same(
    app: Flask, collect: Phone, next_round: int, browser: Callable[[Person | None], Browser]
) -> None:
    people = filled(collect)["members"]
    collect.send(collect.fill(filled(collect, members=people[:-1], water={"source": "piped", "water_same": "no"})))
    with app.app_context():
        case_id = db.session.scalars(select(Case.id).where(Case.round_id == next_round)).one()
        db.session.remove()

    page = browser(OFFICER).get(f"/review/{case_id}").text
    share = browser(OFFICER).get(f"/rounds/{next_round}/same").text

    assert "So với năm trước" in page
    assert f"Phiếu không nói gì về {people[-1]['m_name']}" in page
    assert "7/8 phần được chọn “vẫn như năm trước”" in page
    assert "Nước máy" in page
    assert "88 %" in share
    assert browser(NEIGHBOUR).get(f"/rounds/{next_round}/same").text.count("88 %") == 0
