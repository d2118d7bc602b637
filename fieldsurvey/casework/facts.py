"""From the household questionnaire's answers to the facts that the rules judge. What cannot be read becomes None."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, get_type_hints

from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import Schema
from fieldsurvey.rules import prior
from fieldsurvey.rules.household import MEMBERS_PATH, PATHS, BirthDate, Household, Member

# A form that asks these is a household questionnaire, whatever else it asks.
NEEDED = frozenset(
    {"identification/village", "identification/review_date", MEMBERS_PATH, "housing/wall", "water/source"}
)
_LARGEST = 10**12


def is_household_form(schema: Schema) -> bool:
    return schema.by_path.keys() >= NEEDED


def consented(answers: Answers) -> bool:
    return value(answers, "consent/consent") != "no"


def value(answers: Answers, path: str) -> str | None:
    """The text at `group/field`, or None."""
    group, _, name = path.rpartition("/")
    inner = answers.get(group) if group else answers
    found = inner.get(name) if isinstance(inner, dict) else None
    return found if isinstance(found, str) else None


def review_date(answers: Answers) -> date | None:
    return _date(value(answers, "identification/review_date"))


def dwelling(answers: Answers) -> tuple[float, float] | None:
    """Latitude and longitude of the house in degrees, where they were taken."""
    parts = (value(answers, "closing/location") or "").split()
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
    except (IndexError, ValueError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def household(answers: Answers, fallback: date) -> Household:
    """The household's facts on its day of review (`fallback` where the answer is missing or no date)."""
    facts = {field: _READERS[field](value(answers, path)) for field, path in PATHS.items()}
    members = answers.get(MEMBERS_PATH) or []
    return Household(
        review_date=review_date(answers) or fallback,
        members=tuple(_member(member) for member in members),
        gone=frozenset(place for place, member in enumerate(members, start=1) if prior.is_gone(member)),
        **facts,
    )


def _member(answers: Answers) -> Member:
    facts = {field: read(answers.get(f"m_{field}")) for field, read in _MEMBER_READERS.items()}
    return Member(birth=birth(answers), **facts)


def birth(answers: Answers) -> BirthDate | None:
    """The full date where it was asked for, else the year."""
    full = _date(answers.get("m_birth_date"))
    if full is not None and answers.get("m_birth_known") != "year":
        return BirthDate(full.year, full.month, full.day)
    year = _whole(answers.get("m_birth_year"))
    return BirthDate(year) if year is not None and 1 <= year <= 9999 else None


def _text(text: str | None) -> str | None:
    return text


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _yes(text: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(text or "")


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number) < _LARGEST else None


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return int(number) if number is not None else None


def _codes(text: str | None) -> frozenset[str] | None:
    return frozenset(text.split()) if text else None


_BY_TYPE: dict[Any, Callable[[str | None], Any]] = {
    str | None: _text,
    bool | None: _yes,
    int | None: _whole,
    Decimal | None: _number,
    frozenset[str] | None: _codes,
}


def _readers(facts: type, names: set[str]) -> dict[str, Callable[[str | None], Any]]:
    """How to read each field: by the type that the rules want."""
    return {name: _BY_TYPE[hint] for name, hint in get_type_hints(facts).items() if name in names}


_READERS = _readers(Household, set(PATHS))
_MEMBER_READERS = _readers(Member, set(get_type_hints(Member)) - {"birth"})
