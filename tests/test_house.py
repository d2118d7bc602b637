"""The house rules as checks. Each checker is shown to catch a planted violation."""

from __future__ import annotations

import ast
import csv
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from fieldsurvey import translations
from fieldsurvey.config import Config
from fieldsurvey.errors import Kind
from fieldsurvey.guards import ITSELF, PUBLIC, SIGNED_IN
from fieldsurvey.rules import points, standards
from fieldsurvey.rules.answers import uncovered
from fieldsurvey.rules.permissions import GRANTED, Permission
from fieldsurvey.rules.workflow import ARRIVED, DECIDED, Arrival, Decision, State
from tests.cast import REVIEWED

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "fieldsurvey"
PUBLIC_ROUTES = {
    "observability.health", "observability.readiness", "observability.metrics",
    "api.description_openapi", "api.description_docs", "api.sessions_create", "api.users_forgotten", "api.users_reset",
    "api.site_all_public", "api.site_public_setting",
    "web.sign_in_page", "web.sign_in", "web.static_file", "web.choose_language",
    "web.new_password_page", "web.choose_password", "web.phone_app", "web.phone_app_file", "web.receipt",
    "phone_app.sign_in", "phone_app.key_list",
}  # fmt: skip
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


def modules(folder: Path = HOUSE) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts)


# 1 and 2: floors, doors that do not import each other, frameworks only where they belong


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_floors_hold() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


PLANTED = [
    # module, what it must not import
    ("rules/areas.py", "import sqlalchemy"),
    ("store/areas.py", "from fieldsurvey.casework import review"),
    ("casework/review.py", "import flask"),
    ("web/session.py", "from fieldsurvey.sync import wire"),
]


@pytest.mark.parametrize(("module", "violation"), PLANTED)
def test_planted_import_is_caught(tmp_path: Path, module: str, violation: str) -> None:
    copy_house(tmp_path)
    planted = tmp_path / "fieldsurvey" / module
    planted.write_text(planted.read_text(encoding="utf-8") + f"\n{violation}\n", encoding="utf-8")

    done = lint_imports(tmp_path)

    assert done.returncode != 0
    assert "BROKEN" in done.stdout


def copy_house(folder: Path) -> None:
    for path in HOUSE.rglob("*.py"):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (folder / "setup.cfg").write_bytes((ROOT / "setup.cfg").read_bytes())


# 3: every route has a guard


def unguarded(app: Flask) -> list[str]:
    return [
        name for name, view in app.view_functions.items()
        if getattr(view, "guard", None) not in {PUBLIC, SIGNED_IN, ITSELF, *Permission}
    ]  # fmt: skip


def test_every_route_has_a_guard(app: Flask) -> None:
    assert unguarded(app) == []
    assert {name for name, view in app.view_functions.items() if view.guard == PUBLIC} == PUBLIC_ROUTES  # type: ignore[attr-defined]


def test_unguarded_route_is_caught(app: Flask) -> None:
    app.view_functions["planted"] = lambda: "open to all"

    assert unguarded(app) == ["planted"]


# 4: every permission is granted by some role and asked for somewhere


def test_every_permission_is_granted_and_asked_for() -> None:
    asked = "\n".join(path.read_text(encoding="utf-8") for path in modules() if path.name != "permissions.py")

    for permission in Permission:
        roles = [role for role, granted in GRANTED.items() if permission in granted]
        assert len(roles) >= 1, permission
        assert f"Permission.{permission.name}" in asked, permission


# 5: every state stands in each workflow table and can be reached


def test_every_state_can_be_reached() -> None:
    reached = {State.NOT_VISITED}
    for _ in State:
        reached |= {after for (before, _), after in (DECIDED | ARRIVED).items() if before in reached}

    assert reached == set(State)


def test_every_state_stands_in_each_table() -> None:
    assert {state for state, _ in ARRIVED} == set(State)
    assert {state for state, _ in DECIDED} == set(State) - {State.NOT_VISITED}
    assert {decision for _, decision in DECIDED} == set(Decision)
    assert {arrival for _, arrival in ARRIVED} == set(Arrival)
    assert {state for state in State if (state, Arrival.CORRECTION) not in ARRIVED} == {State.NOT_VISITED}


