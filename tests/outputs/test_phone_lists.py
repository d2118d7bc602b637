"""The household list on a phone: a returned household stands first and says why, until it is corrected. Both databases."""

from __future__ import annotations

import csv
import io

import pytest

from fieldsurvey.casework import review
from fieldsurvey.casework.review import Note
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs import phone_lists, round_list
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round
from tests.cast import HEAD, NOW, OFFICER, OTHER_HEAD, ROUND, Person
from tests.world import World

REASON = "Năm sinh chưa đúng."


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def on_the_phone(world: World, person: Person = HEAD, of: int = ROUND) -> list[dict[str, str]]:
    db.session.expire_all()
    session, by = db.session(), world.phone_actor(person).doer()
    wanted = phone_lists.Wanted(of, round_list.cut_for(session, of, by), "vi")
    content = phone_lists.households_csv(session, wanted)
    return list(csv.DictReader(io.StringIO(content.decode())))


def decide(world: World, household: Household, decision: Decision, reason: str = REASON, *notes: Note) -> None:
    with write() as session:
        case = world.case(household)
        review.decide(session, case.id, decision, by=world.doer(OFFICER), now=NOW, reason=reason, notes=notes)


def version(world: World) -> int:
    return int(on_the_phone(world)[0]["__version"])


def test_returned_household_stands_first_and_says_why(world: World) -> None:
    world.list_household("Đặng Đức Đạt")
    decide(world, world.visited(HEAD, head="Nguyễn Thị Tuyến"), Decision.RETURN)

    first, second = on_the_phone(world)

    assert first["label"] == f"TRẢ LẠI · Nguyễn Thị Tuyến · {REASON}"
    assert first["review"] == f"Trả lại: {REASON}"
    assert first["head_name"] == "Nguyễn Thị Tuyến"
    assert (second["label"], second["review"]) == ("Đặng Đức Đạt", "")


def test_reason_is_one_line_with_the_notes_and_shortened_in_the_label(world: World) -> None:
    note = Note("/data/members[1]/m_birth_year", "xem lại  căn cước")
    decide(world, world.visited(HEAD), Decision.RETURN, "Sai\nnăm sinh " + "rất " * 50 + "nhiều", note)

    (row,) = on_the_phone(world)

    assert row["review"].startswith("Trả lại: Sai năm sinh rất")
    assert row["review"].endswith("nhiều; xem lại căn cước")
    assert row["label"].endswith("rất…")
    assert len(row["label"]) < 150


def test_notes_alone_are_a_reason(world: World) -> None:
    decide(world, world.visited(HEAD), Decision.RETURN, "", Note("/data/housing/wall", "xem lại tường"))

    assert on_the_phone(world)[0]["review"] == "Trả lại: xem lại tường"


def test_corrected_household_looks_as_before(world: World) -> None:
    household = world.visited(HEAD)
    decide(world, household, Decision.RETURN)
    world.send(world.xml(world.answers(household)), world.phone_actor(HEAD).doer())

    (row,) = on_the_phone(world)

    assert (row["label"], row["review"]) == ("Nguyễn Thị Tuyến", "")


def test_newest_reason_is_said(world: World) -> None:
    household = world.visited(HEAD)
    decide(world, household, Decision.RETURN, "Lý do cũ.")
    world.send(world.xml(world.answers(household)), world.phone_actor(HEAD).doer())
    decide(world, household, Decision.RETURN, "Lý do mới.")

    assert on_the_phone(world)[0]["review"] == "Trả lại: Lý do mới."


def test_version_grows_whenever_the_row_changes_so_that_collect_takes_it_anew(world: World) -> None:
    household = world.list_household()
    world.send(world.xml(world.answers(household)), world.phone_actor(HEAD).doer())
    seen = [version(world)]
    for decision in (Decision.RETURN, Decision.APPROVE):
        decide(world, household, decision)
        seen.append(version(world))

    assert seen[0] == 1
    assert seen == sorted(set(seen))


def test_reason_is_not_told_in_another_village_or_round(world: World) -> None:
    decide(world, world.visited(HEAD), Decision.RETURN)
    with write() as session:
        other = Round(
            name="Đợt khác", year=2027, starts_on=NOW.date(), ends_on=NOW.date(), state="open", created_at=NOW
        )
        session.add(other)

    assert on_the_phone(world, OTHER_HEAD) == []
    assert on_the_phone(world, of=other.id) == []  # which has not listed it
