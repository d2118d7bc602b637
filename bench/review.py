"""Submissions over REST: how many pages of 250 a second are listed, and how many review decisions a second are taken.

    python -m bench.review [--engines sqlite postgresql] [--submissions 10000] [--connections 1 8] [--number 600]

The submissions are household questionnaires sent to the same server before; each decision moves the household's case,
its counters and its history, and is on disk before its answer.
"""

from __future__ import annotations

import argparse
import json
from random import Random

from bench import serving
from bench.ingest import HEADER, Stage, measure, prepare
from bench.ingest import request as submission
from fieldsurvey.app import create_app
from fieldsurvey.casework import sign_ins
from fieldsurvey.config import from_environment
from fieldsurvey.extensions import db, utcnow, write
from fieldsurvey.seed import cast
from fieldsurvey.store import people
from fieldsurvey.store.submissions import Submission

PAGE = 250
ADDRESS = "/v1/projects/1/forms/ra-soat-ho/submissions"


def fill(server: serving.Server, stage: Stage, count: int) -> None:
    rng = Random(2026)
    for start in range(0, count, 2000):
        some = stage.targets[start : min(start + 2000, count)]
        measure(server, [submission(stage, target, rng, photo=False) for target in some], 16, 201)


def known(settings: dict[str, str]) -> tuple[str, list[str]]:
    """An administrator's token and every instanceID."""
    app = create_app(from_environment({k: v for k, v in settings.items() if k.startswith("FIELDSURVEY_")}))
    with app.app_context():
        admin = people.by_sign_in_name(db.session(), cast.ADMIN.sign_in, None)
        assert admin is not None
        with write() as session:
            token, _ = sign_ins.begin(session, admin, now=utcnow())
        ids = [row.instance_id for row in db.session.query(Submission.instance_id)]
        db.session.remove()
        db.engine.dispose()
    return token, ids


def request(method: str, path: str, token: str, body: dict[str, object] | None = None) -> bytes:
    content = json.dumps(body).encode() if body is not None else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def run(engine: str, count: int, connections: list[int], number: int) -> None:
    with serving.environment(engine) as (settings, mark):
        stage = prepare(settings, count)
        with serving.gunicorn(settings, mark) as server:
            fill(server, stage, count)
            token, ids = known(settings)
            pages = [
                request("GET", f"{ADDRESS}?limit={PAGE}&offset={at * PAGE % max(count - PAGE, 1)}", token)
                for at in range(number)
            ]
            print(f"\n{engine}, {count} submissions: pages of {PAGE}\n{HEADER}", flush=True)
            for many in connections:
                print(measure(server, pages, many, 200), flush=True)
            print(f"\nreview decisions\n{HEADER}", flush=True)
            for at, many in enumerate(connections):
                some = ids[at * number : (at + 1) * number]
                decided = [request("PATCH", f"{ADDRESS}/{one}", token, {"reviewState": "approved"}) for one in some]
                print(measure(server, decided, many, 200), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--connections", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--number", type=int, default=600, help="pages and decisions for each number of connections")
    options = parser.parse_args()
    for engine in options.engines:
        run(engine, options.submissions, options.connections, options.number)


if __name__ == "__main__":
    main()
