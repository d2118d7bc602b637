"""The cast in place: short ways to people, areas and households for tests without HTTP."""

from __future__ import annotations

import io
import uuid
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select

from fieldsurvey.casework import intake, people
from fieldsurvey.casework.attachments import FilePart
from fieldsurvey.extensions import blobs, config, db, write
from fieldsurvey.forms import instance
from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import Schema
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.workflow import State
from fieldsurvey.seed import families
from fieldsurvey.store import areas, forms, progress
from fieldsurvey.store import people as people_store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import Actor
from fieldsurvey.store.register import Household
from tests.cast import COMMUNE, NOW, PROVINCE, REVIEWED, ROUND, TAO_PHU, Person

FORM = "ra-soat-ho"


class World:
    """Lives inside an application context."""

    def actor(self, person: Person) -> Actor:
        name = (
            {"email": person.sign_in, "phone": None}
            if "@" in person.sign_in
            else {"email": None, "phone": person.sign_in}
        )
        found = people_store.by_sign_in_name(db.session(), **name)
        assert found is not None
        return found

    def doer(self, person: Person) -> Doer:
        return self.actor(person).doer()

    def phone_actor(self, person: Person) -> Actor:
        """The phone that this village head carries."""
        return db.session.scalars(select(Actor).where(Actor.owner_id == self.actor(person).id)).one()

    def phone_path(self, person: Person) -> str:
        token = people.token_of(self.phone_actor(person), secret=config().secret_key)
        return f"/v1/key/{token}/projects/{ROUND}"

    def area(self, level: Level, code: str) -> Area:
        found = areas.by_code(db.session(), level, code, REVIEWED)
        assert found is not None
        return found

    def village(self, code: str = TAO_PHU) -> Area:
        return self.area(Level.VILLAGE, code)

    @property
    def schema(self) -> Schema:
        return Schema.from_dict(forms.published(db.session(), ROUND, FORM)[0][1].fields)

    def list_household(
        self, head: str = "Nguyễn Thị Tuyến", village: str = TAO_PHU, uuid_: str | None = None
    ) -> Household:
        """A household of the register, listed for the round and not yet visited."""
        place = self.village(village)
        with write() as session:
            household = Household(
                uuid=uuid_ or str(uuid.uuid4()),
                version=1,
                head_name=head,
                name_fold=fold(head),
                created_at=NOW,
                updated_at=NOW,
                province_id=place.province_id,
                commune_id=place.parent_id,
                village_id=place.id,
                prior_class="poor",
            )
            session.add(household)
            session.flush()
            session.add(
                Case(
                    round_id=ROUND,
                    household_id=household.id,
                    state=State.NOT_VISITED.value,
                    updated_at=NOW,
                    province_id=place.province_id,
                    commune_id=place.parent_id,
                    village_id=place.id,
                )
            )
            session.flush()
            progress.recount(session, ROUND)
        return household

    def case(self, household: Household) -> Case:
        query = select(Case).where(Case.household_id == household.id).execution_options(populate_existing=True)
        return db.session.scalars(query).one()

    def answers(
        self, household: Household | None = None, profile: str = families.POOR, village: str = TAO_PHU, **changes: Any
    ) -> Answers:
        """A household's answers; `changes` name groups: `housing={"floor_area": "8"}`."""
        made = families.household(
            Random(7),
            profile,
            province=PROVINCE,
            commune=COMMUNE,
            village=village,
            reviewed=REVIEWED,
            head=household.head_name if household else "Trần Văn Mới",
            household_uuid=household.uuid if household else None,
        )
        return {**made, **{group: {**made.get(group, {}), **given} for group, given in changes.items()}}

    def xml(self, answers: Answers, instance_id: str | None = None, replaces: str | None = None) -> bytes:
        return instance.build(self.schema, answers, instance_id or f"uuid:{uuid.uuid4()}", replaces)

    def send(self, xml: bytes, by: Doer, now: datetime = NOW, **files: bytes) -> intake.Receipt:
        """What the door for phones does with an upload, without HTTP. `files`: name with _ for the dot → content."""
        parts = tuple(
            FilePart(name.replace("_", "."), name.replace("_", "."), "image/jpeg", io.BytesIO(content))
            for name, content in files.items()
        )
        parcel = intake.open_parcel(db.session.connection(), ROUND, intake.Upload(xml, parts), blobs(), by=by, now=now)
        with write() as session:
            return intake.receive(session.connection(), parcel, by=by, now=now)

    def visited(self, person: Person, profile: str = families.POOR, head: str = "Nguyễn Thị Tuyến") -> Household:
        """A listed household of this village head, whose questionnaire has arrived."""
        village = person.area
        household = self.list_household(head, village)
        self.send(self.xml(self.answers(household, profile, village)), self.phone_actor(person).doer())
        return household

    def counts(self, village: str = TAO_PHU) -> dict[str, int]:
        """The village's counters that are not zero, proved equal to a recount."""
        session = db.session()
        session.expire_all()
        assert progress.differences(session, ROUND) == []
        place = self.village(village)
        row = session.scalars(
            select(progress.Progress).where(
                progress.Progress.village_id == place.id, progress.Progress.round_id == ROUND
            )
        ).one_or_none()
        return {column: value for column in progress.COLUMNS if row and (value := getattr(row, column))}
