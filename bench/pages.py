"""Server time of the queue, register, completion and forecast pages with a province and five years in the database.

    python -m bench.pages [--engines sqlite postgresql] [--households 300000] [--times 30]

The time is the server's own (Server-Timing), one page at a time on a quiet server. `ratio` compares with the smallest
signed-in page of the same run, so that a slow machine does not look like a slow page.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import re
import statistics
import urllib.parse
import urllib.request

from sqlalchemy import case, insert, literal, select
from sqlalchemy.orm import Session

from bench import serving
from fieldsurvey.app import create_app
from fieldsurvey.config import from_environment
from fieldsurvey.extensions import blobs, config, db, utcnow, write
from fieldsurvey.seed import cast, province, setting
from fieldsurvey.store import schema
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household
from tests.cast import OFFICER, SUPERVISOR, Person

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_LINK = re.compile(r'href="(/review\?[^"]*after=\d+[^"]*)"')
_VILLAGE = re.compile(r'href="/review\?village=(\d+)"')
YEARS = range(2021, 2026)
_TIMING = re.compile(r"app;dur=([\d.]+)")


class Visitor:
    """Somebody signed in, who notes the server's time of each page."""

    def __init__(self, url: str, person: Person) -> None:
        self.url = url
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        token = _TOKEN.search(self.get("/sign-in")[1])
        assert token is not None
        fields = {"name": person.sign_in, "password": cast.PASSWORD, "csrf_token": token.group(1)}
        self.opener.open(url + "/sign-in", urllib.parse.urlencode(fields).encode())

    def get(self, path: str) -> tuple[float, str]:
        """(server's milliseconds, page)"""
        with self.opener.open(self.url + path.replace("&amp;", "&")) as answer:
            timing = _TIMING.search(answer.headers.get("Server-Timing", ""))
            return float(timing.group(1)) if timing else 0.0, answer.read().decode()

    def village(self, round_id: int) -> str:
        """The id of a village that stands in the table of progress."""
        found = _VILLAGE.search(self.get(f"/progress?round={round_id}")[1])
        assert found is not None
        return found.group(1)

    def deep(self, path: str, pages: int) -> str:
        """The address some pages further on."""
        for _ in range(pages):
            found = _LINK.search(self.get(path)[1])
            if found is None:
                break
            path = found.group(1)
        return path


def prepare(settings: dict[str, str], households: int) -> int:
    """Schema, cast and the province; returns the id of its round."""
    app = create_app(from_environment({k: v for k, v in settings.items() if k.startswith("FIELDSURVEY_")}))
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            setting.set_up(setting.Stage(session, blobs(), config().secret_key, utcnow()))
        with write() as session:
            round_id = province.fill(session, households, utcnow()).id
            for year in YEARS:
                list_year(session, year)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        db.session.remove()
        db.engine.dispose()
    return round_id


def list_year(session: Session, year: int) -> None:
    """Every household in the list of one year: of a hundred five are poor and five near-poor, others each year."""
    number = (Household.id + year * 7) % 100
    of_class = case((number < 5, "poor"), (number < 10, "near_poor"), else_="not_poor")
    rows = select(
        Household.id, literal(year), of_class, literal("approved"),
        Household.province_id, Household.commune_id, Household.village_id,
    )  # fmt: skip
    columns = ["household_id", "year", "household_class", "source", "province_id", "commune_id", "village_id"]
    session.execute(insert(HouseholdYear).from_select(columns, rows))


def run(engine: str, households: int, times: int) -> None:
    with serving.environment(engine) as (settings, mark):
        round_id = prepare(settings, households)
        with serving.gunicorn(settings, mark) as server:
            officer, supervisor = Visitor(server.url, OFFICER), Visitor(server.url, SUPERVISOR)
            print(
                f"\n{engine}, {households} households\n{'page':<58} {'p50 ms':>8} {'p95 ms':>8} {'ratio':>7}",
                flush=True,
            )
            smallest = 0.0
            for name, visitor, path in pages(officer, supervisor, round_id):
                taken = sorted(visitor.get(path)[0] for _ in range(times))
                middle = statistics.median(taken)
                smallest = smallest or middle
                print(
                    f"{name:<58} {middle:>8.1f} {taken[int(times * 0.95)]:>8.1f} {middle / smallest:>7.1f}", flush=True
                )


def pages(officer: Visitor, supervisor: Visitor, round_id: int) -> list[tuple[str, Visitor, str]]:
    chosen = f"/review?round={round_id}"
    return [
        ("signed in, nothing to show (keys)", officer, "/review?round=1"),
        ("officer: waiting in the commune", officer, chosen),
        ("officer: all states", officer, f"{chosen}&tab=all"),
        ("officer: search by name without accents", officer, f"{chosen}&tab=all&q=nguyen+thi+tuyen"),
        ("officer: poor households", officer, f"{chosen}&tab=all&group=poor"),
        ("supervisor: waiting in the province", supervisor, chosen),
        ("supervisor: 20 pages further on", supervisor, supervisor.deep(chosen, 20)),
        ("supervisor: all states", supervisor, f"{chosen}&tab=all"),
        ("supervisor: search in the whole province", supervisor, f"{chosen}&tab=all&q=nguyen+thi+tuyen"),
        ("supervisor: search that finds nothing", supervisor, f"{chosen}&tab=all&q=khong+co+ai"),
        ("supervisor: the same among the waiting", supervisor, f"{chosen}&q=khong+co+ai"),
        ("supervisor: households of one village", supervisor, f"{chosen}&tab=all&village={officer.village(round_id)}"),
        ("supervisor: completion by commune", supervisor, f"/progress?round={round_id}"),
        ("supervisor: completion by village, 1,300 of them", supervisor, f"/progress?round={round_id}&by=village"),
        ("officer: completion by village", officer, f"/progress?round={round_id}"),
        ("officer: the register", officer, "/register"),
        ("officer: register, a name as it is typed", officer, "/register?q=nguyen+th"),
        ("officer: register, poor in a year", officer, "/register?group=poor&year=2023"),
        ("supervisor: the register", supervisor, "/register"),
        ("supervisor: register, a name as it is typed", supervisor, "/register?q=nguyen+th"),
        ("supervisor: register, a rare name", supervisor, "/register?q=phung+van+tuyen"),
        ("supervisor: register, nobody", supervisor, "/register?q=khong+co+ai"),
        ("supervisor: register, poor in a year", supervisor, "/register?group=poor&year=2023"),
        ("supervisor: forecast", supervisor, f"/forecast?round={round_id}"),
        ("supervisor: enumerators", supervisor, f"/enumerators?round={round_id}"),
        ("officer: list of the round", officer, f"/lists?round={round_id}"),
        ("officer: work", officer, f"/work?round={round_id}"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--households", type=int, default=300_000)
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args()
    for engine in options.engines:
        run(engine, options.households, options.times)


if __name__ == "__main__":
    main()
