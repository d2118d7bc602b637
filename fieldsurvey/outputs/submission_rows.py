"""The submissions of a form with their answers, in order and of any number: what every way out reads.

Rows come in chunks from the database's own cursor; what few rows have (files, corrections, results, names) is asked for
once a chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

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
    form_version: str  # of the first version that was sent
    present: int  # files that are there
    expected: int  # files that are named
    content_there: bool | None  # of an encrypted one: whether its content has arrived; None: it can be read
    answers: dict[str, Any]
    result: Mapping[str, Any] | None


def select_from(source: Source, *columns: Any) -> Select[Any]:
    """SELECT of columns of submissions and their present versions."""
    here = and_(SubmissionVersion.submission_id == Submission.id, SubmissionVersion.current)
    return select(*columns).select_from(Submission).join(SubmissionVersion, here).where(*source.conditions())


def count(session: Session, source: Source, wanted: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select_from(source, func.count()).where(*wanted)) or 0


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
    dialect = session.get_bind().dialect.name
    query = select_from(
        source,
        Submission.id,
        Submission.instance_id,
        moment_text(Submission.created_at, dialect),
        moment_text(Submission.updated_at, dialect),
        moment_text(Submission.deleted_at, dialect),
        Submission.submitter_id,
        Submission.device_id,
        Submission.review_state,
        Submission.edits,
        SubmissionVersion.id,
        SubmissionVersion.form_version_id,
        SubmissionVersion.local_key,
        SubmissionVersion.encrypted_file,
        SubmissionVersion.answers,
    ).where(*wanted)
    query = query.order_by(*(order or (Submission.id.desc(),))).offset(skip or None).limit(limit)
    completer = _Completer(session, source)
    for found in session.execute(query.execution_options(yield_per=CHUNK)).partitions():
        yield completer.complete(found)


class _Completer:
    """Adds to rows what stands in other tables; remembers names and versions from chunk to chunk."""

    def __init__(self, session: Session, source: Source) -> None:
        self.session, self.scored = session, source.scored
        versions = select(FormVersion.id, FormVersion.version).where(FormVersion.form_id == source.form.id)
        self.versions: dict[int, str] = dict(session.execute(versions).all())
        self.names: dict[int | None, str | None] = {None: None}

    def complete(self, found: Sequence[Any]) -> list[Row]:
        files = self._files([row[9] for row in found])
        first = self._first_versions([row[0] for row in found if row[8]])
        results = self._results([row[0] for row in found]) if self.scored else {}
        self._learn({row[5] for row in found})
        names, versions = self.names, self.versions
        none = ()
        rows = []
        for row in found:
            (
                id_, instance, created, updated, deleted, who, device, state, edits,
                version_id, form_version, key, content, answers,
            ) = row  # fmt: skip
            own = files.get(version_id, none) if files else none
            known = versions.get(first.get(id_, form_version), "")
            present = sum(there for _, there in own)
            there = None if key is None else (content, True) in own
            rows.append(
                Row(
                    *(id_, instance, created, updated, deleted, who, names[who], device, state, edits),
                    *(known, present, len(own), there, answers, results.get(id_)),
                )
            )
        return rows

    def _files(self, version_ids: list[int]) -> dict[int, list[tuple[str, bool]]]:
        """Version id → (name, whether it is there) of each file."""
        query = select(Attachment.version_id, Attachment.name, Attachment.blob.is_not(None))
        found: dict[int, list[tuple[str, bool]]] = {}
        for version_id, name, there in self.session.execute(query.where(Attachment.version_id.in_(version_ids))):
            found.setdefault(version_id, []).append((name, bool(there)))
        return found

    def _first_versions(self, submission_ids: list[int]) -> dict[int, int]:
        """Of corrected submissions: the form version that was sent first."""
        if not submission_ids:
            return {}
        firsts = (
            select(func.min(SubmissionVersion.id))
            .where(SubmissionVersion.submission_id.in_(submission_ids))
            .group_by(SubmissionVersion.submission_id)
        )
        query = select(SubmissionVersion.submission_id, SubmissionVersion.form_version_id)
        return dict(self.session.execute(query.where(SubmissionVersion.id.in_(firsts))).all())

    def _results(self, submission_ids: list[int]) -> dict[int, Mapping[str, Any]]:
        newest = (
            select(func.max(Result.id)).where(Result.submission_id.in_(submission_ids)).group_by(Result.submission_id)
        )
        query = select(
            Result.submission_id,
            Result.household_class,
            Result.b1,
            Result.b2,
            Result.standard_id,
            Result.table_id,
            Result.paper_score_by.is_not(None),
        ).where(Result.id.in_(newest))
        return {
            row[0]: dict(zip(RESULT, (*row[1:6], bool(row[6])), strict=True)) for row in self.session.execute(query)
        }

    def _learn(self, actor_ids: set[int | None]) -> None:
        unknown = actor_ids - self.names.keys()
        if unknown:
            query = select(Actor.id, Actor.display_name).where(Actor.id.in_(unknown))
            self.names.update(dict(self.session.execute(query).all()))


# What the rules said, as fields: the class, the points, by which law, and whether B1 was entered from the paper form.
RESULT = ("class", "b1", "b2", "standard", "pointsTable", "fromPaper")
