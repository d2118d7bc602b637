"""Uploading, publishing and closing forms, on both databases: a published version never changes."""

from __future__ import annotations

import hashlib

import pytest

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, db, write
from fieldsurvey.forms import publish, xlsform
from fieldsurvey.forms.xlsform import Complaint
from fieldsurvey.store import audit, forms
from fieldsurvey.store import blobs as blob_store
from fieldsurvey.store.forms import Form, FormVersion
from tests.cast import ADMIN, NOW, OFFICER, ROUND, Person
from tests.world import World

SIMPLE = """
| survey   |                                  |         |         |
|          | type                             | name    | label   |
|          | text                             | note    | Ghi chú |
|          | select_one_from_file species.csv | animal  | Con gì  |
| settings |                                  |         |         |
|          | form_id                          | version |         |
|          | ghi-chu                          | {version} |       |
"""


def upload(
    world: World, version: str = "1", by: Person = ADMIN, markdown: str = SIMPLE
) -> tuple[Form, tuple[Complaint, ...]]:
    content = markdown.format(version=version).encode()
    converted = xlsform.convert(content, "form.md")
    with write() as session:
        draft = publish.upload(session, ROUND, converted, content, blobs(), by=world.doer(by), now=NOW)
        return session.get_one(Form, draft.form_id), converted.warnings


def publish_it(world: World, form: Form) -> FormVersion:
    with write() as session:
        return publish.publish(session, session.get_one(Form, form.id), by=world.doer(ADMIN), now=NOW)


def listed(form: Form) -> list[str]:
    return [version.version for _, version in forms.published(db.session(), ROUND, form.xml_form_id)]


def test_draft_is_not_given_to_phones_until_published(world: World) -> None:
    form, _ = upload(world)
    assert listed(form) == []

    publish_it(world, form)

    assert listed(form) == ["1"]
    actions = [entry.action for entry in audit.of_subject(db.session(), "form", form.id)]
    assert actions == ["form.publish", "form.upload"]


def test_second_upload_replaces_the_draft(world: World) -> None:
    form, _ = upload(world, "1")
    again, _ = upload(world, "2")

    assert again.id == form.id
    assert [version.version for version in db.session.query(FormVersion).filter_by(form_id=form.id)] == ["2"]


def test_new_version_takes_over_and_the_old_one_stays(world: World) -> None:
    form, _ = upload(world, "1")
    first = publish_it(world, form)
    upload(world, "2")
    publish_it(world, form)

    assert listed(form) == ["2"]
    assert [version.version for version in forms.versions(db.session(), form.id)] == ["2", "1"]
    kept = db.session.get_one(FormVersion, first.id)
    assert hashlib.md5(kept.xml.encode()).hexdigest() == kept.md5


def test_published_version_name_cannot_be_used_again(world: World) -> None:
    form, _ = upload(world, "1")
    publish_it(world, form)
    upload(world, "1")

    with pytest.raises(Problem) as problem:
        publish_it(world, form)

    assert problem.value.kind is Kind.VERSION_EXISTS


def test_publish_without_a_draft(world: World) -> None:
    form, _ = upload(world)
    publish_it(world, form)

    with pytest.raises(Problem) as problem:
        publish_it(world, form)

    assert problem.value.kind is Kind.NOT_FOUND


def test_expected_files_are_known_and_taken(world: World) -> None:
    form, _ = upload(world)
    with write() as session:
        draft = session.get_one(FormVersion, session.get_one(Form, form.id).draft_id)
        assert [(media.name, media.source, media.blob) for media in draft.media] == [("species.csv", forms.FILE, None)]
        publish.add_media(
            session, draft, "species.csv", b"name,label\nbo,B\xc3\xb2\n", blobs(), by=world.doer(ADMIN), now=NOW
        )

    (media,) = draft.media
    assert blob_store.by_hash(db.session(), media.blob or "") is not None
    assert blobs().path(media.blob or "").read_bytes().startswith(b"name,label")


@pytest.mark.parametrize("name", ["other.csv", "../../etc/passwd"])
def test_unexpected_file_is_refused(world: World, name: str) -> None:
    form, _ = upload(world)

    with pytest.raises(Problem) as problem, write() as session:
        draft = session.get_one(FormVersion, session.get_one(Form, form.id).draft_id)
        publish.add_media(session, draft, name, b"x", blobs(), by=world.doer(ADMIN), now=NOW)

    assert problem.value.kind is Kind.NOT_FOUND


def test_officer_may_not_upload(world: World) -> None:
    with pytest.raises(Problem) as problem:
        upload(world, by=OFFICER)

    assert problem.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize("state", [forms.CLOSING, forms.CLOSED, forms.OPEN])
def test_state(world: World, state: str) -> None:
    form, _ = upload(world)
    publish_it(world, form)

    with write() as session:
        publish.set_state(session, session.get_one(Form, form.id), state, by=world.doer(ADMIN), now=NOW)

    assert listed(form) == (["1"] if state == forms.OPEN else [])


def test_unknown_state_is_refused(world: World) -> None:
    form, _ = upload(world)

    with pytest.raises(Problem) as problem, write() as session:
        publish.set_state(session, session.get_one(Form, form.id), "ajar", by=world.doer(ADMIN), now=NOW)

    assert problem.value.kind is Kind.UNEXPECTED_VALUE
