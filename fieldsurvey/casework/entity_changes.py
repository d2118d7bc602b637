"""One entity of one submission: what it asks for, judged, and made of it by the rules of ODK's entities specification.

A change made without a line names its branch (a run of changes of one phone) and counts versions as the phone does; it
waits in the backlog where the change before it has not come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from fieldsurvey.casework import entities, register_list
from fieldsurvey.casework.entities import Branch, Change, Done, Source
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.entities import CREATE, UPDATE, Sent
from fieldsurvey.rules import entities as rules
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, backlog, household_conflicts
from fieldsurvey.store import entities as store

HELD = "submission.backlog.hold"


@dataclass(frozen=True, slots=True)
class Means:
    """What a submission's situation permits."""

    creates: bool = True  # lists that ask for approval wait for it
    approved: bool = False
    updates: bool = True  # an update is made when the submission comes, not when it is approved
    forced: bool = False  # it has waited long enough


@dataclass(frozen=True, slots=True)
class Work:
    """The submission whose entities are changed, who does it, and what comes of it."""

    connection: Connection
    submission_id: int
    version_id: int
    source: Source
    place: Place
    means: Means
    by: Doer
    now: datetime
    changed: set[int] = field(default_factory=set)  # lists
    released: list[Any] = field(default_factory=list)  # what waited for these changes


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entity that a submission wants to change; the list and the uuid are known to be good."""

    dataset: Any  # Row: id, name, approval_required, kind, round_id
    uuid: str
    sent: Sent

    @property
    def key(self) -> tuple[int, str]:
        return self.dataset.id, self.uuid

    def attribute(self, name: str) -> str | None:
        return self.sent.attributes.get(name) or None

    def change(self, *, named: bool) -> Change:
        """`named`: it must have a label. Raises MISSING_PARAMETER."""
        label = self.sent.label if self.sent.label and self.sent.label.strip() else None
        if named and label is None:
            raise Problem(Kind.MISSING_PARAMETER, field=rules.LABEL)
        return Change(label, self.sent.data)

    def base(self) -> int | None:
        """Raises WRONG_TYPE."""
        given = self.attribute("baseVersion")
        return rules.version(given) if given and given.strip() else None

    def branch(self, base: int | None) -> Branch | None:
        """Raises WRONG_TYPE, and MISSING_PARAMETER where there is a trunk without a branch."""
        given, trunk = self.attribute("branchId"), self.attribute("trunkVersion")
        name = rules.uuid4(given, "branchId") if given or trunk else None
        if name is None:
            return None
        return Branch(name, rules.version(trunk, "trunkVersion") if trunk else None, base)


def uuids(said: Iterable[Sent]) -> list[str]:
    """The good ones, once each."""
    found = set()
    for one in said:
        try:
            found.add(rules.uuid4(one.attributes.get("id")))
        except Problem:
            continue
    return sorted(found)


def wanted(sent: Sent, lists: Mapping[str, Any], actions: Mapping[str, Sequence[str]]) -> Wanted:
    """`lists` of the round by name; `actions` that the form permits on each. Raises what is wrong with it."""
    name = sent.attributes.get("dataset") or ""
    if not name.strip():
        raise Problem(Kind.MISSING_PARAMETER, field="dataset")
    if name not in lists:
        raise Problem(Kind.DATASET_UNKNOWN, datasetName=name)
    permitted = list(actions.get(name, ()))
    for action in (CREATE, UPDATE):
        if sent.wants(action) and action not in permitted:
            raise Problem(Kind.ENTITY_ACTION_FORBIDDEN, action=action, permitted=permitted)
    return Wanted(lists[name], rules.uuid4(sent.attributes.get("id")), sent)


def make(work: Work, want: Wanted) -> None:
    """Create or update the entity, or let the change wait."""
    done = _done(work, want)
    if done is None:
        return
    work.changed.add(want.dataset.id)
    base, branch_id = _place_in_branch(want, done)
    work.released.extend(backlog.take_following(work.connection, *want.key, base, branch_id))


def _place_in_branch(want: Wanted, done: Done) -> tuple[int, str | None]:
    """(the version that follows, as phones count; the branch, None: any). All branches begin where an entity is made."""
    base = want.base()
    branch = want.branch(base)
    if branch is None or base is None:
        return 1, branch.id if branch is not None and done.version > 1 else None
    return base + 1, branch.id


def _done(work: Work, want: Wanted) -> Done | None:
    creates, updates = want.sent.wants(CREATE), want.sent.wants(UPDATE)
    if updates and work.means.updates:
        try:
            return _update(work, want)
        except Problem as problem:
            if not _may_be_created(problem) or not (creates or work.means.forced):
                raise
            return _create(work, want)
    if not creates:
        return None
    if updates and _locked(work, want) is not None:
        return None
    return _create(work, want) if want.dataset.kind else _create_or_take_over(work, want)


def _locked(work: Work, want: Wanted) -> Any:
    """The entity, or the household of the round's list, held against other changes; None: there is none."""
    if want.dataset.kind:
        return register_list.locked(work.connection, want.dataset.round_id, want.uuid)
    return store.locked(work.connection, *want.key)


