"""The run of a register's import: the households that were found good are written, a chunk at a time, each whole.

A chunk is one transaction; what it has done stands in its rows, so that an interrupted run goes on where it was and an
undo knows what to take back. The history of each household says which import it came with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.orm import Session

from fieldsurvey.casework import import_content, import_update
from fieldsurvey.casework.import_content import Content
from fieldsurvey.casework.import_units import Batch, Outcome, Unit, as_date, year_row
from fieldsurvey.casework.import_villages import make_villages
from fieldsurvey.casework.jobs import Progress, Step, Task
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.register import Change
from fieldsurvey.store import audit, bulk
from fieldsurvey.store import imports as store
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.imports import Import, ImportRow
from fieldsurvey.store.register import Household, Member

CHUNK = 1_000  # households of one transaction
TAKING, ENDING = "taking", "ending"
_HOUSEHOLDS: Any = Household.__table__
_MEMBERS: Any = Member.__table__
_YEARS: Any = HouseholdYear.__table__
_EVENTS: Any = HouseholdEvent.__table__
_ROWS: Any = ImportRow.__table__
_OUTCOME = (
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("of"))
    .values(
        outcome=bindparam("outcome"), result_id=bindparam("result_id"), result_version=bindparam("result_version"),
        before=bindparam("before"),
    )
)  # fmt: skip
_BINDS = 5_000
_folded = lru_cache(maxsize=50_000)(fold)  # a province has few names


def plan(task: Task) -> Iterator[Step]:
    of = task.session.get_one(Import, task.subject_id)
    states = store.count_by_state(task.session, of.id)
    total = sum(count for state, count in states.items() if state != store.BAD)
    if not task.cursor:
        yield lambda session: _villages(session, task, total)
    done, last = task.cursor.get("done", 0), task.cursor.get("number", 0)
    while True:
        reached: list[tuple[int, int]] = []
        yield partial(_take, task=task, last=last, done=done, total=total, reached=reached)
        if not reached:
            break
        last, done = reached[0]
    yield lambda session: finish(session, task, total)


def _villages(session: Session, task: Task, total: int) -> Progress:
    """The villages that were missing, made before the first household."""
    of = store.locked(session, task.subject_id)
    if of.add_villages:
        made = make_villages(session, of, by=task.by, now=task.now())
        of.counts = {**of.counts, "villages": made}
    return Progress(TAKING, 0, total, {"number": 0, "done": 0})


def _take(session: Session, task: Task, last: int, done: int, total: int, reached: list[tuple[int, int]]) -> Progress:
    """The next chunk; `reached` tells the plan how far it came, and stays empty at the end."""
    of = session.get_one(Import, task.subject_id)
    rows = store.takeable_after(session, of.id, last, CHUNK)
    if rows:
        batch = Batch(of.id, of.batch_id, of.year or of.valid_on.year, task.by.id or None, task.now())
        take(session, of, batch, rows)
        last, done = rows[-1].number, done + len(rows)
        reached.append((last, done))
        session.expunge_all()
    return Progress(TAKING, done, total, {"number": last, "done": done})


def take(session: Session, of: Import, batch: Batch, rows: Sequence[Any]) -> None:
    """Write these households; what became of each stands in its row afterwards."""
    connection = session.connection()
    villages = {(commune, name): area for commune, name, area, _ in of.counts.get("villages", [])}
    units = [_unit(of, row, villages) for row in rows]
    known_now = _known_since(session, [unit for unit in units if unit.action == store.NEW and not _chosen(of, unit)])
    new = [unit for unit in units if unit.action == store.NEW and unit.row.id not in known_now]
    outcomes = [Outcome(unit.row.id, store.SKIPPED) for unit in units if unit.action == store.SKIP]
    outcomes += [Outcome(row_id, store.HELD) for row_id in sorted(known_now)]
    outcomes += create(connection, batch, new)
    outcomes += import_update.change(session, batch, [unit for unit in units if unit.action == store.UPDATE])
    connection.execute(_OUTCOME, [one.values() for one in outcomes])


def _unit(of: Import, row: Any, villages: dict[tuple[int, str], int]) -> Unit:
    content = import_content.unpack(row.content)
    if content["new_village"] and content["place"]:
        content["place"][2] = villages.get((content["place"][1], fold(content["new_village"])))
    return Unit(row, content, action(of, row))


def action(of: Import, row: Any) -> str:
    """What is to be done: somebody known in another commune is never changed from here, only skipped or taken as new."""
    if row.state not in {store.KNOWN, store.ELSEWHERE}:
        return store.NEW
    wanted = row.choice or of.duplicates
    return store.SKIP if row.state == store.ELSEWHERE and wanted == store.UPDATE else wanted


def _chosen(of: Import, unit: Unit) -> bool:
    """Whether its owner has said that a household which is known shall be taken as a new one."""
    return unit.row.state in {store.KNOWN, store.ELSEWHERE}


def _known_since(session: Session, units: Sequence[Unit]) -> set[int]:
    """Rows whose people have come into the register since the check: they are held back, for nobody has seen that."""
    owner = {number: unit.row.id for unit in units for number in unit.numbers}
    numbers, found = list(owner), set[int]()
    for start in range(0, len(numbers), _BINDS):
        query = (
            select(Member.id_number)
            .join(Household, Household.id == Member.household_id)
            .where(Member.id_number.in_(numbers[start : start + _BINDS]))
            .where(Household.deleted_at.is_(None), Member.gone_at.is_(None))
        )
        found |= {owner[number] for number in session.scalars(query) if number in owner}
    # A number that is known twice, which its owner was warned of, does not hold its household back.
    warned = {unit.row.id for unit in units if _warned_of_number(unit.row)}
    return found - warned


def _warned_of_number(row: Any) -> bool:
    return any(code == "id_shared" for _, _, code, _ in row.remarks or ())


def create(connection: Connection, batch: Batch, units: Sequence[Unit]) -> list[Outcome]:
    """New households with their members, the class of the year and the first row of their history."""
    ids = bulk.reserve(connection, _HOUSEHOLDS, len(units))
    pairs = list(zip(ids, units, strict=True))
    names = bulk.uuids(len(pairs))
    bulk.add(
        connection, _HOUSEHOLDS,
        [_household(batch, at, name, unit.content) for (at, unit), name in zip(pairs, names, strict=True)],
    )  # fmt: skip
    people = [(at, place, person) for at, unit in pairs for place, person in enumerate(unit.content["members"], 1)]
    keys = zip(bulk.reserve(connection, _MEMBERS, len(people)), bulk.uuids(len(people)), people, strict=True)
    rows = [member(number, uuid, at, place, person) for number, uuid, (at, place, person) in keys]
    bulk.add(connection, _MEMBERS, rows)
    years = [year_row(batch, at, unit.content) for at, unit in pairs if unit.content["class"]]
    bulk.add(connection, _YEARS, _numbered(connection, _YEARS, years))
    bulk.add(connection, _EVENTS, _numbered(connection, _EVENTS, [_event(batch, at, unit) for at, unit in pairs]))
    return [Outcome(unit.row.id, store.CREATED, at, 1) for at, unit in pairs]


def _numbered(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": at, **row} for at, row in zip(bulk.reserve(connection, table, len(rows)), rows, strict=True)]


def _household(batch: Batch, household_id: int, name: str, content: Content) -> dict[str, Any]:
    province, commune, village = content["place"]
    return {
        "id": household_id, "uuid": name, "version": 1, "code": content["code"],
        "head_name": content["head"], "name_fold": _folded(content["head"]), "address": content["address"],
        "member_count": content["count"], "prior_class": content["class"], "created_at": batch.now,
        "updated_at": batch.now, "province_id": province, "commune_id": commune, "village_id": village,
    }  # fmt: skip


def member(member_id: int, uuid: str, household_id: int, position: int, person: Sequence[Any]) -> dict[str, Any]:
    """A row of members from a person of the content."""
    name, year, born, sex, relation, ethnicity, number = person
    return {
        "id": member_id, "uuid": uuid, "household_id": household_id, "position": position, "name": name,
        "name_fold": _folded(name), "birth_year": year, "birth_date": as_date(born), "sex": sex,
        "relation": relation, "ethnicity": ethnicity, "id_number": number,
    }  # fmt: skip


def _event(batch: Batch, household_id: int, unit: Unit) -> dict[str, Any]:
    """The first row of a household's history: its own columns; its members stand in the register as they came."""
    content = unit.content
    province, commune, village = content["place"]
    after: dict[str, Any] = {
        "household": {
            "head_name": content["head"], "member_count": content["count"], "prior_class": content["class"],
            "province_id": province, "commune_id": commune, "village_id": village,
        }
    }  # fmt: skip
    before: dict[str, Any] = {"household": None}
    if content["class"]:
        before["year"], after["year"] = None, {"year": batch.year, "household_class": content["class"]}
    return {
        "household_id": household_id, "kind": Change.IMPORTED.value, "at": batch.now, "actor_id": batch.actor_id,
        "before": before, "after": after, "batch_id": batch.batch_id,
    }  # fmt: skip


def finish(session: Session, task: Task, total: int) -> Progress:
    of = store.locked(session, task.subject_id)
    now = task.now()
    outcomes = store.count_by_outcome(session, of.id)
    of.state, of.finished_at = store.DONE, now
    of.counts = {**of.counts, "outcomes": outcomes}
    audit.record(session, "import.done", "import", of.id, by=task.by, now=now, **outcomes)
    return Progress(ENDING, total, total, {"done": total})
