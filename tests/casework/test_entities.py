"""Verbs on entities: versions, conflicts, history, and the list's count of changes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from fieldsurvey.casework import entities
from fieldsurvey.casework.entities import Branch, Change, Done
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write_rows
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import entities as store
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.entities import Dataset, Entity, EntityVersion
from tests.cast import ADMIN, NOW, ROUND
from tests.world import World

UUID = "12345678-1234-4123-8234-123456789abc"
BRANCH = "a1b2c3d4-1234-4123-8234-123456789abc"


class Scene:
    """A list with one entity, changed step by step."""

    def __init__(self, world: World) -> None:
        self.by: Doer = world.doer(ADMIN)
        self.dataset = Dataset(round_id=ROUND, name="people", created_at=NOW, published_at=NOW)
        db.session.add(self.dataset)
        db.session.commit()

    def create(self, label: str = "Tuyến", **data: str) -> Done:
        with write_rows() as rows:
            done = entities.create(rows, self.dataset, UUID, Change(label, data), by=self.by, now=NOW)
            entities.settle(rows, [self.dataset.id], NOW)
        return done

    def update(self, base: int, branch: Branch | None = None, creates: bool = False, **data: str) -> Done:
        with write_rows() as rows:
            found = store.locked(rows, self.dataset.id, UUID)
            done = entities.update(
                rows, self.dataset, found, Change(None, data), base, branch=branch, creates=creates, by=self.by, now=NOW
            )
            entities.settle(rows, [self.dataset.id], NOW)
        return done

    def do(self, verb: Any, of: Any = None) -> None:
        with write_rows() as rows:
            verb(rows, self.dataset, of or store.locked(rows, self.dataset.id, UUID), by=self.by, now=NOW)

    @property
    def entity(self) -> Entity:
        return db.session.scalars(select(Entity).execution_options(populate_existing=True)).one()


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_create_makes_a_first_version(scene: Scene) -> None:
    done = scene.create(age="40")

    version = db.session.scalars(select(EntityVersion)).one()
    assert (scene.entity.label, scene.entity.data, scene.entity.version) == ("Tuyến", {"age": "40"}, 1)
    assert (version.id, version.received) == (done.version_id, {"age": "40", "label": "Tuyến"})
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "entity.create")).one()
    assert entry.params["entity"] == {"uuid": UUID, "dataset": "people"}


def test_create_again_is_refused(scene: Scene) -> None:
    scene.create()

    with pytest.raises(Problem) as refused:
        scene.create()

    assert refused.value.kind is Kind.ALREADY_EXISTS
    assert refused.value.params["fields"] == ["uuid"]


def test_uuid_of_a_deleted_entity_stays_taken(scene: Scene) -> None:
    scene.create()
    scene.do(entities.delete)

    with pytest.raises(Problem) as refused:
        scene.create()

    assert (refused.value.kind, refused.value.params) == (Kind.ENTITY_EXISTS_DELETED, {"entityUuids": [UUID]})


def test_restored_entity_is_there_again(scene: Scene) -> None:
    scene.create()
    scene.do(entities.delete)
    scene.do(entities.restore)

    assert scene.entity.deleted_at is None


def test_update_keeps_what_it_does_not_name(scene: Scene) -> None:
    scene.create(age="40", city="Huế")
    done = scene.update(1, age="41")

    assert (done.version, done.conflict) == (2, None)
    assert (scene.entity.label, scene.entity.data) == ("Tuyến", {"age": "41", "city": "Huế"})


@pytest.mark.parametrize(
    ("data", "conflict"), [({"city": "Vinh"}, "soft"), ({"age": "42"}, "hard"), ({"age": "41"}, "soft")]
)
def test_update_of_an_old_version_is_a_conflict(scene: Scene, data: dict[str, str], conflict: str) -> None:
    scene.create(age="40", city="Huế")
    scene.update(1, age="41")

    assert scene.update(1, **data).conflict == conflict
    assert scene.entity.conflict == conflict


def test_conflict_stays_until_it_is_resolved(scene: Scene) -> None:
    scene.create(age="40")
    scene.update(1, age="41")
    done = scene.update(1, age="42")
    assert scene.update(3, age="43").conflict == "hard"

    scene.do(entities.resolve, done)

    assert scene.entity.conflict is None


def test_update_of_an_unknown_version(scene: Scene) -> None:
    scene.create()

    with pytest.raises(Problem) as refused:
        scene.update(7, age="1")

    assert refused.value.kind is Kind.ENTITY_VERSION_UNKNOWN


def test_meant_to_create_what_is_there(scene: Scene) -> None:
    scene.create(age="40")

    assert scene.update(1, creates=True, age="40").conflict == "soft"
    assert scene.update(2, creates=True, age="41").conflict == "hard"


def test_branch_that_nobody_interrupted_is_no_conflict(scene: Scene) -> None:
    scene.create(age="40")
    scene.update(1, Branch(BRANCH, 1, 1), age="41")

    assert scene.update(2, Branch(BRANCH, 1, 2), age="42").conflict is None


def test_branch_that_somebody_interrupted_is_a_conflict(scene: Scene) -> None:
    scene.create(age="40")
    scene.update(1, city="Vinh")
    scene.update(1, Branch(BRANCH, 1, 1), age="41")

    assert scene.update(3, Branch(BRANCH, 1, 2), age="42").conflict == "soft"


def test_each_transaction_counts_as_a_change_of_the_list(scene: Scene) -> None:
    scene.create(age="40")
    scene.update(1, age="41")

    db.session.refresh(scene.dataset)
    assert (scene.dataset.changes, scene.dataset.changed_at) == (2, NOW)