def _may_be_created(problem: Problem) -> bool:
    """The entity is not there, or the phone did not know of any version of it."""
    return problem.kind is Kind.ENTITY_UNKNOWN or (
        problem.kind is Kind.MISSING_PARAMETER and problem.params.get("field") == "baseVersion"
    )


def _create(work: Work, want: Wanted) -> Done | None:
    if not (work.means.approved if want.dataset.approval_required else work.means.creates):
        return None
    change = want.change(named=not work.means.forced)
    branch = want.branch(want.base())
    if branch is not None and not work.means.forced:
        branch = Branch(branch.id, branch.trunk, None)
    if change.label is None:
        change = Change(want.uuid, change.data)
    given: dict[str, Any] = {
        "source": work.source,
        "branch": branch,
        "place": work.place,
        "by": work.by,
        "now": work.now,
    }
    if want.dataset.kind:
        return register_list.create(work.connection, want.dataset.round_id, want.uuid, change, **given)
    return entities.create(work.connection, want.dataset, want.uuid, change, **given)


def _create_or_take_over(work: Work, want: Wanted) -> Done | None:
    """Where an update had waited too long and was made the first version, what was meant to be that comes on top."""
    try:
        return _create(work, want)
    except Problem as problem:
        if problem.kind is not Kind.ALREADY_EXISTS:
            raise
        found = store.locked(work.connection, *want.key)
        first = store.version_of(work.connection, found.id, 1) if found is not None else None
        if first is None or not first.source.get("forced"):
            raise
    change, branch = want.change(named=True), want.branch(want.base())
    source = replace(work.source, details={**work.source.details, "action": CREATE})
    return entities.update(
        work.connection, want.dataset, found, change, found.version,
        source=source, branch=branch, creates=True, by=work.by, now=work.now,
    )  # fmt: skip


def _update(work: Work, want: Wanted) -> Done | None:
    change = want.change(named=False)
    base = want.base()
    branch = want.branch(base)
    if base is None:
        raise Problem(Kind.MISSING_PARAMETER, field="baseVersion")
    found = _locked(work, want)
    ours = _our_version(work, want, found, base, branch)
    if ours is None and branch is not None and not work.means.forced:
        _hold(work, want, branch, base)
        return None
    if found is None:
        raise Problem(Kind.ENTITY_UNKNOWN, entityUuid=want.uuid, datasetName=want.dataset.name)
    if found.deleted_at is not None:
        raise Problem(Kind.ENTITY_DELETED, entityUuid=want.uuid)
    if ours is None and branch is None:
        raise _no_version(want, base)
    if branch is not None and (branch.trunk or 0) > found.version:
        raise _no_version(want, f"trunkVersion={branch.trunk}")
    given: dict[str, Any] = {"source": work.source, "branch": branch, "by": work.by, "now": work.now}
    if want.dataset.kind:
        _require_place(work, want, found)
        return register_list.update(work.connection, found, change, ours or found.version, **given)
    return entities.update(work.connection, want.dataset, found, change, ours or found.version, **given)


def _require_place(work: Work, want: Wanted, found: Any) -> None:
    """A phone changes the households of its own villages. Raises OUTSIDE_AREA, FORBIDDEN."""
    if not work.means.forced:
        place = Place(found.province_id, found.commune_id, found.village_id)
        permissions.require(work.by, Permission.SUBMIT, place, want.dataset.round_id)


def _no_version(want: Wanted, base: int | str) -> Problem:
    return Problem(Kind.ENTITY_VERSION_UNKNOWN, baseVersion=base, entityUuid=want.uuid, datasetName=want.dataset.name)


def _our_version(work: Work, want: Wanted, found: Any, base: int, branch: Branch | None) -> int | None:
    """The version, as we count, from which the change was made; None: we have not got it."""
    if found is None or found.deleted_at is not None:
        return None
    if branch is None or base in (1, branch.trunk):
        return base if 1 <= base <= found.version else None
    branch_version = household_conflicts.branch_version if want.dataset.kind else backlog.branch_version
    return branch_version(work.connection, found.id, branch.id, base - 1)


def _hold(work: Work, want: Wanted, branch: Branch, base: int) -> None:
    audit.record(
        work.connection, HELD, "submission", work.submission_id, by=work.by, now=work.now,
        submissionId=work.submission_id, submissionDefId=work.version_id,
    )  # fmt: skip
    row = {
        "dataset_id": want.dataset.id,
        "submission_id": work.submission_id,
        "submission_version_id": work.version_id,
        "uuid": want.uuid,
        "branch_id": branch.id,
        "branch_base_version": base,
        "held_at": work.now,
    }
    backlog.hold(work.connection, row)
