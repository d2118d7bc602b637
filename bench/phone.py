"""The phone app's waits in Chromium at phone size with the processor slowed down, beside its budgets.

    python -m bench.phone [--slow 4] [--households 300] [--times 5]

The whole household questionnaire, on a fresh server and a fresh profile. Needs Chromium. A laptop at a fourth of its speed
is about a phone of 2018; the ratio between two runs on one machine says more than the figures.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import sync_playwright

from fieldsurvey.app import create_app
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import progress
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from tests.cast import HEAD, NOW, ROUND
from tests.databases import SqliteTemplate
from tests.phone_screen import Handset, serving
from tests.world import World

BUDGETS = {
    "first use: the page for signing in": 3000,
    "warm start without a line: the PIN": 1500,
    "the right PIN: the list": 1500,
    "next household: the form": 3000,
    "next page": 150,
    "draft saved": 80,
    "longest frame while the list scrolls": 100,
}
# A page with questions that must be answered wants a second touch; the time is that of the touch that turns the page.
_NEXT_PAGE = """() => new Promise((resolve) => {
  const page = () => document.querySelector(".form-page").dataset.page;
  const before = page();
  const touch = () => {
    const start = performance.now();
    let frames = 30;
    document.querySelector(".form-foot button.main").click();
    const look = () => {
      if (page() !== before) resolve(performance.now() - start);
      else if ((frames -= 1) > 0) requestAnimationFrame(look);
      else touch();
    };
    look();
  };
  touch();
})"""
_SCROLL = """() => new Promise((resolve) => {
  const frames = []; let last = performance.now(); let left = 90;
  const step = () => {
    const now = performance.now(); frames.push(now - last); last = now; scrollBy(0, 250);
    if ((left -= 1) > 0) requestAnimationFrame(step); else resolve(Math.max(...frames.slice(2)));
  };
  requestAnimationFrame(step);
})"""
_SAVES = "() => performance.getEntriesByName('draft saved').map((one) => one.duration)"


@contextmanager
def served(households: int) -> Iterator[tuple[Flask, Path]]:
    """The cast's server with so many households listed in the village of HEAD."""
    with tempfile.TemporaryDirectory() as folder:
        settings, finish = SqliteTemplate(Path(folder)).fresh(Path(folder) / "data")
        app = create_app(settings)
        with app.app_context():
            list_households(World(), households)
            db.session.remove()
        yield app, Path(folder)
        finish()


def list_households(world: World, count: int) -> None:
    place = world.village()
    above = {"province_id": place.province_id, "commune_id": place.parent_id, "village_id": place.id}
    with write() as session:
        made = [
            Household(
                uuid=str(uuid.uuid4()), version=1, head_name=f"Nguyễn Văn {number}", name_fold=f"nguyen van {number}",
                created_at=NOW, updated_at=NOW, prior_class="poor", **above,
            )
            for number in range(count)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        state = State.NOT_VISITED.value
        session.add_all(Case(round_id=ROUND, household_id=one.id, state=state, updated_at=NOW, **above) for one in made)
        session.flush()
        progress.recount(session, ROUND)


def slowed(phone: Handset, rate: int) -> None:
    phone.context.new_cdp_session(phone.page).send("Emulation.setCPUThrottlingRate", {"rate": rate})


def since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


def measure(phone: Handset, slow: int, times: int) -> Iterator[tuple[str, float]]:
    """(name of the budget, milliseconds), as a person goes through the app."""
    slowed(phone, slow)
    start = time.perf_counter()
    phone.open().page.wait_for_selector("#name")
    yield "first use: the page for signing in", since(start)
    phone.sign_in(HEAD).shell_kept()
    phone.offline()
    for _ in range(times):
        phone.context.close()
        phone._start()
        slowed(phone, slow)
        start = time.perf_counter()
        phone.open().page.wait_for_selector("#pin")
        yield "warm start without a line: the PIN", since(start)
        start = time.perf_counter()
        phone.unlock().page.wait_for_selector("[data-rows] .row")
        yield "the right PIN: the list", since(start)
    yield "longest frame while the list scrolls", phone.page.evaluate(_SCROLL)
    start = time.perf_counter()
    phone.next_household()
    yield "next household: the form", since(start)
    for _ in range(times):
        yield "next page", phone.page.evaluate(_NEXT_PAGE)
        phone.page.wait_for_timeout(1500)
    for took in phone.page.evaluate(_SAVES):
        yield "draft saved", took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", type=int, default=4, help="how many times slower the processor is")
    parser.add_argument("--households", type=int, default=300)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is not installed")
    took: dict[str, list[float]] = {name: [] for name in BUDGETS}
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with served(given.households) as (app, folder), serving(app) as line, sync_playwright() as playwright:
        phone = Handset(playwright, chromium, folder / "profile", *line)
        for name, milliseconds in measure(phone, given.slow, given.times):
            took[name].append(milliseconds)
        phone.close()
    print(
        f"{'':40} {'median':>8} {'worst':>8} {'budget':>8}   ms at {given.slow}× slower, {given.households} households"
    )
    for name, values in took.items():
        if values:
            print(f"{name:40} {statistics.median(values):8.0f} {max(values):8.0f} {BUDGETS[name]:8}")


if __name__ == "__main__":
    main()
