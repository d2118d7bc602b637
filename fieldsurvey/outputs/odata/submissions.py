"""The answers to OData requests for submissions: a table of any length, written while it is read, or one submission's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.xform import Schema
from fieldsurvey.outputs import submission_rows
from fieldsurvey.outputs.odata import answer_fields, conditions, tables
from fieldsurvey.outputs.odata.answer_fields import SCORES
from fieldsurvey.outputs.odata.query import Query, make_token, next_link, with_skip
from fieldsurvey.outputs.odata.tables import ROOT, Table, Writers
from fieldsurvey.outputs.submission_rows import RESULT, Row, Source
from fieldsurvey.store.submissions import Submission

SYSTEM = (
    "submissionDate", "updatedAt", "submitterId", "submitterName", "attachmentsPresent", "attachmentsExpected",
    "status", "reviewState", "deviceId", "edits", "formVersion", "deletedAt",
)  # fmt: skip
_FAR = 1000  # submissions: who asks for a page that begins further down is shown where, so that nobody has to search


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a table."""

    source: Source
    schema: Schema
    query: Query
    address: str  # as it was written, for the next page's
    service: str  # the address of the service


@dataclass(frozen=True)
class Shape:
    """What of a row is wanted."""

    id: bool = True
    parent: bool = True
    system: Sequence[str] = SYSTEM
    scores: Sequence[str] = ()
    paths: frozenset[str] | None = None
    writers: Writers = field(kw_only=True)


def shape(asked: Asked, table: Table) -> Shape:
    """Raises PROPERTY_UNKNOWN, SELECT_UNSUPPORTED."""
    query, root = asked.query, not table.path
    scores = RESULT if root and asked.source.scored else ()
    if query.select is None:
        return Shape(scores=scores, writers=Writers(asked.schema, wkt=query.wkt, expand=query.expand))
    own = {"__id", table.parent_key} if not root else {"__id"}
    system = _group("__system", SYSTEM, query.select) if root else ()
    chosen = _group(SCORES, scores, query.select) if scores else ()
    known = own | ({"__system", *(f"__system/{name}" for name in SYSTEM)} if root else set())
    known |= {SCORES, *(f"{SCORES}/{name}" for name in scores)} if scores else set()
    paths = tables.selected(asked.schema, table, [name for name in query.select if name not in known])
    return Shape(
        id="__id" in query.select,
        parent=table.parent_key in query.select,
        system=system,
        scores=chosen,
        paths=paths,
        writers=Writers(asked.schema, wkt=query.wkt, expand=False, paths=paths),
    )


def _group(group: str, names: Sequence[str], select: Sequence[str]) -> Sequence[str]:
    return names if group in select else tuple(name for name in names if f"{group}/{name}" in select)


def table(session: Session, asked: Asked, name: str, now: datetime) -> Iterator[bytes]:
    """A table's rows; raises NOT_FOUND and what a filter, an order, a selection or a token may be refused for."""
    of = tables.found(asked.schema, name)
    made = shape(asked, of)
    query, repeat = asked.query, bool(of.path)
    wanted = answer_fields.wanted(session, asked.source, asked.schema, query.filter, now, repeat=repeat)
    order = _order(session, asked, of)
    if of.path:
        return _repeat(session, asked, of, made, wanted, order)
    return _root(session, asked, made, wanted, order)


def _order(session: Session, asked: Asked, of: Table) -> list[Any]:
    if not asked.query.orderby:
        return []
    fields_of = answer_fields.of_repeat if of.path else answer_fields.of_root
    fields = fields_of(asked.source, asked.schema, session.get_bind().dialect.name)
    return conditions.order(asked.query.orderby, fields, stable=Submission.id)


