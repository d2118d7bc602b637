"""Submissions on a map: their answers of place as GeoJSON, each by the questions of the form version that it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from fieldsurvey.casework import versions
from fieldsurvey.forms.answers import Answers, values_at
from fieldsurvey.forms.xform import REPEAT, Field, Schema
from fieldsurvey.outputs import geometry
from fieldsurvey.outputs.entity_filters import TIMES
from fieldsurvey.outputs.submission_rows import CHUNK, Source, answers_text, select_from
from fieldsurvey.store.submissions import Submission, SubmissionVersion

ALL = "all"  # instead of a question's path: all of them
_READ = {"geopoint": geometry.point, "geotrace": geometry.line, "geoshape": geometry.polygon}


@dataclass(frozen=True, slots=True)
class OnMap:
    """Which submissions; empty means any."""

    instance_ids: Sequence[str] = ()
    submitter_ids: Sequence[int] = ()
    review_states: Sequence[str | None] = ()
    deleted: bool = False
    times: Mapping[str, datetime] = field(default_factory=dict)

    def conditions(self) -> list[ColumnElement[bool]]:
        gone = Submission.deleted_at.is_not(None)
        found: list[ColumnElement[bool]] = [gone if self.deleted else Submission.deleted_at.is_(None)]
        if self.instance_ids:
            found.append(Submission.instance_id.in_(self.instance_ids))
        if self.submitter_ids:
            found.append(Submission.submitter_id.in_(self.submitter_ids))
        if self.review_states:
            named = Submission.review_state.in_([one for one in self.review_states if one is not None])
            none = Submission.review_state.is_(None)
            found.append(or_(named, none) if None in self.review_states else named)
        return [*found, *(TIMES[name](Submission.created_at, at) for name, at in self.times.items())]


def features(
    session: Session, source: Source, wanted: OnMap, paths: Sequence[str], limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Newest first; submissions without a place are passed over."""
    text = answers_text(session.get_bind().dialect.name)
    query = select_from(source, Submission.instance_id, SubmissionVersion.form_version_id, text)
    query = query.where(*wanted.conditions()).order_by(Submission.id.desc())
    rows = session.execute(query.execution_options(yield_per=CHUNK))
    read = ((instance_id, version_id, orjson.loads(text)) for instance_id, version_id, text in rows)
    return islice(_features(session, read, paths), limit)


def of_version(session: Session, version: SubmissionVersion, paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The place of one version, under the version's own id."""
    return _features(session, [(version.instance_id, version.form_version_id, version.answers)], paths)


def _features(session: Session, rows: Iterable[Any], paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    asked: dict[int, list[tuple[Field, bool]]] = {}
    for instance_id, version_id, answers in rows:
        if version_id not in asked:
            asked[version_id] = _questions(versions.schema_of(session.connection(), version_id), paths)
        found = [place for one, repeated in asked[version_id] if (place := _place(one, repeated, answers)) is not None]
        if found:
            yield {
                "type": "Feature",
                "id": instance_id,
                "geometry": found[0] if len(found) == 1 else {"type": "GeometryCollection", "geometries": found},
                "properties": None if paths else {"fieldpath": f"/{asked[version_id][0][0].path}"},
            }


def _questions(schema: Schema, paths: Sequence[str]) -> list[tuple[Field, bool]]:
    """(question, is it in a repeat) of those asked for; of none, the form's first one outside repeats."""
    repeats = tuple(f"{one.path}/" for one in schema.fields if one.kind == REPEAT)
    places = [(one, one.path.startswith(repeats) if repeats else False) for one in schema.fields if one.type in _READ]
    if not paths:
        return [place for place in places if not place[1]][:1]
    return [(one, repeated) for one, repeated in places if ALL in paths or f"/{one.path}" in paths]


def _place(one: Field, repeated: bool, answers: Answers) -> dict[str, Any] | None:
    """The geometry; of a question in a repeat the places of all rows together."""
    found: list[dict[str, Any]] = [
        place for text in values_at(answers, one.path.split("/")) if (place := _READ[one.type](text)) is not None
    ]
    if not found or not repeated:
        return found[0] if found else None
    return {"type": f"Multi{found[0]['type']}", "coordinates": [place["coordinates"] for place in found]}
