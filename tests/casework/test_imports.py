"""Imports below the doors, on both databases: a run that is killed, what is known already, the undo, people in bulk."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldsurvey import work
from fieldsurvey.casework import import_take, import_tidy, imports
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, db, session_now, write
from fieldsurvey.store import imports as store
from fieldsurvey.store import jobs
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.imports import Import, ImportRow
from fieldsurvey.store.jobs import Job
from fieldsurvey.store.people import Actor
from fieldsurvey.store.register import Household, Member
from tests.cast import NOW, OFFICER, ROUND, Person
from tests.world import World

HEADINGS = "Mã hộ,Họ và tên,Quan hệ,Ngày sinh,Giới tính,CCCD,Mã xã,Thôn,Phân loại hộ,Số QĐ công nhận,Ngày ban hành QĐ\n"


def person(code: str, name: str, relation: str, born: str = "1980", number: str = "", village: str = "Tảo Phú") -> str:
    return f"{code},{name},{relation},{born},,{number},09043,{village},Hộ nghèo,12/QĐ-UBND,12/12/2025\n"


def families(count: int) -> str:
    return HEADINGS + "".join(
        person(f"H{at}", f"Người {chr(65 + at % 20)}{at}", "Chủ hộ", "1980", f"0900800{at:05}") for at in range(count)
    )


def started(world: World, text: str, kind: str = store.REGISTER, by: Person = OFFICER, **options: object) -> int:
    """The number of an import whose check waits."""
    doer = world.doer(by)
    with write() as session:
        of = imports.receive(session, kind, "a.csv", io.BytesIO(text.encode()), blobs(), by=doer, now=NOW)
        for name, value in options.items():
            setattr(of, name, value)
        imports.start_check(session, of, by=doer, now=NOW)
        return of.id


def do_work() -> None:
    while work.run_one():
        pass


def checked(world: World, text: str, kind: str = store.REGISTER, by: Person = OFFICER, **options: object) -> int:
    number = started(world, text, kind, by, **options)
    do_work()
    return number


def said_go(world: World, number: int, by: Person = OFFICER) -> None:
    with write() as session:
        imports.take(session, store.locked(session, number), by=world.doer(by), now=NOW)


def taken(world: World, text: str, kind: str = store.REGISTER, by: Person = OFFICER, **options: object) -> int:
    number = checked(world, text, kind, by, **options)
    said_go(world, number, by)
    do_work()
    return number


def undone(world: World, number: int, by: Person = OFFICER) -> None:
    with write() as session:
        imports.undo(session, store.locked(session, number), by=world.doer(by), now=NOW)
    do_work()


def found(number: int) -> Import:
    return session_now().get_one(Import, number, populate_existing=True)


def outcomes(number: int) -> dict[str, int]:
    return store.count_by_outcome(session_now(), number)


def heads() -> list[str]:
    return list(session_now().scalars(select(Household.head_name).order_by(Household.id)))


def test_import_writes_household_members_class_and_history(world: World) -> None:
    number = taken(
        world, HEADINGS + person("H1", "Nguyễn Văn An", "Chủ hộ") + person("H1", "Trần Thị Bé", "Vợ"), year=2026
    )

    household = db.session.scalars(select(Household)).one()
    year = db.session.scalars(select(HouseholdYear)).one()
    event = db.session.scalars(select(HouseholdEvent)).one()
    assert (household.head_name, household.name_fold, household.member_count) == ("Nguyễn Văn An", "nguyen van an", 2)
    assert (household.code, household.prior_class, household.village_id) == ("H1", "poor", world.village().id)
    assert (year.year, year.household_class, year.decision_number) == (2026, "poor", "12/QĐ-UBND")
    assert (event.kind, event.batch_id) == ("imported", found(number).batch_id)
    assert len({one.uuid for one in db.session.scalars(select(Member))}) == 2


def test_run_that_is_killed_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies between two steps: the next one neither forgets a household nor writes one twice."""
    monkeypatch.setattr(import_take, "CHUNK", 10)
    number = checked(world, families(35))
    said_go(world, number)
    steps = iter([False, False, True])

    work.run_one(lambda: next(steps))
    interrupted = len(heads())
    do_work()

    assert 0 < interrupted < 35
    assert len(heads()) == len(set(heads())) == 35
    assert outcomes(number) == {store.CREATED: 35}


def test_check_that_is_killed_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldsurvey.casework.import_check.CHUNK", 10)
    number = started(world, families(35))
    steps = iter([False, False, True])

    work.run_one(lambda: next(steps))
    do_work()

    rows = db.session.scalars(select(ImportRow.number).where(ImportRow.import_id == number).order_by(ImportRow.number))
    assert list(rows) == list(range(1, 36))
    assert found(number).counts["states"] == {store.GOOD: 35}


def test_job_of_another_worker_is_left_alone_until_its_lease_ends(world: World) -> None:
    number = started(world, families(3))
    with write() as session:
        job = jobs.claim(session, "somebody else", NOW + timedelta(days=9_000))
        assert job is not None

    assert work.run_one() == 0
    assert found(number).state == store.CHECKING
    with write() as session:
        session.get_one(Job, job.id).lease_until = NOW - timedelta(days=9_000)
    assert work.run_one() == 1
    assert found(number).state == store.CHECKED


def test_step_that_fails_takes_the_run_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_take, "CHUNK", 10)
    number = checked(world, families(25))
    said_go(world, number)
    whole = import_take.create

    def breaks(connection: object, batch: object, units: list[import_take.Unit]) -> object:
        if any(unit.row.number > 10 for unit in units):
            raise RuntimeError("disk full")
        return whole(connection, batch, units)  # type: ignore[arg-type]

    monkeypatch.setattr(import_take, "create", breaks)
    do_work()

    assert heads() == []
    assert (found(number).state, found(number).problem) == (store.UNDONE, "errors.unexpected")


