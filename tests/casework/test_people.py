"""Accounts and phones: who may create them, what they must have, how they end. On both databases."""

from __future__ import annotations

import re

import pytest

from fieldsurvey.casework import passwords, people, phones, signing_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, db, write
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Role
from fieldsurvey.store import areas, audit
from fieldsurvey.store import people as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.people import Actor
from tests.cast import (
    ADMIN,
    COMMUNE,
    HEAD,
    LEADER,
    NEIGHBOUR,
    NOW,
    OFFICER,
    OTHER_COMMUNE,
    PASSWORD,
    PHU_LUU,
    PROVINCE,
    ROUND,
    SUPERVISOR,
    TAO_PHU,
    Person,
)
from tests.world import World

LONG_ENOUGH = "long enough"


def create(
    world: World,
    role: Role = Role.ENUMERATOR,
    area: Area | None = None,
    by: Person | None = ADMIN,
    *,
    name: str = "Tạ Văn Nam",
    sign_in: str = "0987654321",
    password: str = LONG_ENOUGH,
) -> Actor:
    doer = world.doer(by) if by else None
    with write() as session:
        return people.create_user(session, name, sign_in, password, role, area, by=doer, now=NOW)


def refused(problem: pytest.ExceptionInfo[Problem]) -> Kind:
    return problem.value.kind


def test_create_user_makes_somebody_who_can_sign_in(world: World) -> None:
    made = create(world, area=world.village(), sign_in="+84 987 654 321")

    found = signing_in.identify(db.session(), "0987654321", "long enough", secret=config().secret_key, limit=8, now=NOW)
    assert found.id == made.id
    assert made.doer().roles == {Role.ENUMERATOR}
    assert made.place == world.village().place
    assert [entry.action for entry in audit.of_subject(db.session(), "actor", made.id)] == ["user.create"]


def test_create_user_keeps_no_password(world: World) -> None:
    made = create(world, area=world.village())

    assert made.password_hash is not None
    assert "long enough" not in made.password_hash


AREAS = [
    # role,                      level of the area, fits
    (Role.ENUMERATOR, Level.VILLAGE, True),
    (Role.ENUMERATOR, Level.COMMUNE, True),
    (Role.ENUMERATOR, Level.PROVINCE, False),
    (Role.ENUMERATOR, None, False),
    (Role.COMMUNE_OFFICER, Level.COMMUNE, True),
    (Role.COMMUNE_OFFICER, Level.VILLAGE, False),
    (Role.COMMUNE_OFFICER, None, False),
    (Role.COMMUNE_LEADER, Level.COMMUNE, True),
    (Role.COMMUNE_LEADER, Level.PROVINCE, False),
    (Role.PROVINCE_SUPERVISOR, Level.PROVINCE, True),
    (Role.PROVINCE_SUPERVISOR, None, False),
    (Role.ADMINISTRATOR, None, True),
    (Role.ADMINISTRATOR, Level.COMMUNE, True),
    (Role.ADMINISTRATOR, Level.VILLAGE, False),
]
CODES = {Level.PROVINCE: PROVINCE, Level.COMMUNE: COMMUNE, Level.VILLAGE: TAO_PHU}


@pytest.mark.parametrize(("role", "level", "fits"), AREAS)
def test_create_user_wants_a_fitting_area(world: World, role: Role, level: Level | None, fits: bool) -> None:
    area = world.area(level, CODES[level]) if level else None

    if fits:
        assert create(world, role, area).id
    else:
        with pytest.raises(Problem) as problem:
            create(world, role, area)
        assert refused(problem) is Kind.UNEXPECTED_VALUE


def test_create_user_needs_a_name_and_a_number(world: World) -> None:
    for name, sign_in in (("  ", "0987654321"), ("Tạ Văn Nam", "  ")):
        with pytest.raises(Problem) as problem:
            create(world, area=world.village(), name=name, sign_in=sign_in)
        assert refused(problem) is Kind.NAME_MISSING


