"""How many households a second an import checks and takes, and undoes, once the file is there.

    python -m bench.imports [--engines sqlite postgresql] [--households 50000]

Each phase's households per second of wall clock and of CPU (the worker's own). The issue asks for 3,000 a second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from fieldsurvey import work
from fieldsurvey.app import create_app
from fieldsurvey.casework import imports, people
from fieldsurvey.config import Config
from fieldsurvey.extensions import blobs, db, utcnow, write
from fieldsurvey.seed import country, province_file
from fieldsurvey.store import imports as store
from fieldsurvey.store import schema
from tests import postgres

SECRET = "a secret of at least thirty-two characters"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--households", type=int, default=50_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "province.csv"
        province_file.write(path, given.households)
        for engine in given.engines:
            if engine == "sqlite":
                _measure(engine, f"sqlite:///{folder}/bench.sqlite3", Path(folder), path, given.households)
            else:
                with postgres.server() as url:
                    _measure(engine, url, Path(folder), path, given.households)


def _measure(engine: str, url: str, folder: Path, path: Path, households: int) -> None:
    app = create_app(
        Config(env="testing", data=folder / engine, database_url=url, secret_key=SECRET, log_level="ERROR")
    )
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            country.load(session)
        with path.open("rb") as content, write() as session:
            of = imports.receive(session, store.REGISTER, path.name, content, blobs(), by=people.SYSTEM, now=utcnow())
            of.add_villages = True
            number = of.id
        for verb in (imports.start_check, imports.take, imports.undo):
            with write() as session:
                verb(session, store.locked(session, number), by=people.SYSTEM, now=utcnow())
            clock, cpu = time.perf_counter(), time.process_time()
            while work.run_one():
                pass
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            name = verb.__name__.removeprefix("start_")
            print(
                f"{engine:<11} {name:<6} {households / clock:>8,.0f} households/s  {households / cpu:>8,.0f} by CPU",
                flush=True,
            )
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    main()
