"""What somebody typed about a person of the register, and whether it can be: columns of `members`, or PERSON_INVALID."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.household import OLDEST
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.register import ETHNIC_GROUPS, RELATIONS, SEXES

_NUMBER = re.compile(r"\d{9}|\d{12}", re.ASCII)
_DAY = re.compile(r"(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})", re.ASCII)
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class PersonGiven:
    """As typed. `birth`: 03/01/1982, 1982-01-03, or the year alone; empty fields are not known."""

    name: str
    birth: str = ""
    sex: str = ""
    relation: str = ""
    ethnicity: str = ""
    id_number: str = ""


def checked(given: PersonGiven, today: date) -> dict[str, Any]:
    """Columns of `members`. Raises PERSON_INVALID with the field: name, birth, sex, relation, ethnicity, id_number."""
    name = tidy(given.name)[:LONGEST_NAME]
    if not name:
        raise Problem(Kind.PERSON_INVALID, field="name")
    year, day = born(given.birth, today)
    number = re.sub(r"[\s.]", "", given.id_number)
    if number and not _NUMBER.fullmatch(number):
        raise Problem(Kind.PERSON_INVALID, field="id_number")
    for field, known in (("sex", SEXES), ("relation", RELATIONS), ("ethnicity", ETHNIC_GROUPS)):
        if getattr(given, field) and getattr(given, field) not in known:
            raise Problem(Kind.PERSON_INVALID, field=field)
    return {
        "name": name,
        "name_fold": fold(name),
        "birth_year": year,
        "birth_date": day,
        "sex": given.sex or None,
        "relation": given.relation or None,
        "ethnicity": given.ethnicity or None,
        "id_number": number or None,
    }


def born(text: str, today: date) -> tuple[int | None, date | None]:
    """Year and, where it is known, day of birth. Raises PERSON_INVALID for what is no day, or too long ago, or to come."""
    text = text.strip()
    if not text:
        return None, None
    try:
        day = None if re.fullmatch(r"\d{4}", text, re.ASCII) else _day(text)
    except ValueError:
        raise Problem(Kind.PERSON_INVALID, field="birth") from None
    year = day.year if day else int(text)
    if (day or date(max(year, 1), 1, 1)) > today or year < today.year - OLDEST:
        raise Problem(Kind.PERSON_INVALID, field="birth")
    return year, day


def _day(text: str) -> date:
    parts = _DAY.fullmatch(text)
    if parts is None:
        return date.fromisoformat(text)
    day, month, year = map(int, parts.groups())
    return date(year, month, day)


def written(year: int | None, day: date | None) -> str:
    """The birth as it is typed."""
    return day.strftime("%d/%m/%Y") if day else str(year or "")
