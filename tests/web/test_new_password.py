"""Where the link of a letter leads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from fieldsurvey.casework import sign_ins
from fieldsurvey.extensions import db, utcnow, write
from tests.browser import Browser
from tests.cast import HEAD, Person
from tests.world import World

BrowserOf = Callable[[Person | None], Browser]
NEW = "a quite new password"


@pytest.fixture
def link(app: Flask) -> str:
    """What stands in the letter to a village head."""
    with app.app_context():
        with write() as session:
            token = sign_ins.reset_token(session, World().actor(HEAD), now=utcnow())
        db.session.remove()
    return f"/new-password?token={token}"


def choose(browser: Browser, link: str, password: str) -> int:
    browser.get(link)
    return browser.post("/new-password", {"token": link.partition("=")[2], "password": password}).status_code


def test_choose_a_password(browser: BrowserOf, link: str) -> None:
    visitor = browser(None)

    assert HEAD.name in visitor.get(link).text
    assert choose(visitor, link, NEW) == 200
    assert browser(None).sign_in(HEAD, NEW).status_code == 200


def test_link_works_once(browser: BrowserOf, link: str) -> None:
    choose(browser(None), link, NEW)

    assert choose(browser(None), link, "another password") == 404
    assert browser(None).sign_in(HEAD, NEW).status_code == 200


def test_short_password_can_be_tried_again(browser: BrowserOf, link: str) -> None:
    assert choose(browser(None), link, "short") == 400
    assert choose(browser(None), link, NEW) == 200


def test_browsers_that_were_signed_in_no_longer_are(browser: BrowserOf, link: str) -> None:
    signed_in = browser(HEAD)
    choose(browser(None), link, NEW)

    assert signed_in.get("/", follow_redirects=True).request.path == "/sign-in"
