"""The schema as a whole: all tables, and the migrations that make and change them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

from fieldsurvey.store import (
    applications,
    area_changes,
    areas,
    assignments,
    audit,
    base,
    blobs,
    cases,
    day_counts,
    devices,
    disclosures,
    doubts,
    entities,
    forms,
    handovers,
    household_conflicts,
    household_events,
    household_years,
    imports,
    jobs,
    lists,
    people,
    prefill_checks,
    prior_answers,
    progress,
    receipts,
    register,
    results,
    reviews,
    rounds,
    sealed_drafts,
    site,
    submissions,
    visits,
)
from fieldsurvey.store.engine import WRITES, writer_turn

MODULES = (
    applications,
    area_changes,
    areas,
    assignments,
    audit,
    blobs,
    cases,
    day_counts,
    devices,
    disclosures,
    doubts,
    entities,
    forms,
    handovers,
    household_conflicts,
    household_events,
    household_years,
    imports,
    jobs,
    lists,
    people,
    prefill_checks,
    prior_answers,
    progress,
    receipts,
    register,
    results,
    reviews,
    rounds,
    sealed_drafts,
    site,
    submissions,
    visits,
)
HEAD = "head"


def metadata() -> MetaData:
    """Every table; importing the modules has declared them."""
    return base.Base.metadata


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def present(engine: Engine) -> str | None:
    """The revision that the database stands at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, to: str = HEAD) -> None:
    """Bring the database to a revision, up or down, in one transaction."""
    config = _config()
    with writer_turn(engine), engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        config.attributes.update(connection=connection, metadata=metadata())
        down = to == "base" or to.startswith("-")
        (command.downgrade if down else command.upgrade)(config, to)
