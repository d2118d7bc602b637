"""The lists that the questionnaire chooses from on the phone, cut to who fetches them: areas, the round's households and
their members, each with what the last approved questionnaire of an earlier round said of them.

The hash of a list is made of the counters of its villages, of the cut and of the language; no household is read for it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import textwrap
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.outputs import practice_village, round_list
from fieldsurvey.outputs.round_list import Cut
from fieldsurvey.rules import prior
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, progress
from fieldsurvey.store.areas import Area
from fieldsurvey.translations import say

AREA_COLUMNS = ("name", "label", "label_en", "level", "parent")
HOUSEHOLD_COLUMNS = (
    "name", "label", "__version", "village", "code", "head_name", "address", "members", "prior_class", "review",
    "answered_on", *prior.QUESTIONS,
)  # fmt: skip
MEMBER_COLUMNS = (
    "name", "label", "__version", "household", "number", *prior.MEMBER_FACTS, "id_tail", *prior.MEMBER_QUESTIONS,
)  # fmt: skip
LONGEST_REASON = 100  # letters of it in a label; `review` has all
TAIL = 3  # digits of an identity number that a phone gets


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lists somebody gets: of which round, cut how, in which language."""

    round_id: int
    cut: Cut
    locale: str


def areas_csv(session: Session, scope: Scope, also: Collection[int] = ()) -> bytes:
    """Villages in the scope, and some more, with the communes and provinces above them.

    `name` is the code, `parent` the code above.
    """
    own = areas.villages_in_scope(session, scope)
    others = areas.with_ids(session, sorted(set(also) - {village.id for village in own})) if also else {}
    villages = [*own, *others.values()]
    communes = areas.with_ids(session, sorted({village.parent_id for village in villages if village.parent_id}))
    provinces = areas.with_ids(
        session, sorted({commune.parent_id for commune in communes.values() if commune.parent_id})
    )
    above = {**communes, **provinces}
    return _csv(AREA_COLUMNS, (_area(one, above) for one in [*provinces.values(), *communes.values(), *villages]))


def _area(area: Area, above: dict[int, Area]) -> tuple[str, ...]:
    parent = above.get(area.parent_id) if area.parent_id and area.level != Level.PROVINCE else None
    return area.code, area.full_name, area.full_name, area.level, parent.code if parent else ""


def digest(session: Session, name: str, wanted: Wanted) -> str:
    """The hash of a list of the round as somebody may see it. `name`: households or members."""
    version = progress.list_version(session.connection(), wanted.round_id, wanted.cut.scope, wanted.cut.visitor_id)
    return md5(f"{name} {wanted.round_id} {version} {wanted.cut.key} {wanted.locale}".encode())


def households_csv(session: Session, wanted: Wanted) -> bytes:
    """The round's households in the cut, as an entity list: name (uuid), label, __version, properties.

    A household that the officer has returned says so in its label, and why; those stand first.
    """
    found = round_list.read(session, wanted.round_id, wanted.cut, answers=True)
    return _csv(HOUSEHOLD_COLUMNS, (_household(one, found, wanted.locale) for one in found.households))


def _household(one: Any, found: round_list.RoundList, locale: str) -> tuple[object, ...]:
    why, before = found.reasons.get(one.case_id, ""), found.answers.get(one.id)
    said = before.answers if before is not None else {}
    return (
        one.uuid,
        _label(one, why, locale),
        one.version,
        found.villages.get(one.village_id, ""),
        one.code or "",
        one.head_name,
        one.address or "",
        one.member_count or "",
        one.prior_class or "",
        say("sync.returned", locale, reason=why) if why else "",
        before.reviewed_on if before is not None and before.reviewed_on else "",
        *(said.get(name, "") for name in prior.QUESTIONS),
    )


def practice_csv(session: Session, scope: Scope) -> bytes:
    """The invented households of a practice round, in each of the villages; nobody has answered for them before."""
    blank = ("",) * (1 + len(prior.QUESTIONS))
    rows = practice_village.rows(list(areas.villages_in_scope(session, scope)))
    return _csv(HOUSEHOLD_COLUMNS, ((*row, *blank) for row in rows))


def _label(one: Any, why: str, locale: str) -> str:
    """Never empty: Collect drops the whole list when one row has no label."""
    label = tidy(f"{one.head_name} · {one.code or one.address or ''}").rstrip(" ·") or "?"
    reason = textwrap.shorten(why, LONGEST_REASON, placeholder="…")
    return say("sync.returned_label", locale, household=label, reason=reason) if why else label


def members_csv(session: Session, wanted: Wanted) -> bytes:
    """Who lives in those households, in the order of each; `number` counts them from 1."""
    found = round_list.read(session, wanted.round_id, wanted.cut, members=True)
    return _csv(MEMBER_COLUMNS, _members(found))


def _members(found: round_list.RoundList) -> Iterator[tuple[object, ...]]:
    for one in found.households:
        before = found.answers.get(one.id)
        said = before.members if before is not None else {}
        for number, person in enumerate(found.members.get(one.id, ()), start=1):
            own = said.get(person.uuid, {})
            yield (
                person.uuid,
                member_label(person),
                one.version,
                one.uuid,
                number,
                *member_facts(person),
                (person.id_number or "")[-TAIL:],
                *(own.get(name, "") for name in prior.MEMBER_QUESTIONS),
            )


def member_label(person: Any) -> str:
    return f"{person.name} · {person.birth_year}" if person.birth_year else person.name or "?"


def member_facts(person: Any) -> tuple[object, ...]:
    """What the register knows of a person, in the order of prior.MEMBER_FACTS."""
    full = person.birth_date is not None
    return (
        person.name,
        "full" if full else "year" if person.birth_year else "",
        person.birth_date if full else "",
        "" if full else person.birth_year or "",
        person.sex or "",
        person.ethnicity or "",
        person.relation or "",
    )


def _csv(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def md5(content: bytes) -> str:
    """The hash of a list covers its content and, as the content is cut to the scope, the phone's areas too."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
