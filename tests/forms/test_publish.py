"""Uploading, publishing and closing forms, on both databases: a published version never changes."""

from __future__ import annotations

import hashlib
import io

import pytest

from fieldsurvey.casework import form_files, publishing, rounds
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, db, write
from fieldsurvey.forms import xlsform
from fieldsurvey.forms.xlsform import Complaint
from fieldsurvey.store import audit, forms
from fieldsurvey.store import blobs as blob_store
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.rounds import Round
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
        draft = publishing.upload(session, ROUND, converted, content, blobs(), by=world.doer(by), now=NOW)
        return session.get_one(Form, draft.form_id), converted.warnings


def publish_it(world: World, form: Form) -> FormVersion:
    with write() as session:
        return publishing.publish(session, session.get_one(Form, form.id), by=world.doer(ADMIN), now=NOW)


def stored(content: bytes) -> dict[str, str | int]:
    return blobs().put(io.BytesIO(content))


def listed(form: Form) -> list[str]:
    return [version.version for _, version in forms.published(db.session(), ROUND, form.xml_form_id)]


def test_draft_is_not_given_to_phones_until_published(world: World) -> None:
    form, _ = upload(world)
    assert listed(form) == []

    publish_it(world, form)

    assert listed(form) == ["1"]
    actions = [entry.action for entry in audit.of_subject(db.session(), "form", form.id)]
    assert actions == ["form.update.publish", "form.create"]


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
        draft_of, content = session.get_one(Form, form.id), stored(b"name,label\nbo,B\xc3\xb2\n")
        form_files.give(session, draft_of, "species.csv", content, by=world.doer(ADMIN), now=NOW)

    (media,) = draft.media
    assert blob_store.by_hash(db.session(), media.blob or "") is not None
    assert blobs().path(media.blob or "").read_bytes().startswith(b"name,label")


@pytest.mark.parametrize("name", ["other.csv", "../../etc/passwd"])
def test_unexpected_file_is_refused(world: World, name: str) -> None:
    form, _ = upload(world)

    with pytest.raises(Problem) as problem, write() as session:
        form_files.give(session, session.get_one(Form, form.id), name, stored(b"x"), by=world.doer(ADMIN), now=NOW)

    assert problem.value.kind is Kind.NOT_FOUND


def another_round(world: World) -> Round:
    with write() as session:
        return rounds.create(session, "Năm sau", 2028, None, NOW.date(), NOW.date(), by=world.doer(ADMIN), now=NOW)


def copy_to(world: World, of: Round, by: Person = ADMIN, source: int = ROUND) -> int:
    with write() as session:
        return publishing.copy(session, source, of.id, by=world.doer(by), now=NOW)


def test_copy_gives_a_round_what_phones_get_in_another(world: World) -> None:
    form, _ = upload(world, "1")
    with write() as session:
        draft_of = session.get_one(Form, form.id)
        form_files.give(session, draft_of, "species.csv", stored(b"name,label\n"), by=world.doer(ADMIN), now=NOW)
    first = publish_it(world, form)
    upload(world, "2")  # a draft is no business of the other round
    there = another_round(world)

    assert copy_to(world, there) == 2

    ((copied, version),) = forms.published(db.session(), there.id, "ghi-chu")
    assert (version.version, version.md5, version.published_at) == ("1", first.md5, NOW)
    assert [(media.name, media.blob) for media in version.media] == [("species.csv", first.media[0].blob)]
    assert (copied.draft_id, version.id == first.id) == (None, False)
    entry = audit.of_subject(db.session(), "form", copied.id)[0]
    assert (entry.action, entry.params) == ("form.copy", {"version": "1", "source": form.id})


def test_copy_leaves_what_the_round_has_and_what_is_closed(world: World) -> None:
    form, _ = upload(world)
    publish_it(world, form)
    there = another_round(world)
    with write() as session:
        publishing.set_state(session, session.get_one(Form, form.id), forms.CLOSED, by=world.doer(ADMIN), now=NOW)

    assert copy_to(world, there) == 1  # the questionnaire alone
    assert copy_to(world, there) == 0
    assert forms.published_by_round(db.session()) == {ROUND: 1, there.id: 1}


@pytest.mark.parametrize(("by", "source", "kind"), [(OFFICER, ROUND, Kind.FORBIDDEN), (ADMIN, 10**9, Kind.NOT_FOUND)])
def test_copy_that_is_refused(world: World, by: Person, source: int, kind: Kind) -> None:
    there = another_round(world)

    with pytest.raises(Problem) as problem:
        copy_to(world, there, by, source)

    assert problem.value.kind is kind


def test_officer_may_not_upload(world: World) -> None:
    with pytest.raises(Problem) as problem:
        upload(world, by=OFFICER)

    assert problem.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize("state", [forms.CLOSING, forms.CLOSED, forms.OPEN])
def test_state(world: World, state: str) -> None:
    form, _ = upload(world)
    publish_it(world, form)

    with write() as session:
        publishing.set_state(session, session.get_one(Form, form.id), state, by=world.doer(ADMIN), now=NOW)

    assert listed(form) == (["1"] if state == forms.OPEN else [])


def test_unknown_state_is_refused(world: World) -> None:
    form, _ = upload(world)

    with pytest.raises(Problem) as problem, write() as session:
        publishing.set_state(session, session.get_one(Form, form.id), "ajar", by=world.doer(ADMIN), now=NOW)

    assert problem.value.kind is Kind.UNEXPECTED_VALUE
