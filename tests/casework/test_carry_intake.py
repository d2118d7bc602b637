"""Carried files: the same file three times, pieces of files, files of two phones mixed: each submission exactly once.

On both databases, because each submission is a transaction of its own.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from fieldsurvey.casework import carry, devices
from fieldsurvey.casework.carry import Damage
from fieldsurvey.casework.carry_intake import CarryIntake, Report
from fieldsurvey.errors import Problem
from fieldsurvey.extensions import blobs, db, keys, session_now, utcnow, write
from fieldsurvey.store.keys import SEAL
from fieldsurvey.store.sealed_drafts import SealedDraft
from fieldsurvey.store.submissions import Attachment, Submission
from tests.app_phone import AppPhone
from tests.cast import HEAD, NEIGHBOUR, NOW, OFFICER, OTHER_HEAD, PHU_LUU, TAO_PHU, Person
from tests.world import World

MAGIC = b"FSC1"
PHOTO = b"\xff\xd8\xff a photo"


@dataclass
class Scene:
    app: Flask
    world: World
    phones: dict[str, AppPhone]

    def records(
        self, person: Person, instance_id: str, village: str, photo: bool = True, proved: bool = True
    ) -> list[bytes]:
        phone = self.phones[person.name]
        closing = {"house_photo": "house.jpg"} if photo else {}
        xml = self.world.xml(self.world.answers(village=village, closing=closing), instance_id)
        made = [phone.record("submission", instance_id, xml, proved=proved, encoding="gzip")]
        if photo:
            made.append(phone.record("file", instance_id, PHOTO, proved=proved, name="house.jpg", type="image/jpeg"))
        return made

    def take(self, *files: bytes, by: Person = OFFICER) -> Report:
        taking = CarryIntake(session_now, write, keys(), blobs(), by=self.world.doer(by), now=utcnow())
        return taking.take((f"{number}.fsc", io.BytesIO(one)) for number, one in enumerate(files))

    def count(self, table: type) -> int:
        return db.session.scalar(select(func.count()).select_from(table)) or 0

    def senders(self) -> dict[str, int]:
        return dict(db.session.execute(select(Submission.instance_id, Submission.submitter_id)).all())


@pytest.fixture
def scene(app: Flask) -> Scene:
    phones = {}
    for person in (HEAD, OTHER_HEAD):
        phones[person.name] = AppPhone(app, person.name)
        phones[person.name].sign_in(person)
    with app.app_context():
        yield Scene(app, World(), phones)
        db.session.remove()


def test_same_file_three_times_is_taken_in_once(scene: Scene) -> None:
    file = MAGIC + b"".join(
        scene.records(HEAD, "uuid:a", TAO_PHU) + scene.records(HEAD, "uuid:b", TAO_PHU, photo=False)
    )

    first, again, third = scene.take(file), scene.take(file), scene.take(file, file)

    assert [line.outcome for line in first.lines.values()] == ["new", "new"]
    assert [line.outcome for line in again.lines.values()] == ["repeat", "repeat"]
    assert {key: one.code for key, one in first.lines.items()} == {key: one.code for key, one in third.lines.items()}
    assert all(line.missing == () for line in first.lines.values())
    assert scene.count(Submission) == 2
    assert scene.count(Attachment) == 1


def test_each_is_stored_under_the_name_of_whose_phone_it_was(scene: Scene) -> None:
    scene.take(
        MAGIC + scene.records(HEAD, "uuid:a", TAO_PHU)[0] + MAGIC + scene.records(OTHER_HEAD, "uuid:b", PHU_LUU)[0]
    )

    assert scene.senders() == {
        "uuid:a": scene.world.actor(HEAD).id,
        "uuid:b": scene.world.actor(OTHER_HEAD).id,
    }


def test_without_proof_it_is_stored_under_the_name_of_who_takes_it_in(scene: Scene) -> None:
    report = scene.take(MAGIC + b"".join(scene.records(HEAD, "uuid:a", TAO_PHU, proved=False)))

    assert scene.senders() == {"uuid:a": scene.world.actor(OFFICER).id}
    assert report.lines["uuid:a"].who == OFFICER.name


def test_without_proof_another_commune_cannot_take_it_in(scene: Scene) -> None:
    report = scene.take(MAGIC + b"".join(scene.records(HEAD, "uuid:a", TAO_PHU, proved=False)), by=NEIGHBOUR)

    assert report.taken == 0
    assert report.lines["uuid:a"].problem is not None
    assert report.stray_files == 1
    assert scene.count(Submission) == 0


def test_proof_of_a_revoked_phone_still_tells_whose_it_is(scene: Scene) -> None:
    file = MAGIC + scene.records(HEAD, "uuid:a", TAO_PHU)[0]
    with write() as session:
        device = scene.phones[HEAD.name].known["device"]["id"]
        devices.revoke(session, device, by=scene.world.doer(OFFICER), now=NOW)

    scene.take(file)

    assert scene.senders() == {"uuid:a": scene.world.actor(HEAD).id}


def test_photo_may_come_before_its_form_or_later(scene: Scene) -> None:
    form, photo = scene.records(HEAD, "uuid:a", TAO_PHU)

    alone = scene.take(MAGIC + photo)
    text = scene.take(MAGIC + form)
    late = scene.take(MAGIC + photo)

    assert (alone.stray_files, alone.taken) == (1, 0)
    assert text.lines["uuid:a"].missing == ("house.jpg",)
    assert (late.lines["uuid:a"].files, late.lines["uuid:a"].missing) == (1, ())
    assert scene.take(MAGIC + photo + form).lines["uuid:a"].missing == ()


def test_drafts_come_back_only_to_whose_they_are(scene: Scene) -> None:
    phone = scene.phones[HEAD.name]
    mine = phone.record("draft", "uuid:d", b"sealed")
    nobodys = phone.record("draft", "uuid:e", b"sealed", proved=False)

    report = scene.take(MAGIC + mine + nobodys)

    assert (report.drafts, report.drafts_refused) == (1, 1)
    draft = db.session.scalars(select(SealedDraft)).one()
    assert (draft.actor_id, draft.instance_id) == (scene.world.actor(HEAD).id, "uuid:d")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 something else", b"FSC"])
def test_other_files_are_refused(scene: Scene, content: bytes) -> None:
    with pytest.raises(Problem, match="carry_broken"):
        scene.take(content)


def test_records_for_a_lost_key_are_counted(scene: Scene) -> None:
    file = MAGIC + b"".join(scene.records(HEAD, "uuid:a", TAO_PHU))
    for path in keys().folder.glob(f"{SEAL}-*"):
        path.unlink()

    report = scene.take(file)

    assert report.damage[0][1].broken == 2


def test_records_for_an_older_key_still_open(scene: Scene) -> None:
    file = MAGIC + b"".join(scene.records(HEAD, "uuid:a", TAO_PHU))
    before = keys().current(SEAL).id
    keys().rotate(SEAL)

    assert keys().current(SEAL).id != before
    assert scene.take(file).taken == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_a_file_whole_records_count_and_nothing_breaks(scene: Scene, data: st.DataObject) -> None:
    phone = scene.phones[HEAD.name]
    made = [phone.record("file", "uuid:none", bytes([number]) * 50, name=f"{number}") for number in range(3)]
    whole = MAGIC + b"".join(made)
    cut = data.draw(st.integers(0, len(whole)))
    flipped = data.draw(st.integers(0, len(whole) - 1))
    broken = bytearray(whole)
    broken[flipped] ^= 1 << data.draw(st.integers(0, 7))
    damage = Damage()

    after_cut = list(carry.records(io.BytesIO(whole[:cut]), keys(), damage))
    after_flip = list(carry.records(io.BytesIO(bytes(broken)), keys(), Damage()))

    ends = [len(MAGIC) + sum(map(len, made[: number + 1])) for number in range(3)]
    assert [one.name for one in after_cut] == [str(number) for number, end in enumerate(ends) if end <= cut]
    assert damage.any or cut in {len(MAGIC), *ends}
    assert len(after_flip) <= 2
    assert all(one.content == bytes([int(one.name)]) * 50 for one in after_flip)
