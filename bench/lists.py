"""The round's list on its way to a phone: a commune's file for Collect, 304, a village's slice for our app and its size.

    python -m bench.lists [--engines sqlite postgresql] [--villages 20] [--households 250] [--members 4]

One commune; each household was approved a year before, so each row carries last year's answers. In one process, without
HTTP: what is measured is the database and the writing.
"""

from __future__ import annotations

import argparse
import gzip
import time
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench import serving
from fieldsurvey.app import create_app
from fieldsurvey.config import from_environment
from fieldsurvey.extensions import blobs, config, db, utcnow, write
from fieldsurvey.outputs import list_delta, phone_lists
from fieldsurvey.outputs.phone_lists import Wanted
from fieldsurvey.outputs.round_list import Cut
from fieldsurvey.rules import prior
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.seed import cast, country, families, setting
from fieldsurvey.store import areas, progress, schema
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.prior_answers import HouseholdAnswers
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.rounds import Round


def prepare(session: Session, of: Round, villages: int, households: int, members: int) -> Area:
    """A commune with its villages, households, persons and answers; returns it."""
    rng, now = Random(2026), utcnow()
    commune = areas.by_code(session, Level.COMMUNE, cast.COMMUNE, country.SINCE)
    if commune is None:
        raise LookupError("no commune")
    before = Round(name="Năm trước", year=of.year - 1, starts_on=date(2025, 9, 1), ends_on=date(2025, 12, 1), state="closed",
                   created_at=now)  # fmt: skip
    session.add(before)
    session.flush()
    for number in range(villages):
        place = Area(level="village", code=f"{cast.COMMUNE}-9{number:02}", name=f"Thôn {number}", full_name=f"Thôn {number}",
                     name_fold=f"thon {number}", parent_id=commune.id, province_id=commune.parent_id,
                     valid_from=country.SINCE)  # fmt: skip
        session.add(place)
        session.flush()
        _fill(session, rng, of, before, place, households, members)
    progress.recount(session, of.id)
    return commune


def _fill(session: Session, rng: Random, of: Round, before: Round, place: Area, households: int, members: int) -> None:
    now = utcnow()
    where = {"province_id": place.province_id, "commune_id": place.parent_id, "village_id": place.id}
    for number in range(households):
        made = families.household(rng, rng.choice(families.PROFILES), province=cast.PROVINCE, commune=cast.COMMUNE,
                                  village=place.code, reviewed=date(2025, 10, 4))  # fmt: skip
        people = (made["members"] * members)[:members]
        head = people[0]["m_name"]
        household = Household(uuid=str(uuid.UUID(int=rng.getrandbits(128), version=4)), version=1, head_name=head,
                              name_fold=fold(head), code=f"{number:04}", address=f"Xóm {rng.randrange(9)}",
                              member_count=len(people), prior_class="poor", created_at=now - timedelta(days=60),
                              updated_at=now - timedelta(days=60), **where)  # fmt: skip
        session.add(household)
        session.flush()
        rows = [_person(rng, household.id, at, one) for at, one in enumerate(people, 1)]
        session.execute(insert(Member), rows)
        session.execute(insert(HouseholdAnswers), {
            "household_id": household.id, "round_id": before.id, "year": before.year, "reviewed_on": date(2025, 10, 4),
            "answers": prior.said_of_home(made), "approved_at": now,
            "members": {row["uuid"]: prior.said_of_member(one) for row, one in zip(rows, people, strict=True)},
        })  # fmt: skip
        session.execute(insert(Case), {
            "round_id": of.id, "household_id": household.id, "state": "notVisited",
            "updated_at": now - timedelta(days=30), "duplicates": 0, "version": 1, **where,
        })  # fmt: skip


def _person(rng: Random, household_id: int, position: int, one: dict[str, Any]) -> dict[str, Any]:
    year = rng.randrange(1940, 2025)
    return {
        "uuid": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "household_id": household_id, "position": position,
        "name": families.head_name(rng), "name_fold": "x", "birth_year": year, "birth_date": date(year, 1 + position % 12, 5),
        "sex": one.get("m_sex"), "relation": one.get("m_relation"), "ethnicity": "kinh",
        "id_number": f"0260{year}{rng.randrange(9999):04}",
    }  # fmt: skip


def timed(title: str, work: Callable[[Session], Any]) -> Any:
    with Session(db.engine) as session:
        start, cpu = time.perf_counter(), time.process_time()
        found = work(session)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    size, packed = (len(found), len(gzip.compress(found, 6))) if isinstance(found, bytes) else (0, 0)
    print(
        f"{title:<46} {seconds * 1000:>8.1f} {cpu * 1000:>8.1f} {size / 1000:>9.1f} {packed / 1000:>9.1f}", flush=True
    )
    return found


def measure(round_id: int, commune: Area, village: Area) -> None:
    whole = Wanted(round_id, Cut(Scope(communes=frozenset({commune.id}))), "vi")
    own = Wanted(round_id, Cut(Scope(villages=frozenset({village.id})), 1), "vi")
    print(f"{'':<46} {'ms':>8} {'CPU ms':>8} {'KB':>9} {'KB gzip':>9}")
    for name, wanted in (("commune", whole), ("village", own)):
        timed(f"{name}: households.csv", lambda session, of=wanted: phone_lists.households_csv(session, of))
        timed(f"{name}: members.csv", lambda session, of=wanted: phone_lists.members_csv(session, of))
        timed(f"{name}: hash (304)", lambda session, of=wanted: phone_lists.digest(session, "households", of))
    for title, prefill in (("village: slice for the app", False), ("village: slice with members and answers", True)):
        timed(title, lambda session, more=prefill: _slice(session, round_id, own.cut, None, more))
    with Session(db.engine) as session:
        version = list_delta.read(session, round_id, own.cut, None, prefill=False, now=utcnow()).version
    timed("village: nothing has changed", lambda session: _slice(session, round_id, own.cut, version, False))
    with write() as session:
        session.execute(Case.__table__.update().where(Case.__table__.c.id == 1).values(updated_at=utcnow()))
        progress.touch(session.connection(), [village.id])
    timed("village: one household has changed", lambda session: _slice(session, round_id, own.cut, version, False))


def _slice(session: Session, round_id: int, cut: Cut, since: Any, prefill: bool) -> bytes:
    found = list_delta.read(session, round_id, cut, since, prefill=prefill, now=utcnow())
    told = {"full": found.full, "households": found.households, "gone": found.gone, "prefill": found.prefill}
    return orjson.dumps(told | {"version": found.version.as_list() if found.version else None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=["sqlite"])
    parser.add_argument("--villages", type=int, default=20)
    parser.add_argument("--households", type=int, default=250)
    parser.add_argument("--members", type=int, default=4)
    given = parser.parse_args()
    for engine in given.engines:
        with serving.environment(engine) as (settings, _):
            app = create_app(from_environment({k: v for k, v in settings.items() if k.startswith("FIELDSURVEY_")}))
            with app.app_context():
                schema.migrate(db.engine)
                with write() as session:
                    made = setting.set_up(setting.Stage(session, blobs(), config().secret_key, utcnow()))
                with write() as session:
                    commune = prepare(session, made.round, given.villages, given.households, given.members)
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("ANALYZE")
                print(
                    f"\n{engine}: {given.villages} villages of {given.households} households of {given.members} persons"
                )
                village = db.session.scalars(select(Area).where(Area.code == f"{cast.COMMUNE}-900")).one()
                measure(made.round.id, commune, village)
                db.session.remove()
                db.engine.dispose()


if __name__ == "__main__":
    main()
