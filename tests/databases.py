"""A fresh database for each test: a copy of a template that holds the schema and the cast, on SQLite or PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from fieldsurvey.app import create_app
from fieldsurvey.config import Config
from fieldsurvey.extensions import blobs, db, write
from fieldsurvey.seed import setting
from fieldsurvey.store import schema
from tests.cast import NOW, SECRET

_numbers = itertools.count(1)


def settings(data: Path, url: str) -> Config:
    """The settings of a test's server."""
    data.mkdir(parents=True, exist_ok=True)
    return Config(env="testing", data=data, database_url=url, secret_key=SECRET, log_level="ERROR")


def prepare(config: Config) -> None:
    """Schema and cast: areas, people, an open round with the questionnaire published, phones; no households."""
    app = create_app(config)
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            setting.set_up(setting.Stage(session, blobs(), config.secret_key, NOW))
        db.session.remove()
        db.engine.dispose()


class SqliteTemplate:
    """A file that is copied."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "template"
        prepare(settings(self.data, f"sqlite:///{self.data}/template.sqlite3"))

    def fresh(self, data: Path) -> tuple[Config, Callable[[], None]]:
        """Settings for a copy, and what to do after the test."""
        shutil.copytree(self.data / "blobs", data / "blobs")
        path = data / "fieldsurvey.sqlite3"
        shutil.copyfile(self.data / "template.sqlite3", path)
        return settings(data, f"sqlite:///{path}"), lambda: None


class PostgresTemplate:
    """A database that the server copies."""

    def __init__(self, folder: Path, server: str) -> None:
        self.server, self.data = server, folder / "template"
        self._say("CREATE DATABASE template_fieldsurvey")
        prepare(settings(self.data, self._url("template_fieldsurvey")))

    def fresh(self, data: Path) -> tuple[Config, Callable[[], None]]:
        name = f"test_{next(_numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE template_fieldsurvey")
        shutil.copytree(self.data / "blobs", data / "blobs")
        return settings(data, self._url(name)), lambda: self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _say(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
