"""Intake: what a phone sent becomes a submission, once. The hot path, written as a list of named cases.

`open_parcel` reads, parses, scores and puts files on disk before the writer's turn; `receive` is the transaction.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row

from fieldsurvey.casework import attachments, classify, correction, entity_intake, placing, prefill, versions
from fieldsurvey.casework.attachments import FilePart
from fieldsurvey.casework.entity_intake import Event
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import answers as xml_answers
from fieldsurvey.forms import entities as entity_forms
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaType, Place
from fieldsurvey.rules.classification import Classification
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import audit, blobs, forms, rounds, submissions

_WITHOUT_ID = uuid.UUID("6f0f3bd0-51a5-4f0c-8f3c-0b7a4c1c1f0e")  # namespace
LONGEST_CLIENT = 255
# What is kept aside for rescue when refused: the village head did their part.
RESCUED = {
    Kind.XML_BROKEN,
    Kind.XML_ENCODING,
    Kind.XML_FORBIDDEN,
    Kind.XML_TOO_DEEP,
    Kind.MISSING_PARAMETER,
    Kind.INSTANCE_ID_BAD,
    Kind.FORM_UNKNOWN,
    Kind.VERSION_UNKNOWN,
    Kind.VILLAGE_UNKNOWN,
    Kind.OUTSIDE_AREA,
    Kind.INSTANCE_CONFLICT,
    Kind.CORRECTION_STALE,
    Kind.DEPRECATED_ID_UNKNOWN,
    Kind.NOT_EDITABLE,
    Kind.ROUND_CLOSED,
    Kind.FORM_CLOSED,
}
OTHER_FORM = "It did not match the form of the URL."


class Outcome(StrEnum):
    """What became of an upload that was accepted."""

    NEW = "new"
    REPEAT = "repeat"  # the same again: nothing changed, or late files were added
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Upload:
    xml: bytes
    files: tuple[FilePart, ...] = ()
    device_id: str | None = None
    user_agent: str | None = None


def of_client(text: str | None) -> str | None:
    """What a client says of itself, as it is kept."""
    return (text or "").replace("\0", "")[:LONGEST_CLIENT] or None


@dataclass(frozen=True, slots=True)
class Parcel:
    """An upload, opened: everything that can be known before the transaction."""

    round_id: int
    upload: Upload
    envelope: xml_answers.Envelope
    version: versions.Known
    answers: dict[str, Any]
    destination: placing.Destination | None  # None: not a household questionnaire
    classification: Classification | None
    prefill: prefill.Checked | None  # how it uses last year's answers
    expected: tuple[str, ...]  # names of the files that the answers mention
    stored: Mapping[str, attachments.Stored]  # by file name
    unexpected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the phone is told."""

    outcome: Outcome
    submission_id: int
    instance_id: str
    missing: tuple[str, ...]  # files still to come
    unexpected: tuple[str, ...]  # files that the answers do not mention
    version_id: int


def open_parcel(
    connection: Connection,
    round_id: int,
    upload: Upload,
    folder: blobs.BlobFolder,
    *,
    by: Doer,
    now: datetime,
    to: forms.Form | None = None,
    draft: bool = False,
) -> Parcel:
    """Parse, find the form's version and the household, score, and put the files on disk.

    `to`: the form that the address names; with `draft` its draft.
    """
    if not permissions.holds_for_some_form(by, Permission.SUBMIT, round_id):
        raise Problem(Kind.FORBIDDEN)
    envelope = _with_instance_id(xml_answers.open_envelope(upload.xml), upload, by)
    if to is not None and envelope.form_id != to.xml_form_id:
        raise Problem(Kind.UNEXPECTED_VALUE, field="form id", value=envelope.form_id, reason=OTHER_FORM)
    if draft and to is not None:
        version = versions.draft(connection, to.id)
    else:
        version = versions.known(connection, round_id, envelope.form_id, envelope.version)
    permissions.require_anywhere(by, Permission.SUBMIT, round_id, version.form_id)
    _require_open(version)
    answers = xml_answers.read(envelope.root, version.shape)
    destination, classification = _judged(connection, round_id, version, envelope, answers, by, now)
    checked = prefill.check(connection, round_id, destination.household_id, answers) if destination else None
    expected = _expected(envelope, answers, version)
    stored, unexpected = attachments.put(upload.files, expected, folder)
    opened = replace(upload, files=())
    return Parcel(
        round_id, opened, envelope, version, answers, destination, classification, checked, expected, stored, unexpected
    )


def _judged(
    connection: Connection,
    round_id: int,
    version: versions.Known,
    envelope: xml_answers.Envelope,
    answers: dict[str, Any],
    by: Doer,
    now: datetime,
) -> tuple[placing.Destination | None, Classification | None]:
    """Where a household questionnaire belongs, and its class. One of a practice round belongs nowhere."""
    if not version.is_household_form or envelope.encrypted or version.draft:
        return None, None
    if version.practice:
        return None, classify.judge(answers, AreaType.RURAL, now)
    to = placing.destination(connection, round_id, version.form_id, answers, envelope.instance_id, by=by, now=now)
    return to, classify.judge(answers, to.area_type, now)