def test_create_user_refuses_a_number_twice_and_frees_it_afterwards(world: World) -> None:
    first = create(world, area=world.village())
    with pytest.raises(Problem) as problem:
        create(world, area=world.village())
    assert refused(problem) is Kind.ALREADY_EXISTS

    end(world, first)

    assert create(world, area=world.village()).id != first.id


def test_create_user_refuses_a_short_password(world: World) -> None:
    with pytest.raises(Problem) as problem:
        create(world, area=world.village(), password="short")

    assert refused(problem) is Kind.PASSWORD_SHORT


@pytest.mark.parametrize("person", [OFFICER, LEADER, SUPERVISOR, HEAD])
def test_create_user_is_the_administrators(world: World, person: Person) -> None:
    with pytest.raises(Problem) as problem:
        create(world, area=world.village(), by=person)

    assert refused(problem) is Kind.FORBIDDEN


def test_administrator_of_a_commune_creates_nobody_elsewhere(world: World) -> None:
    limited = create(world, Role.ADMINISTRATOR, world.area(Level.COMMUNE, OTHER_COMMUNE)).doer()

    for area in (None, world.village()):
        with pytest.raises(Problem) as problem, write() as session:
            people.create_user(
                session, "Tạ Văn Hai", "0987654322", LONG_ENOUGH, Role.ENUMERATOR if area else Role.ADMINISTRATOR, area,
                by=limited, now=NOW,
            )  # fmt: skip
        assert refused(problem) is Kind.OUTSIDE_AREA


def test_set_password_ends_every_session(world: World) -> None:
    officer = world.actor(OFFICER)
    before = officer.get_id()

    with write() as session:
        people.set_password(session, officer, "another long one", by=world.doer(ADMIN), now=NOW)

    assert officer.get_id() != before
    assert passwords.matches(officer.password_hash, "another long one")
    assert not passwords.matches(officer.password_hash, PASSWORD)


def test_set_password_of_another_is_the_administrators(world: World) -> None:
    with pytest.raises(Problem) as problem, write() as session:
        people.set_password(session, world.actor(HEAD), "another long one", by=world.doer(OFFICER), now=NOW)

    assert refused(problem) is Kind.FORBIDDEN


def test_generated_password_can_be_read_out() -> None:
    made = {people.generated_password() for _ in range(50)}

    assert len(made) == 50
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", one) for one in made)
    assert all(len(one) >= passwords.SHORTEST for one in made)


def end(world: World, actor: Actor, by: Person = ADMIN) -> None:
    doer = world.doer(by)
    with write() as session:
        people.deactivate(session, session.get_one(Actor, actor.id), by=doer, now=NOW)


def test_deactivate_shuts_the_person_out_and_keeps_the_name(world: World) -> None:
    officer = world.actor(OFFICER)
    session_before = officer.get_id()

    end(world, officer)

    assert store.active(db.session(), officer.id) is None
    assert officer.get_id() != session_before
    assert officer.display_name == OFFICER.name
    with pytest.raises(Problem) as problem:
        signing_in.identify(db.session(), OFFICER.sign_in, PASSWORD, secret=config().secret_key, limit=8, now=NOW)
    assert refused(problem) is Kind.CREDENTIALS_WRONG


def test_deactivate_oneself_is_refused(world: World) -> None:
    with pytest.raises(Problem) as problem:
        end(world, world.actor(ADMIN))

    assert refused(problem) is Kind.FORBIDDEN


def test_deactivate_is_the_administrators(world: World) -> None:
    with pytest.raises(Problem) as problem:
        end(world, world.actor(HEAD), by=OFFICER)

    assert refused(problem) is Kind.FORBIDDEN


# Phones


def hand_out(world: World, by: Person = OFFICER, name: str = "Máy dự phòng", code: str = TAO_PHU) -> Actor:
    doer, village = world.doer(by), world.village(code)
    with write() as session:
        return people.create_phone(session, name, ROUND, village, secret=config().secret_key, by=doer, now=NOW)


