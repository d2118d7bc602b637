"""Who has a phone: communes with how many of their villages are equipped, and one commune's villages and phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework import pins
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, audit, people
from fieldsurvey.store.areas import Area
from fieldsurvey.store.people import Actor


@dataclass(frozen=True, slots=True)
class CommuneLine:
    id: int
    name: str
    above: str  # its province
    villages: int
    equipped: int  # villages with at least one phone


@dataclass(frozen=True, slots=True)
class Handset:
    """A phone and when it last sent something, if it ever did."""

    phone: Actor
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class VillageLine:
    village: Area
    handsets: tuple[Handset, ...]
    enumerator: Actor | None  # the village's enumerator, who should carry one


def communes(
    session: Session, scope: Scope, round_id: int, inside: AreaRef | None, name: str = ""
) -> list[CommuneLine]:
    """Communes by code whose name has the words; one statement."""
    words = fold(name)
    return [
        CommuneLine(row.id, row.full_name, row.above, row.villages, row.equipped)
        for row in people.phone_coverage(session, scope, round_id, inside)
        if words in row.name_fold or row.code.startswith(words)
    ]


def slips(
    session: Session, round_id: int, commune_id: int, secret: str
) -> list[tuple[Actor, str, Actor | None, str | None]]:
    """(phone, name of the village, who carries it, their first PIN) of a commune's phones, by village.

    The PIN is None once another was given or chosen, and for who has none.
    """
    phones = people.phones_of_commune(session, round_id, commune_id)
    owners = people.with_ids(session, sorted({one.owner_id for one in phones if one.owner_id}))
    villages = areas.with_ids(session, sorted({one.village_id for one in phones if one.village_id}))
    found = []
    for phone in phones:
        owner, village = owners.get(phone.owner_id or 0), villages.get(phone.village_id or 0)
        pin = pins.pin_of(owner, secret=secret) if owner else None
        found.append((phone, village.full_name if village else "", owner, pin))
    return found


def of_commune(session: Session, round_id: int, commune_id: int) -> list[VillageLine]:
    """The villages by code, each with its phones in the order in which they were made; four statements."""
    phones = people.phones_of_commune(session, round_id, commune_id)
    sent = audit.last_acts(session, [phone.id for phone in phones])
    enumerators = people.enumerators_by_village(session, commune_id)
    return [
        VillageLine(
            village,
            tuple(Handset(one, sent.get(one.id)) for one in phones if one.village_id == village.id),
            enumerators.get(village.id),
        )
        for village in areas.children(session, commune_id, Level.VILLAGE)
    ]
