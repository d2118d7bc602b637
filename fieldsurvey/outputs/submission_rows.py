"""The submissions of a form with their answers, in order and of any number: what every way out reads.

Rows come in chunks from the database's own cursor, whole: one statement says all that is known of a submission.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, exists, func, select, text, type_coerce
from sqlalchemy.orm import Session, aliased

from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import in_scope, moment_text
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.people import Actor
from fieldsurvey.store.results import Result
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Source:
    """Whose submissions: of a form or of its draft, in the areas that all of the scopes cover."""

    form: Form
    draft: bool
    scopes: tuple[Scope, ...]
    scored: bool = False  # with the household's class and points

    def conditions(self) -> list[ColumnElement[bool]]:
        of = [Submission.form_id == self.form.id, Submission.draft.is_(self.draft)]
        if self.draft:  # what was sent to an older draft is gone with it
            of.append(SubmissionVersion.form_version_id == self.form.draft_id)
        return [*of, *(in_scope(Submission, scope) for scope in self.scopes)]


class Row(NamedTuple):
    """A submission as it is now."""

    id: int
    instance_id: str
    created: str  # as programs read it
    updated: str | None
    deleted: str | None
    submitter_id: int | None
    submitter_name: str | None
    device_id: str | None
    review_state: str | None
    edits: int
    present: int  # files that are there
    expected: int  # files that are named
    content_there: bool | None  # of an encrypted one: whether its content has arrived; None: it can be read
    text: str  # of the answers
    form_version: str  # of the first version that was sent
    result: Sequence[Any] | None  # what RESULT names; all null where the rules have said nothing

    @property
    def readable(self) -> bool:
        return self.content_there is None

    def answers(self) -> Answers:
        """Made anew each time and soon forgotten: thousands of small objects would crowd each other out of the cache."""
        answers: Answers = orjson.loads(self.text) if self.readable else {}
        return answers


def select_from(source: Source, *columns: Any) -> Select[Any]:
    """SELECT of columns of submissions and their present versions."""
    here = and_(SubmissionVersion.submission_id == Submission.id, SubmissionVersion.current)
    return select(*columns).select_from(Submission).join(SubmissionVersion, here).where(*source.conditions())


def answers_text(dialect: str) -> ColumnElement[str]:
    """The answers as the database keeps them, unread."""
    answers = SubmissionVersion.answers
    return type_coerce(answers, Text()) if dialect == "sqlite" else cast(answers, Text())


def count(session: Session, source: Source, wanted: Sequence[ColumnElement[bool]], *, filtered: bool = True) -> int:
    """Without a filter on answers nobody needs to look at versions."""
    whole = select(func.count()).select_from(Submission).where(*source.conditions())
    query = select_from(source, func.count()) if filtered or source.draft else whole
    return session.scalar(query.where(*wanted)) or 0


def position(session: Session, source: Source, instance_id: str) -> int | None:
    """The id of a submission by its first instanceID, deleted ones too: where a page ended."""
    query = select(Submission.id).where(Submission.form_id == source.form.id, Submission.draft.is_(source.draft))
    return session.scalar(query.where(Submission.instance_id == instance_id))


def chunks(
    session: Session,
    source: Source,
    wanted: Sequence[ColumnElement[bool]],
    *,
    order: Sequence[Any] = (),
    skip: int = 0,
    limit: int | None = None,
) -> Iterator[list[Row]]:
    """Newest first, unless an order is given."""
    versions, dialect = _versions(session, source), session.get_bind().dialect.name
    if dialect == "postgresql":
        session.execute(_SOON)
    query = _query(source, dialect).where(*wanted)
    query = query.order_by(*(order or (Submission.id.desc(),))).offset(skip or None).limit(limit)
    plain = len(Row._fields) - 2
    for found in session.execute(query.execution_options(yield_per=CHUNK)).partitions():
        yield [Row._make((*row[:plain], versions.get(row[plain], ""), row[plain + 1 :] or None)) for row in found]


# PostgreSQL thinks of the last row: it would first sort all of them with their answers, and compile the statement to
# machine code, while the reader waits for the first row.
_SOON = text("SELECT set_config('cursor_tuple_fraction', '0.0001', true), set_config('jit', 'off', true)")


def _versions(session: Session, source: Source) -> dict[int, str]:
    """The names of the form's versions."""
    query = select(FormVersion.id, FormVersion.version).where(FormVersion.form_id == source.form.id)
    return dict(session.execute(query).all())


def _query(source: Source, dialect: str) -> Select[Any]:
    version, file = SubmissionVersion, Attachment.version_id == SubmissionVersion.id
    present = select(func.count(Attachment.blob)).where(file)
    expected = select(func.count()).select_from(Attachment).where(file)
    content = exists().where(file, Attachment.name == version.encrypted_file, Attachment.blob.is_not(None))
    query = select_from(
        source,
        Submission.id,
        Submission.instance_id,
        moment_text(Submission.created_at, dialect),
        moment_text(Submission.updated_at, dialect),
        moment_text(Submission.deleted_at, dialect),
        Submission.submitter_id,
        Actor.display_name,
        Submission.device_id,
        Submission.review_state,
        Submission.edits,
        present.scalar_subquery(),
        expected.scalar_subquery(),
        case((version.local_key.is_not(None), content)),
        answers_text(dialect),
        case((Submission.edits > 0, _first_version()), else_=version.form_version_id),
        *(_RESULT if source.scored else ()),
    ).outerjoin(Actor, Actor.id == Submission.submitter_id)
    newest = select(func.max(Result.id)).where(Result.submission_id == Submission.id).correlate(Submission)
    return query.outerjoin(Result, Result.id == newest.scalar_subquery()) if source.scored else query


def _first_version() -> Any:
    """The form version that a submission was sent with, before it was corrected."""
    first = aliased(SubmissionVersion)
    query = select(first.form_version_id).where(first.submission_id == Submission.id)
    return query.order_by(first.id).limit(1).correlate(Submission).scalar_subquery()


# What the rules said, as fields: the class, the points, by which law, and whether B1 was entered from the paper form.
RESULT = ("class", "b1", "b2", "standard", "pointsTable", "fromPaper")
_RESULT = (
    Result.household_class,
    Result.b1,
    Result.b2,
    Result.standard_id,
    Result.table_id,
    case((Result.id.is_not(None), Result.paper_score_by.is_not(None))),
)
