"""Files that arrive in parts: what has come so far lies on disk, one file each, until all of it is there or 30 days old."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

KEPT = 30 * 24 * 3600  # seconds after the last part
_SWEPT_EVERY = 3600
_swept: dict[Path, float] = {}  # folder → when this process last looked for old parts


class WrongOffsetError(Exception):
    """The next part has to begin elsewhere: at `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class TooLongError(Exception):
    """More came than was announced."""


def key_of(*what: object) -> str:
    """The name under which parts lie, of whatever tells one file from another."""
    return hashlib.sha256("\n".join(map(str, what)).encode()).hexdigest()


class PartsFolder:
    """The folder of the parts: `<folder>/<key>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def offset(self, key: str) -> int:
        """How many bytes are there; 0 for what has not begun."""
        try:
            return (self.folder / key).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, key: str, offset: int, length: int, chunks: Iterable[bytes]) -> int:
        """Add bytes at the end; how many are there now. What came before `chunks` broke off stays.

        Raises WrongOffsetError, and TooLongError (nothing beyond `length` is kept). Two that write at once take turns, and the
        second is told where to go on.
        """
        self._sweep()
        with self._held(key) as file:
            size = file.seek(0, os.SEEK_END)
            if size != offset:
                raise WrongOffsetError(size)
            for chunk in chunks:
                if size + len(chunk) > length:
                    raise TooLongError
                size += file.write(chunk)
        return size

    @contextmanager
    def whole(self, key: str) -> Iterator[IO[bytes]]:
        """What is there, for reading."""
        with (self.folder / key).open("rb") as file:
            yield file

    def drop(self, key: str) -> None:
        (self.folder / key).unlink(missing_ok=True)

    @contextmanager
    def _held(self, key: str) -> Iterator[IO[bytes]]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / key).open("ab", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _sweep(self) -> None:
        """Now and then throw away what nobody goes on with."""
        now = time.time()
        if now - _swept.get(self.folder, 0) < _SWEPT_EVERY:
            return
        _swept[self.folder] = now
        self.sweep(now - KEPT)

    def sweep(self, before: float) -> int:
        """Throw away what was last written before this moment (seconds since 1970); how many files."""
        old = [path for path in self.folder.glob("*") if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)
