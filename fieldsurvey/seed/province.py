"""A province of bare households, for benchmarks of pages: villages, register, cases in every state, counters."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.workflow import State
from fieldsurvey.seed import cast, country, families
from fieldsurvey.store import areas, progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round

VILLAGES_PER_COMMUNE = 9
_BATCH = 5_000
_STATES = (State.NOT_VISITED, State.RECEIVED, State.APPROVED, State.HAS_ISSUES, State.EDITED, State.REJECTED)
_WEIGHTS = (40, 15, 35, 5, 3, 2)
_CLASSES = ("poor", "near_poor", "not_poor")


def fill(session: Session, households: int, now: datetime) -> Round:
    """A further round of the whole province with this many households. Runs inside one write()."""
    province = areas.by_code(session, Level.PROVINCE, cast.PROVINCE, country.SINCE)
    if province is None:
        raise LookupError("load the country's areas first")
    opened = Round(
        name=f"Toàn tỉnh: {households} hộ",
        year=2026,
        area_id=province.id,
        starts_on=date(2026, 9, 1),
        ends_on=date(2026, 12, 14),
        state=rounds.OPEN,
        created_at=now,
    )
    session.add(opened)
    session.flush()
    add_households(session, opened.id, villages(session, province), households, now, _WEIGHTS)
    return opened


def add_households(
    session: Session, round_id: int, places: list[Area], count: int, now: datetime, weights: tuple[int, ...] = (1,)
) -> None:
    """Put households of these villages in turn into the register and the round; `weights` of _STATES, in that order."""
    rng = Random(count)
    first = (session.scalar(select(Household.id).order_by(Household.id.desc()).limit(1)) or 0) + 1
    for start in range(0, count, _BATCH):
        rows = list(_households(rng, places, first + start, min(_BATCH, count - start), now))
        session.execute(insert(Household), rows)
        session.execute(insert(Case), list(_cases(rng, round_id, rows, now, weights)))
    _move_sequence(session)
    progress.recount(session, round_id)


def villages(session: Session, province: Area) -> list[Area]:
    """The province's villages, made where a commune has none."""
    for commune in areas.children(session, province.id, Level.COMMUNE):
        if not areas.children(session, commune.id, Level.VILLAGE):
            for number in range(1, VILLAGES_PER_COMMUNE + 1):
                country.add_village(session, commune, number, f"Thôn {number}")
    query = select(Area).where(Area.level == Level.VILLAGE.value, Area.province_id == province.id).order_by(Area.code)
    return list(session.scalars(query))


def _households(rng: Random, places: list[Area], first: int, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    for number in range(first, first + count):
        village = places[number % len(places)]
        name = families.head_name(rng)
        yield {
            "id": number, "uuid": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "version": 1,
            "code": f"{village.code}-{number}", "head_name": name, "name_fold": fold(name), "member_count": 4,
            "prior_class": rng.choice(_CLASSES[:2]), "created_at": now, "updated_at": now,
            "province_id": village.province_id, "commune_id": village.parent_id, "village_id": village.id,
        }  # fmt: skip


def _cases(
    rng: Random, round_id: int, households: list[dict[str, Any]], now: datetime, weights: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    for household in households:
        state = rng.choices(_STATES[: len(weights)], weights=weights)[0]
        visited = state is not State.NOT_VISITED
        yield {
            "round_id": round_id, "household_id": household["id"], "state": state.value, "duplicates": 0, "version": 1,
            "household_class": rng.choice(_CLASSES) if visited else None,
            "b1": rng.randint(60, 220) if visited else None,
            "b2": rng.randint(0, 7) * 10 if visited else None,
            "received_at": now if visited else None, "updated_at": now,
            "province_id": household["province_id"], "commune_id": household["commune_id"],
            "village_id": household["village_id"],
        }  # fmt: skip


def _move_sequence(session: Session) -> None:
    """PostgreSQL does not notice ids that were given; its next one must be above them."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('households', 'id'), (SELECT max(id) FROM households))"
        )
