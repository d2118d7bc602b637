"""Submissions as a zip: a CSV for the root and for each repeat, the files that were sent, and the logs of phones.

The archive is written while it is read from the database. Repeats wait in temporary files until the root is done, because
a zip holds one file after the other.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from fieldsurvey.forms.answers import values_at
from fieldsurvey.forms.xform import REPEAT, Schema
from fieldsurvey.outputs import client_audits, submission_rows
from fieldsurvey.outputs.submission_rows import Source
from fieldsurvey.outputs.submission_sheets import Options, Workbook, answered
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

_PIECE = 1 << 18
_LEVEL = 3  # of compression: higher ones take longer and save little
_MANY = 200_000  # submissions whose CSV may pass what a plain zip can hold
_LOG = ["meta", "audit"]
_UNSAFE = re.compile(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]')
_COMPRESSED = ("image/", "video/", "audio/")


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into an archive."""

    source: Source
    schema: Schema
    name: str  # of the form
    options: Options
    wanted: Sequence[ColumnElement[bool]]
    files: bool  # with what was sent, and the logs
    folder: BlobFolder
    now: datetime


def file_name(name: str) -> str:
    """A name that every system can keep as a file; Vietnamese stays."""
    return _UNSAFE.sub("", name).strip(". ")[:200] or "_"


class _Parcel:
    """A zip that is taken away piece by piece."""

    def __init__(self, now: datetime) -> None:
        self.pieces: list[bytes] = []
        self.zip = ZipFile(self, "w", ZIP_DEFLATED, compresslevel=_LEVEL)  # type: ignore[call-overload]
        self.at = (now.year, now.month, now.day, now.hour, now.minute, now.second)

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        taken = b"".join(self.pieces)
        self.pieces.clear()
        return taken

    def member(self, name: str, *, stored: bool = False, large: bool = False) -> IO[bytes]:
        info = ZipInfo(name, self.at)
        info.compress_type = ZIP_STORED if stored else ZIP_DEFLATED
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]
        info.external_attr = 0o644 << 16
        member: IO[bytes] = self.zip.open(info, "w", force_zip64=large)
        return member

    def copy(self, name: str, content: IO[bytes], size: int, *, stored: bool = False) -> Iterator[bytes]:
        with self.member(name, stored=stored, large=size > 1 << 30) as member:
            while piece := content.read(_PIECE):
                member.write(piece)
                yield self.taken()


def archive(session: Session, content: Content) -> Iterator[bytes]:
    parcel = _Parcel(content.now)
    yield from _sheets(session, content, parcel)
    if content.files:
        logs: list[tuple[str, str]] = []
        yield from _files(session, content, parcel, logs)
        yield from _logs(content, parcel, logs)
    parcel.zip.close()
    yield parcel.taken()


def _sheets(session: Session, content: Content, parcel: _Parcel) -> Iterator[bytes]:
    source, schema, wanted = content.source, content.schema, content.wanted
    known = answered(session, source, schema, wanted) if content.options.split else {}
    book = Workbook(schema, content.options, known, alone=False)
    large = submission_rows.count(session, source, wanted) > _MANY
    with ExitStack() as stack:
        spools: list[IO[bytes]] = [stack.enter_context(TemporaryFile()) for _ in book.repeats]
        with parcel.member(f"{file_name(content.name)}.csv", large=large) as root:
            targets: list[IO[bytes]] = [root, *spools]
            _share_out(targets, book.headers())
            for rows in submission_rows.chunks(session, source, wanted):
                _share_out(targets, book.lines(rows))
                yield parcel.taken()
        for name, spool in zip(_names(content), spools, strict=True):
            size = spool.tell()
            spool.seek(0)
            yield from parcel.copy(name, spool, size)


def _share_out(targets: list[IO[bytes]], pieces: Any) -> None:
    for target, piece in zip(targets, pieces, strict=True):
        target.write(piece)


def _names(content: Content) -> list[str]:
    """Of the repeats' files; repeats of one name are numbered."""
    repeats = [one.name for one in content.schema.fields if one.kind == REPEAT]
    return [
        file_name(f"{content.name}-{name}{f'~{repeats[: at + 1].count(name)}' if repeats.count(name) > 1 else ''}.csv")
        for at, name in enumerate(repeats)
    ]


def _files(session: Session, content: Content, parcel: _Parcel, logs: list[tuple[str, str]]) -> Iterator[bytes]:
    """Below `media/`, in the order in which submissions came; phones' logs are set aside. Encrypted ones stay out."""
    query = (
        submission_rows.select_from(
            content.source, Submission.instance_id, Attachment.name, Attachment.blob, SubmissionVersion.answers
        )
        .join(Attachment, Attachment.version_id == SubmissionVersion.id)
        .where(*content.wanted, Attachment.blob.is_not(None), SubmissionVersion.local_key.is_(None))
        .order_by(Submission.id, Attachment.id)
    )
    names = _Names()
    for instance_id, name, blob, answers in session.execute(query.execution_options(yield_per=100)):
        if name in values_at(answers, _LOG):
            logs.append((instance_id, blob))
            continue
        path, member = content.folder.path(blob), names.free(f"media/{file_name(name)}", blob)
        if member is None or not path.exists():
            continue
        mime = mimetypes.guess_type(name)[0] or ""
        with path.open("rb") as file:
            yield from parcel.copy(member, file, path.stat().st_size, stored=mime.startswith(_COMPRESSED))


class _Names:
    """Two files of one name do not hide each other: the second is numbered; the same file again is left out."""

    def __init__(self) -> None:
        self.taken: dict[str, str] = {}

    def free(self, name: str, blob: str) -> str | None:
        path, number, wanted = PurePath(name), 1, name
        while wanted in self.taken:
            if self.taken[wanted] == blob:
                return None
            number += 1
            wanted = str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
        self.taken[wanted] = blob
        return wanted


def _logs(content: Content, parcel: _Parcel, logs: list[tuple[str, str]]) -> Iterator[bytes]:
    if not logs:
        return
    with parcel.member(file_name(f"{content.name} - audit.csv")) as member:
        member.write(client_audits.header())
        for instance_id, blob in logs:
            path = content.folder.path(blob)
            if path.exists():
                with path.open("rb") as file:
                    for piece in client_audits.lines(instance_id, file):
                        member.write(piece)
                        yield parcel.taken()
