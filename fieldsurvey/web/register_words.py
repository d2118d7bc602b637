"""Values of the register in the reader's words: codes, days, classes; what the program does not know is shown as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from fieldsurvey.outputs.register_history import Line
from fieldsurvey.rules.register import ETHNIC_GROUPS, RELATIONS, SEXES
from fieldsurvey.translations import has_message
from fieldsurvey.web import context

Options = list[tuple[str, str]]
_DAYS = {"birth_date", "gone_at", "decision_date"}
_CLASSES = {"prior_class", "household_class"}
_CODES = {"sex", "relation", "ethnicity"}


def value(column: str, given: Any, of_member: bool = False) -> str:
    """One value of a column of the register; an em dash for what is not known."""
    if given is None or given == "":
        return "—"
    if column in _DAYS:
        return context.day(given if isinstance(given, date) else date.fromisoformat(given))
    if column in _CLASSES:
        return _words(f"web.class.{given}", given)
    if column in _CODES:
        return _words(f"register.{column}.{given}", given)
    if column == "gone_reason":
        return _words(f"register.{'gone' if of_member else 'ceased'}.{given}", given)
    return str(given)


def before(line: Line) -> str:
    return value(line.column, line.before, bool(line.person))


def after(line: Line) -> str:
    return value(line.column, line.after, bool(line.person))


def _words(message_id: str, code: Any) -> str:
    return context.t(message_id) if has_message(message_id) else str(code)


def sexes() -> Options:
    return [(one, value("sex", one)) for one in SEXES]


def relations(*without: str) -> Options:
    return [(one, value("relation", one)) for one in RELATIONS if one not in without]


def ethnic_groups() -> Options:
    return [(one, value("ethnicity", one)) for one in ETHNIC_GROUPS]
