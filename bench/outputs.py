"""The ways out: how long all household questionnaires of a form take as OData, CSV, zip and GeoJSON, and how soon they begin.

    python -m bench.outputs [--engines sqlite postgresql] [--submissions 10000] [--times 20]

One client on a quiet server. `floor` is the time in which one process reads the same rows with their answers from the
database and does nothing with them; `ratio` is the answer's time divided by it, so that a slow machine does not look like
slow code.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import urllib.request
import uuid
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote

from sqlalchemy import insert, select

from bench import serving
from fieldsurvey.app import create_app
from fieldsurvey.casework import sign_ins
from fieldsurvey.config import from_environment
from fieldsurvey.extensions import blobs, config, db, utcnow, write
from fieldsurvey.forms import instance
from fieldsurvey.forms.xform import Schema
from fieldsurvey.outputs import submission_rows
from fieldsurvey.outputs.odata.query import make_token
from fieldsurvey.outputs.submission_rows import Source
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.seed import cast, families, setting
from fieldsurvey.store import forms, people, schema
from fieldsurvey.store.results import Result
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

FORM = "ra-soat-ho"
BASE = f"/v1/projects/1/forms/{FORM}"
_DIFFERENT, _BATCH = 400, 2000
WHOLE = (
    ("OData, submissions", ".svc/Submissions"),
    ("OData, submissions, four fields", ".svc/Submissions?$select=__id,__system,identification,__fieldsurvey"),
    ("OData, members (a repeat)", ".svc/Submissions.members"),
    ("OData, everything expanded", ".svc/Submissions?$expand=*"),
    ("CSV", "/submissions.csv"),
    ("CSV, several answers split", "/submissions.csv?splitSelectMultiples=true"),
    ("zip, without files", "/submissions.csv.zip?attachments=false"),
    ("GeoJSON", "/submissions.geojson?fieldpath=all"),
)
PAGES = (
    ("OData, page of 250", ".svc/Submissions?$top=250"),
    ("OData, page of 250 with count", ".svc/Submissions?$top=250&$count=true"),
    ("OData, first row of a repeat", ".svc/Submissions.members?$top=1"),
    ("OData, 250 rows of a repeat from the middle", ""),
    ("OData, filter by an answer, 250", ".svc/Submissions?$top=250&$filter=housing/wall eq 'earth'"),
    ("OData, filter by class, 250", ".svc/Submissions?$top=250&$filter=__fieldsurvey/class eq 'poor'"),
    ("OData, one submission", ""),
    ("metadata", ".svc/$metadata"),
)


def prepare(settings: dict[str, str], count: int) -> tuple[str, str, float]:
    """Schema, cast and so many questionnaires; (administrator's token, an instanceID in the middle, the floor in seconds)."""
    app = create_app(from_environment({k: v for k, v in settings.items() if k.startswith("FIELDSURVEY_")}))
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            made = setting.set_up(setting.Stage(session, blobs(), config().secret_key, utcnow()))
        with write() as session:
            _fill(session, made, count)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        admin = people.by_sign_in_name(db.session(), cast.ADMIN.sign_in, None)
        assert admin is not None
        with write() as session:
            token, _ = sign_ins.begin(session, admin, now=utcnow())
        middle = db.session.scalar(select(Submission.instance_id).where(Submission.id == max(count // 2, 1)))
        floor = min(_floor() for _ in range(3))
        db.session.remove()
        db.engine.dispose()
    return token, str(middle), floor


def _fill(session: Any, made: setting.Setting, count: int) -> None:
    rng, now = Random(2026), utcnow()
    form, version = forms.published(session, made.round.id, FORM)[0]
    filled = [_answers(rng, made) for _ in range(_DIFFERENT)]
    xml = [instance.build(made.schema, answers, f"uuid:{uuid.uuid4()}") for answers in filled]
    for start in range(1, count + 1, _BATCH):
        numbers = range(start, min(start + _BATCH, count + 1))
        ids = {number: f"uuid:{uuid.UUID(int=rng.getrandbits(128), version=4)}" for number in numbers}
        village = made.villages[start % len(made.villages)]
        place = {"province_id": village.province_id, "commune_id": village.parent_id, "village_id": village.id}
        submission = {"form_id": form.id, "draft": False, "submitter_id": made.phones[0].id, "device_id": "collect:1",
                      "edits": 0, "created_at": now, **place}  # fmt: skip
        session.execute(insert(Submission), [{"id": n, "instance_id": ids[n], **submission} for n in numbers])
        kept = {"form_id": form.id, "form_version_id": version.id, "draft": False, "current": True, "created_at": now}
        session.execute(insert(SubmissionVersion), [
            {"id": n, "submission_id": n, "instance_id": ids[n], "xml": xml[n % _DIFFERENT], **kept,
             "answers": {**filled[n % _DIFFERENT], "meta": {"instanceID": ids[n]}}} for n in numbers
        ])  # fmt: skip
        session.execute(
            insert(Attachment), [{"version_id": n, "name": name} for n in numbers for name in ("nha.jpg", "ky.png")]
        )
        law = {"standard_id": "nd-07-2021", "table_id": "b1", "b1": 120, "b2": 30, "detail": {}, "created_at": now}
        session.execute(insert(Result), [
            {"submission_id": n, "version_id": n, "household_class": rng.choice(("poor", "near_poor", "not_poor")), **law}
            for n in numbers
        ])  # fmt: skip


def _answers(rng: Random, made: setting.Setting) -> Any:
    return families.household(
        rng, rng.choice(families.PROFILES), province=cast.PROVINCE, commune=cast.COMMUNE,
        village=rng.choice(made.villages).code, reviewed=setting.STARTS, photo="nha.jpg", signature="ky.png",
    )  # fmt: skip


def _floor() -> float:
    session = db.session()
    form, version = forms.published(session, 1, FORM)[0]
    assert Schema.from_dict(version.fields)
    source = Source(form, False, (Scope(everywhere=True),))
    start = time.perf_counter()
    query = submission_rows.select_from(source, Submission.id, Submission.instance_id, SubmissionVersion.answers)
    for _ in session.execute(query.order_by(Submission.id.desc()).execution_options(yield_per=500)):
        pass
    return time.perf_counter() - start


def fetch(server: serving.Server, path: str, token: str) -> tuple[float, float, int]:
    """(seconds to the first byte, seconds to the last, bytes)."""
    address = server.url + quote(BASE + path, safe="/?&=$',()*:")
    headers = {"Authorization": f"Bearer {token}"}
    size, start = 0, time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        chunk = answer.read(1)
        first = time.perf_counter() - start
        while chunk:
            size += len(chunk)
            chunk = answer.read(1 << 16)
    return first, time.perf_counter() - start, size


def whole(server: serving.Server, token: str, count: int, floor: float) -> None:
    print(f"{'all of it':<44} {'first ms':>8} {'all s':>7} {'µs/row':>7} {'ratio':>6} {'MB sent':>8} "
          f"{'CPU s':>6} {'db s':>6} {'MB':>5} {'one MB':>7}", flush=True)  # fmt: skip
    for name, path in WHOLE:
        cpu, database_cpu = server.cpu_seconds(), server.database_cpu_seconds()
        first, seconds, size = fetch(server, path, token)
        cpu, database_cpu = server.cpu_seconds() - cpu, server.database_cpu_seconds() - database_cpu
        print(f"{name:<44} {first * 1000:>8.0f} {seconds:>7.2f} {seconds / count * 1e6:>7.0f} {seconds / floor:>6.1f} "
              f"{size / 1e6:>8.1f} {cpu:>6.2f} {database_cpu:>6.2f} {server.memory_mb():>5.0f} "
              f"{server.largest_mb():>7.0f}", flush=True)  # fmt: skip


def pages(server: serving.Server, token: str, middle: str, times: int) -> None:
    print(f"{'a page':<44} {'p50 ms':>8} {'p95 ms':>8}", flush=True)
    for name, path in _paged(server, token, middle):
        found = sorted(fetch(server, path, token)[1] * 1000 for _ in range(times))
        print(f"{name:<44} {statistics.median(found):>8.0f} {found[int(times * 0.95)]:>8.0f}", flush=True)


def _paged(server: serving.Server, token: str, middle: str) -> Iterator[tuple[str, str]]:
    """With the addresses that depend on what is there."""
    address = f"{server.url}{BASE}.svc/Submissions('{quote(middle)}')/members?$top=1"
    with urllib.request.urlopen(
        urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    ) as answer:
        row = json.load(answer)["value"][0]["__id"]
    middle_of_repeat = make_token(repeatId=row, instanceId=middle)
    filled = {
        "OData, 250 rows of a repeat from the middle": f".svc/Submissions.members?$top=250&$skiptoken={middle_of_repeat}",
        "OData, one submission": f".svc/Submissions('{middle}')",
    }
    return ((name, filled.get(name, path)) for name, path in PAGES)


def run(engine: str, count: int, times: int) -> None:
    with serving.environment(engine) as (settings, mark):
        token, middle, floor = prepare(settings, count)
        print(f"\n{engine}, {count} submissions, floor {floor:.2f} s", flush=True)
        with serving.gunicorn(settings, mark) as server:
            fetch(server, ".svc", token)
            whole(server, token, count, floor)
            pages(server, token, middle, times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    options = parser.parse_args()
    for engine in options.engines:
        run(engine, options.submissions, options.times)


if __name__ == "__main__":
    main()
