"""Makes docs/generated/ from the code: states, tables, roles, settings. With --check it only names what is stale."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import JSON

from fieldsurvey import api
from fieldsurvey.api.door import ITSELF, OPERATIONS, PUBLIC
from fieldsurvey.casework.people import LEVELS
from fieldsurvey.config import PREFIX, Config
from fieldsurvey.rules.permissions import GRANTED, PROJECT_ROLES, Permission, Role
from fieldsurvey.rules.workflow import ARRIVED, DECIDED, NEEDS_REASON, Arrival, Decision, State
from fieldsurvey.store import schema
from fieldsurvey.store.base import Base, Packed, PackedJson, Placed, Utc

FOLDER = Path(__file__).with_name("generated")
NOTE = "<!-- Made by `python -m docs.generate`. Change the code it is made from, not this file. -->"
AREA = "the row's area, repeated here so that rights need no join"
# `    name: Mapped[str]  # what stands behind two blanks and a number sign is its meaning`
_MEANING = re.compile(r"^    (\w+)\b.*?  # (.+)$", re.MULTILINE)
_TYPES: tuple[tuple[type, str], ...] = (
    (Utc, "moment"), (Boolean, "boolean"), (Float, "number"), (Date, "date"), (LargeBinary, "bytes"), (Packed, "packed_bytes"),
    (PackedJson, "packed_json"), (JSON, "json"), (BigInteger, "int"), (Text, "text"),
)  # fmt: skip


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the files, or with --check say which ones are stale; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Make the generated documentation.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 and name what is stale")
    if not parser.parse_args(arguments).check:
        write(folder)
        return 0
    wrong = stale(folder)
    for name in wrong:
        sys.stderr.write(f"docs/generated/{name} is stale: run `make docs`\n")
    return 1 if wrong else 0


def write(folder: Path) -> None:
    """Make every page anew and remove what no longer belongs there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale(folder):
        (folder / name).unlink(missing_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """Names of the files that are missing, differ, or should not be there."""
    present = {path.name: path for path in folder.glob("*")}
    wrong = {name for name, make in PAGES.items() if name not in present or _text(present[name]) != make()}
    return sorted(wrong | (present.keys() - PAGES.keys()))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# How a page is put together


def page(title: str, *blocks: str) -> str:
    return "\n\n".join([f"# {title}", NOTE, *blocks]) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def mermaid(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```"])


def meanings(of: type) -> dict[str, str]:
    """Attribute of a class → the comment behind it, where the code says what it means."""
    return dict(_MEANING.findall(inspect.getsource(of)))


# states.md


def states() -> str:
    """The diagram and the tables of a case's life."""
    moves: dict[tuple[str, str], list[str]] = {}
    for (before, decision), after in DECIDED.items():
        moves.setdefault((before.value, after.value), []).append(decision.value)
    for (before, arrival), after in ARRIVED.items():
        moves.setdefault((before.value, after.value), []).append(f"phone {arrival.value}")
    arrows = [f"    {before} --> {after} : {', '.join(events)}" for (before, after), events in moves.items()]
    return page(
        "States of a case",
        "A case is one household in one round. Decisions are the commune officer's; “phone …” is what a submission "
        "does to the case. Made from the tables `DECIDED` and `ARRIVED` of `fieldsurvey/rules/workflow.py`.",
        mermaid(["stateDiagram-v2", f"    [*] --> {State.NOT_VISITED.value} : listed for the round", *arrows]),
        "A household that is met but was not listed enters as `received`.",
        table(("state", "meaning"), [(f"`{one.value}`", meanings(State).get(one.name, "")) for one in State]),
        "## After a decision of the officer",
        _transitions([(one, one.value + _reason(one)) for one in Decision], DECIDED),
        "\\* needs a reason, or a note on a question. An empty cell: the decision cannot be taken in this state.",
        "## After a submission of a phone",
        _transitions([(one, one.value) for one in Arrival], ARRIVED),
    )


def _reason(decision: Decision) -> str:
    return " \\*" if decision in NEEDS_REASON else ""


def _transitions(events: Sequence[tuple[Any, str]], moves: dict[Any, State]) -> str:
    header = ("state", *(name for _, name in events))
    rows = ((one, [moves.get((one, event)) for event, _ in events]) for one in State)
    return table(header, [(f"`{one.value}`", *map(_after, afterwards)) for one, afterwards in rows])


def _after(state: State | None) -> str:
    return f"`{state.value}`" if state else ""


# database.md


def database() -> str:
    """The picture of all tables, then each table with its columns."""
    metadata = schema.metadata()
    tables = sorted(metadata.tables.values(), key=lambda one: one.name)
    return page(
        "Tables",
        "What they are for, and why they are as they are: [database.md](../database.md). Every id is a whole number; "
        "`moment` is a time with its zone, in UTC; PK primary key, FK foreign key, UK part of a unique key.",
        mermaid(["erDiagram", *_relations(tables), *(line for one in tables for line in _entity(one))]),
        *(block for one in tables for block in _table_section(one, metadata)),
    )


def _relations(tables: Iterable[Table]) -> list[str]:
    """One line for each foreign key: the row pointed at, how many point at it, the column."""
    lines = []
    for one in tables:
        for column in one.columns:
            for key in sorted(column.foreign_keys, key=lambda found: found.target_fullname):
                end = "|o" if column.nullable else "||"
                lines.append(f"    {key.column.table.name} {end}--o{{ {one.name} : {column.name}")
    return lines


def _entity(one: Table) -> list[str]:
    columns = (f"{type_name(column)} {column.name} {', '.join(_keys(column))}".rstrip() for column in one.columns)
    return [f"    {one.name} {{", *(f"        {column}" for column in columns), "    }"]


def type_name(column: Column[Any]) -> str:
    """The column's type in one plain word."""
    for kind, name in _TYPES:
        if isinstance(column.type, kind):
            return name
    raise TypeError(f"{column.table.name}.{column.name}: give {column.type!r} a name in docs.generate")


def _keys(column: Column[Any]) -> list[str]:
    unique = {name for names in unique_keys(column.table) for name in names}
    marks = {"PK": column.primary_key, "FK": bool(column.foreign_keys), "UK": column.name in unique}
    return [mark for mark, holds in marks.items() if holds]


def unique_keys(one: Table) -> dict[tuple[str, ...], str]:
    """Columns of each unique key → the condition under which it holds; none for most."""
    constraints = {tuple(part.columns.keys()): "" for part in one.constraints if isinstance(part, UniqueConstraint)}
    indexes = {tuple(index.columns.keys()): _condition(index) for index in one.indexes if index.unique}
    return dict(sorted({**constraints, **indexes}.items()))


def _condition(index: Index) -> str:
    where = index.dialect_options["sqlite"]["where"]
    return f" where {where}" if where is not None else ""


def _table_section(one: Table, metadata: MetaData) -> list[str]:
    model = _models(metadata)[one.name]
    said = {**dict.fromkeys(Placed.__annotations__, AREA), **meanings(model)}
    rows = [
        (f"`{column.name}`", _type_of(column), _target(column), said.get(column.name, "")) for column in one.columns
    ]
    blocks = [f"## {one.name}", _purpose(model), table(("column", "type", "points at", "meaning"), rows)]
    keys = [f"({', '.join(names)}){condition}" for names, condition in unique_keys(one).items()]
    indexes = sorted(f"({', '.join(index.columns.keys())})" for index in one.indexes if not index.unique)
    return [*blocks, *_said("Unique", keys), *_said("Index", indexes)]


def _type_of(column: Column[Any]) -> str:
    return type_name(column) + (", may be null" if column.nullable else "")


def _said(word: str, keys: list[str]) -> list[str]:
    return [f"{word}: {', '.join(keys)}."] if keys else []


def _models(metadata: MetaData) -> dict[str, type]:
    return {
        mapper.local_table.name: mapper.class_
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table) and mapper.local_table.metadata is metadata
    }


def _purpose(model: type) -> str:
    """The model's own docstring, else its module's; the first paragraph."""
    said = model.__doc__ or inspect.getdoc(sys.modules[model.__module__]) or ""
    return " ".join(inspect.cleandoc(said).split("\n\n")[0].split())


def _target(column: Column[Any]) -> str:
    names = sorted(key.column.table.name for key in column.foreign_keys)
    return ", ".join(f"[{name}](#{name})" for name in names)


# roles.md


def roles() -> str:
    """Who may do what, and at which level of area a role is bound."""
    said = meanings(Permission)
    return page(
        "Roles and permissions",
        "A role is granted for an area, and reaches no further; only an administrator may be without one. Made from "
        "`fieldsurvey/rules/permissions.py` and `LEVELS` of `fieldsurvey/casework/people.py`.",
        table(
            ("permission", "meaning", *(f"`{role.value}`" for role in Role)),
            [(f"`{one.value}`", said.get(one.name, ""), *("✓" if one in GRANTED[role] else "" for role in Role))
             for one in Permission],
        ),
        table(
            ("role", "who", "bound to"),
            [(f"`{role.value}`", meanings(Role).get(role.name, ""), _bound(role)) for role in Role],
        ),
    )  # fmt: skip


def _bound(role: Role) -> str:
    if role in PROJECT_ROLES:
        return "a round, or one form of it"
    levels = " or ".join(level.value for level in LEVELS[role])
    return f"{levels}, or nothing" if role is Role.ADMINISTRATOR else levels


# access.md


def access() -> str:
    """Every route of the API with the permission that it asks for and the roles that hold it."""
    api.load()
    return page(
        "The API's routes and roles",
        "Below `/v1`. ✓: the role may call it, and sees the rows of its own areas only. *itself*: the answer depends on what "
        "the route finds; `tests/api/test_access.py` says for whom. Made from `fieldsurvey/api/`.",
        table(
            ("route", "permission", *(f"`{role.value}`" for role in Role)),
            [
                (f"`{one.method} {one.rule}`".replace("|", "\\|"), f"`{one.asks}`", *(_may(one.asks, role) for role in Role))
                for one in sorted(OPERATIONS, key=lambda one: (one.rule, one.method))
            ],
        ),
    )  # fmt: skip


def _may(asks: str, role: Role) -> str:
    if asks == PUBLIC:
        return "✓"
    return "*itself*" if asks == ITSELF else "✓" if asks in GRANTED[role] else ""


# settings.md


def settings() -> str:
    """Every setting with its default."""
    return page(
        "Settings",
        "Environment variables, read once at the start; an unknown or unsafe one stops the server with advice. A file "
        "to copy: `.env.sample`. What to set in production: [operations.md](../operations.md).",
        table(
            ("variable", "default", "meaning"),
            [(f"`{PREFIX}{one.name.upper()}`", _default(one.default), one.metadata["help"]) for one in fields(Config)],
        ),
    )


def _default(value: object) -> str:
    if value in ("", MISSING):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


PAGES: dict[str, Callable[[], str]] = {
    "access.md": access,
    "database.md": database,
    "roles.md": roles,
    "settings.md": settings,
    "states.md": states,
}

if __name__ == "__main__":
    sys.exit(main())
