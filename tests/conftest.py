"""Fixtures for every test: databases on both engines, the app on them, the world of the cast, browsers and phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings

from fieldsurvey.app import create_app
from fieldsurvey.config import Config
from fieldsurvey.extensions import db
from tests import postgres
from tests.browser import Browser
from tests.cast import Person
from tests.databases import PostgresTemplate, SqliteTemplate
from tests.phone import FlaskLine, Phone
from tests.rest import Rest
from tests.world import World

# The same examples on every machine; no clock decides over a test.
settings.register_profile("fieldsurvey", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("fieldsurvey")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Engine name → template, made when first asked for."""
    made: dict[str, Any] = {}

    def template(engine: str) -> Any:
        if engine not in made:
            folder = tmp_path_factory.mktemp(engine)
            if engine == "sqlite":
                made[engine] = SqliteTemplate(folder)
            else:
                made[engine] = PostgresTemplate(folder, request.getfixturevalue("postgres_server"))
        return made[engine]

    return template


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Both engines, unless a folder's conftest says otherwise."""
    name: str = request.param
    return name


@pytest.fixture
def config(engine_name: str, templates: Callable[[str], Any], tmp_path: Path) -> Iterator[Config]:
    """Settings of a server whose database holds the cast and nothing else."""
    made, finish = templates(engine_name).fresh(tmp_path / "data")
    yield made
    finish()


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """The cast in place, inside an application context: for tests without HTTP."""
    with app.app_context():
        yield World()
        db.session.remove()


@pytest.fixture
def browser(app: Flask) -> Callable[[Person | None], Browser]:
    """`browser(OFFICER)`: a browser in which this person has signed in; `browser(None)`: nobody has."""

    def make(person: Person | None) -> Browser:
        made = Browser(app)
        if person is not None:
            made.sign_in(person)
        return made

    return make


@pytest.fixture
def phone(app: Flask) -> Callable[[Person], Phone]:
    """`phone(HEAD)`: this village head's phone, set up with its token; it speaks to the app without a network."""

    def make(person: Person) -> Phone:
        with app.app_context():
            base = World().phone_path(person)
            db.session.remove()
        return Phone(FlaskLine(app), base)

    return make


@pytest.fixture
def rest(app: Flask) -> Callable[[Person | None], Rest]:
    """`rest(OFFICER)`: a script that has signed in as this person; `rest(None)`: nobody has."""
    return lambda person: Rest(app, person)