# 6: every message in both languages


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


def test_every_message_is_in_both_languages_with_the_same_parameters() -> None:
    vietnamese, english = (translations.catalogue(locale) for locale in ("vi", "en"))

    assert vietnamese.keys() == english.keys()
    assert [key for key in vietnamese if placeholders(vietnamese[key]) != placeholders(english[key])] == []
    assert [key for key in vietnamese if not vietnamese[key].strip() or not english[key].strip()] == []


def test_every_problem_has_a_sentence() -> None:
    assert [kind for kind in Kind if not translations.has_message(kind.message_id)] == []
    assert len({float(kind.value) for kind in Kind}) == len(Kind)  # on the wire a code is a number


# 7: every setting is documented


def test_every_setting_is_documented() -> None:
    sample = (ROOT / ".env.sample").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    for setting in fields(Config):
        name = f"FIELDSURVEY_{setting.name.upper()}"
        assert name in sample, name
        assert name in operations, name


# 8: one transaction


def commits(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)}:{number}"
        for path in modules(folder) for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if ".commit(" in line
    ]  # fmt: skip


def test_nobody_commits_but_write() -> None:
    assert {where.partition(":")[0] for where in commits(HOUSE)} == {"extensions.py"}


def test_planted_commit_is_caught(tmp_path: Path) -> None:
    (tmp_path / "verb.py").write_text("def verb(session):\n    session.commit()\n", encoding="utf-8")

    assert commits(tmp_path) == ["verb.py:2"]


# 12: the circular's tables cover every answer of the form


def sheet(name: str) -> list[dict[str, str]]:
    with (ROOT / "xlsforms" / "ra-soat-ho" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def offered() -> dict[str, set[str]]:
    """Question → the codes that it offers."""
    lists: dict[str, set[str]] = {}
    for row in sheet("choices"):
        lists.setdefault(row["list_name"], set()).add(row["name"])
    selects = (row for row in sheet("survey") if row["type"].startswith(("select_one ", "select_multiple ")))
    return {row["name"]: lists.get(row["type"].split()[1], set()) for row in selects}


@pytest.mark.parametrize("law", [standards.standard_in_force(REVIEWED), points.points_table_in_force(REVIEWED)])
def test_law_covers_every_answer_of_the_form(law: standards.Standard | points.PointsTable) -> None:
    assert uncovered(law, offered()) == ()


def test_answer_unknown_to_the_law_is_caught() -> None:
    law, with_glass = standards.standard_in_force(REVIEWED), offered()
    with_glass["wall"] = with_glass["wall"] | {"glass"}

    assert {(gap.question, gap.code) for gap in uncovered(law, with_glass)} == {("wall", "glass")}


# Size and shape


def long_functions(folder: Path = HOUSE) -> list[str]:
    found = []
    for path in modules(folder):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
                found.append(f"{path.relative_to(folder)}: {node.name}")
    return found


def test_modules_and_functions_are_short() -> None:
    long = [path.name for path in [*modules(), *modules(ROOT / "tests")] if lines(path) > LONGEST_MODULE]

    assert long == []
    assert long_functions() == []


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_long_function_is_caught(tmp_path: Path) -> None:
    body = "def verb():\n" + "    x = 1\n" * 45
    (tmp_path / "verb.py").write_text(body, encoding="utf-8")

    assert long_functions(tmp_path) == ["verb.py: verb"]


def test_every_module_says_what_lives_in_it() -> None:
    silent = [path for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]

    assert silent == []


def test_checker_finds_a_silent_module() -> None:
    assert ast.get_docstring(ast.parse(textwrap.dedent("import os"))) is None


def test_law_is_dated_and_sourced() -> None:
    for standard in standards.all_standards():
        assert standard.valid_from <= (standard.valid_to or standard.valid_from)
        assert standard.articles
    assert points.points_table_in_force(standards.all_standards()[0].valid_from) is not None
