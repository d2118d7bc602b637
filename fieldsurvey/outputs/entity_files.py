"""Entity lists as CSV, written row by row by the database and the csv module: for programs, and for phones' forms.

Phones take a list anew when its hash has changed, so the hash moves with everything that this phone may see.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import entity_sources
from fieldsurvey.outputs.entity_sources import Source
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission, Scope
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.base import moment_text
from fieldsurvey.store.entities import Dataset, Entity
from fieldsurvey.store.people import Actor

CHUNK = 2000
_BEFORE = ("__id", "label")
_AFTER = ("__createdAt", "__creatorId", "__creatorName", "__updates", "__updatedAt", "__version")
_PHONE = ("name", "label", "__version")


@dataclass(frozen=True, slots=True)
class Cut:
    """What somebody may have of a list. Without `placed_only` also what belongs to no area: a list for everybody."""

    scope: Scope
    placed_only: bool = True
    owner_id: int | None = None  # only what this actor has made
    wanted: tuple[tuple[str, str | None], ...] = field(default=())  # property and value; no value: nothing at all

    @property
    def whole(self) -> bool:
        return self.scope.everywhere and self.owner_id is None and not self.wanted


WHOLE = Cut(Scope(everywhere=True))


def cut_for(session: Session, dataset: Dataset, by: Doer, form_id: int | None = None) -> Cut:
    """For a form's list: whoever may read entities gets all of their areas, a phone what the list's rules leave it.

    Who tries out a draft is nobody in particular, so that no rule could leave them anything: they get all of it.
    """
    scope = permissions.scope(by, Permission.READ_ENTITIES, dataset.round_id)
    if scope:
        return Cut(scope, placed_only=False)
    scope = permissions.scope(by, Permission.SUBMIT, dataset.round_id, form_id)
    if not by.id:
        return Cut(scope, placed_only=False)
    owner_id = by.id if dataset.owner_only else None
    return Cut(scope, False, owner_id, _wanted(session, dataset, by) if dataset.filters else ())


def _wanted(session: Session, dataset: Dataset, by: Doer) -> tuple[tuple[str, str | None], ...]:
    actor = session.get(Actor, by.id)
    own = actor.properties if actor is not None else {}
    return tuple((rule["datasetProperty"], own.get(rule["actorProperty"]) or None) for rule in dataset.filters)


def _conditions(source: Source, cut: Cut) -> list[ColumnElement[bool]]:
    placed = source.placed
    nowhere = and_(placed.province_id.is_(None), placed.commune_id.is_(None), placed.village_id.is_(None))
    conditions = [source.inside(cut.scope) if cut.placed_only else or_(source.inside(cut.scope), nowhere)]
    if cut.owner_id is not None:
        conditions.append(source.columns["creatorId"] == cut.owner_id)
    for name, value in cut.wanted:
        conditions.append(source.properties[name] == value if value and name in source.properties else literal(False))
    return conditions


def digest(session: Session, dataset: Dataset, cut: Cut) -> str:
    """The hash of a list as somebody may see it. Of a whole list without looking at its rows."""
    if cut.whole and not dataset.is_register:
        return _md5(f"{dataset.id},{dataset.changes}")
    source = entity_sources.of_dataset(session, dataset)
    columns = source.columns
    # Counts and versions too, not moments alone: of two changes the later one may be there before the earlier one.
    wanted = (
        func.count().filter(source.live),
        func.coalesce(func.sum(columns["version"]), 0),
        func.max(columns["createdAt"]),
        func.max(columns["updatedAt"]),
        func.max(columns["deletedAt"]),
    )
    number, versions, *moments = session.execute(source.select(*wanted).where(*_conditions(source, cut))).one()
    defined = None if dataset.is_register else session.scalar(_last_defined(dataset.id))
    newest = max((moment for moment in (*moments, defined) if moment is not None), default=None)
    return _md5(f"{dataset.id},{number},{versions},{newest}")


def _last_defined(dataset_id: int) -> Select[Any]:
    """When the list itself was changed last: its properties, its rules."""
    entry = AuditEntry
    return (
        select(entry.at)
        .where(entry.subject == "dataset", entry.subject_id == dataset_id)
        .where(entry.action.in_(("dataset.create", "dataset.update")))
        .order_by(entry.id.desc())
        .limit(1)
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def export(session: Session, source: Source, scope: Scope, *sought: ColumnElement[bool]) -> Iterator[bytes]:
    """The file for programs, newest first: of everything that is not deleted, or of what is sought."""
    columns, dialect = source.columns, session.get_bind().dialect.name
    rows = source.select(
        columns["uuid"],
        columns["label"],
        *source.properties.values(),
        moment_text(columns["createdAt"], dialect),
        columns["creatorId"],
        creator_name(source),
        columns["version"] - 1,
        moment_text(columns["updatedAt"], dialect),
        columns["version"],
    ).where(source.inside(scope), *(sought or (source.live,)))
    return _written(session, (*_BEFORE, *source.properties, *_AFTER), rows.order_by(columns["id"].desc()))


def creator_name(source: Source) -> Any:
    if source.placed is not Entity:
        return literal("")
    return select(Actor.display_name).where(Actor.id == Entity.creator_id).scalar_subquery()


def for_phone(session: Session, dataset: Dataset, cut: Cut) -> Iterator[bytes]:
    """The file for a form on a phone, newest first."""
    source = entity_sources.of_dataset(session, dataset)
    columns = source.columns
    rows = source.select(columns["uuid"], columns["label"], columns["version"], *source.properties.values())
    rows = rows.where(source.live, *_conditions(source, cut)).order_by(columns["id"].desc())
    return _written(session, (*_PHONE, *source.properties), rows)


def _written(session: Session, header: Sequence[str], query: Select[Any]) -> Iterator[bytes]:
    chunks = session.execute(query.execution_options(yield_per=CHUNK)).partitions()
    yield _lines([header, *next(chunks, ())])
    yield from map(_lines, chunks)


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def presence(session: Session, dataset: Dataset, cut: Cut, uuids: Sequence[str] | None) -> Iterator[tuple[str, bool]]:
    """(uuid, gone?) of those asked for, or of all that somebody may have: for a phone, what it may have no longer is gone.

    What the list never had is left out.
    """
    source = entity_sources.of_dataset(session, dataset)
    conditions, uuid = _conditions(source, cut), source.columns["uuid"]
    there = case((and_(source.live, *conditions), literal(True)), else_=literal(False))
    wanted = [uuid.in_(uuids)] if uuids is not None else conditions
    query = source.select(uuid, there).where(*wanted).order_by(source.columns["id"])
    for name, is_there in session.execute(query):
        yield name, not is_there
