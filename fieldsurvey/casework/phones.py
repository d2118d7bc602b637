"""Phones by the commune: one for each village that has none. A single phone is handed out by `people.create_phone`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import people
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import areas, rounds
from fieldsurvey.store import people as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.people import Actor


def create_missing_phones(
    session: Session, round_id: int, commune: Area, *, secret: str, by: Doer, now: datetime
) -> Sequence[Actor]:
    """A phone for every village of the commune without one, in the name of the village's enumerator where there is one.

    Pressing twice makes no second one.
    """
    permissions.require(by, Permission.MANAGE_DEVICES, commune.place, round_id)
    rounds.hold(session, round_id)
    equipped = {phone.village_id for phone in store.phones_of_commune(session, round_id, commune.id)}
    owners = store.enumerators_by_village(session, commune.id)
    made = []
    for village in areas.children(session, commune.id, Level.VILLAGE):
        if village.id not in equipped:
            owner = owners.get(village.id)
            name = owner.display_name if owner else village.full_name
            made.append(
                people.create_phone(session, name, round_id, village, secret=secret, by=by, now=now, owner=owner)
            )
    return made
