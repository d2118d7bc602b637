"""Last year's answers on the phone: shown beside this year's, taken over with one tap, and "the same" only where it is so."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.cast import TAO_PHU
from tests.client.form import Form
from tests.web.scene import behind

pytestmark = pytest.mark.browser
LAST = {
    "answered_on": "2025-10-20", "wall": "earth", "pillar": "bamboo", "roof": "tile", "floor_area": "40.5",
    "source": "rain", "shared_devices": "tv radio",
}  # fmt: skip


def with_last_year(route: Any) -> None:
    """The list as the server gives it, with last year's answers in it."""
    table = list(csv.DictReader(io.StringIO(route.fetch().text())))
    text = io.StringIO()
    writer = csv.DictWriter(text, table[0])
    writer.writeheader()
    writer.writerows({**row, **LAST} for row in table)
    route.fulfill(body=text.getvalue(), content_type="text/csv")


@pytest.fixture
def housing(app: Flask, form: Callable[..., Form]) -> Iterator[Form]:
    """The page of the dwelling of a household that was reviewed last year."""
    with behind(app) as world:
        world.list_household("Nguyễn Thị Tuyến", TAO_PHU)
    filled = form(before=lambda page: page.route("**/households.csv*", with_last_year))
    filled.choose("village", "Thôn Tảo Phú")
    filled.give("listing", "listed")
    filled.question("identification/household").locator(".chooser").click()
    filled.page.locator("dialog.sheet label", has_text="Nguyễn Thị Tuyến").first.click()
    filled.next()
    filled.give("consent/consent", "yes")
    filled.to("/data/housing")
    yield filled
    assert filled.problems == []


def beside(form: Form, name: str) -> str:
    text: str = form.question(name).locator(".last-year").inner_text()
    return text


def same(form: Form) -> str | None:
    ticked = form.question("housing_same").locator("input:checked")
    return ticked.get_attribute("value") if ticked.count() else None


def test_last_year_stands_beside_this_year(housing: Form) -> None:
    assert beside(housing, "housing/roof") == "Năm trước: Ngói"
    assert beside(housing, "floor_area") == "Năm trước: 40,5"
    assert housing.question("housing/roof").locator("input[value=tile]").is_checked()
    assert same(housing) is None, "asked anew each year"


def test_one_tap_says_the_same_and_puts_it_back(housing: Form) -> None:
    housing.give("housing/roof", "concrete")
    assert "khác với năm trước" in housing.page.locator(".same").inner_text()
    housing.page.get_by_role("button", name="Giống năm trước").click()
    assert housing.question("housing/roof").locator("input[value=tile]").is_checked()
    assert same(housing) == "yes"
    assert housing.next() == "/data/water"


def test_what_differs_is_never_the_same(housing: Form) -> None:
    housing.page.get_by_role("button", name="Giống năm trước").click()
    housing.type("floor_area", "45")
    assert same(housing) == "no"
    housing.type("floor_area", "40,50")
    assert same(housing) == "no", "said again by a person, not by the app"
