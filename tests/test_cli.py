"""The command line, on a fresh data folder each."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fieldsurvey.cli import cli
from fieldsurvey.store import schema

Fieldsurvey = Callable[..., Result]


@pytest.fixture
def fieldsurvey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fieldsurvey:
    """`fieldsurvey("seed", "demo")`: run the command in a data folder of its own."""
    monkeypatch.setenv("FIELDSURVEY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FIELDSURVEY_LOG_LEVEL", "ERROR")

    def run(*arguments: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(cli, arguments)
        logging.getLogger("fieldsurvey").handlers.clear()  # the runner's streams are closed
        assert (result.exit_code != 0) is fails, result.output
        return result

    return run


@pytest.fixture
def demo(fieldsurvey: Fieldsurvey) -> Fieldsurvey:
    fieldsurvey("migrate")
    fieldsurvey("seed", "demo")
    return fieldsurvey


def test_migrate_up_and_down(fieldsurvey: Fieldsurvey) -> None:
    assert f"stands at {schema.newest()}" in fieldsurvey("migrate").output
    assert "stands at None" in fieldsurvey("migrate", "--to", "base").output


def test_demo_is_made_once_and_is_whole(demo: Fieldsurvey) -> None:
    assert "nothing was changed" in demo("seed", "demo").output
    assert "0 villages differ" in demo("recount").output
    rows = list(csv.DictReader(io.StringIO(demo("export").output)))

    assert 290 <= len(rows) <= 330
    assert {row["state"] for row in rows} == {"notVisited", "received", "hasIssues", "edited", "approved", "rejected"}
    assert {row["class"] for row in rows} == {"", "poor", "near_poor", "not_poor"}
    assert any(int(row["duplicates"]) for row in rows)


def test_nothing_waits_in_the_demo(demo: Fieldsurvey) -> None:
    assert "0 changes wait no longer" in demo("backlog", "--days", "0").output


def test_doctor_finds_a_healthy_demo(demo: Fieldsurvey) -> None:
    assert "✗" not in demo("doctor").output


def test_doctor_says_how_to_mend(fieldsurvey: Fieldsurvey) -> None:
    assert "run `fieldsurvey migrate`" in fieldsurvey("doctor", fails=True).output
    fieldsurvey("migrate")
    assert "fieldsurvey seed demo" in fieldsurvey("doctor", fails=True).output


def test_export_of_one_state(demo: Fieldsurvey) -> None:
    rows = list(csv.DictReader(io.StringIO(demo("export", "--state", "approved").output)))

    assert {row["state"] for row in rows} == {"approved"}


def test_user_create(demo: Fieldsurvey) -> None:
    output = demo(
        "user", "create", "Vũ Thị Hoa", "hoa@example.org", "--role", "commune_officer", "--area", "09043"
    ).output
    assert "hoa@example.org can sign in with the password" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("user", "create", "A", "a@example.org", "--role", "commune_officer", "--area", "99999"),
            "no area with the code",
        ),
        (("user", "create", "A", "a@example.org", "--role", "king"), "'king' is not one of"),
    ],
)
def test_user_create_refused(demo: Fieldsurvey, arguments: tuple[str, ...], said: str) -> None:
    assert said in demo(*arguments, fails=True).output


def test_form_publish_needs_a_round(fieldsurvey: Fieldsurvey, tmp_path: Path) -> None:
    fieldsurvey("migrate")
    form = tmp_path / "form.md"
    form.write_text("x", encoding="utf-8")

    assert "There is no round yet" in fieldsurvey("form", "publish", str(form), fails=True).output


def test_form_publish(demo: Fieldsurvey, tmp_path: Path) -> None:
    form = tmp_path / "form.md"
    form.write_text(
        "| survey | | | |\n| | type | name | label |\n| | text | a | A |\n"
        "| settings | | |\n| | form_id | version |\n| | moi | 3 |\n",
        encoding="utf-8",
    )

    assert "moi 3 is published in round 1" in demo("form", "publish", str(form)).output


def test_wrong_setting_is_said_plainly(fieldsurvey: Fieldsurvey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDSURVEY_LOCALE", "fr")

    assert "FIELDSURVEY_LOCALE is 'fr'" in fieldsurvey("migrate", fails=True).output


def test_province_for_benchmarks(demo: Fieldsurvey) -> None:
    assert "2000 households" in demo("seed", "province", "--households", "2000").output
    assert demo("recount").output.count("0 villages differ") == 2
