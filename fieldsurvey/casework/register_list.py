"""Verbs on the round's list as ODK's entities: a household is created, changed, deleted and restored through the register's
own verbs and history; a change made from an older version is a conflict that an officer decides.

Who may do it: a program needs EDIT_REGISTER at the household's place; a phone changes what its village has by sending a
submission, and what it creates waits for the approval of that submission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import entity_places, handing_over, households, listing, register_changes
from fieldsurvey.casework.entities import Branch, Change, Done, Source, exists
from fieldsurvey.casework.register_changes import NOTHING, Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import entities as rules
from fieldsurvey.rules import listing as listing_rules
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.register import HEAD, Ceased
from fieldsurvey.rules.register import Change as Changed
from fieldsurvey.store import audit, household_conflicts, household_events, register
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.rounds import Round

HEAD_NAME, VILLAGE = "head_name", "village"
WRITABLE = (VILLAGE, "code", HEAD_NAME, "address")  # the other properties come from reviews and approved answers
REASON = "ODK"  # said of what came as an entity, where nobody gave a reason
_LIST = "households"


@contextmanager
def _session(connection: Connection) -> Iterator[Session]:
    """A session inside somebody else's transaction, which it neither commits nor ends."""
    with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session:
        yield session
        session.flush()


def locked(connection: Connection, round_id: int, uuid: str) -> Any:
    """A listed household as an entity, held against other changes; None: the round has none of this name."""
    columns = Household.__table__.c
    query = (
        select(*columns, Area.code.label(VILLAGE))
        .join(Case, (Case.household_id == columns.id) & (Case.round_id == round_id))
        .outerjoin(Area, Area.id == columns.village_id)
        .where(columns.uuid == uuid)
        .with_for_update(of=Household)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        ceased = select(*columns).where(columns.uuid == uuid, columns.deleted_at.is_not(None))
        row = connection.execute(ceased).one_or_none()
        if row is None:
            return None
    conflict = household_conflicts.conflict_of(connection, row.id)
    known = dict(row._mapping)
    data = {name: known.get(name) or "" for name in WRITABLE}
    return SimpleNamespace(**known, label=row.head_name, data=data, conflict=conflict.kind if conflict else None)


def values(change: Change) -> dict[str, str]:
    """Property → new value; the label is the head's name. Raises ENTITY_INVALID for what only a review may change."""
    found = dict(change.data)
    if change.label and not found.get(HEAD_NAME):
        found[HEAD_NAME] = change.label
    wrong = next((name for name in found if name not in WRITABLE), None)
    if wrong is not None:
        raise Problem(Kind.ENTITY_INVALID, reason=f"“{wrong}” comes from reviews and cannot be changed as an entity.")
    if HEAD_NAME in found and not tidy(found[HEAD_NAME]):
        raise Problem(Kind.ENTITY_INVALID, reason=f"“{HEAD_NAME}” is empty.")
    return found


def update(
    connection: Connection,
    found: Any,
    change: Change,
    base_version: int,
    *,
    source: Source,
    branch: Branch | None = None,
    by: Doer,
    now: datetime,
) -> Done:
    """The next version of a household. Raises ENTITY_VERSION_UNKNOWN, ENTITY_INVALID, AREA_UNFIT."""
    given = values(change)
    if base_version > found.version or base_version < 1:
        raise Problem(
            Kind.ENTITY_VERSION_UNKNOWN, baseVersion=base_version, entityUuid=found.uuid, datasetName=_LIST
        )  # fmt: skip
    since = changed_since(connection, found.id, base_version) if base_version != found.version else set()
    names = [name for name, value in given.items() if name in since and value != found.data[name]]
    with _session(connection) as session:
        household = session.get_one(Household, found.id)
        _carry(session, household, given, by, now)
        was = register_changes.picture(session, household)
        _apply(session, household, given)
        act = Act(Changed.CORRECTED, by, now, by.notes or REASON)
        if register_changes.write_down(session, household, was, act) is None:
            household.version, household.updated_at = household.version + 1, now
    done = _noted(connection, household, change, base_version, names, source, branch, by, now)
    if since:
        _conflict(connection, household, found, names, base_version, now)
    return done


def _apply(session: Session, household: Household, given: Mapping[str, str]) -> None:
    if HEAD_NAME in given:
        households.rename_head(session, household, tidy(given[HEAD_NAME]))
    for name in ("code", "address"):
        if name in given:
            setattr(household, name, households.short(given[name]))


def _carry(session: Session, household: Household, given: Mapping[str, str], by: Doer, now: datetime) -> None:
    """Into another village of its commune; a move between communes has two sides, and is no entity's change."""
    if not given.get(VILLAGE):
        return
    to = entity_places.of_one(session.connection(), given)
    if to.village_id is None or to.commune_id != household.commune_id:
        raise Problem(Kind.AREA_UNFIT, area=given[VILLAGE])
    if to.village_id != household.village_id:
        handing_over.relocate(session, household, to, Act(Changed.MOVED, by, now, by.notes or REASON))


def changed_since(connection: Connection, household_id: int, version: int) -> set[str]:
    """The properties that have been changed after a version; bulk changes without a version of their own count too."""
    known = {"head_name": HEAD_NAME, "address": "address", "code": "code", "village_id": VILLAGE}
    found: set[str] = set()
    for event in household_events.after_version(connection, household_id, version):
        found |= {known[name] for name in event.after.get("household") or {} if name in known}
    return found


def _noted(
    connection: Connection,
    household: Household,
    change: Change,
    base_version: int | None,
    names: list[str],
    source: Source,
    branch: Branch | None,
    by: Doer,
    now: datetime,
) -> Done:
    row = {
        "household_id": household.id,
        "version": household.version,
        "received": change.received,
        "base_version": base_version,
        "branch_id": branch.id if branch else None,
        "trunk_version": branch.trunk if branch else None,
        "branch_base_version": branch.base if branch else None,
        "conflicting": names,
        "source": dict(source.details),
        "submission_version_id": source.submission_version_id,
        "creator_id": source.creator_id or by.id or None,
        "user_agent": source.user_agent,
        "created_at": now,
    }
    change_id = household_conflicts.add_change(connection, row)
    return Done(household.id, household.uuid, household.version, change_id)


def _conflict(
    connection: Connection, household: Household, found: Any, names: list[str], base: int, now: datetime
) -> None:
    before = household_conflicts.conflict_of(connection, household.id)
    row = {
        "household_id": household.id,
        "kind": rules.worse(found.conflict, names).value,
        "since_version": min(base, before.since_version) if before is not None else base,
        "at": now,
        **households.placed(household.place),
    }
    household_conflicts.set_conflict(connection, row)


def create(
    connection: Connection,
    round_id: int,
    uuid: str,
    change: Change,
    *,
    source: Source,
    branch: Branch | None = None,
    place: Place = entity_places.NOWHERE,
    by: Doer,
    now: datetime,
) -> Done:
    """A household with its head, on the round's list. `place`: its village, unless its properties name one.

    Raises MISSING_PARAMETER, ALREADY_EXISTS, ENTITY_EXISTS_DELETED, ENTITY_INVALID, AREA_UNFIT, FORBIDDEN, OUTSIDE_AREA.
    """
    given = values(change)
    if not given.get(HEAD_NAME):
        raise Problem(Kind.MISSING_PARAMETER, field=rules.LABEL)
    with _session(connection) as session:
        known = register.by_uuid(session, uuid)
        if known is not None and known.deleted_at is not None:
            raise Problem(Kind.ENTITY_EXISTS_DELETED, entityUuids=[uuid])
        if known is not None:
            raise exists([uuid])
        to = entity_places.of_one(connection, given) if given.get(VILLAGE) else place
        if to.village_id is None:
            raise Problem(Kind.AREA_UNFIT, area=given.get(VILLAGE) or "?")
        permissions.require(by, Permission.EDIT_REGISTER, to)
        household = _registered(session, uuid, given, to, Act(Changed.REGISTERED, by, now, by.notes or REASON))
        of = session.get_one(Round, round_id)
        listing.add(session, of, household, listing_rules.Source.OFFICER, by.notes or REASON, by=by, now=now)
    return _noted(connection, household, change, None, [], source, branch, by, now)


def _registered(session: Session, uuid: str, given: Mapping[str, str], to: Place, act: Act) -> Household:
    name = tidy(given[HEAD_NAME])
    made = Household(
        uuid=uuid, version=1, head_name=name, name_fold=fold(name), code=households.short(given.get("code", "")),
        address=households.short(given.get("address", "")), member_count=1, created_at=act.now, updated_at=act.now,
        **households.placed(to),
    )  # fmt: skip
    session.add(made)
    session.flush()
    head = Member(
        uuid=register.new_uuid(), household_id=made.id, position=1, name=name, name_fold=fold(name), relation=HEAD
    )
    session.add(head)
    register_changes.write_down(session, made, NOTHING, act)
    return made


def delete(connection: Connection, found: Any, *, by: Doer, now: datetime) -> None:
    """It ceases, as a mistake unless somebody says more on its page."""
    with _session(connection) as session:
        households.cease(session, found.id, Ceased.MISTAKE, by.notes or REASON, by=by, now=now)


def restore(connection: Connection, found: Any, *, by: Doer, now: datetime) -> None:
    with _session(connection) as session:
        households.restore(session, found.id, by=by, now=now, reason=by.notes or REASON)


def resolve(connection: Connection, found: Any, *, by: Doer, now: datetime, note: str = "") -> None:
    """An officer has looked at the versions that were made side by side. Raises FORBIDDEN, OUTSIDE_AREA."""
    permissions.require(by, Permission.EDIT_REGISTER, Place(found.province_id, found.commune_id, found.village_id))
    household_conflicts.clear(connection, found.id)
    audit.record(connection, "household.conflict_decided", "household", found.id, by=by, now=now, note=note)
