"""Files by content hash: written once, whole, and on disk."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.store.blobs import BlobFolder


def test_same_content_is_stored_once(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path)

    first, second = folder.put(io.BytesIO(b"photo")), folder.put(io.BytesIO(b"photo"))

    assert first == second
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [first["sha256"]]


def test_row_tells_hashes_and_size(tmp_path: Path) -> None:
    content = b"x" * 200_000

    row = BlobFolder(tmp_path).put(io.BytesIO(content))

    assert row == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "md5": hashlib.md5(content).hexdigest(),
        "size": 200_000,
    }


def test_half_written_file_is_written_again(tmp_path: Path) -> None:
    """As a power cut leaves it."""
    folder = BlobFolder(tmp_path)
    sha256 = str(folder.put(io.BytesIO(b"whole"))["sha256"])
    folder.path(sha256).write_bytes(b"wh")

    folder.put(io.BytesIO(b"whole"))

    assert folder.path(sha256).read_bytes() == b"whole"


@given(st.binary(max_size=200))
def test_what_is_put_is_there(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = BlobFolder(Path(folder))
        assert made.path(str(made.put(io.BytesIO(content))["sha256"])).read_bytes() == content
