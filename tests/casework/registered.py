"""What the tests of the register need: households with people in them, and a look at their history."""

from __future__ import annotations

from fieldsurvey.casework import households, members
from fieldsurvey.casework.person_values import PersonGiven
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.register import Change
from fieldsurvey.store import household_events, register
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.register import Household, Member
from tests.cast import NOW, OFFICER, TAO_PHU
from tests.world import World

MOTHER = PersonGiven("Nguyễn Thị Tuyến", "03/01/1982", "female", "", "kinh", "025182001234")
FATHER = PersonGiven("Trần Bá Toàn", "1979", "male", "spouse", "kinh", "025079001234")
SON = PersonGiven("Trần Văn Đức", "10/03/2012", "male", "child", "kinh")


def family(world: World, head: PersonGiven = MOTHER, village: str = TAO_PHU, *others: PersonGiven) -> Household:
    """A household registered by the officer, with its head and whoever else lives there."""
    by = world.doer(OFFICER)
    with write() as session:
        made = households.register_by_hand(session, world.village(village), head, by=by, now=NOW, address="Ngõ 3")
        for one in others:
            members.add(session, made.id, one, Change.MOVED_IN, by=by, now=NOW)
    return made


def three(world: World) -> Household:
    return family(world, MOTHER, TAO_PHU, FATHER, SON)


def at_home(household: Household) -> list[str]:
    db.session.expire_all()
    return [one.name for one in register.members(db.session(), household.id)]


def member(household: Household, name: str) -> Member:
    return next(one for one in register.everybody(db.session(), household.id) if one.name == name)


def history(household: Household) -> list[HouseholdEvent]:
    """Newest first."""
    db.session.expire_all()
    return household_events.of_household(db.session(), household.id)


def kinds(household: Household) -> list[str]:
    """Oldest first."""
    return [one.kind for one in reversed(history(household))]
