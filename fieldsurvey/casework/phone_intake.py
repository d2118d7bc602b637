"""Intake for the phone app: text first with a signed receipt, then each file into its place when all of it has come.

The rules are those of `intake`; this adds what OpenRosa has no words for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import attachments, devices, intake, receipts
from fieldsurvey.casework.attachments import Stored
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import blobs, sealed_drafts
from fieldsurvey.store.forms import Form
from fieldsurvey.store.keys import KeyFolder
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

LONGEST_MIME = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """What the phone is told."""

    receipt: intake.Receipt
    signed: receipts.Signed


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one file of a version."""

    attachment_id: int
    name: str
    blob: str | None
    mime: str | None
    version_id: int
    submission_id: int
    instance_id: str

    @property
    def of(self) -> attachments.Of:
        return attachments.Of(self.submission_id, self.version_id, self.instance_id)


def take(
    connection: Connection,
    parcel: intake.Parcel,
    folder: KeyFolder,
    *,
    device_id: int | None,
    by: Doer,
    now: datetime,
) -> Taken:
    """The transaction: what `intake.receive` does, the receipt, and the end of the sealed draft."""
    received = intake.receive(connection, parcel, by=by, now=now)
    signed = receipts.issue(
        connection, folder, received.version_id, received.instance_id, parcel.upload.xml, device_id=device_id, now=now
    )
    sealed_drafts.remove(connection, by.id, received.instance_id)
    if device_id is not None:
        devices.seen(connection, device_id, now)
    return Taken(received, signed)


def slot(session: Session, round_id: int, instance_id: str, name: str, *, by: Doer) -> Slot:
    """The place of a file of a version of any of the round's forms. NOT_FOUND also for what `by` may not send."""
    version, of = SubmissionVersion, Submission
    query = (
        select(Attachment, version, of)
        .join(version, version.id == Attachment.version_id)
        .join(of, of.id == version.submission_id)
        .where(version.instance_id == instance_id, version.draft.is_(False), of.deleted_at.is_(None))
        .where(version.form_id.in_(select(Form.id).where(Form.round_id == round_id)))
    )
    for attachment, found, submission in session.execute(query):
        if tidy(attachment.name) == tidy(name):
            _require(submission, round_id, by)
            return Slot(
                attachment.id, attachment.name, attachment.blob, attachment.mime, found.id, submission.id, instance_id
            )
    raise Problem(Kind.NOT_FOUND)


def _require(of: Submission, round_id: int, by: Doer) -> None:
    """Who sent it, and who may send for its village."""
    place = Place(of.province_id, of.commune_id, of.village_id)
    if of.submitter_id != by.id and not permissions.allows(by, Permission.SUBMIT, place, round_id, of.form_id):
        raise Problem(Kind.NOT_FOUND)


def put(content: IO[bytes], mime: str | None, folder: blobs.BlobFolder) -> Stored:
    """On disk, synced, before the transaction that says so."""
    return Stored(folder.put(content), (mime or "").replace("\0", "")[:LONGEST_MIME] or "application/octet-stream")


def fill(connection: Connection, of: Slot, stored: Stored, *, by: Doer, now: datetime) -> tuple[str, ...]:
    """The transaction: the file is in its place; the names of those still missing."""
    blobs.add(connection, stored.blob)
    return attachments.fill(connection, of.of, {of.name: stored}, by=by, now=now)


def missing(session: Session, version_id: int) -> tuple[str, ...]:
    """The names of the files that a version still waits for."""
    query = select(Attachment.name).where(Attachment.version_id == version_id, Attachment.blob.is_(None))
    return tuple(session.scalars(query.order_by(Attachment.name)))