def _with_instance_id(envelope: xml_answers.Envelope, upload: Upload, by: Doer) -> xml_answers.Envelope:
    """A submission without an instanceID gets one, the same each time it is sent; an encrypted one cannot, as its
    content names it.
    """
    if envelope.instance_id:
        return envelope
    if envelope.encrypted:
        raise Problem(Kind.MISSING_PARAMETER, field="instanceId")
    content = sha256(upload.xml).hexdigest()
    return replace(envelope, instance_id=f"uuid:{uuid.uuid5(_WITHOUT_ID, f'{by.id} {upload.device_id} {content}')}")


def _require_open(version: versions.Known) -> None:
    if version.draft:
        return
    if version.round_state != rounds.OPEN:
        raise Problem(Kind.ROUND_CLOSED)
    if version.form_state == forms.CLOSED:
        raise Problem(Kind.FORM_CLOSED)


def _expected(envelope: xml_answers.Envelope, answers: dict[str, Any], version: versions.Known) -> tuple[str, ...]:
    if envelope.encrypted:
        return tuple(xml_answers.encrypted_file_names(envelope.root))
    return tuple(xml_answers.file_names(answers, version.schema))


def receive(connection: Connection, parcel: Parcel, *, by: Doer, now: datetime, only_new: bool = False) -> Receipt:
    """The transaction: exactly one of new, repeat and correction; raises INSTANCE_CONFLICT and the CORRECTION_… problems.

    `only_new`: a submission of its own, whatever it says that it replaces; one that is there already is ALREADY_EXISTS.
    """
    for file in parcel.stored.values():
        blobs.add(connection, file.blob)
    if parcel.envelope.deprecated_id and not only_new:
        return _corrected(connection, parcel, by, now)
    submission_id = submissions.add(connection, _submission_row(parcel, by, now))
    if submission_id is None and only_new:
        raise _taken(parcel)
    if submission_id is None:
        return _repeated(connection, parcel, by, now)
    return _created(connection, parcel, submission_id, by, now)


def _taken(parcel: Parcel) -> Problem:
    instance_id = parcel.envelope.instance_id
    return Problem(Kind.ALREADY_EXISTS, fields=["instanceId"], values=[instance_id], value=instance_id)


def _created(connection: Connection, parcel: Parcel, submission_id: int, by: Doer, now: datetime) -> Receipt:
    version_id = add_version(connection, parcel, submission_id, None, by, now)
    missing = attachments.add_slots(connection, version_id, parcel.expected, parcel.stored, {})
    if parcel.classification is not None:
        classify.keep(connection, submission_id, version_id, parcel.classification, now)
    _keep_check(connection, parcel, submission_id, _place(parcel, by), by, now, again=False)
    _write_down(connection, "submission.create", parcel, submission_id, version_id, by, now)
    _change_entities(connection, parcel, submission_id, version_id, _place(parcel, by), Event.CREATED, by, now)
    if parcel.destination is not None:
        placing.arrive(connection, parcel.destination, submission_id, parcel.classification, now)
    return _receipt(Outcome.NEW, submission_id, version_id, parcel, missing)


def _keep_check(
    connection: Connection, parcel: Parcel, submission_id: int, place: Place, by: Doer, now: datetime, *, again: bool
) -> None:
    if parcel.prefill is not None:
        prefill.keep(connection, parcel.round_id, submission_id, by.id or None, place, parcel.prefill, now, again=again)


def _write_down(
    connection: Connection, action: str, parcel: Parcel, submission_id: int, version_id: int, by: Doer, now: datetime
) -> None:
    """What came, and each file that came with it."""
    of = attachments.Of(submission_id, version_id, parcel.envelope.instance_id)
    arrived = audit.entry(
        action, "submission", submission_id, by=by, now=now,
        instanceId=of.instance_id, submissionId=submission_id, submissionDefId=version_id,
    )  # fmt: skip
    audit.record_all(connection, [arrived, *attachments.entries(of, parcel.stored, by, now)])


def _place(parcel: Parcel, by: Doer) -> Place:
    return parcel.destination.place if parcel.destination else by.place


def _change_entities(
    connection: Connection,
    parcel: Parcel,
    submission_id: int,
    version_id: int,
    place: Place,
    event: Event,
    by: Doer,
    now: datetime,
) -> None:
    """Before progress, which is crowded and comes last."""
    version, envelope = parcel.version, parcel.envelope
    if not version.schema.entities or version.draft or version.practice or envelope.encrypted:
        return
    arrived = entity_intake.Arrived(
        round_id=parcel.round_id,
        submission_id=submission_id,
        version_id=version_id,
        instance_id=envelope.instance_id,
        declarations=version.schema.entities,
        said=entity_forms.sent(envelope.root, version.schema.entities),
        submitter_id=by.id or None,
        user_agent=parcel.upload.user_agent,
        place=place,
        event=event,
    )
    entity_intake.take(connection, arrived, by=by, now=now)


