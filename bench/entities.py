"""Entity lists: how long a whole list takes as a file and as JSON, and how many entities a second are made and changed.

    python -m bench.entities [--engines sqlite postgresql] [--entities 10000 100000] [--number 2000]

Files are read by one client on a quiet server; `first` is when the first byte came. Entities are made and changed one
by one as programs do it, each on disk before its answer; the load comes from another process on the same machine.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
import uuid
from random import Random

from bench import serving
from bench.ingest import HEADER, measure
from fieldsurvey.app import create_app
from fieldsurvey.casework import dataset_settings, entities, entities_in_bulk, people, sign_ins
from fieldsurvey.casework.entities import Change
from fieldsurvey.config import from_environment
from fieldsurvey.extensions import blobs, config, db, utcnow, write
from fieldsurvey.seed import cast, setting
from fieldsurvey.store import people as people_store
from fieldsurvey.store import schema

PROPERTIES = ("village", "head_name", "address", "members", "prior_class", "phone", "income", "note")
NAME = "households_of_last_year"


def values(rng: Random, number: int) -> dict[str, str]:
    return {
        "village": "", "head_name": f"Nguyễn Văn {number}", "address": f"Xóm {rng.randrange(40)}, đội {number % 7}",
        "members": str(rng.randrange(1, 9)), "prior_class": rng.choice(("poor", "near_poor", "")),
        "phone": f"09{rng.randrange(10**8):08}", "income": str(rng.randrange(400, 3000)), "note": "Chưa có ghi chú",
    }  # fmt: skip


def prepare(settings: dict[str, str], count: int) -> tuple[str, str]:
    """Schema, cast and a list of so many entities; returns the address of the list and an administrator's token."""
    app = create_app(from_environment({k: v for k, v in settings.items() if k.startswith("FIELDSURVEY_")}))
    rng, by, now = Random(2026), people.SYSTEM, utcnow()
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            made = setting.set_up(setting.Stage(session, blobs(), config().secret_key, now))
        with write() as session:
            dataset = dataset_settings.create(session, made.round, NAME, by=by, now=now)
            for name in PROPERTIES:
                dataset_settings.add_property(session, dataset, name, by=by, now=now)
        for start in range(0, count, 10_000):
            numbers = range(start, min(start + 10_000, count))
            new = [(str(uuid.uuid4()), Change(f"Hộ {one}", values(rng, one))) for one in numbers]
            with write() as session:
                rows = session.connection()
                entities_in_bulk.create(rows, dataset, new, {"name": "seed"}, user_agent=None, by=by, now=now)
                entities.settle(rows, [dataset.id], now)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        admin = people_store.by_sign_in_name(db.session(), cast.ADMIN.sign_in, None)
        assert admin is not None
        with write() as session:
            token, _ = sign_ins.begin(session, admin, now=utcnow())
        address = f"/v1/projects/{made.round.id}/datasets/{NAME}"
        db.session.remove()
        db.engine.dispose()
    return address, token


def fetch(server: serving.Server, path: str, token: str, extended: bool = False) -> str:
    """Read an answer to its end; one line of the report."""
    headers = {"Authorization": f"Bearer {token}"} | ({"X-Extended-Metadata": "true"} if extended else {})
    cpu, database_cpu, size = server.cpu_seconds(), server.database_cpu_seconds(), 0
    start = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(server.url + path, headers=headers)) as answer:
        chunk = answer.read(1)
        first = time.perf_counter() - start
        while chunk:
            size += len(chunk)
            chunk = answer.read(1 << 16)
    seconds = time.perf_counter() - start
    return (
        f"{first * 1000:>9.0f} {seconds:>8.2f} {size / 1e6:>8.1f} {server.cpu_seconds() - cpu:>9.2f}"
        f" {server.database_cpu_seconds() - database_cpu:>8.2f} {server.memory_mb():>7.0f}"
    )


FILES = f"{'list':<34} {'first ms':>9} {'all s':>8} {'MB sent':>8} {'CPU s':>9} {'db s':>8} {'MB':>7}"


def files(server: serving.Server, address: str, token: str) -> None:
    print(FILES, flush=True)
    for name, path, extended in (
        ("entities.csv", "/entities.csv", False),
        ("entities.csv, of what is sought", "/entities.csv?$search=nguy%E1%BB%85n+1", False),
        ("entities, JSON", "/entities", False),
        ("entities, JSON, extended", "/entities", True),
        ("the list itself, with counts", "", True),
    ):
        print(f"{name:<34} {fetch(server, address + path, token, extended)}", flush=True)


def request(method: str, path: str, token: str, body: dict[str, object]) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def changes(server: serving.Server, address: str, token: str, connections: list[int], number: int) -> None:
    """Make entities, then change each once."""
    rng = Random(7)
    names = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(number * len(connections) + 200)]
    made = [
        request("POST", f"{address}/entities", token, {"uuid": name, "label": name, "data": values(rng, at)})
        for at, name in enumerate(names)
    ]
    changed = [
        request("PATCH", f"{address}/entities/{name}?baseVersion=1", token, {"data": {"members": "9"}})
        for name in names
    ]
    for title, requests in (("made", made), ("changed", changed)):
        measure(server, requests[:200], 8, 200)  # warm up
        print(f"\nentities {title}\n{HEADER}", flush=True)
        for at, count in enumerate(connections):
            some = requests[200 + at * number : 200 + (at + 1) * number]
            print(measure(server, some, count, 200), flush=True)


def run(engine: str, counts: list[int], connections: list[int], number: int) -> None:
    for count in counts:
        with serving.environment(engine) as (settings, mark):
            start = time.perf_counter()
            address, token = prepare(settings, count)
            print(f"\n{engine}, {count} entities (made in {time.perf_counter() - start:.1f} s)", flush=True)
            with serving.gunicorn(settings, mark) as server:
                files(server, address, token)
                changes(server, address, token, connections, number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--entities", nargs="+", type=int, default=[10_000, 100_000], help="how many the list has")
    parser.add_argument("--connections", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--number", type=int, default=2000, help="entities for each number of connections")
    options = parser.parse_args()
    for engine in options.engines:
        run(engine, options.entities, options.connections, options.number)


if __name__ == "__main__":
    main()