def test_create_phone_gives_a_token_for_one_village_and_round(world: World) -> None:
    made = hand_out(world)

    token = people.token_of(made, secret=config().secret_key)
    doer = people.doer_by_token(db.session.connection(), token, NOW)
    assert doer is not None
    assert re.fullmatch(r"[A-Za-z0-9!$]{64}", token)
    assert [(grant.role, grant.area, grant.round_id) for grant in doer.grants] == [
        (Role.ENUMERATOR, world.village().ref, ROUND)
    ]


def test_create_phone_stores_no_token(world: World) -> None:
    made = hand_out(world)

    token = people.token_of(made, secret=config().secret_key)
    assert token not in {made.token_hash, made.token_nonce, made.sign_in_key}


PLACES = [
    (NEIGHBOUR, Kind.OUTSIDE_AREA),
    (LEADER, Kind.FORBIDDEN),
    (HEAD, Kind.FORBIDDEN),
    (SUPERVISOR, Kind.FORBIDDEN),
]


@pytest.mark.parametrize(("person", "kind"), PLACES)
def test_create_phone_is_the_officers_in_their_commune(world: World, person: Person, kind: Kind) -> None:
    with pytest.raises(Problem) as problem:
        hand_out(world, by=person)

    assert refused(problem) is kind


def test_create_phone_needs_a_name(world: World) -> None:
    with pytest.raises(Problem) as problem:
        hand_out(world, name="   ")

    assert refused(problem) is Kind.NAME_MISSING


def test_revoke_phone_stops_its_token_at_once(world: World) -> None:
    made = hand_out(world)
    token = people.token_of(made, secret=config().secret_key)

    with write() as session:
        people.revoke_phone(session, session.get_one(Actor, made.id), by=world.doer(OFFICER), now=NOW)

    assert people.doer_by_token(db.session.connection(), token, NOW) is None
    assert [one.action for one in audit.of_subject(db.session(), "actor", made.id)] == [
        "field_key.delete",
        "field_key.create",
    ]


def missing(world: World, by: Person = OFFICER, code: str = COMMUNE) -> list[Actor]:
    doer, commune = world.doer(by), world.area(Level.COMMUNE, code)
    with write() as session:
        return list(phones.create_missing_phones(session, ROUND, commune, secret=config().secret_key, by=doer, now=NOW))


def revoke(world: World, person: Person) -> None:
    with write() as session:
        people.revoke_phone(session, world.phone_actor(person), by=world.doer(OFFICER), now=NOW)


def test_create_missing_phones_equips_only_who_has_none(world: World) -> None:
    revoke(world, HEAD)

    made = missing(world)

    assert [(one.village_id, one.display_name, one.owner_id) for one in made] == [
        (world.village().id, HEAD.name, world.actor(HEAD).id)
    ]


def test_create_missing_phones_twice_makes_no_second_one(world: World) -> None:
    revoke(world, HEAD)

    assert len(missing(world)) == 1
    assert missing(world) == []


def test_create_missing_phones_names_the_village_where_nobody_is_its_enumerator(world: World) -> None:
    revoke(world, HEAD)
    end(world, world.actor(HEAD))

    made = missing(world)

    assert [(one.display_name, one.owner_id) for one in made] == [("Thôn Tảo Phú", None)]


@pytest.mark.parametrize(("person", "kind"), PLACES)
def test_create_missing_phones_is_the_officers_in_their_commune(world: World, person: Person, kind: Kind) -> None:
    with pytest.raises(Problem) as problem:
        missing(world, by=person)

    assert refused(problem) is kind


def test_phones_of_commune_are_in_the_order_of_villages(world: World) -> None:
    hand_out(world, code=PHU_LUU)

    found = store.phones_of_commune(db.session(), ROUND, world.area(Level.COMMUNE, COMMUNE).id)

    villages = [village.id for village in areas.children(db.session(), found[0].commune_id, Level.VILLAGE)]
    assert [one.village_id for one in found] == sorted(one.village_id or 0 for one in found)
    assert {one.village_id for one in found} == set(villages)
    assert len(found) == 15
