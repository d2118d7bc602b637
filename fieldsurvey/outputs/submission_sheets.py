"""Submissions as CSV: the sheet of the root and one for each repeat, with ODK's columns.

A sheet is laid out once for an export; for each submission it only looks up. `safe` keeps spreadsheets from running what
looks like a formula, at the price of bytes that differ from what was answered.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from fieldsurvey.forms.answers import Answers, values_at
from fieldsurvey.forms.xform import FIELD, GROUP, REPEAT, Field, Schema
from fieldsurvey.outputs.delimited import BOM, cell
from fieldsurvey.outputs.submission_rows import CHUNK, Row, Source, answers_text, chunks, select_from

FIRST = ("SubmissionDate",)
LAST = (
    "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState",
    "DeviceID", "Edits", "FormVersion",
)  # fmt: skip
_STATUS = {True: "not decrypted", False: "missing encrypted form data"}
_NOTHING: Answers = {}
Cells = list[Any]
Known = Mapping[str, Sequence[str]]  # path of a question with several answers → the codes that were answered


@dataclass(frozen=True, slots=True)
class Options:
    split: bool = False  # questions with several answers get a column for each answer
    group_paths: bool = True  # columns carry the names of the groups around them
    safe: bool = False
    bom: bool = False  # for Excel


@dataclass(frozen=True, slots=True)
class _Run:
    """Columns that come from one group: plain answers side by side, or one answer that fills several columns."""

    group: tuple[str, ...]
    names: list[str]
    spread: Callable[[Any], Cells] | None = None


class Sheet:
    """The columns of the root (path "") or of a repeat."""

    def __init__(self, schema: Schema, path: str, options: Options, known: Known, *, alone: bool = False) -> None:
        self.path, self.header = path, []
        self.runs: list[_Run] = []
        repeats = {one.path for one in schema.fields if one.kind == REPEAT and not alone}
        for one in schema.fields:
            if one.kind == FIELD and _home(one.parent, repeats) == path:
                self._add(one, options, known)

    header: list[str]

    def _add(self, one: Field, options: Options, known: Known) -> None:
        inside = one.path.removeprefix(f"{self.path}/") if self.path else one.path
        name = inside.replace("/", "-") if options.group_paths else one.name
        group = tuple(inside.split("/")[:-1])
        if one.type == "geopoint":
            self.header += [f"{name}-{part}" for part in ("Latitude", "Longitude", "Altitude", "Accuracy")]
            self.runs.append(_Run(group, [one.name], _coordinates))
        elif one.control == "select" and known.get(one.path):
            self.header += [name, *(f"{name}/{code}" for code in known[one.path])]
            self.runs.append(_Run(group, [one.name], _splitter(known[one.path])))
        else:
            self.header.append(name)
            if self.runs and self.runs[-1].group == group and self.runs[-1].spread is None:
                self.runs[-1].names.append(one.name)
            else:
                self.runs.append(_Run(group, [one.name]))

    def cells(self, answers: Answers) -> Cells:
        """The answers of one row."""
        cells: Cells = []
        for run in self.runs:
            inner: Any = answers
            for name in run.group:
                inner = inner.get(name)
                if type(inner) is not dict:
                    inner = _NOTHING
            if run.spread is None:
                cells += map(inner.get, run.names)
            else:
                cells += run.spread(inner.get(run.names[0]))
        return cells


def _home(group: str, repeats: set[str]) -> str:
    """The repeat that a question in this group belongs to."""
    while group and group not in repeats:
        group = group.rpartition("/")[0]
    return group


def _coordinates(text: Any) -> Cells:
    parts: Cells = text.split()[:4] if isinstance(text, str) else []
    return [*parts, *[None] * (4 - len(parts))]


def _splitter(codes: Sequence[str]) -> Callable[[Any], Cells]:
    def split(text: Any) -> Cells:
        chosen = set(text.split()) if isinstance(text, str) else ()
        return [text, *(1 if code in chosen else 0 for code in codes)]

    return split


class Workbook:
    """All sheets of an export; `lines` turns submissions into text for each of them."""

    def __init__(self, schema: Schema, options: Options, known: Known, *, alone: bool) -> None:
        self.options = options
        self.root = Sheet(schema, "", options, known, alone=alone)
        repeats = [] if alone else [one for one in schema.fields if one.kind == REPEAT]
        self.repeats = [Sheet(schema, one.path, options, known) for one in repeats]
        self.steps = {one.path: _steps(schema, one.path) for one in repeats}

    def headers(self) -> list[bytes]:
        """Of the root and of each repeat."""
        root = [*FIRST, *self.root.header, *LAST]
        mark = BOM.encode() if self.options.bom else b""
        others = [[*sheet.header, "PARENT_KEY", "KEY"] for sheet in self.repeats]
        return [mark + _written([header]) for header in (root, *others)]

    def lines(self, rows: Sequence[Row]) -> Iterator[bytes]:
        """For the root, then for each repeat. Each row is written at once: hundreds of them would not fit into a cache."""
        texts = [io.StringIO(newline="") for _ in (self.root, *self.repeats)]
        writers = [csv.writer(text, lineterminator="\n") for text in texts]
        write, kept = writers[0].writerow, _kept_from_running if self.options.safe else _as_it_is
        inside = list(zip(self.repeats, writers[1:], strict=True))
        for row in rows:
            answers, own = row.answers(), row.instance_id
            write(kept(self._root_cells(row, answers)))
            for sheet, writer in inside:
                found = _instances(self.steps[sheet.path], answers, own, own)
                writer.writerows(kept([*sheet.cells(one), parent, key]) for one, parent, key in found)
        return (text.getvalue().encode() for text in texts)

    def _root_cells(self, row: Row, answers: Answers) -> Cells:
        return [
            row.created,
            *(self.root.cells(answers) if row.readable else [None] * len(self.root.header)),
            *(row.instance_id, row.submitter_id, row.submitter_name, row.present, row.expected),
            None if row.content_there is None else _STATUS[row.content_there],
            *(row.review_state, row.device_id, row.edits, row.form_version),
        ]


def _as_it_is(cells: Cells) -> Cells:
    return cells


def _kept_from_running(cells: Cells) -> Cells:
    return [cell(value) if isinstance(value, str) else value for value in cells]


def _written(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _steps(schema: Schema, path: str) -> list[tuple[str, bool]]:
    """(name, is it a repeat) from the root down to a repeat."""
    names = path.split("/")
    return [(name, schema.by_path["/".join(names[: at + 1])].kind == REPEAT) for at, name in enumerate(names)]


def _instances(
    steps: Sequence[tuple[str, bool]], answers: Answers, parent: str, key: str
) -> Iterator[tuple[Answers, str, str]]:
    """(answers, key of the row around it, its own key) of each row of a repeat: `uuid:…/children/child[2]`."""
    (name, repeated), rest = steps[0], steps[1:]
    value = answers.get(name)
    if not repeated:
        if isinstance(value, dict):
            yield from _instances(rest, value, parent, f"{key}/{name}")
        return
    for at, one in enumerate(value if isinstance(value, list) else (), start=1):
        own = f"{key}/{name}[{at}]"
        if rest:
            yield from _instances(rest, one, own, own)
        else:
            yield one, parent, own


def answered(session: Session, source: Source, schema: Schema, wanted: Sequence[ColumnElement[bool]]) -> Known:
    """The codes that questions with several answers were answered with, in order."""
    fields = [one for one in schema.fields if one.control == "select" and one.kind == FIELD]
    if not fields:
        return {}
    texts: dict[str, set[str]] = {one.path: set() for one in fields}
    learn = _learner(schema, fields, texts)
    query = select_from(source, answers_text(session.get_bind().dialect.name)).where(*wanted)
    for (text,) in session.execute(query.execution_options(yield_per=CHUNK)):
        learn(orjson.loads(text))
    return {path: sorted({code for text in found for code in text.split()}) for path, found in texts.items()}


def _learner(schema: Schema, fields: Sequence[Field], texts: dict[str, set[str]]) -> Callable[[Answers], None]:
    """Notes what is answered. Most questions stand in a group of the root, where looking is quick."""
    kinds = {one.path: one.kind for one in schema.fields}
    quick = [one for one in fields if "/" not in one.parent and kinds.get(one.parent, GROUP) == GROUP]
    near = [(one.parent, one.name, texts[one.path].add) for one in quick if one.parent]
    far = [(one.path.split("/"), texts[one.path].update) for one in fields if one not in quick or not one.parent]

    def learn(answers: Answers) -> None:
        for group, name, add in near:
            inner = answers.get(group)
            text = inner.get(name) if type(inner) is dict else None
            if type(text) is str:
                add(text)
        for path, update in far:
            update(values_at(answers, path))

    return learn


def root_file(
    session: Session, source: Source, schema: Schema, options: Options, wanted: Sequence[ColumnElement[bool]]
) -> Iterator[bytes]:
    """One file with a row for each submission; repeats have columns, but nothing stands in them."""
    known = answered(session, source, schema, wanted) if options.split else {}
    book = Workbook(schema, options, known, alone=True)
    yield book.headers()[0]
    for rows in chunks(session, source, wanted):
        yield from book.lines(rows)


def merged(newest: Schema, older: Sequence[Schema]) -> Schema:
    """A schema with the questions of all versions: what a later one has dropped stands where it stood."""
    fields = {one.path: one for schema in (*reversed(older), newest) for one in schema.fields}
    below: dict[str, list[str]] = {}
    for schema in (newest, *older):
        _place(below, schema)
    return replace(newest, fields=tuple(_in_order(below, fields, "")))


def _place(below: dict[str, list[str]], schema: Schema) -> None:
    """Put what is new of a schema behind what stands before it there."""
    before: dict[str, str] = {}
    for one in schema.fields:
        siblings = below.setdefault(one.parent, [])
        if one.path not in siblings:
            last = before.get(one.parent)
            siblings.insert(siblings.index(last) + 1 if last is not None else 0, one.path)
        before[one.parent] = one.path


def _in_order(below: dict[str, list[str]], fields: dict[str, Field], parent: str) -> Iterator[Field]:
    for path in below.get(parent, ()):
        yield fields[path]
        if fields[path].kind != FIELD:
            yield from _in_order(below, fields, path)
