"""A load generator for its own process: keeps N connections busy with prepared requests and measures each answer."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the answer to the last is whole."""

    def __init__(self, requests: Iterator[bytes], results: list[tuple[int, float]], done: asyncio.Future[None]) -> None:
        self.requests, self.results, self.done = requests, results, done
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.received, self.sent_at = b"", time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            self.results.append((int(head[9:12]), time.perf_counter() - self.sent_at))
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def run(port: int, requests: list[bytes], connections: int) -> tuple[float, list[tuple[int, float]]]:
    loop = asyncio.get_running_loop()
    results: list[tuple[int, float]] = []
    shared = iter(requests)
    waiting = []
    start = time.perf_counter()
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda done=done: Connection(shared, results, done), "127.0.0.1", port)  # type: ignore[misc]
        waiting.append(done)
    await asyncio.gather(*waiting)
    return time.perf_counter() - start, results


def read_requests(path: Path) -> list[bytes]:
    """Requests written one after the other, each behind its length in eight bytes."""
    content, at, found = path.read_bytes(), 0, []
    while at < len(content):
        size = int.from_bytes(content[at : at + 8], "big")
        found.append(content[at + 8 : at + 8 + size])
        at += 8 + size
    return found


if __name__ == "__main__":
    port, path, connections = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    seconds, answered = asyncio.run(run(port, read_requests(path), connections))
    json.dump({"seconds": seconds, "results": answered}, sys.stdout)
