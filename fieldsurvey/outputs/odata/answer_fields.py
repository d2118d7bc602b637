"""What submissions may be filtered and sorted by: what the server knows of them, their answers, and what the rules said.

Answers are text in JSON. An answer that is not what its question asks for (`abc` for a number) counts as blank.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from fieldsurvey.forms.xform import FIELD, REPEAT, Schema
from fieldsurvey.outputs.odata import conditions, expression
from fieldsurvey.outputs.odata.conditions import Field, Kind
from fieldsurvey.outputs.odata.query import identifier
from fieldsurvey.outputs.odata.values import converters
from fieldsurvey.outputs.submission_rows import RESULT, Source
from fieldsurvey.store.base import Utc
from fieldsurvey.store.results import Result
from fieldsurvey.store.submissions import Submission, SubmissionVersion

DELETED = "__system/deletedAt"
SCORES = "__fieldsurvey"  # the group of what the rules said
_FROM_ROOT = "$root/Submissions/"
_SYSTEM = {
    "__id": Field(Submission.instance_id),
    "__system/submissionDate": Field(Submission.created_at, Kind.MOMENT),
    "__system/updatedAt": Field(Submission.updated_at, Kind.MOMENT),
    DELETED: Field(Submission.deleted_at, Kind.MOMENT),
    "__system/submitterId": Field(Submission.submitter_id, Kind.INTEGER),
    "__system/reviewState": Field(Submission.review_state),
    "__system/deviceId": Field(Submission.device_id),
    "__system/edits": Field(Submission.edits, Kind.INTEGER),
}
_RESULT = {
    "class": (Result.household_class, Kind.TEXT),
    "b1": (Result.b1, Kind.INTEGER),
    "b2": (Result.b2, Kind.INTEGER),
    "standard": (Result.standard_id, Kind.TEXT),
    "pointsTable": (Result.table_id, Kind.TEXT),
}
assert _RESULT.keys() < set(RESULT)  # noqa: S101
_PLACES = {"geopoint", "geotrace", "geoshape"}
_MOMENTS = {"date", "dateTime"}
# A moment that PostgreSQL can read without an error, but for a day after the 28th.
_DATE = r"^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)$"


def of_root(source: Source, schema: Schema, dialect: str) -> dict[str, Field]:
    """For the table of submissions; each by its own name and from the root."""
    fields = {**_SYSTEM, **_answers(schema, dialect), **(_scores() if source.scored else {})}
    return {**fields, **_rooted(fields)}


def of_repeat(source: Source, schema: Schema, dialect: str) -> dict[str, Field]:
    """For the table of a repeat: only what belongs to the submission around it."""
    return _rooted(of_root(source, schema, dialect))


def wanted(
    session: Session, source: Source, schema: Schema, text: str | None, now: datetime, *, repeat: bool = False
) -> list[ColumnElement[bool]]:
    """What a `$filter` lets through; deleted submissions only where it speaks of them."""
    if not text:
        return [Submission.deleted_at.is_(None)]
    dialect, tree = session.get_bind().dialect.name, expression.parse(text)
    fields = (of_repeat if repeat else of_root)(source, schema, dialect)
    sought = [conditions.where(tree, fields, dialect=dialect, now=now)]
    if not any(name.endswith(DELETED) for name in expression.names(tree)):
        sought.append(Submission.deleted_at.is_(None))
    return sought


def _rooted(fields: dict[str, Field]) -> dict[str, Field]:
    return {f"{_FROM_ROOT}{name}": field for name, field in fields.items() if not name.startswith(_FROM_ROOT)}


def _answers(schema: Schema, dialect: str) -> dict[str, Field]:
    repeats = tuple(f"{one.path}/" for one in schema.fields if one.kind == REPEAT)
    return {
        "/".join(map(identifier, one.path.split("/"))): _answer(one.path, one.type, dialect)
        for one in schema.fields
        if one.kind == FIELD and one.type not in _PLACES and not one.path.startswith(repeats or ("\0",))
    }


def _answer(path: str, kind: str, dialect: str) -> Field:
    text: Any = SubmissionVersion.answers[tuple(path.split("/"))].as_string()
    if kind in _MOMENTS:
        return Field(_moment(text, kind, dialect), Kind.MOMENT)
    if kind == "decimal":
        return Field(_cast(text, Float(), r"^[+-]?\d{1,200}(\.\d{1,200})?$", "*[^-+.0-9]*", dialect), Kind.NUMBER)
    if kind in converters(wkt=False) and kind != "boolean":
        return Field(_cast(text, BigInteger(), r"^[+-]?\d{1,18}$", "*[^-+0-9]*", dialect), Kind.INTEGER)
    return Field(text)


def _cast(text: Any, kind: Any, pattern: str, foreign: str, dialect: str) -> Any:
    """PostgreSQL fails over what it cannot cast; SQLite casts what a text begins with, so `foreign` letters are refused."""
    fits = func.glob(foreign, text) == 0 if dialect == "sqlite" else text.regexp_match(pattern)
    return case((fits, cast(text, kind)))


def _moment(text: Any, kind: str, dialect: str) -> Any:
    if dialect == "sqlite":
        return type_coerce(func.strftime("%Y-%m-%d %H:%M:%f000", text), Utc())
    pattern = _DATE + ("$" if kind == "date" else _TIME)
    day = cast(func.substr(text, 9, 2), Integer())
    rest = "T00:00:00Z" if kind == "date" else func.substr(text, 11)
    begins = func.substr(text, 1, 8).concat(func.lpad(cast(func.least(day, 28), Text()), 2, "0")).concat(rest)
    further = func.greatest(day - 28, 0) * literal_column("interval '1 day'")
    return case((text.regexp_match(pattern), cast(begins, Utc()) + further))


def _scores() -> dict[str, Field]:
    newest = select(func.max(Result.id)).where(Result.submission_id == Submission.id).correlate(Submission)
    return {
        f"{SCORES}/{name}": Field(
            select(column)
            .where(and_(Result.submission_id == Submission.id, Result.id == newest.scalar_subquery()))
            .correlate(Submission)
            .scalar_subquery(),
            kind,
        )
        for name, (column, kind) in _RESULT.items()
    }
