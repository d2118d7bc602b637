"""Migrations: up, down and up again; the models are the schema; the audit only grows. On both databases."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from fieldsurvey.store import schema
from fieldsurvey.store.engine import engine_options, prepare

# The index of names differs between the databases, so no model describes it (store/names.py).
BY_HAND = ("household_names", "ix_households_names")
VERSIONS = sorted((Path(schema.__file__).parent / "migrations" / "versions").glob("*.py"))


@pytest.fixture
def engine(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database."""
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    if engine_name == "postgresql":
        server = request.getfixturevalue("postgres_server")
        with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS empty WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE empty"))
        url = make_url(server).set(database="empty").render_as_string(hide_password=False)
    made = create_engine(url, **engine_options(url))
    prepare(made)
    yield made
    made.dispose()


def tables(engine: Engine) -> set[str]:
    names = inspect(engine).get_table_names()
    return {name for name in names if name != "alembic_version" and not name.startswith(BY_HAND)}


def described(name: str | None, _type: str, _parents: object) -> bool:
    return not (name or "").startswith(BY_HAND)


def test_up_down_up(engine: Engine) -> None:
    schema.migrate(engine)
    assert tables(engine) == set(schema.metadata().tables)

    schema.migrate(engine, "base")
    assert tables(engine) == set()

    schema.migrate(engine)
    assert schema.present(engine) == schema.newest()


def test_models_are_the_schema(engine: Engine) -> None:
    schema.migrate(engine)

    with engine.connect() as connection:
        options: dict[str, Any] = {"compare_type": True, "compare_server_default": True, "include_name": described}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata()) == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_audit_is_append_only(engine: Engine, statement: str) -> None:
    schema.migrate(engine)
    params = "'{}'"
    with engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO audit (action, subject, params, at) VALUES ('a', 's', {params}, '2026-10-05 00:00:00')")
        )

    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_one_head() -> None:
    assert len(ScriptDirectory(str(VERSIONS[0].parents[1])).get_heads()) == 1


def test_migrations_import_nothing_of_ours() -> None:
    for path in VERSIONS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", "") or ""
            assert not any(name.startswith("fieldsurvey") for name in [*names, module]), path
