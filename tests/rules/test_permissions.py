"""Who may do what, where: roles, scope and the two ways to be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.areas import AreaRef, Level, Place
from fieldsurvey.rules.permissions import (
    GRANTED,
    Doer,
    Grant,
    Permission,
    Role,
    Scope,
    allows,
    holds,
    require,
    require_anywhere,
    scope,
)

PROVINCE, COMMUNE, VILLAGE = AreaRef(Level.PROVINCE, 1), AreaRef(Level.COMMUNE, 10), AreaRef(Level.VILLAGE, 100)
HERE, NEXT_VILLAGE, NEXT_COMMUNE, ELSEWHERE = Place(1, 10, 100), Place(1, 10, 101), Place(1, 11, 110), Place(2, 20, 200)


def doer(role: Role, area: AreaRef | None, round_id: int | None = None) -> Doer:
    return Doer(7, "Hạnh", (Grant(role, area, round_id),))


CASES = [
    # role,                    area,     permission,                 here,  next village, next commune, elsewhere
    (Role.COMMUNE_OFFICER, COMMUNE, Permission.REVIEW, True, True, False, False),
    (Role.COMMUNE_LEADER, COMMUNE, Permission.REVIEW, False, False, False, False),
    (Role.PROVINCE_SUPERVISOR, PROVINCE, Permission.READ_PROGRESS, True, True, True, False),
    (Role.ENUMERATOR, VILLAGE, Permission.SUBMIT, True, False, False, False),
    (Role.ENUMERATOR, VILLAGE, Permission.READ_HOUSEHOLDS, False, False, False, False),
    (Role.ADMINISTRATOR, None, Permission.MANAGE_PEOPLE, True, True, True, True),
]  # fmt: skip


@pytest.mark.parametrize(("role", "area", "permission", "here", "village", "commune", "elsewhere"), CASES)
def test_who_may_where(
    role: Role, area: AreaRef | None, permission: Permission, here: bool, village: bool, commune: bool, elsewhere: bool
) -> None:
    places = (HERE, NEXT_VILLAGE, NEXT_COMMUNE, ELSEWHERE)

    assert [allows(doer(role, area), permission, place) for place in places] == [here, village, commune, elsewhere]


def test_grant_for_one_round_ends_with_it() -> None:
    phone = doer(Role.ENUMERATOR, VILLAGE, round_id=1)

    assert allows(phone, Permission.SUBMIT, HERE, round_id=1)
    assert not allows(phone, Permission.SUBMIT, HERE, round_id=2)
    assert holds(phone, Permission.SUBMIT)


def test_refusal_tells_missing_right_from_wrong_place() -> None:
    officer = doer(Role.COMMUNE_OFFICER, COMMUNE)

    require(officer, Permission.REVIEW, HERE)
    require_anywhere(officer, Permission.REVIEW)
    with pytest.raises(Problem) as outside:
        require(officer, Permission.REVIEW, ELSEWHERE)
    with pytest.raises(Problem) as without:
        require(officer, Permission.MANAGE_PEOPLE, HERE)
    with pytest.raises(Problem) as nowhere:
        require_anywhere(officer, Permission.MANAGE_PEOPLE)

    assert [one.value.kind for one in (outside, without, nowhere)] == [
        Kind.OUTSIDE_AREA,
        Kind.FORBIDDEN,
        Kind.FORBIDDEN,
    ]


def test_roles_of_a_doer() -> None:
    both = Doer(7, "Hạnh", (Grant(Role.COMMUNE_OFFICER, COMMUNE), Grant(Role.ENUMERATOR, VILLAGE)))

    assert both.roles == {Role.COMMUNE_OFFICER, Role.ENUMERATOR}


places = st.builds(Place, *[st.one_of(st.none(), st.integers(1, 3))] * 3)
areas = st.builds(AreaRef, st.sampled_from(Level), st.integers(1, 3))
grants = st.builds(Grant, st.sampled_from(Role), st.one_of(st.none(), areas), st.one_of(st.none(), st.integers(1, 2)))
doers = st.builds(Doer, st.just(1), st.just("x"), st.lists(grants, max_size=4).map(tuple))


@given(doers, places, st.sampled_from(Permission))
def test_scope_and_single_grants_agree(by: Doer, place: Place, permission: Permission) -> None:
    """A row is in the scope exactly when one grant of the permission covers it."""
    covering = [
        grant for grant in by.grants
        if permission in GRANTED[grant.role] and (grant.area is None or grant.area.covers(place))
    ]  # fmt: skip

    assert scope(by, permission).covers(place) == bool(covering)


@given(places)
def test_empty_scope_covers_nothing(place: Place) -> None:
    """Not even a row whose place is unknown."""
    assert not Scope().covers(place)
    assert not Scope()
