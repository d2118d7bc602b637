"""Files by content hash: photos, signatures, spreadsheets. A file is on disk, synced, before its row is."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, ForeignKey, Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base
from fieldsurvey.store.submissions import insert_if_new

_CHUNK = 1 << 16


class Blob(Base):
    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    md5: Mapped[str]  # what OpenRosa manifests carry
    size: Mapped[int]


class Rescue(Base):
    """An upload that was refused as broken: kept aside, so that nothing a village head typed is lost."""

    __tablename__ = "rescues"
    __table_args__ = (Index(None, "round_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    problem: Mapped[str]  # the code of the answer
    blob: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    at: Mapped[datetime]


class BlobFolder:
    """The folder that holds the files: `<folder>/ab/<the whole sha256>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def put(self, content: IO[bytes]) -> dict[str, str | int]:
        """Write the content durably, once per hash; the row for `blobs` comes back."""
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        size = 0
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
        path = self.path(sha256.hexdigest())
        if not path.exists() or path.stat().st_size != size:
            content.seek(0)
            _write_durably(path, content)
        return {"sha256": sha256.hexdigest(), "md5": md5.hexdigest(), "size": size}


def _write_durably(path: Path, content: IO[bytes]) -> None:
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync_folder(path.parent.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{id(content)}.part")
    with temporary.open("wb") as file:
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Without it a power cut may forget the new name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def add(connection: Connection | Session, row: dict[str, str | int]) -> None:
    connection = connection.connection() if isinstance(connection, Session) else connection
    connection.execute(insert_if_new(Blob, connection), row)


def add_rescue(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(Rescue), row)


def by_hash(session: Session, sha256: str) -> Blob | None:
    return session.get(Blob, sha256)
