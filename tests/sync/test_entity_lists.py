"""Entity lists on phones: in the manifest, as the file of a form, and what of it is gone; cut to who fetches it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from flask import Flask

from fieldsurvey.casework import people
from fieldsurvey.extensions import config, db, write
from fieldsurvey.rules.permissions import Role
from fieldsurvey.store import forms
from fieldsurvey.store.people import APP_USER, Actor, Grant
from tests.api.lists import UUID, Lists
from tests.cast import ADMIN, HEAD, NOW, OTHER_HEAD, PHU_LUU, ROUND, TAO_PHU, Person
from tests.phone import Phone
from tests.rest import Rest
from tests.xforms import publish, xform

OPENROSA = {"X-OpenRosa-Version": "1.0"}
FORM = "chooses"
ATTACHMENT = f"/forms/{FORM}/attachments/people.csv"
CHOOSES = xform(FORM, binds='<instance id="people" src="jr://file-csv/people.csv"/>')


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class AppUser:
    """A phone as ODK knows it: bound to a form, to no area."""

    def __init__(self, app: Flask, **properties: str) -> None:
        self.client = app.test_client(use_cookies=False)
        nonce = secrets.token_hex(16)
        with app.app_context():
            self.token = people.token_from(config().secret_key, nonce)
            self.id = self._add(nonce, properties)
            db.session.remove()

    def _add(self, nonce: str, properties: dict[str, str]) -> int:
        form = forms.by_xml_form_id(db.session(), ROUND, FORM)
        assert form is not None
        with write() as session:
            actor = Actor(
                kind=APP_USER, display_name=nonce, sign_in_key="x", created_at=NOW, round_id=ROUND,
                properties=properties, token_nonce=nonce, token_hash=people.token_hash(self.token),
            )  # fmt: skip
            actor.grants = [Grant(role=Role.APP_USER.value, round_id=ROUND, form_id=form.id)]
            session.add(actor)
        return actor.id

    def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """(status, text, ETag)"""
        address = f"/v1/key/{self.token}/projects/{ROUND}{path}"
        answer = self.client.get(address, headers={**OPENROSA, **headers})
        return answer.status_code, answer.text, answer.headers.get("ETag", "").strip('"')

    def labels(self) -> list[str]:
        return labels(self.get(ATTACHMENT)[1])

    def hash(self) -> str:
        """The manifest's, which is the file's."""
        found = re.search(
            r"<filename>people.csv</filename>\s*<hash>md5:(\w+)</hash>", self.get(f"/forms/{FORM}/manifest")[1]
        )
        assert found is not None
        assert found[1] == self.get(ATTACHMENT)[2]
        return found[1]


def labels(text: str) -> list[str]:
    return [line.split(",")[1] for line in text.splitlines()[1:]]


@pytest.fixture
def lists(app: Flask) -> Lists:
    return Lists(Rest(app, ADMIN))


@pytest.fixture
def path(app: Flask, lists: Lists) -> str:
    """The list `people` and an open form that chooses from it."""
    made = lists.make("people", "region", "village")
    with app.app_context():
        publish(CHOOSES)
        db.session.remove()
    return made


def test_list_is_in_the_manifest_and_comes_as_a_file(app: Flask, lists: Lists, path: str) -> None:
    lists.add(path, 1, region="north")
    phone = AppUser(app)

    manifest = phone.get(f"/forms/{FORM}/manifest")[1]
    base = f"http://localhost/v1/key/{phone.token}/projects/{ROUND}"

    assert 'type="entityList"' in manifest
    assert f"<integrityUrl>{base}/datasets/people/integrity</integrityUrl>" in manifest
    assert phone.get(ATTACHMENT)[1] == f"name,label,__version,region,village\n{UUID.format(1)},No. 1,1,north,\n"
    assert phone.get(ATTACHMENT, **{"If-None-Match": f'"{phone.hash()}"'})[0] == 304
    lists.rest.patch(path, json={"approvalRequired": True})
    assert 'type="approvalEntityList"' in phone.get(f"/forms/{FORM}/manifest")[1]


def test_hash_of_the_whole_list_is_that_of_its_file_for_programs(app: Flask, lists: Lists, path: str) -> None:
    phone = AppUser(app)

    def tag() -> str:
        return str(lists.rest.get(f"{path}/entities.csv").headers["ETag"].strip('"'))

    hashes = [phone.hash()]
    assert hashes[0] == tag()
    lists.add(path, 1)
    hashes.append(phone.hash())
    lists.rest.post(f"{path}/properties", json={"name": "new"})
    hashes.append(phone.hash())

    assert len(set(hashes)) == 3
    assert hashes[-1] == tag()


def test_phone_gets_what_it_has_made_itself(app: Flask, lists: Lists, path: str) -> None:
    lists.rest.patch(path, json={"ownerOnly": True})
    phone = AppUser(app)
    before = phone.hash()
    lists.add(path, 1)

    assert phone.labels() == []
    assert phone.hash() == before
    assert labels(lists.rest.get(f"/projects/{ROUND}{ATTACHMENT}").text) == ["No. 1"]
    with app.app_context():
        with write() as session:
            session.execute(db.text("UPDATE entities SET creator_id = :id"), {"id": phone.id})
        db.session.remove()
    assert phone.labels() == ["No. 1"]
    assert phone.hash() != before


def test_every_change_of_what_a_phone_may_have_moves_its_hash(app: Flask, lists: Lists, path: str) -> None:
    lists.rest.put(f"{path}/access-filter", json={"datasetProperty": "region", "actorProperty": "area"})
    phone = AppUser(app, area="north")
    lists.add(path, 1, region="north")
    entity, hashes = f"{path}/entities/{UUID.format(1)}", [phone.hash()]

    for step in (
        lambda: lists.rest.patch(f"{entity}?force=true", json={"label": "Other"}),
        lambda: lists.rest.delete(entity),
        lambda: lists.rest.post(f"{entity}/restore"),
        lambda: lists.rest.post(f"{path}/properties", json={"name": "new"}),
    ):
        step()
        hashes.append(phone.hash())

    assert len(set(hashes)) == 5


@pytest.mark.parametrize(("properties", "found"), [({"area": "north"}, ["No. 1"]), ({"area": "west"}, []), ({}, [])])
def test_phone_gets_what_equals_its_own_property(
    app: Flask, lists: Lists, path: str, properties: dict[str, str], found: list[str]
) -> None:
    lists.add(path, 1, region="north")
    lists.add(path, 2, region="south")
    lists.add(path, 3)
    lists.rest.put(f"{path}/access-filter", json={"datasetProperty": "region", "actorProperty": "area"})

    assert AppUser(app, **properties).labels() == found


def test_village_gets_its_own_entities_and_those_of_no_area(
    lists: Lists, path: str, phone: Callable[[Person], Phone]
) -> None:
    lists.add(path, 1, "Tảo Phú", village=TAO_PHU)
    lists.add(path, 2, "Phú Lưu", village=PHU_LUU)
    lists.add(path, 3, "Trạm y tế")

    def fetched(person: Person) -> list[str]:
        return labels(phone(person).call("GET", ATTACHMENT).body.decode())

    assert fetched(HEAD) == ["Trạm y tế", "Tảo Phú"]
    assert fetched(OTHER_HEAD) == ["Trạm y tế", "Phú Lưu"]


# Which are gone


def gone(text: str) -> dict[str, str]:
    return dict(re.findall(r'<entity id="([^"]+)">\s*<deleted>(\w+)</deleted>', text))


def test_integrity_says_which_are_gone(app: Flask, lists: Lists, path: str) -> None:
    one, two = UUID.format(1), UUID.format(2)
    lists.add(path, 1)
    lists.add(path, 2)
    lists.rest.delete(f"{path}/entities/{two}")
    phone = AppUser(app)

    assert gone(phone.get("/datasets/people/integrity")[1]) == {one: "false", two: "true"}
    assert gone(phone.get(f"/datasets/people/integrity?id={two},unknown")[1]) == {two: "true"}
    as_admin = lists.rest.get(f"{path}/integrity", headers=OPENROSA).text
    assert gone(as_admin) == {one: "false", two: "true"}


def test_what_a_phone_may_have_no_longer_is_gone(app: Flask, lists: Lists, path: str) -> None:
    lists.add(path, 1, region="north")
    lists.add(path, 2, region="south")
    lists.rest.put(f"{path}/access-filter", json={"datasetProperty": "region", "actorProperty": "area"})
    phone = AppUser(app, area="north")

    assert gone(phone.get("/datasets/people/integrity")[1]) == {UUID.format(1): "false"}
    asked = f"?id={UUID.format(1)},{UUID.format(2)}"
    assert gone(phone.get(f"/datasets/people/integrity{asked}")[1]) == {UUID.format(1): "false", UUID.format(2): "true"}


def test_integrity_is_for_who_fetches_an_open_form(app: Flask, lists: Lists, path: str) -> None:
    phone = AppUser(app)

    assert phone.get("/datasets/none/integrity")[0] == 404
    assert lists.rest.patch(f"/projects/{ROUND}/forms/{FORM}", json={"state": "closed"}).status_code == 200
    assert phone.get("/datasets/people/integrity")[0] == 403