def _root(
    session: Session, asked: Asked, made: Shape, wanted: list[ColumnElement[bool]], order: list[Any]
) -> Iterator[bytes]:
    query, source = asked.query, asked.source
    after = _after(session, source, query.skiptoken, "instanceId") if query.skiptoken is not None else []
    limit = query.top + 1 if query.top is not None else None
    found = submission_rows.chunks(session, source, [*wanted, *after], order=order, skip=query.skip, limit=limit)
    return _root_written(session, asked, made, wanted, found if query.top != 0 else iter(()))


def _root_written(
    session: Session, asked: Asked, made: Shape, wanted: list[ColumnElement[bool]], found: Iterator[list[Row]]
) -> Iterator[bytes]:
    write, query = root_writer(made), asked.query
    left, last, more = query.top, "", False
    before = b'{"value":['
    for chunk in found:
        if left is not None:
            chunk, more = chunk[:left], len(chunk) > left
            left -= len(chunk)
        if chunk:
            yield before + b",".join([orjson.dumps(write(row)) for row in chunk])
            before, last = b",", chunk[-1].instance_id
    link = _next(asked, query.skip + (query.top or 0), instanceId=last) if more else None
    filtered = query.filter is not None
    number = submission_rows.count(session, asked.source, wanted, filtered=filtered) if query.count else None
    yield (b"" if before == b"," else before) + footer(asked, ROOT, link, number)


def _next(asked: Asked, skip: int, **last: str) -> str:
    """Rows in an order of their own are counted; others are found again by the last one."""
    if asked.query.orderby:
        return with_skip(asked.address, skip)
    return next_link(asked.address, make_token(**last))


def footer(asked: Asked, name: str, link: str | None, number: int | None) -> bytes:
    """The end of an answer, after its rows."""
    end: dict[str, Any] = {"@odata.context": f"{asked.service}/$metadata#{name}"}
    if link is not None:
        end["@odata.nextLink"] = link
    if number is not None:
        end["@odata.count"] = number
    return b"]," + orjson.dumps(end)[1:]


def _after(
    session: Session, source: Source, token: Mapping[str, Any], key: str, *, itself: bool = False
) -> list[ColumnElement[bool]]:
    """What comes after the submission of a token; nothing where there never was such a submission."""
    instance_id = token.get(key)
    if not isinstance(instance_id, str):
        raise Problem(Kind.SKIPTOKEN_BAD)
    last = submission_rows.position(session, source, instance_id) or 0
    return [Submission.id <= last if itself else Submission.id < last]


def root_writer(made: Shape) -> Any:
    write = made.writers.of("")
    needs_place = made.writers.holds_repeats("")
    system, every, scores = frozenset(made.system), len(made.system) == len(SYSTEM), made.scores

    def write_row(row: Row) -> dict[str, Any]:
        place = tables.place_of(row.instance_id) if needs_place else None
        written = write(row.answers(), place) if row.readable else {}
        if made.id:
            written["__id"] = row.instance_id
        if system:
            known = _system(row)
            written["__system"] = known if every else {name: known[name] for name in SYSTEM if name in system}
        if scores:
            result = dict(zip(RESULT, row.result or (), strict=True))
            written[SCORES] = result if len(scores) == len(RESULT) else {name: result[name] for name in scores}
        return written

    return write_row


def _system(row: Row) -> dict[str, Any]:
    status = None if row.content_there is None else "notDecrypted" if row.content_there else "missingEncryptedFormData"
    return {
        "submissionDate": row.created,
        "updatedAt": row.updated,
        "submitterId": None if row.submitter_id is None else str(row.submitter_id),
        "submitterName": row.submitter_name,
        "attachmentsPresent": row.present,
        "attachmentsExpected": row.expected,
        "status": status,
        "reviewState": row.review_state,
        "deviceId": row.device_id,
        "edits": row.edits,
        "formVersion": row.form_version,
        "deletedAt": row.deleted,
    }


