"""A form's tables as OData has them (the root and each repeat), and the writers of their rows.

A writer is put together once for a request, from the schema and what is selected of it; for each submission it only looks
up and converts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, NamedTuple
from urllib.parse import quote

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import GROUP, REPEAT, Field, Schema
from fieldsurvey.outputs.odata.query import identifier
from fieldsurvey.outputs.odata.values import Convert, converters

ROOT = "Submissions"
_NOTHING: Answers = {}


class Place(NamedTuple):
    """Where in a submission a row stands: for the ids and links of the repeats below it."""

    link: str  # Submissions('uuid:…')/children/child('…')
    trail: str  # what the id of a repeat's row is the hash of


def place_of(instance_id: str) -> Place:
    """Most ids are `uuid:…`, for which `quote` would take as long as the rest of the row."""
    plain = _PLAIN.fullmatch(instance_id)
    written = instance_id.replace(":", "%3A") if plain else quote(instance_id, safe=_UNESCAPED)
    return Place(f"{ROOT}('{written}')", f"{ROOT}#{instance_id}")


_PLAIN = re.compile(r"[A-Za-z0-9:_.-]+")
_UNESCAPED = "!~*'()"  # beside letters, digits and -_. as encodeURIComponent has it


@dataclass(frozen=True, slots=True)
class Table:
    """The root, or a repeat with the groups and repeats around it."""

    name: str  # Submissions.children.child
    path: str  # children/child; "" for the root
    steps: tuple[Field, ...] = ()  # from the root to the repeat

    @property
    def parent_key(self) -> str:
        """The property that holds the id of the row around a repeat's row."""
        last = max((at for at, step in enumerate(self.steps[:-1]) if step.kind == REPEAT), default=-1)
        return "-".join([f"__{ROOT}", *(identifier(step.name) for step in self.steps[: last + 1]), "id"])


def all_tables(schema: Schema) -> list[Table]:
    """The root first, then the repeats in the order of the form."""
    return [Table(ROOT, ""), *(_table(schema, one) for one in schema.fields if one.kind == REPEAT)]


def _table(schema: Schema, repeat: Field) -> Table:
    names = repeat.path.split("/")
    steps = tuple(schema.by_path["/".join(names[: at + 1])] for at in range(len(names)))
    return Table(".".join([ROOT, *map(identifier, names)]), repeat.path, steps)


def found(schema: Schema, name: str) -> Table:
    """Raises NOT_FOUND."""
    table = next((one for one in all_tables(schema) if one.name == name), None)
    if table is None:
        raise Problem(Kind.NOT_FOUND)
    return table


Children = dict[str, list[Field]]  # path → what stands directly below it


def children_of(schema: Schema) -> Children:
    below: Children = {"": []}
    for one in schema.fields:
        below[one.parent].append(one)
        if one.kind in {GROUP, REPEAT}:
            below[one.path] = []
    return below


def selected(schema: Schema, table: Table, names: Sequence[str]) -> frozenset[str]:
    """The paths that a $select asks for, with the groups around and inside them.

    `names` without those of the row itself (`__id`, …). Raises PROPERTY_UNKNOWN, SELECT_UNSUPPORTED.
    """
    prefix = f"{table.path}/" if table.path else ""
    by_name = {"/".join(map(identifier, one.path.removeprefix(prefix).split("/"))): one
               for one in schema.fields if one.path.startswith(prefix)}  # fmt: skip
    below = children_of(schema)
    paths: set[str] = set()
    for name in names:
        field = by_name.get(name)
        if field is None:
            raise Problem(Kind.PROPERTY_UNKNOWN, property=name)
        paths.update(_with_groups_around(schema, table, field, name))
        paths.update(one.path for one in _inside(below, field))
    return frozenset(paths)


def _with_groups_around(schema: Schema, table: Table, field: Field, name: str) -> Iterator[str]:
    yield field.path
    parent = field.parent
    while parent != table.path:
        if schema.by_path[parent].kind == REPEAT:
            raise Problem(Kind.SELECT_UNSUPPORTED, property=name)
        yield parent
        parent = schema.by_path[parent].parent


def _inside(below: Children, group: Field) -> Iterator[Field]:
    if group.kind == GROUP:
        for one in below[group.path]:
            yield one
            yield from _inside(below, one)


Write = Callable[[Answers, Place | None], dict[str, Any]]


