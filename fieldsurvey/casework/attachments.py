"""The files of a submission: a slot for each name in its answers, filled at once, later or by a correction; all is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Any, NamedTuple

from sqlalchemy import Connection, Row

from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import audit, blobs, submissions

FILLED = "submission.attachment.update"  # the action in the audit


class FilePart(NamedTuple):
    """A file of an upload: the part's name, the file's own name, its type and its content."""

    part_name: str
    file_name: str
    mime: str
    content: IO[bytes]


class Stored(NamedTuple):
    """A file on disk: its row for `blobs`, and its type."""

    blob: dict[str, str | int]
    mime: str

    @property
    def sha256(self) -> str:
        return str(self.blob["sha256"])


class Of(NamedTuple):
    """Whose files they are."""

    submission_id: int
    version_id: int
    instance_id: str


def put(
    files: Sequence[FilePart], expected: Sequence[str], folder: blobs.BlobFolder
) -> tuple[dict[str, Stored], tuple[str, ...]]:
    """Put the expected files on disk; returns them by name, and the names of the others.

    Clients name a file by its part or by its file name: either will do.
    """
    by_name = {tidy(name): name for name in expected}
    stored, unexpected = {}, []
    for file in files:
        name = by_name.get(tidy(file.part_name)) or by_name.get(tidy(file.file_name))
        if name is None:
            unexpected.append(file.file_name or file.part_name)
        else:
            stored[name] = Stored(folder.put(file.content), file.mime)
    return stored, tuple(unexpected)


def add_slots(
    connection: Connection,
    version_id: int,
    expected: Sequence[str],
    stored: Mapping[str, Stored],
    carried: Mapping[str, Row[Any]],
) -> tuple[str, ...]:
    """A slot for each expected file, filled from the upload or from the version before; returns the empty ones."""
    rows: list[dict[str, Any]] = []
    for name in expected:
        blob, mime = None, None
        if name in stored:
            blob, mime = stored[name].sha256, stored[name].mime
        elif name in carried:
            blob, mime = carried[name].blob, carried[name].mime
        rows.append({"version_id": version_id, "name": name, "blob": blob, "mime": mime})
    submissions.add_attachments(connection, rows)
    return tuple(row["name"] for row in rows if row["blob"] is None)


def fill(connection: Connection, of: Of, stored: Mapping[str, Stored], *, by: Doer, now: datetime) -> tuple[str, ...]:
    """Late files fill their slots, one with new content replaces the old one; returns the slots that stay empty."""
    slots = submissions.attachments_of(connection, of.version_id)
    filled = {name for name, slot in slots.items() if slot.blob}
    for name, file in stored.items():
        slot = slots.get(name)
        if slot is None or slot.blob == file.sha256:
            continue
        submissions.fill_attachment(connection, slot.id, file.sha256, file.mime)
        audit.record_all(connection, [entry(of, name, slot.blob, file.sha256, by, now)])
        filled.add(name)
    return tuple(name for name in slots if name not in filled)


def entries(of: Of, stored: Mapping[str, Stored], by: Doer, now: datetime) -> list[audit.Entry]:
    """For the audit: the files that came with the XML."""
    return [entry(of, name, None, file.sha256, by, now) for name, file in stored.items()]


def entry(of: Of, name: str, old: str | None, new: str | None, by: Doer, now: datetime) -> audit.Entry:
    """For the audit: one slot has changed."""
    params = {"instanceId": of.instance_id, "submissionDefId": of.version_id, "name": name, "oldBlobId": old}
    return audit.entry(
        FILLED, "submission", of.submission_id, by=by, now=now, **params, **({"newBlobId": new} if new else {})
    )
