"""People in bulk below the doors, on both databases: accounts with first PINs, phones, last days, the undo."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fieldsurvey.casework import people, phone_sign_in, pins
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, db, session_now, write
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import imports as store
from fieldsurvey.store import people as people_store
from fieldsurvey.store.people import Actor
from tests.casework.test_imports import checked, found, outcomes, taken, undone
from tests.cast import ADMIN, HEAD, NOW, OFFICER, ROUND, SUPERVISOR
from tests.world import World

PEOPLE = """Họ và tên,Số điện thoại,Vai trò,Mã thôn,Dùng đến ngày
Tạ Văn Nam,987654321,Rà soát viên,09043-01; 09043-02,31/12/2099
Tạ Thị Bắc,0987654322,,09043-03,
"""


def account(phone: str) -> Actor | None:
    return people_store.by_sign_in_name(session_now(), None, phone)


def sign_in_by_pin(pin: str, phone: str = "0987654321") -> Actor:
    return phone_sign_in.identify(db.session(), phone, pin, server_secret=config().secret_key, limit=8, now=NOW)


def test_enumerators_in_bulk_sign_in_with_their_first_pin(world: World) -> None:
    number = taken(world, PEOPLE, store.PEOPLE, round_id=ROUND)

    actor = account("0987654321")
    assert actor is not None
    assert outcomes(number) == {store.CREATED: 2}
    assert {grant.area_id for grant in actor.grants} == {world.village().id, world.village("09043-02").id}
    pin = pins.pin_of(actor, secret=config().secret_key)
    assert pin is not None
    assert sign_in_by_pin(pin).id == actor.id
    with pytest.raises(Problem):
        sign_in_by_pin("000000" if pin != "000000" else "111111")
    phones = people_store.phones_of_owner(db.session(), actor.id)
    assert {(phone.round_id, phone.valid_until) for phone in phones} == {(ROUND, actor.valid_until)}
    assert len(phones) == 2


def test_new_pin_kills_the_one_from_the_sheet(world: World) -> None:
    taken(world, PEOPLE, store.PEOPLE)
    actor = account("0987654321")
    assert actor is not None
    first = pins.pin_of(actor, secret=config().secret_key) or ""
    with write() as session:
        given = phone_sign_in.give_pin(session, session.get_one(Actor, actor.id), by=world.doer(OFFICER), now=NOW)

    assert sign_in_by_pin(given).id == actor.id
    with pytest.raises(Problem):
        sign_in_by_pin(first)


def test_account_stops_after_its_last_day_with_its_phones(world: World) -> None:
    taken(world, PEOPLE, store.PEOPLE, round_id=ROUND)
    actor = account("0987654322")
    assert actor is not None
    with write() as session:
        pins.limit(session, session.get_one(Actor, actor.id), NOW.date(), by=world.doer(OFFICER), now=NOW)
    actor = account("0987654322")
    assert actor is not None
    pin = pins.pin_of(actor, secret=config().secret_key) or ""
    (phone,) = people_store.phones_of_owner(db.session(), actor.id)
    token = people.token_of(phone, secret=config().secret_key)

    assert sign_in_by_pin(pin, "0987654322").id == actor.id
    assert people.doer_by_token(db.session.connection(), token, NOW) is not None
    tomorrow = NOW + timedelta(days=1)
    assert people.doer_by_token(db.session.connection(), token, tomorrow) is None
    with pytest.raises(Problem) as refused:
        phone_sign_in.identify(
            db.session(), "0987654322", pin, server_secret=config().secret_key, limit=8, now=tomorrow
        )
    assert refused.value.kind is Kind.ACCOUNT_ENDED


def test_undo_closes_accounts_that_nobody_has_used(world: World) -> None:
    number = taken(world, PEOPLE, store.PEOPLE, round_id=ROUND)
    used = account("0987654321")
    assert used is not None
    with write() as session:
        session.get_one(Actor, used.id).last_seen_at = NOW

    undone(world, number)

    assert outcomes(number) == {store.KEPT: 1, store.GONE: 1}
    assert (account("0987654321") is not None, account("0987654322")) == (True, None)


BAD_PEOPLE = [
    ("Tạ A,12,,09043-01,", "phone_length"),
    ("Tạ A,0987654321,Vua,09043-01,", "role_unknown"),
    ("Tạ A,0987654321,Cán bộ xã,,", "role_forbidden"),
    ("Tạ A,0987654321,,09025-01,", "outside"),
    ("Tạ A,0987654321,,09043-99,", "village_code_unknown"),
    ("Tạ A,0987654321,,09043-01,01/01/2020", "until_past"),
    (",0987654321,,09043-01,", "name_missing"),
    (f"Tạ A,{OFFICER.sign_in},,09043-01,", "phone_taken"),
]


@pytest.mark.parametrize(("row", "code"), BAD_PEOPLE)
def test_person_who_cannot_be_made_is_remarked_on(world: World, row: str, code: str) -> None:
    number = checked(world, f"{PEOPLE.splitlines()[0]}\n{row}\n", store.PEOPLE)

    assert code in found(number).counts["codes"]
    assert found(number).counts["states"] == {store.BAD: 1}


def test_known_person_gets_further_villages_and_undo_takes_them_back(world: World) -> None:
    number = taken(world, f"{PEOPLE.splitlines()[0]}\n{HEAD.name},{HEAD.sign_in},,09043-05,\n", store.PEOPLE)

    assert len(world.actor(HEAD).grants) == 2
    undone(world, number)
    session_now()
    assert len(db.session.get_one(Actor, world.actor(HEAD).id, populate_existing=True).grants) == 1


def test_supervisor_and_administrator_import_people_without_touching_phones(world: World) -> None:
    number = taken(world, PEOPLE, store.PEOPLE, by=SUPERVISOR, round_id=ROUND)

    actor = account("0987654321")
    assert actor is not None
    assert outcomes(number) == {store.CREATED: 2}
    assert people_store.phones_of_owner(db.session(), actor.id) == []
    assert found(taken(world, PEOPLE, store.PEOPLE, by=ADMIN)).state == store.DONE


def test_limit_is_set_by_who_looks_after_the_account(world: World) -> None:
    def limit(by: Doer) -> None:
        with write() as session:
            pins.limit(session, session.get_one(Actor, world.actor(HEAD).id), NOW.date(), by=by, now=NOW)

    limit(world.doer(OFFICER))
    with pytest.raises(Problem):
        limit(world.doer(HEAD))
    assert world.actor(HEAD).valid_until == NOW.date()