class Writers:
    """Makes the writers of one request."""

    def __init__(self, schema: Schema, *, wkt: bool, expand: bool, paths: frozenset[str] | None = None) -> None:
        self.below = children_of(schema)
        self.converters, self.expand, self.paths = converters(wkt), expand, paths

    def of(self, path: str) -> Write:
        """Writes the answers directly in a group, a repeat's row or the root, and the groups inside, null where blank."""
        fields = [one for one in self.below[path] if self.paths is None or one.path in self.paths]
        plain = [one for one in fields if one.kind != REPEAT]
        names, written = [one.name for one in plain], [identifier(one.name) for one in plain]
        converted = [(identifier(one.name), self.converters[one.type]) for one in plain
                     if one.kind not in {GROUP, REPEAT} and one.type in self.converters]  # fmt: skip
        groups = [(one.name, identifier(one.name), self.of(one.path), self.holds_repeats(one.path))
                  for one in plain if one.kind == GROUP]  # fmt: skip
        repeats = [(one.name, identifier(one.name), self.of(one.path) if self.expand else None)
                   for one in fields if one.kind == REPEAT]  # fmt: skip
        return _writer(names, written, converted, groups, repeats)

    def holds_repeats(self, path: str) -> bool:
        """Whether anything below needs to know its place."""
        return any(one.kind == REPEAT or self.holds_repeats(one.path) for one in self.below.get(path, ()))


def _writer(
    names: list[str],
    written: list[str],
    converted: list[tuple[str, Convert]],
    groups: list[tuple[str, str, Write, bool]],
    repeats: list[tuple[str, str, Write | None]],
) -> Write:
    def write_plain(answers: Answers, place: Place | None) -> dict[str, Any]:
        row = dict(zip(written, map(answers.get, names), strict=True))
        for name, convert in converted:
            value = row[name]
            if value is not None:
                row[name] = convert(value)
        return row

    def write(answers: Answers, place: Place | None) -> dict[str, Any]:
        row = write_plain(answers, place)
        for name, out, write_group, deeper in groups:
            value = row[out]
            inner = Place(f"{place.link}/{out}", f"{place.trail}%%{name}#") if deeper and place is not None else None
            row[out] = write_group(value if type(value) is dict else _NOTHING, inner)
        for name, out, write_row in repeats:
            instances = answers.get(name)
            if place is not None and isinstance(instances, list):
                row[f"{out}@odata.navigationLink"] = f"{place.link}/{out}"
                if write_row is not None:
                    row[out] = [_expanded(one, at, name, out, place, write_row) for at, one in enumerate(instances)]
        return row

    return write if groups or repeats else write_plain


def _expanded(answers: Answers, at: int, name: str, out: str, place: Place, write: Write) -> dict[str, Any]:
    id_, inner = _instance(place, name, out, at)
    row = write(answers, inner)
    row["__id"] = id_
    return row


def _instance(place: Place, name: str, out: str, at: int) -> tuple[str, Place]:
    """(id of a repeat's row, its place)."""
    trail = f"{place.trail}%%{name}#{at}"
    id_ = sha1(trail.encode(), usedforsecurity=False).hexdigest()
    return id_, Place(f"{place.link}/{out}('{id_}')", trail)


def instances(table: Table, answers: Answers, instance_id: str) -> Iterator[tuple[Answers, str, str, Place]]:
    """(answers, id, id of the row around it, place) of each row of a repeat in one submission, in order."""
    return _walk(table.steps, answers, place_of(instance_id), instance_id)


def _walk(
    steps: Sequence[Field], answers: Answers, place: Place, parent_id: str
) -> Iterator[tuple[Answers, str, str, Place]]:
    step, rest = steps[0], steps[1:]
    name, out, value = step.name, identifier(step.name), answers.get(step.name)
    if step.kind == GROUP:
        if isinstance(value, dict):
            yield from _walk(rest, value, Place(f"{place.link}/{out}", f"{place.trail}%%{name}#"), parent_id)
        return
    for at, one in enumerate(value if isinstance(value, list) else ()):
        id_, inner = _instance(place, name, out, at)
        if rest:
            yield from _walk(rest, one, inner, id_)
        else:
            yield one, id_, parent_id, inner


def number_of_instances(table: Table, answers: Answers) -> int:
    """How many rows a submission gives to a repeat's table."""
    return _number(table.steps, answers)


def _number(steps: Sequence[Field], answers: Answers) -> int:
    value, rest = answers.get(steps[0].name), steps[1:]
    if isinstance(value, dict):
        return _number(rest, value) if rest and steps[0].kind == GROUP else 0
    if not isinstance(value, list) or steps[0].kind != REPEAT:
        return 0
    return sum(_number(rest, one) for one in value) if rest else len(value)