def test_update_lays_the_file_over_the_household_and_undo_gives_it_back(world: World) -> None:
    first = (
        HEADINGS + person("H1", "Nguyễn Văn An", "Chủ hộ", "02/03/1980") + person("H1", "Nguyễn Văn Ba", "Con", "2010")
    )
    taken(world, first, year=2025)
    second = (
        HEADINGS + person("H9", "Nguyễn Văn An", "Chủ hộ", "02/03/1980", "090080000001") + person("H9", "Trần Bé", "Vợ")
    )
    number = taken(world, second, year=2026)

    assert outcomes(number) == {store.UPDATED: 1}
    household = db.session.scalars(select(Household)).one()
    names = db.session.scalars(select(Member.name).order_by(Member.position)).all()
    assert (household.code, household.member_count, household.version) == ("H9", 3, 2)
    assert list(names) == ["Nguyễn Văn An", "Nguyễn Văn Ba", "Trần Bé"]
    assert db.session.scalars(select(HouseholdYear.year).order_by(HouseholdYear.year)).all() == [2025, 2026]

    undone(world, number)

    household = session_now().scalars(select(Household).execution_options(populate_existing=True)).one()
    assert (household.code, household.member_count, household.version) == ("H1", 2, 3)
    assert db.session.scalars(select(Member.id_number)).all() == [None, None]
    assert db.session.scalars(select(HouseholdYear.year)).all() == [2025]
    assert db.session.scalars(select(HouseholdEvent.kind).order_by(HouseholdEvent.id)).all()[-1] == "undone"


def test_two_people_of_one_name_with_two_numbers_are_two(world: World) -> None:
    taken(world, HEADINGS + person("H1", "Nguyễn Văn An", "Chủ hộ", "02/03/1980", "090080000001"))
    number = taken(world, HEADINGS + person("H2", "Nguyễn Văn An", "Chủ hộ", "02/03/1980", "090080000002"))

    assert outcomes(number) == {store.CREATED: 1}
    assert len(heads()) == 2


def test_whoever_came_into_the_register_since_the_check_is_held_back(world: World) -> None:
    one, other = checked(world, families(2)), checked(world, families(3))
    for number in (one, other):
        said_go(world, number)
        do_work()

    assert outcomes(other) == {store.CREATED: 1, store.HELD: 2}
    assert len(heads()) == 3


def test_same_person_twice_in_the_file_is_taken_once(world: World) -> None:
    text = (
        HEADINGS
        + person("H1", "An", "Chủ hộ", "1980", "090080000001")
        + person("H2", "An", "Chủ hộ", "1980", "090080000001")
    )
    number = checked(world, text)

    assert found(number).counts["states"] == {store.GOOD: 1, store.BAD: 1}
    assert found(number).counts["codes"]["id_twice"] == 1


def test_missing_village_is_made_at_the_run_and_goes_with_the_undo(world: World) -> None:
    text = (
        HEADINGS + person("H1", "An", "Chủ hộ", village="Thôn Mới") + person("H2", "Bé", "Chủ hộ", village="thôn mới")
    )
    assert found(checked(world, text)).counts["states"] == {store.BAD: 2}

    number = taken(world, text, add_villages=True)
    made = db.session.scalars(select(Area).where(Area.name_fold == "moi")).one()
    assert (made.full_name, made.code) == ("Thôn Mới", "09043-15")
    assert {one.village_id for one in db.session.scalars(select(Household))} == {made.id}

    undone(world, number)
    assert session_now().scalars(select(Area).where(Area.name_fold == "moi")).all() == []


def test_household_on_a_round_s_list_stays_at_the_undo(world: World) -> None:
    number = taken(world, families(2))
    household = db.session.scalars(select(Household).order_by(Household.id)).first()
    assert household is not None
    with write() as session:
        session.add(Case(round_id=ROUND, household_id=household.id, state="notVisited", updated_at=NOW,
                         province_id=household.province_id, commune_id=household.commune_id,
                         village_id=household.village_id))  # fmt: skip

    undone(world, number)

    assert outcomes(number) == {store.KEPT: 1, store.GONE: 1}
    assert heads() == ["Người A0"]


def test_undo_is_for_thirty_days(world: World) -> None:
    number = taken(world, families(1))
    late = found(number).finished_at + timedelta(days=31)  # type: ignore[operator]

    with pytest.raises(Problem) as refused, write() as session:
        imports.undo(session, store.locked(session, number), by=world.doer(OFFICER), now=late)

    assert refused.value.kind is Kind.IMPORT_TOO_OLD


def test_who_started_it_and_has_lost_the_right_imports_nothing(world: World) -> None:
    number = started(world, families(2))
    with write() as session:
        session.get_one(Actor, world.actor(OFFICER).id).grants = []
    do_work()

    assert found(number).counts["states"] == {store.BAD: 2}


def test_what_an_import_keeps_of_people_goes_after_its_undo_has(world: World) -> None:
    number = taken(world, families(2))
    path = blobs().path(found(number).blob)
    assert path.exists()
    with write() as session:
        assert import_tidy.forget(session, blobs(), NOW + timedelta(days=30)) == 0
    with write() as session:
        assert import_tidy.forget(session, blobs(), NOW + timedelta(days=36)) == 2

    assert not path.exists()
    assert outcomes(number) == {}
    assert len(heads()) == 2
    assert found(number).counts["outcomes"] == {store.CREATED: 2}