def _submission_row(parcel: Parcel, by: Doer, now: datetime) -> dict[str, Any]:
    destination, place = parcel.destination, _place(parcel, by)
    return {
        "form_id": parcel.version.form_id,
        "instance_id": parcel.envelope.instance_id,
        "draft": parcel.version.draft,
        "case_id": destination.case_id if destination else None,
        "province_id": place.province_id,
        "commune_id": place.commune_id,
        "village_id": place.village_id,
        "submitter_id": by.id or None,
        "device_id": parcel.upload.device_id,
        "user_agent": parcel.upload.user_agent,
        "review_state": None,
        "edits": 0,
        "created_at": now,
    }


def add_version(
    connection: Connection, parcel: Parcel, submission_id: int, deprecated_id: str | None, by: Doer, now: datetime
) -> int:
    version_id = submissions.add_version(
        connection,
        {
            "submission_id": submission_id,
            "form_id": parcel.version.form_id,
            "form_version_id": parcel.version.id,
            "instance_id": parcel.envelope.instance_id,
            "deprecated_id": deprecated_id,
            "draft": parcel.version.draft,
            "current": True,
            "xml": parcel.upload.xml,
            "answers": parcel.answers,
            "local_key": parcel.envelope.local_key,
            "encrypted_file": parcel.envelope.encrypted_file,
            "instance_name": parcel.envelope.instance_name,
            "user_agent": parcel.upload.user_agent,
            "submitter_id": by.id or None,
            "device_id": parcel.upload.device_id,
            "created_at": now,
        },
    )
    if version_id is None:  # a correction of another submission already carries this instanceID
        raise Problem(Kind.INSTANCE_CONFLICT)
    return version_id


def _repeated(connection: Connection, parcel: Parcel, by: Doer, now: datetime) -> Receipt:
    """The instanceID is known: the same XML is welcome again, another XML is a conflict."""
    found = submissions.version_by_instance(
        connection, parcel.version.form_id, parcel.envelope.instance_id, parcel.version.draft
    )
    if found is None:
        raise Problem(Kind.INSTANCE_CONFLICT)
    if found.deleted_at is not None:
        raise Problem(Kind.SUBMISSION_DELETED)
    if bytes(found.xml) != parcel.upload.xml:
        raise Problem(Kind.INSTANCE_CONFLICT)
    return _merged(connection, parcel, found, by, now)


def _merged(connection: Connection, parcel: Parcel, found: Row[Any], by: Doer, now: datetime) -> Receipt:
    """Late files fill their slots; a file with new content replaces the old one and that is logged."""
    of = attachments.Of(found.submission_id, found.id, parcel.envelope.instance_id)
    missing = attachments.fill(connection, of, parcel.stored, by=by, now=now)
    return _receipt(Outcome.REPEAT, found.submission_id, found.id, parcel, missing)


def _corrected(connection: Connection, parcel: Parcel, by: Doer, now: datetime) -> Receipt:
    """A correction names the version that it replaces."""
    envelope, form_id = parcel.envelope, parcel.version.form_id
    draft = parcel.version.draft
    again = submissions.version_by_instance(connection, form_id, envelope.instance_id, draft)
    if again is not None:
        if bytes(again.xml) == parcel.upload.xml:
            return _merged(connection, parcel, again, by, now)
        raise _taken(parcel)
    old = correction.replaced(connection, parcel.round_id, envelope.deprecated_id or "", parcel.version, by)
    version_id = add_version(connection, parcel, old.submission_id, envelope.deprecated_id, by, now)
    carried = submissions.attachments_of(connection, old.id)
    missing = attachments.add_slots(connection, version_id, parcel.expected, parcel.stored, carried)
    if parcel.classification is not None:
        classify.keep(connection, old.submission_id, version_id, parcel.classification, now)
    _write_down(connection, "submission.update.version", parcel, old.submission_id, version_id, by, now)
    place = Place(old.province_id, old.commune_id, old.village_id)
    _keep_check(connection, parcel, old.submission_id, place, by, now, again=True)
    _change_entities(connection, parcel, old.submission_id, version_id, place, Event.EDITED, by, now)
    correction.arrive(connection, old, parcel.classification, now)
    return _receipt(Outcome.CORRECTION, old.submission_id, version_id, parcel, missing)


def _receipt(
    outcome: Outcome, submission_id: int, version_id: int, parcel: Parcel, missing: tuple[str, ...]
) -> Receipt:
    return Receipt(outcome, submission_id, parcel.envelope.instance_id, missing, parcel.unexpected, version_id)


def keep_aside(
    connection: Connection,
    round_id: int | None,
    xml: bytes,
    problem: Problem,
    folder: blobs.BlobFolder,
    *,
    by: Doer,
    now: datetime,
) -> None:
    """Keep a refused upload for rescue: what a village head typed is never thrown away."""
    blob = folder.put(io.BytesIO(xml))
    blobs.add(connection, blob)
    blobs.add_rescue(
        connection,
        {"round_id": round_id, "actor_id": by.id, "problem": problem.kind.value, "blob": blob["sha256"], "at": now},
    )
