"""A real server for a benchmark: gunicorn on a fresh database, its processes' CPU and memory, PostgreSQL if asked for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import postgres

ROOT = Path(__file__).parents[1]
# What production runs with: an answer means that the disk has it.
DURABLE = ("fsync=on", "synchronous_commit=on", "shared_buffers=256MB", "max_wal_size=4GB", "max_connections=100")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A running gunicorn. `database_folder` names the processes of PostgreSQL that are ours."""

    url: str
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    postgres_mark: str = ""
    _extra: list[int] = field(default_factory=list)

    def workers(self) -> list[int]:
        return [self.process.pid, *_children(self.process.pid)]

    def cpu_seconds(self) -> float:
        """CPU time used so far by the workers."""
        return sum(_cpu(pid) for pid in self.workers())

    def database_cpu_seconds(self) -> float:
        return sum(_cpu(pid) for pid in self._postgres_pids())

    def memory_mb(self) -> float:
        """Proportional memory of the workers: shared pages count once."""
        return sum(_pss(pid) for pid in self.workers()) / 1000

    def largest_mb(self) -> float:
        """Of the worker that has most: the one that wrote the longest answer."""
        return max(_pss(pid) for pid in self.workers()) / 1000

    def _postgres_pids(self) -> list[int]:
        if not self.postgres_mark:
            return []
        mothers = [pid for pid in _all_pids() if self.postgres_mark in _command(pid) and "postgres" in _command(pid)]
        return [pid for mother in mothers for pid in (mother, *_children(mother))]


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS  # own and waited-for children, user and system


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@contextmanager
def database(engine: str, folder: Path) -> Iterator[tuple[str, str]]:
    """(address, mark of its processes) of a fresh database."""
    if engine == "sqlite":
        yield f"sqlite:///{folder}/fieldsurvey.sqlite3", ""
        return
    with postgres.server(DURABLE) as url:
        yield url, url.rpartition("/")[2]


@contextmanager
def environment(engine: str) -> Iterator[tuple[dict[str, str], str]]:
    """Settings of a server on a fresh database of this engine, in a folder that is thrown away."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fieldsurvey-bench-")))
        url, mark = stack.enter_context(database(engine, folder))
        yield {
            **os.environ, "FIELDSURVEY_DATA": str(folder), "FIELDSURVEY_DATABASE_URL": url,
            "FIELDSURVEY_SECRET_KEY": "a benchmark needs no secret, only a long one", "FIELDSURVEY_LOG_LEVEL": "WARNING",
        }, mark  # fmt: skip


@contextmanager
def gunicorn(settings: dict[str, str], mark: str = "", target: str = "wsgi:app") -> Iterator[Server]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--log-level", "warning", target],
        cwd=ROOT,
        env={**settings, "PORT": str(port)},
    )
    try:
        _wait(url)
        yield Server(url, process, settings, mark)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url + "/healthz", timeout=2)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not become healthy")
