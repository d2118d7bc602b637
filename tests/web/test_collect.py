"""The phone app as it is served: built from the sources of today, within its budgets, compressed, under its own CSP."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from pyxform.xls2xform import convert  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "fieldsurvey" / "web" / "client"
BUILT = ROOT / "fieldsurvey" / "web" / "static" / "client"
SINGLE = ("index.html", "package-lock.json", "tools/finish.mjs", "tools/wasm.ts", "vite.config.ts")
FORM = ROOT / "xlsforms" / "ra-soat-ho" / "form.xlsx"
LANGUAGE_BUDGET, FORM_BUDGET = 15 * 1024, 22 * 1024  # bytes, gzip: the questionnaire in one language, and with both
ENGLISH = re.compile(r'<translation lang="English.*?</translation>', re.DOTALL)
REBUILD = "the phone app is not built from these sources: run `make client`"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record() -> dict[str, object]:
    read: dict[str, object] = json.loads((BUILT / "build.json").read_text(encoding="utf-8"))
    return read


def test_app_is_built_from_the_sources_of_today() -> None:
    files = [path for folder in ("src", "public") for path in (CLIENT / folder).rglob("*") if path.is_file()]
    names = sorted([path.relative_to(CLIENT).as_posix() for path in files] + list(SINGLE))
    lines = "".join(f"{name} {digest(CLIENT / name)}\n" for name in names)

    assert record()["sources"] == hashlib.sha256(lines.encode()).hexdigest(), REBUILD


def test_files_are_those_that_were_built() -> None:
    files: dict[str, dict[str, object]] = record()["files"]  # type: ignore[assignment]

    assert [name for name, file in files.items() if digest(BUILT / name) != file["sha256"]] == [], REBUILD
    assert [
        name for name in files if (BUILT / f"{name}.gz").exists() and packed(name) != (BUILT / name).read_bytes()
    ] == []


def packed(name: str) -> bytes:
    return gzip.decompress((BUILT / f"{name}.gz").read_bytes())


def test_page_comes_without_signing_in_and_may_run_only_its_own_scripts(app: Flask) -> None:
    answer = app.test_client().get("/app/")

    assert answer.status_code == 200
    assert "script-src 'self' 'wasm-unsafe-eval';" in answer.headers["Content-Security-Policy"]
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("takes", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("", None)])
def test_parts_are_sent_as_the_browser_takes_them_and_kept_for_ever(
    app: Flask, takes: str, encoding: str | None
) -> None:
    name = next(path.relative_to(BUILT).as_posix() for path in sorted(BUILT.glob("assets/*.js")))

    answer = app.test_client().get(f"/app/{name}", headers={"Accept-Encoding": takes})

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("name", ["nothing.js", "../style.css", "assets", "%2e%2e/app.js"])
def test_what_is_no_file_of_the_app_is_not_found(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/app/{name}").status_code == 404


def test_questionnaire_is_small_enough_for_a_bad_line() -> None:
    xform = convert(FORM).xform

    assert len(gzip.compress(ENGLISH.sub("", xform).encode())) <= LANGUAGE_BUDGET
    assert len(gzip.compress(xform.encode())) <= FORM_BUDGET
