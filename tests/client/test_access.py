"""What axe finds on the form's screens: nothing serious. It is injected past the page's own policy, here only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.client.form import Form
from tests.client.forms import EVERY_TYPE

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.browser
SERIOUS = {"serious", "critical"}


def found(page: Any) -> list[tuple[str, str]]:
    """(rule, where) of what is serious on the screen now."""
    result = axe.Axe().run(page).response["violations"]
    return [(rule["id"], node["target"][0]) for rule in result if rule["impact"] in SERIOUS for node in rule["nodes"]]


def test_no_page_with_any_type_of_question_has_a_serious_barrier(form: Callable[..., Form]) -> None:
    filled = form(EVERY_TYPE, bypass_csp=True)
    wrong: dict[str, list[tuple[str, str]]] = {}
    while True:
        filled.page.wait_for_timeout(250)
        wrong[filled.where] = found(filled.page)
        before = filled.where
        if before == "#end":
            break
        if filled.next() == before:  # told what is missing: now with its mistakes, then on
            wrong[f"{before} with mistakes"] = found(filled.page)
            filled.next()
    assert {where: list_ for where, list_ in wrong.items() if list_} == {}


def test_sheets_have_no_serious_barrier(form: Callable[..., Form]) -> None:
    filled = form(EVERY_TYPE, bypass_csp=True)
    filled.page.get_by_role("button", name="Mục lục").click()
    assert found(filled.page) == []
    filled.page.keyboard.press("Escape")
    filled.to("/data/ones")
    filled.question("ones/minimal").locator(".chooser").click()
    assert found(filled.page) == []
    filled.page.keyboard.press("Escape")
    assert filled.page.locator("dialog").count() == 0


def test_barrier_is_found(form: Callable[..., Form]) -> None:
    filled = form(EVERY_TYPE, bypass_csp=True)
    filled.page.evaluate("document.querySelector('.form-page').append(document.createElement('img'))")
    assert [rule for rule, _ in found(filled.page)] == ["image-alt"]
