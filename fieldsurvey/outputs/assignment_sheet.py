"""Assigning by spreadsheet: a row names a household and a telephone number; read, checked and told row by row. No changes.

Columns by their heading, with or without accents: `Mã hộ` (or the household's UUID), `Số điện thoại`, and if wanted
`Hạn`. The first row is the heading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Permission, Scope, holds
from fieldsurvey.sheets import cells, files
from fieldsurvey.sheets.files import Cell
from fieldsurvey.sheets.remarks import CellError
from fieldsurvey.store.assignments import OPEN
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import USER, Actor
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round

HEADINGS = {
    "household": ("ma ho", "ma so ho", "uuid", "household", "household code", "code", "ma"),
    "phone": ("so dien thoai", "dien thoai", "sdt", "so dt", "phone", "phone number", "sdt ra soat vien"),
    "due": ("han", "ngay han", "han hoan thanh", "due", "due on", "due date"),
}
NEEDED = ("household", "phone")
MOST_ROWS = 20_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `remark`: code of lists.sheet.*, empty where it can be taken."""

    row: int
    household: str
    phone: str
    remark: str
    case_id: int = 0
    person_id: int = 0
    due_on: date | None = None
    head_name: str = ""
    person: str = ""


def read(session: Session, of: Round, scope: Scope, path: Path, name: str) -> list[Line]:
    """The rows of the first sheet. Raises SPREADSHEET_… and COLUMNS_MISSING."""
    sheet = files.read(path, name)[0]
    rows = ((number, values) for number, values in sheet.rows() if any(cells.text(one) for one in values))
    heading = next(rows, None)
    where = _columns(heading[1] if heading else ())
    given = [_given(number, values, where) for number, values in _first(rows)]
    return _checked(session, of, scope, given)


def _first(rows: Iterable[tuple[int, Sequence[Cell]]]) -> Iterable[tuple[int, Sequence[Cell]]]:
    for count, row in enumerate(rows):
        if count >= MOST_ROWS:
            return
        yield row


def _columns(heading: Sequence[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(heading):
        word = fold(cells.text(cell))
        for name, words in HEADINGS.items():
            if word in words:
                found.setdefault(name, at)
    missing = [HEADINGS[name][0] for name in NEEDED if name not in found]
    if missing:
        raise Problem(Kind.COLUMNS_MISSING, columns=", ".join(missing))
    return found


def _given(number: int, values: Sequence[Cell], where: dict[str, int]) -> Line:
    def text(name: str) -> str:
        at = where.get(name)
        return cells.text(values[at]) if at is not None and at < len(values) else ""

    remark, phone, due = "", text("phone"), None
    try:
        phone = cells.telephone(values[where["phone"]]) if phone else ""
        due = cells.day(values[where["due"]]) if text("due") else None
    except CellError as wrong:
        remark = "day" if wrong.code.startswith("da") else "phone"
    return Line(number, text("household"), phone, remark, due_on=due)


def _checked(session: Session, of: Round, scope: Scope, given: Sequence[Line]) -> list[Line]:
    homes = _homes(session, of, scope, {line.household for line in given})
    people = _people(session, of, scope, {line.phone for line in given})
    seen: set[int] = set()
    return [_line(line, homes, people, of, seen) for line in given]


Home = tuple[int, str, str, int | None]  # case, state, head, commune
Person = tuple[int, str, int | None]  # id, name, commune


def _line(line: Line, homes: dict[str, list[Home]], people: dict[str, Person], of: Round, seen: set[int]) -> Line:
    homes_found, person = homes.get(line.household, []), people.get(line.phone)
    remark = line.remark or _remark(line, homes_found, person, of, seen)
    if remark or person is None:
        return Line(line.row, line.household, line.phone, remark)
    case_id, _, head_name, _ = homes_found[0]
    seen.add(case_id)
    return Line(line.row, line.household, line.phone, "", case_id, person[0], line.due_on, head_name, person[1])


def _remark(line: Line, found: list[Home], person: Person | None, of: Round, seen: set[int]) -> str:
    """What is wrong with a row, the first thing."""
    checks = (
        (not line.household, "no_household"),
        (not line.phone, "no_phone"),
        (not found, "household_unknown"),
        (len(found) > 1, "code_twice"),
        (person is None, "phone_unknown"),
    )
    first = next((code for wrong, code in checks if wrong), "")
    if first or person is None:
        return first
    case_id, state, _, commune = found[0]
    due = line.due_on
    more = (
        (case_id in seen, "twice"),
        (state not in OPEN, "visited"),
        (person[2] != commune, "other_commune"),
        (due is not None and not of.starts_on <= due <= of.ends_on, "day_outside"),
    )
    return next((code for wrong, code in more if wrong), "")


def _homes(session: Session, of: Round, scope: Scope, names: set[str]) -> dict[str, list[Home]]:
    """Code or UUID → the listed households that have it."""
    found: dict[str, list[Home]] = {}
    for some in _batches(names):
        query: Any = (
            select(Household.code, Household.uuid, Case.id, Case.state, Household.head_name, Case.commune_id)
            .join(Case, (Case.household_id == Household.id) & (Case.round_id == of.id))
            .where(
                or_(Household.code.in_(some), Household.uuid.in_([one.lower() for one in some])), in_scope(Case, scope)
            )
        )
        for code, uuid, *home in session.execute(query):
            for name in {code, uuid, uuid.upper()} & set(some):
                found.setdefault(name, []).append((home[0], home[1], home[2], home[3]))
    return found


def _people(session: Session, of: Round, scope: Scope, phones: set[str]) -> dict[str, Person]:
    """Telephone number → who may send questionnaires in the round."""
    found: dict[str, Person] = {}
    for some in _batches(phones):
        query = select(Actor).where(
            Actor.kind == USER, Actor.deleted_at.is_(None), Actor.phone.in_(some), in_scope(Actor, scope)
        )
        for actor in session.scalars(query):
            if holds(actor.doer(), Permission.SUBMIT, of.id):
                found[actor.phone or ""] = (actor.id, actor.display_name, actor.commune_id)
    return found


def _batches(names: set[str]) -> Iterable[list[str]]:
    every = sorted(name for name in names if name)
    return (every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE))
