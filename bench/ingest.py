"""How many household submissions a second the server takes, scoring included, each on disk before its 201.

    python -m bench.ingest [--engines sqlite postgresql] [--connections 1 8 32] [--number 3000] [--photo]

The load comes from another process on the same machine. `read only` is the same server that parses nothing and stores
nothing: the ceiling of gunicorn and Flask here, against which the ratio is given.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import select

from bench import serving
from fieldsurvey.app import create_app
from fieldsurvey.casework import people
from fieldsurvey.config import from_environment
from fieldsurvey.extensions import blobs, config, db, utcnow, write
from fieldsurvey.forms import instance
from fieldsurvey.rules.areas import Level
from fieldsurvey.seed import cast, country, families, province, setting
from fieldsurvey.store import areas, schema
from fieldsurvey.store.register import Household
from tests.phone import multipart

PHOTO = bytes(Random(1).randbytes(100_000))


@dataclass
class Target:
    """A household to be sent: by whose phone, from which village."""

    uuid: str
    head: str
    commune: str
    village: str
    token: str


@dataclass
class Stage:
    form: Any
    targets: list[Target]


def prepare(settings: dict[str, str], households: int) -> Stage:
    """Schema, cast, a province of villages with a phone each, and unvisited households in the demo's round."""
    app = create_app(from_environment({k: v for k, v in settings.items() if k.startswith("FIELDSURVEY_")}))
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            made = setting.set_up(setting.Stage(session, blobs(), config().secret_key, utcnow()))
            whole = areas.by_code(session, Level.PROVINCE, cast.PROVINCE, country.SINCE)
            assert whole is not None
            villages = province.villages(session, whole)
            province.add_households(session, made.round.id, villages, households, utcnow())
        with write() as session:
            tokens = {village.id: _phone(session, made.round.id, village) for village in villages}
        communes = {area.id: area.code for area in areas.children(db.session(), whole.id, Level.COMMUNE)}
        targets = [
            Target(row.uuid, row.head_name, communes[row.commune_id], codes, tokens[row.village_id])
            for row, codes in _rows(villages)
        ]
        db.session.remove()
        db.engine.dispose()
    return Stage(made.schema, targets)


def _phone(session: Any, round_id: int, village: Any) -> str:
    phone = people.create_phone(
        session, village.name, round_id, village, secret=config().secret_key, by=people.SYSTEM, now=utcnow()
    )
    return people.token_of(phone, secret=config().secret_key)


def _rows(villages: list[Any]) -> Iterator[tuple[Any, str]]:
    codes = {village.id: village.code for village in villages}
    query = select(Household.uuid, Household.head_name, Household.commune_id, Household.village_id).order_by(
        Household.id
    )
    for row in db.session.execute(query):
        yield row, codes[row.village_id]


def request(stage: Stage, target: Target, rng: Random, photo: bool) -> bytes:
    """One POST as Collect sends it."""
    names = {"photo": "nha.jpg", "signature": "ky.png"} if photo else {}
    answers = families.household(
        rng,
        rng.choice(families.PROFILES),
        province=cast.PROVINCE,
        commune=target.commune,
        village=target.village,
        reviewed=setting.STARTS,
        head=target.head,
        household_uuid=target.uuid,
        **names,  # type: ignore[arg-type]
    )
    xml = instance.build(stage.form, answers, f"uuid:{uuid.UUID(int=rng.getrandbits(128), version=4)}")
    files = {"nha.jpg": ("image/jpeg", PHOTO + rng.randbytes(8)), "ky.png": ("image/png", rng.randbytes(900))}
    kind, body = multipart(xml, files if photo else {})
    head = (
        f"POST /v1/key/{target.token}/projects/1/submission?deviceID=bench HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-OpenRosa-Version: 1.0\r\nUser-Agent: bench\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(server: serving.Server, requests: list[bytes], connections: int, expected: int) -> str:
    """Send all; one line of the report."""
    with tempfile.NamedTemporaryFile() as file:
        for one in requests:
            file.write(len(one).to_bytes(8, "big") + one)
        file.flush()
        cpu, database_cpu = server.cpu_seconds(), server.database_cpu_seconds()
        command = [sys.executable, "-m", "bench.load", server.url.rpartition(":")[2], file.name, str(connections)]
        done = subprocess.run(command, cwd=serving.ROOT, capture_output=True, check=True)
    found = json.loads(done.stdout)
    times = sorted(seconds for _, seconds in found["results"])
    count = len(times)
    errors = sum(status != expected for status, _ in found["results"]) + len(requests) - count
    worker = (server.cpu_seconds() - cpu) / count * 1e6
    base = (server.database_cpu_seconds() - database_cpu) / count * 1e6
    p50, p95, p99 = (times[min(int(count * share), count - 1)] * 1000 for share in (0.5, 0.95, 0.99))
    return (
        f"{connections:>4} {count:>7} {count / found['seconds']:>8.0f} {p50:>8.1f} {p95:>8.1f} {p99:>8.1f} {errors:>7}"
        f" {worker:>9.0f} {base:>9.0f} {server.memory_mb():>7.0f}"
    )


HEADER = f"{'conn':>4} {'sent':>7} {'per s':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'errors':>7}" + (
    f" {'µs/req':>9} {'db µs':>9} {'MB':>7}"
)


def run(engine: str, connections: list[int], number: int, photo: bool) -> None:
    rng = Random(2026)
    with serving.environment(engine) as (settings, mark):
        stage = prepare(settings, number * len(connections) + 200)
        targets = iter(stage.targets)
        with serving.gunicorn(settings, mark) as server:
            measure(server, [request(stage, next(targets), rng, photo) for _ in range(200)], 8, 201)  # warm up
            print(f"\n{engine}, {'with a 100 KB photo' if photo else 'answers only'}\n{HEADER}", flush=True)
            for count in connections:
                print(
                    measure(server, [request(stage, next(targets), rng, photo) for _ in range(number)], count, 201),
                    flush=True,
                )
        with serving.gunicorn(settings, target="bench.read_only:app") as server:
            sent = [request(stage, stage.targets[0], rng, photo)] * number
            print(measure(server, sent, connections[-1], 201) + "   ← read only", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--connections", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--number", type=int, default=3000, help="submissions for each number of connections")
    parser.add_argument("--photo", action="store_true", help="each with a photo of 100 KB and a signature")
    options = parser.parse_args()
    for engine in options.engines:
        run(engine, options.connections, options.number, options.photo)


if __name__ == "__main__":
    main()
