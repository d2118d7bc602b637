"""The phone app's form in a real browser, against a real server; the browser's camera, microphone and place are invented."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.cast import ADMIN, PASSWORD
from tests.client.form import PHONE_SIZE, Form
from tests.phone_screen import serving
from tests.web.scene import behind
from tests.xforms import publish

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip
PLACE = {"latitude": 21.3125, "longitude": 105.6125, "accuracy": 4}


@pytest.fixture
def phone() -> Iterator[Callable[..., Any]]:
    """`phone()`: a page of a browser at phone size, which may use camera, microphone and place."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("TEST_EVERYTHING"):
            pytest.fail("Chromium is not installed, and here nothing may be skipped")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))

        def page(**options: Any) -> Any:
            context = browser.new_context(
                viewport=PHONE_SIZE, device_scale_factor=2, has_touch=True, is_mobile=True, locale="vi-VN",
                timezone_id="Asia/Ho_Chi_Minh", permissions=["geolocation", "camera", "microphone"], geolocation=PLACE,
                service_workers="block", **options,
            )  # type: ignore[arg-type] # fmt: skip
            context.set_default_timeout(15_000)
            return context.new_page()

        yield page
        browser.close()


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def form(app: Flask, phone: Callable[..., Any]) -> Iterator[Callable[..., Form]]:
    """`form(xlsform)`: the form published and opened as its administrator tries it out; by its id where it is there.

    `before` is called with the browser's page before anything is opened in it.
    """

    with serving(app) as (url, _):

        def opened(form: str = "ra-soat-ho", before: Callable[[Any], None] | None = None, **options: Any) -> Form:
            with behind(app):
                form_id = publish(form).xml_form_id if "|" in form else form
            page = phone(**options)
            if before:
                before(page)
            page.goto(f"{url}/sign-in")
            page.fill("[name=name]", ADMIN.sign_in)
            page.fill("[name=password]", PASSWORD)
            page.click("button.main")
            page.wait_for_url(lambda where: "sign-in" not in where)
            return Form(page, f"{url}/app/#/try/1/{form_id}").open()

        yield opened
