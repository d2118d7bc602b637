"""The backlog of offline changes, and what a submission has already done to entities: statements of entity intake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, or_, select, text, union
from sqlalchemy.orm import aliased

from fieldsurvey.rules.areas import Place
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.entities import Dataset, Entity, EntityVersion, FormDataset, HeldChange
from fieldsurvey.store.forms import HOUSEHOLDS, Form
from fieldsurvey.store.household_conflicts import HouseholdEntityChange
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission, SubmissionVersion

_HELD: Any = HeldChange.__table__
_ADD = insert(_HELD)
_FOLLOWING = (
    delete(_HELD)
    .where(_HELD.c.dataset_id == bindparam("of"), _HELD.c.uuid == bindparam("name"))
    .where(_HELD.c.branch_base_version == bindparam("base"))
    .returning(_HELD)
)
_FOLLOWING_IN_BRANCH = _FOLLOWING.where(_HELD.c.branch_id == bindparam("branch"))
_BRANCH_VERSION = (
    select(func.max(EntityVersion.version))
    .where(EntityVersion.entity_id == bindparam("of"), EntityVersion.branch_id == bindparam("branch"))
    .where(EntityVersion.branch_base_version == bindparam("base"))
)
_USED = union(
    select(Entity.dataset_id, Entity.uuid)
    .join(EntityVersion, EntityVersion.entity_id == Entity.id)
    .join(SubmissionVersion, SubmissionVersion.id == EntityVersion.submission_version_id)
    .where(SubmissionVersion.submission_id == bindparam("of")),
    select(Dataset.id, Household.uuid)
    .join(HouseholdEntityChange, HouseholdEntityChange.household_id == Household.id)
    .join(SubmissionVersion, SubmissionVersion.id == HouseholdEntityChange.submission_version_id)
    .join(Form, Form.id == SubmissionVersion.form_id)
    .join(Dataset, and_(Dataset.round_id == Form.round_id, Dataset.kind == HOUSEHOLDS))
    .where(SubmissionVersion.submission_id == bindparam("of")),
    select(_HELD.c.dataset_id, _HELD.c.uuid).where(_HELD.c.submission_id == bindparam("of")),
)
_LISTS = select(Dataset.id, Dataset.name, Dataset.approval_required, Dataset.kind, Dataset.round_id).where(
    Dataset.round_id == bindparam("round"), Dataset.published_at.is_not(None)
)
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")
_REOPENED: Any = (
    select(
        SubmissionVersion.id.label("version_id"),
        SubmissionVersion.submission_id,
        SubmissionVersion.form_version_id,
        SubmissionVersion.instance_id,
        SubmissionVersion.deprecated_id,
        SubmissionVersion.xml,
        SubmissionVersion.submitter_id,
        SubmissionVersion.user_agent,
        Submission.province_id,
        Submission.commune_id,
        Submission.village_id,
        Form.round_id,
    )
    .join(Submission, Submission.id == SubmissionVersion.submission_id)
    .join(Form, Form.id == Submission.form_id)
    .where(Submission.deleted_at.is_(None), Form.deleted_at.is_(None), Submission.draft.is_(False))
)
_CURRENT = _REOPENED.where(
    SubmissionVersion.submission_id == bindparam("of"),
    SubmissionVersion.current,
    exists().where(FormDataset.version_id == SubmissionVersion.form_version_id),
)


_sibling = aliased(SubmissionVersion)
_MADE = (
    select(EntityVersion.id)
    .join(Entity, Entity.id == EntityVersion.entity_id)
    .join(_sibling, _sibling.id == EntityVersion.submission_version_id)
    .where(Entity.dataset_id == bindparam("of"), _sibling.submission_id == Submission.id)
    .correlate(Submission)
)
_FAILED = select(AuditEntry.id).where(
    AuditEntry.action == "entity.error",
    AuditEntry.subject == "submission",
    AuditEntry.subject_id == Submission.id,
    AuditEntry.params["submissionDefId"].as_integer() == SubmissionVersion.id,
)
_PENDING: Any = (
    _REOPENED.with_only_columns(SubmissionVersion.id)
    .where(SubmissionVersion.current, ~exists(_MADE), ~exists(_FAILED))
    .where(or_(Submission.review_state.is_(None), Submission.review_state.in_(("edited", "hasIssues"))))
    .where(
        exists().where(
            FormDataset.version_id == SubmissionVersion.form_version_id, FormDataset.dataset_id == bindparam("of")
        )
    )
    .order_by(SubmissionVersion.id)
)


def lists(connection: Connection, round_id: int) -> dict[str, Any]:
    """The published lists of a round by name: id, name, approval_required, kind, round_id."""
    return {row.name: row for row in connection.execute(_LISTS, {"round": round_id})}


def used(connection: Connection, submission_id: int) -> set[tuple[int, str]]:
    """(list, uuid) of the entities that a version of the submission has changed, or waits to change."""
    return {(row.dataset_id, row.uuid) for row in connection.execute(_USED, {"of": submission_id})}


def lock(connection: Connection, uuids: Sequence[str]) -> None:
    """Until the transaction ends nobody else brings changes of these entities, not even of those that are not there yet.

    Without it a change and the one that it waits for, arriving together, would not see each other. SQLite has one
    writer at a time anyway.
    """
    if connection.dialect.name == "postgresql" and uuids:
        keys = sorted(int(uuid.replace("-", "")[:15], 16) for uuid in uuids)
        connection.execute(_LOCK, {"keys": keys})


def branch_version(connection: Connection, entity_id: int, branch_id: str, base: int) -> int | None:
    """The entity's version that the branch's change from `base` has become."""
    found: int | None = connection.execute(
        _BRANCH_VERSION, {"of": entity_id, "branch": branch_id, "base": base}
    ).scalar_one()
    return found


def hold(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(_ADD, row)


def take_following(
    connection: Connection, dataset_id: int, uuid: str, base: int, branch_id: str | None
) -> Sequence[Any]:
    """What waited for this base, of one branch or (None) of any: it waits no longer."""
    values = {"of": dataset_id, "name": uuid, "base": base}
    if branch_id is None:
        found = connection.execute(_FOLLOWING, values)
    else:
        found = connection.execute(_FOLLOWING_IN_BRANCH, {**values, "branch": branch_id})
    return sorted(found, key=lambda row: row.id)


def take_older(connection: Connection, than: datetime) -> Sequence[Any]:
    """What has waited since before a moment, each branch in its order: it waits no longer."""
    found = connection.execute(delete(_HELD).where(_HELD.c.held_at < than).returning(_HELD))
    return sorted(found, key=lambda row: (row.branch_id, row.branch_base_version, row.id))


def places_of(connection: Connection, held_ids: Sequence[int], round_id: int) -> set[Place]:
    """Where the submissions of these changes belong."""
    columns = (Submission.province_id, Submission.commune_id, Submission.village_id)
    query = select(*columns).join(_HELD, _HELD.c.submission_id == Submission.id)
    query = query.join(Dataset, Dataset.id == _HELD.c.dataset_id)
    wanted = (_HELD.c.id.in_(held_ids), Dataset.round_id == round_id)
    return {Place(*row) for row in connection.execute(query.where(*wanted))}


def take(connection: Connection, held_ids: Sequence[int], round_id: int) -> Sequence[Any]:
    """These of a round, each branch in its order: they wait no longer."""
    of_round = select(Dataset.id).where(Dataset.round_id == round_id)
    wanted = (_HELD.c.id.in_(held_ids), _HELD.c.dataset_id.in_(of_round))
    found = connection.execute(delete(_HELD).where(*wanted).returning(_HELD))
    return sorted(found, key=lambda row: (row.branch_id, row.branch_base_version, row.id))


def count_older(connection: Connection, than: datetime) -> int:
    query = select(func.count()).select_from(_HELD).where(_HELD.c.held_at < than)
    return int(connection.execute(query).scalar_one())


def reopened(connection: Connection, version_id: int) -> Any:
    """A stored version of a submission; None where the submission or its form has been deleted."""
    return connection.execute(_REOPENED.where(SubmissionVersion.id == version_id)).one_or_none()


def current(connection: Connection, submission_id: int) -> Any:
    """A submission as it is now; None where its form has nothing to do with entities."""
    return connection.execute(_CURRENT, {"of": submission_id}).one_or_none()


def pending(connection: Connection, dataset_id: int) -> list[int]:
    """Present versions of submissions that nobody has decided on, and that have not changed the list, nor failed to."""
    return list(connection.scalars(_PENDING, {"of": dataset_id}))
