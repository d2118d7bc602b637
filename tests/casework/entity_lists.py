"""The list `people` with the forms that fill it: short ways to send, to review and to look, for tests without HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from fieldsurvey.casework import dataset_settings, drafts, entities, entity_intake, publishing
from fieldsurvey.casework import submissions as verbs
from fieldsurvey.extensions import blobs, db, write
from fieldsurvey.forms import definition
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import submissions
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.entities import Dataset, Entity, EntityVersion, HeldChange
from fieldsurvey.store.forms import Form
from fieldsurvey.store.submissions import Submission
from tests.cast import ADMIN, NOW, ROUND
from tests.entity_forms import submission, uuid4
from tests.world import World

ONE, TWO, THREE = uuid4(1), uuid4(2), uuid4(3)
Lived = tuple[int, dict[str, str], str | None]  # version, data, conflict


class Lists:
    """The list `people` with the forms that fill it; short ways to send and to look."""

    def __init__(self, world: World, *xmls: str) -> None:
        self.world, self.by = world, world.doer(ADMIN)
        for xml in xmls:
            self.publish(xml)

    def publish(self, xml: str) -> None:
        with write() as session:
            made = drafts.create(session, ROUND, definition.from_xml(xml.encode()), blobs(), by=self.by, now=NOW)
            publishing.publish(session, made, by=self.by, now=NOW)

    def send(self, xml: bytes, by: Doer | None = None, now: datetime = NOW) -> int:
        return self.world.send(xml, by or self.by, now).submission_id

    def create(self, instance: str = "create", uuid: str = ONE, label: str | None = "Hoa", **attributes: Any) -> int:
        answers = attributes.pop("answers", {"name": "Hoa", "age": "20", "status": "new"})
        return self.send(submission(instance, uuid, answers, label=label, create="1", **attributes))

    def update(self, instance: str, base: int, status: str, branch: str = "", trunk: str = "", **more: Any) -> int:
        answers, label = more.pop("answers", {"status": status}), more.pop("label", None)
        told = {"update": "1", "baseVersion": base, "branchId": branch, "trunkVersion": trunk, **more}
        return self.send(submission(instance, told.pop("uuid", ONE), answers, label=label, **told))

    def patch(self, base: int, uuid: str = ONE, **data: str) -> None:
        """What a script does over the API."""
        with write() as session:
            rows, dataset = session.connection(), self.dataset()
            found = entities.store.locked(rows, dataset.id, uuid)
            change = entities.Change(None, data)
            entities.update(rows, dataset, found, change, base, by=self.by, now=NOW)

    def dataset(self, name: str = "people") -> Dataset:
        return db.session.scalars(select(Dataset).where(Dataset.name == name)).one()

    def entity(self, uuid: str = ONE) -> Entity | None:
        db.session.rollback()  # what others have committed is seen by a new transaction
        db.session.expire_all()
        return db.session.scalars(select(Entity).where(Entity.uuid == uuid)).one_or_none()

    def now(self, uuid: str = ONE) -> Lived | None:
        found = self.entity(uuid)
        return (found.version, found.data, found.conflict) if found else None

    def history(self, uuid: str = ONE) -> list[EntityVersion]:
        query = select(EntityVersion).join(Entity, Entity.id == EntityVersion.entity_id).where(Entity.uuid == uuid)
        return list(db.session.scalars(query.order_by(EntityVersion.version)))

    def log(self, submission_id: int) -> list[str]:
        """What happened to the submission itself, oldest first."""
        db.session.expire_all()
        query = select(AuditEntry.action).where(
            AuditEntry.subject == "submission", AuditEntry.subject_id == submission_id
        )
        return list(db.session.scalars(query.order_by(AuditEntry.id)))

    def error(self, submission_id: int) -> tuple[float, dict[str, Any]] | None:
        query = select(AuditEntry.params).where(
            AuditEntry.action == "entity.error", AuditEntry.subject_id == submission_id
        )
        params = db.session.scalars(query.order_by(AuditEntry.id.desc())).first()
        return (params["problem"]["problemCode"], params["problem"]["problemDetails"]) if params else None

    def waiting(self) -> int:
        return db.session.scalar(select(func.count()).select_from(HeldChange)) or 0

    def review(self, submission_id: int, state: str | None) -> None:
        with write() as session:
            sent = session.get_one(Submission, submission_id)
            of = submissions.find(session.connection(), sent.form_id, sent.instance_id)
            assert of is not None
            verbs.mark(session.connection(), session.get_one(Form, sent.form_id), of, state, by=self.by, now=NOW)

    def ask_for_approval(self, asks: bool, convert: bool | None = None) -> None:
        with write() as session:
            found = session.merge(self.dataset())
            change = {"approvalRequired": asks}
            dataset_settings.change(session, found, change, convert=convert, by=self.by, now=NOW)

    def force(self, now: datetime) -> int:
        with write() as session:
            return entity_intake.force(session.connection(), by=self.by, now=now)

    def delete(self, uuid: str = ONE) -> None:
        with write() as session:
            found = entities.store.locked(session.connection(), self.dataset().id, uuid)
            entities.delete(session.connection(), self.dataset(), found, by=self.by, now=NOW)
