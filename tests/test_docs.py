"""The documentation: what is generated is fresh, links lead somewhere, nothing that can be set or run is left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from docs import generate
from fieldsurvey.cli import cli
from fieldsurvey.config import PREFIX, Config
from fieldsurvey.rules.permissions import Permission, Role
from fieldsurvey.rules.workflow import ARRIVED, DECIDED
from fieldsurvey.seed import cast
from fieldsurvey.store import schema

ROOT = Path(__file__).parents[1]
SKIPPED = {"data", "build", "dist", "node_modules"}  # and whatever begins with a dot
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
SETTINGS = {f"{PREFIX}{setting.name.upper()}" for setting in fields(Config)}


def pages(folder: Path = ROOT) -> Iterator[Path]:
    """Every Markdown file of the repository."""
    for path in sorted(folder.rglob("*.md")):
        parts = path.relative_to(folder).parts
        if not SKIPPED.intersection(parts) and not any(part.startswith(".") for part in parts):
            yield path


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# What is generated


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A freshly made folder."""
    generate.write(tmp_path)
    return tmp_path


def test_generated_docs_are_fresh() -> None:
    assert generate.stale(generate.FOLDER) == [], "run `make docs`"


def test_making_again_changes_nothing(made: Path) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir()}

    assert generate.main([], made) == 0
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


def test_stale_missing_and_left_over_files_are_named(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"], made) == 0
    with (made / "roles.md").open("a", encoding="utf-8") as file:
        file.write("planted\n")
    (made / "states.md").unlink()
    (made / "old.md").write_text("from last year", encoding="utf-8")

    assert generate.main(["--check"], made) == 1
    said = capsys.readouterr().err
    assert [name for name in ("database.md", "old.md", "roles.md", "settings.md", "states.md") if name in said] == [
        "old.md",
        "roles.md",
        "states.md",
    ]
    assert (made / "old.md").exists()


def test_writing_mends_what_is_stale(made: Path) -> None:
    (made / "roles.md").write_text("", encoding="utf-8")
    (made / "old.md").write_text("from last year", encoding="utf-8")

    generate.write(made)

    assert generate.stale(made) == []


def test_diagram_has_every_move() -> None:
    page = generate.states()

    for (before, event), after in (DECIDED | ARRIVED).items():
        arrow = next(line for line in page.splitlines() if line.startswith(f"    {before.value} --> {after.value} : "))
        assert event.value in arrow


def test_picture_has_every_table_column_and_foreign_key() -> None:
    page = generate.database()

    for table in schema.metadata().tables.values():
        assert f"\n## {table.name}\n" in page
        entity = page.split(f"    {table.name} {{\n")[1].split("    }\n")[0]
        assert [line.split()[1] for line in entity.splitlines()] == list(table.columns.keys())
        for column in table.columns:
            for key in column.foreign_keys:
                assert f"--o{{ {table.name} : {column.name}\n" in page
                assert key.column.table.name in page


def test_every_table_says_what_it_is_for() -> None:
    sections = [section.split("\n") for section in generate.database().split("\n## ")[1:]]

    assert len(sections) == len(schema.metadata().tables)
    assert [lines[0] for lines in sections if not lines[2] or lines[2].startswith("|")] == []


def test_role_table_has_every_permission_and_role() -> None:
    page = generate.roles()

    assert [one for one in (*Permission, *Role) if f"`{one.value}`" not in page] == []


# Links


def broken(page: Path, root: Path = ROOT) -> list[str]:
    """The links of a page to files of the repository or headings that are not there."""
    found = LINK.findall(FENCE.sub("", text(page)))
    local = [link for link in found if not re.match(r"[a-z]+:", link)]
    return [f"{page.relative_to(root)}: {link}" for link in local if not leads_somewhere(page, link)]


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, heading = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not heading or heading in {slug(one) for one in HEADING.findall(FENCE.sub("", text(target)))}


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = (letter for letter in heading.lower() if letter in " -_" or unicodedata.category(letter)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


def test_every_link_leads_somewhere() -> None:
    assert [link for page in pages() for link in broken(page)] == []


@pytest.mark.parametrize("link", ["gone.md", "page.md#gone", "#gone", "pictures/gone.png"])
def test_planted_broken_link_is_caught(tmp_path: Path, link: str) -> None:
    page = tmp_path / "page.md"
    planted = f"# Here\n\n[well](page.md#here) [elsewhere](https://example.org/x) [planted]({link})\n"
    page.write_text(planted, encoding="utf-8")

    assert broken(page, tmp_path) == [f"page.md: {link}"]


def test_slug_is_githubs() -> None:
    assert slug("Tóm tắt tiếng Việt") == "tóm-tắt-tiếng-việt"
    assert slug("Refused uploads: the table `rescues`") == "refused-uploads-the-table-rescues"


# Nothing is left out


def unknown_settings(page: str) -> set[str]:
    return set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", page)) - SETTINGS


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/generated/settings.md", ".env.sample"])
def test_every_setting_is_named(page: str) -> None:
    found = text(ROOT / page)

    assert [name for name in sorted(SETTINGS) if name not in found] == []


def test_only_settings_that_exist_are_named() -> None:
    assert {page.name: names for page in pages() if (names := unknown_settings(text(page)))} == {}


def test_planted_setting_is_caught() -> None:
    assert unknown_settings("set `FIELDSURVEY_PLANTED=1` and FIELDSURVEY_DATA") == {"FIELDSURVEY_PLANTED"}


def commands(group: click.Group, above: str = "fieldsurvey") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")
        else:
            yield f"{above} {name}"


def test_every_command_is_in_the_readme() -> None:
    readme = text(ROOT / "README.md")

    assert [command for command in commands(cli) if command not in readme] == []


def test_every_target_of_make_is_named() -> None:
    targets = re.findall(r"^([a-z]+):.*##", text(ROOT / "Makefile"), re.MULTILINE)
    named = text(ROOT / "README.md") + text(ROOT / "CONTRIBUTING.md")

    assert [target for target in targets if not re.search(rf"\b{target}\b", named)] == []


def test_readme_knows_the_demo() -> None:
    readme = text(ROOT / "README.md")
    people = (cast.ADMIN, cast.SUPERVISOR, cast.OFFICER, cast.LEADER, cast.NEIGHBOUR, cast.HEAD)

    assert cast.PASSWORD in readme
    assert [person.sign_in for person in people if person.sign_in not in readme or person.name not in readme] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "adr"
    records = sorted(folder.glob("[0-9]*.md"))
    listed = text(folder / "README.md")

    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert [path.name for path in records if f"[{title(path)}]({path.name})" not in listed] == []


def title(path: Path) -> str:
    return text(path).splitlines()[0].removeprefix("# ")
