"""xlsforms.build: form.xlsx says what the CSV sheets say, and is made anew only when it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forms.test_questionnaire import FORM, ROOT

BUILD = ROOT / "xlsforms" / "build.py"


@pytest.fixture
def copy_of_form(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FORM, tmp_path / FORM.name))


def build(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BUILD), str(folder), *flags]
    environment = os.environ | {"PYTHONUTF8": "1"}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)


def test_form_xlsx_says_what_the_csv_sheets_say() -> None:
    result = build(FORM, "--check")
    assert result.returncode == 0, f"run `python -m xlsforms.build`:\n{result.stderr}"


def test_check_fails_and_names_the_cell_when_a_sheet_has_changed(copy_of_form: Path) -> None:
    sheet = copy_of_form / "survey.csv"
    sheet.write_text(sheet.read_text("utf-8").replace("Ngày rà soát", "Ngày đến", 1), "utf-8")
    result = build(copy_of_form, "--check")
    assert result.returncode == 1
    assert "survey!C3" in result.stderr


def test_build_makes_a_missing_form_and_leaves_a_fresh_one_alone(copy_of_form: Path) -> None:
    (copy_of_form / "form.xlsx").unlink()
    assert build(copy_of_form, "--check").returncode == 1
    assert build(copy_of_form).returncode == 0
    assert build(copy_of_form, "--check").returncode == 0
    before = (copy_of_form / "form.xlsx").read_bytes()
    build(copy_of_form)
    assert (copy_of_form / "form.xlsx").read_bytes() == before
