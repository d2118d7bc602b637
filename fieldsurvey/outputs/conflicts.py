"""Conflicts of entity lists, for the officer who decides: which are open, and field by field what each side says.

A household of the round's list and an entity of any other list are told in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.outputs import entity_history, household_versions
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import people
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.entities import Dataset, Entity, HeldChange
from fieldsurvey.store.forms import HOUSEHOLDS, Form
from fieldsurvey.store.household_conflicts import HouseholdConflict
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission

MOST = 200  # shown on one page; who decides them gets the next ones


@dataclass(frozen=True, slots=True)
class Open:
    """One line of the list of conflicts."""

    list_name: str
    uuid: str
    label: str
    kind: str  # soft | hard
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Option:
    """What one side says. `who` empty: not known; `phone`: it came from a form, not from the office."""

    value: str
    who: str
    at: datetime | None
    phone: bool
    version: int
    present: bool  # as it is now


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A property of which the versions differ. `before`: what it was when they parted."""

    name: str
    before: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    list_name: str
    uuid: str
    label: str
    kind: str
    version: int  # as it is now: who decides has looked at this one
    fields: tuple[FieldConflict, ...]
    case_id: int | None = None  # of a household


@dataclass(frozen=True, slots=True)
class Held:
    """A change that came before the one which it follows."""

    id: int
    list_name: str
    uuid: str
    label: str  # empty where the entity is not there yet
    who: str
    at: datetime
    base: int
    form: str


def of_round(session: Session, of: Round, register: Scope, lists: Scope) -> list[Open]:
    """The newest first. `register`: where the reader edits households; `lists`: where they manage other lists."""
    of_households = (
        select(Household.uuid, Household.head_name, HouseholdConflict.kind, HouseholdConflict.at)
        .join(Household, Household.id == HouseholdConflict.household_id)
        .join(Case, (Case.household_id == Household.id) & (Case.round_id == of.id))
        .where(in_scope(HouseholdConflict, register), Household.deleted_at.is_(None))
    )
    found = [Open(HOUSEHOLDS, *row) for row in session.execute(of_households.limit(MOST))]
    of_lists = (
        select(Dataset.name, Entity.uuid, Entity.label, Entity.conflict, Entity.updated_at)
        .join(Dataset, Dataset.id == Entity.dataset_id)
        .where(Dataset.round_id == of.id, Dataset.deleted_at.is_(None), Entity.deleted_at.is_(None))
        .where(Entity.conflict.is_not(None), in_scope(Entity, lists))
    )
    rows: Any = session.execute(of_lists.limit(MOST))
    found += [Open(*row) for row in rows]
    return sorted(found, key=lambda one: one.at or of.created_at, reverse=True)[:MOST]


def one(session: Session, of: Round, list_name: str, uuid: str, register: Scope, lists: Scope) -> Conflict | None:
    """None: there is none, or not in the reader's area."""
    if list_name == HOUSEHOLDS:
        return _of_household(session, of, uuid, register)
    dataset = session.scalar(
        select(Dataset).where(Dataset.round_id == of.id, Dataset.name == list_name, Dataset.published_at.is_not(None))
    )
    entity = entity_history.found(session, dataset, uuid, lists) if dataset is not None else None
    if entity is None or entity.conflict is None:
        return None
    versions = entity_history.versions(session, entity, relevant=True, extended=False)
    return Conflict(list_name, uuid, entity.label, entity.conflict, entity.version, _fields(session, versions))


def _of_household(session: Session, of: Round, uuid: str, scope: Scope) -> Conflict | None:
    household = household_versions.listed(session, of.id, uuid, scope)
    conflict = session.get(HouseholdConflict, household.id) if household is not None else None
    if household is None or conflict is None:
        return None
    versions = household_versions.versions(session, household, relevant=True)
    case_id = session.scalar(select(Case.id).where(Case.household_id == household.id, Case.round_id == of.id))
    fields = tuple(one for one in _fields(session, versions) if one.name != "label")  # which is the head's name
    return Conflict(HOUSEHOLDS, uuid, household.head_name, conflict.kind, household.version, fields, case_id)


def _fields(session: Session, versions: Sequence[Mapping[str, Any]]) -> tuple[FieldConflict, ...]:
    """The properties that a version after the first one brought. The first one is what all of them were made from."""
    if not versions:
        return ()
    base, *after = versions
    names = people.names(session, {one["creatorId"] for one in after if one["creatorId"]})
    first = {"label": base["label"], **base["data"]}
    last = {"label": after[-1]["label"], **after[-1]["data"]} if after else first
    brought = dict.fromkeys(name for one in after for name in one["dataReceived"])
    made = []
    for name in brought:
        options: dict[str, Option] = {}
        for one in after:
            if name in one["dataReceived"]:
                value = one["dataReceived"][name]
                options[value] = _option(one, value, names, last.get(name, ""))
        if first.get(name, "") not in options:
            options = {
                first.get(name, ""): Option(first.get(name, ""), "", None, False, base["version"], False),
                **options,
            }
        if len(options) > 1:
            made.append(FieldConflict(name, first.get(name, ""), tuple(options.values())))
    return tuple(made)


def _option(version: Mapping[str, Any], value: str, names: Mapping[int, str], present: str) -> Option:
    phone = version["branchId"] is not None or "event" in version["source"] or "submission" in version["source"]
    who = names.get(version["creatorId"] or 0, "")
    return Option(value, who, version["createdAt"], phone, version["version"], value == present)


def held(session: Session, of: Round, scope: Scope) -> list[Held]:
    """The backlog, oldest first: what waits for a change that has not come."""
    query = (
        select(
            HeldChange.id, Dataset.name, HeldChange.uuid, Entity.label, Household.head_name, Submission.submitter_id,
            HeldChange.held_at, HeldChange.branch_base_version, Form.xml_form_id,
        )
        .join(Dataset, Dataset.id == HeldChange.dataset_id)
        .join(Submission, Submission.id == HeldChange.submission_id)
        .join(Form, Form.id == Submission.form_id)
        .outerjoin(Entity, (Entity.dataset_id == HeldChange.dataset_id) & (Entity.uuid == HeldChange.uuid))
        .outerjoin(Household, Household.uuid == HeldChange.uuid)
        .where(Dataset.round_id == of.id, in_scope(Submission, scope))
        .order_by(HeldChange.id)
        .limit(MOST)
    )  # fmt: skip
    rows = session.execute(query).all()
    names = people.names(session, {row.submitter_id for row in rows if row.submitter_id})
    return [
        Held(
            row.id,
            row.name,
            row.uuid,
            row.label or row.head_name or "",
            names.get(row.submitter_id or 0, ""),
            row.held_at,
            row.branch_base_version,
            row.xml_form_id,
        )
        for row in rows
    ]
