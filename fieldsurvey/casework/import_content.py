"""A household or account of a file as it waits for the word to go: what will be written, packed as JSON."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.names import tidy
from fieldsurvey.sheets.households import Draft, Person

Content = dict[str, Any]
_FAST = 1


def pack(content: Content) -> bytes:
    return zlib.compress(orjson.dumps(content), _FAST)


def unpack(packed: bytes) -> Content:
    content: Content = orjson.loads(zlib.decompress(packed))
    return content


def of_draft(draft: Draft, place: Place | None, new_village: str | None) -> Content:
    """`place`: province, commune, village; a village that is to be made stands as its name."""
    return {
        "place": [place.province_id, place.commune_id, place.village_id] if place else None,
        "new_village": new_village,
        "code": draft.code,
        "head": tidy(draft.head),
        "address": draft.address,
        "count": draft.member_count or len(draft.members),
        "class": draft.household_class,
        "prior": draft.prior_class,
        "number": draft.decision_number,
        "date": draft.decision_date.isoformat() if draft.decision_date else None,
        "facts": draft.facts,
        "members": [_person(one) for one in draft.members],
    }


def _person(person: Person) -> list[Any]:
    """name, year of birth, date of birth, sex, relation, ethnicity, identity number"""
    birth = person.birth
    full = str(birth) if birth is not None and birth.day is not None else None
    return [
        tidy(person.name), birth.year if birth else None, full, person.sex, person.relation, person.ethnicity,
        person.id_number,
    ]  # fmt: skip