def _repeat(
    session: Session, asked: Asked, of: Table, made: Shape, wanted: list[ColumnElement[bool]], order: list[Any]
) -> Iterator[bytes]:
    query = asked.query
    token, after = query.skiptoken, []
    if token is not None and "instanceId" in token:
        after = _after(session, asked.source, token, "instanceId", itself=True)
    found = submission_rows.chunks(session, replace(asked.source, scored=False), [*wanted, *after], order=order)
    cursor = _Cursor(asked, of, made, _repeat_id(token))
    first = cursor.rows(found)
    return _repeat_written(session, asked, of, wanted, cursor, first)


def _repeat_id(token: Mapping[str, Any] | None) -> str | None:
    if token is None:
        return None
    if not isinstance(token.get("repeatId"), str):
        raise Problem(Kind.SKIPTOKEN_BAD)
    return str(token["repeatId"])


def _repeat_written(
    session: Session,
    asked: Asked,
    of: Table,
    wanted: list[ColumnElement[bool]],
    cursor: _Cursor,
    rows: Iterator[list[bytes]],
) -> Iterator[bytes]:
    before = b'{"value":['
    for chunk in rows:
        yield before + b",".join(chunk)
        before = b","
    link = None
    if cursor.more:
        link = _next(asked, asked.query.skip + cursor.written, **cursor.last)
    number = _count(session, asked, of, wanted) if asked.query.count else None
    yield (b"" if before == b"," else before) + footer(asked, of.name, link, number)


def _count(session: Session, asked: Asked, of: Table, wanted: list[ColumnElement[bool]]) -> int:
    found = submission_rows.chunks(session, replace(asked.source, scored=False), wanted)
    return sum(tables.number_of_instances(of, row.answers()) for chunk in found for row in chunk)


class _Cursor:
    """Goes through the rows of a repeat: past those before the page, up to the page's end, and one further."""

    def __init__(self, asked: Asked, of: Table, made: Shape, begins_after: str | None) -> None:
        self.of, self.begins_after = of, begins_after
        self.write = repeat_writer(of, made)
        self.skip, self.top = asked.query.skip, asked.query.top
        self.written, self.passed, self.more = 0, 0, False
        self.last: dict[str, str] = {}
        self.deep = bool(asked.query.skiptoken and "instanceId" in asked.query.skiptoken)

    def rows(self, found: Iterator[list[Row]]) -> Iterator[list[bytes]]:
        """As JSON, in chunks; raises REPEAT_ROW_UNKNOWN where the row of the token is gone."""
        for chunk in found:
            page = [row for one in chunk for row in self._of(one)]
            if page:
                yield page
            if self.more:
                return
        if self.begins_after is not None:
            raise Problem(Kind.REPEAT_ROW_UNKNOWN)

    def _of(self, submission: Row) -> Iterator[bytes]:
        if self.more:
            return
        self.passed += 1
        inside = submission.answers()
        if self.begins_after is None and self.skip:
            number = tables.number_of_instances(self.of, inside)
            if number <= self.skip:
                self.skip -= number
                return
        for answers, id_, parent_id, place in tables.instances(self.of, inside, submission.instance_id):
            if self.begins_after is not None:
                if id_ == self.begins_after:
                    self.begins_after = None
            elif self.skip:
                self.skip -= 1
            elif self.top is not None and self.written >= self.top:
                self.more = self.top > 0
                return
            else:
                self.written += 1
                self.last = {"repeatId": id_}
                if self.deep or self.passed > _FAR:
                    self.last["instanceId"] = submission.instance_id
                yield orjson.dumps(self.write(answers, id_, parent_id, place))


def repeat_writer(of: Table, made: Shape) -> Any:
    write, parent_key = made.writers.of(of.path), of.parent_key
    with_id, with_parent = made.id, made.parent

    def write_row(answers: Any, id_: str, parent_id: str, place: tables.Place) -> dict[str, Any]:
        written = write(answers, place)
        if with_id:
            written["__id"] = id_
        if with_parent:
            written[parent_key] = parent_id
        return written

    return write_row
