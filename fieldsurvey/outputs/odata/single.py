"""The answer to an OData request for one submission, or for rows of its repeats: `Submissions('uuid:…')/children/child`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.outputs import submission_rows
from fieldsurvey.outputs.odata import submissions, tables
from fieldsurvey.outputs.odata.query import Query, make_token, next_link
from fieldsurvey.outputs.odata.submissions import Asked
from fieldsurvey.outputs.odata.tables import ROOT, Table
from fieldsurvey.store.submissions import Submission

_KEYED = re.compile(r"([^(]+)\('(.*)'\)", re.DOTALL)
Step = tuple[str, str | None]  # a part of the path, and the id in its brackets


def step(part: str) -> Step:
    """`child('46eb')` → (child, 46eb)."""
    found = _KEYED.fullmatch(part)
    return (found[1], found[2].replace("''", "'")) if found else (part, None)


def rows(session: Session, asked: Asked, path: Sequence[Step]) -> bytes:
    """Raises NOT_FOUND, and what a selection or a token may be refused for."""
    of = tables.found(asked.schema, ".".join(name for name, _ in path))
    made = submissions.shape(asked, of)
    wanted = [Submission.instance_id == path[0][1], Submission.deleted_at.is_(None)]
    row = next((row for chunk in submission_rows.chunks(session, asked.source, wanted) for row in chunk), None)
    if row is None:
        raise Problem(Kind.NOT_FOUND)
    if not of.path:
        found = [(row.instance_id, submissions.root_writer(made)(row))]
    else:
        write = submissions.repeat_writer(of, made)
        inside = tables.instances(of, row.answers(), row.instance_id)
        found = [(id_, write(*one)) for one in inside if _below(of, path, one) for id_ in [one[1]]]
    return _page(asked, of, found)


def _below(of: Table, path: Sequence[Step], instance: tuple[Any, str, str, Any]) -> bool:
    """Whether a row belongs to the ids in the path; the last one says it all."""
    _, id_, parent_id, _ = instance
    last, key = [(at, key) for at, (_, key) in enumerate(path) if key is not None][-1]
    if last == 0:
        return True
    return key == (id_ if last == len(path) - 1 else parent_id)


def _page(asked: Asked, of: Table, found: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
    query = asked.query
    begin = _begin(query, [id_ for id_, _ in found])
    end = len(found) if query.top is None else begin + query.top
    page = found[begin:end]
    link = None
    if page and end < len(found):
        last = {"repeatId": page[-1][0]} if of.path else {"instanceId": page[-1][0]}
        link = next_link(asked.address, make_token(**last))
    body = orjson.dumps([row for _, row in page])[:-1]
    return b'{"value":' + body + submissions.footer(asked, of.name, link, len(found) if query.count else None)


def _begin(query: Query, ids: list[str]) -> int:
    if query.skiptoken is None:
        return query.skip
    last = query.skiptoken.get("repeatId")
    if not isinstance(last, str):
        raise Problem(Kind.SKIPTOKEN_BAD)
    if last not in ids:
        raise Problem(Kind.REPEAT_ROW_UNKNOWN)
    return ids.index(last) + 1


def path(parts: Sequence[str]) -> list[Step] | None:
    """The path of one submission; None where it is that of a table."""
    steps = [step(part) for part in parts]
    return steps if steps[0][0] == ROOT and steps[0][1] is not None else None
