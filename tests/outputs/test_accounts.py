"""The list of accounts: whom each administrator sees, and how one is found among 1,500."""

from __future__ import annotations

import pytest

from fieldsurvey.casework import people
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs.accounts import Account, accounts
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission, Role, scope
from tests.cast import ADMIN, HEAD, NOW, OFFICER, OTHER_COMMUNE, Person
from tests.world import World


def see(world: World, words: str = "", role: str = "", person: Person = ADMIN) -> list[Account]:
    return accounts(db.session(), scope(world.doer(person), Permission.MANAGE_PEOPLE), words, role)


FOUND = [
    # words,                role,             names
    ("hanh", "", ["Lê Thị Hạnh"]),
    ("Hạnh lê", "", ["Lê Thị Hạnh"]),
    ("0913000001", "", ["Phùng Văn Tuyến"]),
    ("admin@", "", ["Phạm Quốc Việt"]),
    ("tao phu", "", ["Phùng Văn Tuyến"]),
    ("tam hong", "commune_leader", ["Nguyễn Văn Bình"]),
    ("nobody at all", "", []),
    ("", "administrator", ["Phạm Quốc Việt"]),
]


@pytest.mark.parametrize(("words", "role", "names"), FOUND)
def test_search_finds_by_name_number_or_area(world: World, words: str, role: str, names: list[str]) -> None:
    assert [one.name for one in see(world, words, role)] == names


def test_list_is_in_the_order_of_given_names(world: World) -> None:
    given = [one.name.split()[-1] for one in see(world)]

    assert given.index("Bình") < given.index("Đào") < given.index("Tuyến") < given.index("Việt")


def test_account_tells_role_and_place(world: World) -> None:
    head = next(one for one in see(world) if one.name == HEAD.name)
    admin = next(one for one in see(world) if one.name == ADMIN.name)

    assert (head.sign_in, head.bindings[0].role) == (HEAD.sign_in, Role.ENUMERATOR)
    assert (head.bindings[0].area, head.bindings[0].above) == ("Thôn Tảo Phú", "Xã Tam Hồng")
    assert (admin.sign_in, admin.bindings[0].area) == (ADMIN.sign_in, "")


def test_administrator_of_a_commune_sees_its_people_only(world: World) -> None:
    with write() as session:
        area = world.area(Level.COMMUNE, OTHER_COMMUNE)
        people.create_user(session, "Tạ Văn Nam", "nam@example.org", "long enough", Role.ADMINISTRATOR, area,
                           by=None, now=NOW)  # fmt: skip
    limited = Person("nam", "Tạ Văn Nam", "nam@example.org", Role.ADMINISTRATOR, OTHER_COMMUNE)

    assert {one.name for one in see(world, person=limited)} == {"Tạ Văn Nam", "Đỗ Thị Lan"}


def test_nobody_is_seen_without_the_permission(world: World) -> None:
    assert see(world, person=OFFICER) == []
