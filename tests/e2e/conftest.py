"""A real server on a port of its own, and a real browser at phone size where Chromium is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from fieldsurvey.app import create_app
from fieldsurvey.extensions import db
from tests.cast import Person
from tests.databases import settings
from tests.phone import HttpLine, Phone
from tests.phone_screen import BadLine, Handset, serving
from tests.world import World

ROOT = Path(__file__).parents[2]
PHONE_SIZE = {"width": 360, "height": 740}


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@dataclass
class Served:
    """A running server. `ask` runs a function inside its application, beside it."""

    url: str
    data: Path
    database_url: str

    def ask(self, question: Callable[[World], Any]) -> Any:
        app = create_app(settings(self.data, self.database_url))
        with app.app_context():
            try:
                return question(World())
            finally:
                db.session.remove()
                db.engine.dispose()

    def phone(self, person: Person) -> Phone:
        return Phone(HttpLine(self.url), self.ask(lambda world: world.phone_path(person)))


@pytest.fixture
def served(config: Any) -> Iterator[Served]:
    """gunicorn, as `make run` starts it, on the cast's database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "PORT": str(port), "FIELDSURVEY_DATA": str(config.data), "FIELDSURVEY_DATABASE_URL": config.database_url,
        "FIELDSURVEY_SECRET_KEY": config.secret_key, "FIELDSURVEY_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", "wsgi:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url, process)
        yield Served(url, config.data, config.database_url)
    finally:
        process.terminate()
        process.wait(20)


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, "the server stopped"
            __import__("time").sleep(0.1)
    raise TimeoutError("the server did not become healthy")


def chromium_here() -> str:
    """Where Chromium is; skips the test without it, or fails it where nothing may be skipped."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("TEST_EVERYTHING"):
            pytest.fail("Chromium is not installed, and here nothing may be skipped")
        pytest.skip("Chromium is not installed")
    return chromium


@pytest.fixture
def screen() -> Iterator[Callable[[], Any]]:
    """`screen()`: a page of a real browser, 360 by 740."""
    chromium = chromium_here()
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        context = browser.new_context(
            viewport=PHONE_SIZE, device_scale_factor=2, has_touch=True, is_mobile=True, locale="vi-VN"
        )  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        yield context.new_page
        browser.close()


@pytest.fixture
def line(app: Flask) -> Iterator[tuple[str, BadLine]]:
    """(address, line) of the app on a port of its own."""
    with serving(app) as served:
        yield served


@pytest.fixture
def handset(line: tuple[str, BadLine], tmp_path: Path) -> Iterator[Callable[[], Handset]]:
    """`handset()`: a new phone of its own. Nothing may go wrong in its script."""
    chromium = chromium_here()
    from playwright.sync_api import sync_playwright

    made: list[Handset] = []
    with sync_playwright() as playwright:

        def make() -> Handset:
            made.append(Handset(playwright, chromium, tmp_path / f"profile-{len(made)}", *line))
            return made[-1]

        yield make
        for one in made:
            one.close()
            assert one.troubles == []
