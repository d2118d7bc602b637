"""Signing in and out, the first page, the language, and what holds for every page: headers, CSRF, problems."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from fieldsurvey import web
from fieldsurvey.casework import people
from fieldsurvey.extensions import write
from fieldsurvey.translations import catalogue
from tests.cast import ADMIN, HEAD, LEADER, NOW, OFFICER, SUPERVISOR, Person
from tests.web.scene import BrowserOf, behind, statements

TEMPLATES = Path(web.__file__).parent / "templates"

FIRST_PAGES = [
    (OFFICER, "/review"),
    (LEADER, "/review"),
    (SUPERVISOR, "/review"),
    (ADMIN, "/review"),
    (HEAD, "/progress"),
]


@pytest.mark.parametrize(("person", "page"), FIRST_PAGES)
def test_sign_in_leads_to_the_first_page_of_the_role(browser: BrowserOf, person: Person, page: str) -> None:
    answer = browser(None).sign_in(person)

    assert (answer.status_code, answer.request.path) == (200, page)
    assert person.name in answer.text


def test_phone_number_may_be_written_as_people_do(browser: BrowserOf) -> None:
    officer = browser(None)
    officer.get("/sign-in")

    answer = officer.post("/sign-in", {"name": " +84 912 000 001", "password": "fieldsurvey-demo"})

    assert answer.request.path == "/review"


def test_wrong_password_says_so_and_keeps_the_name(browser: BrowserOf) -> None:
    answer = browser(None).sign_in(OFFICER, "not the password")

    assert answer.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng" in answer.text
    assert f'value="{OFFICER.sign_in}"' in answer.text
    assert "not the password" not in answer.text


def test_many_failures_must_wait(app: Flask, browser: BrowserOf) -> None:
    stranger = browser(None)
    limit = app.config["FIELDSURVEY"].sign_in_attempts

    answers = [stranger.sign_in(OFFICER, f"guess {number}").status_code for number in range(limit + 1)]

    assert answers == [401] * limit + [429]
    assert "Hãy đợi 15 phút" in stranger.sign_in(OFFICER, "guess again").text


def test_page_leads_to_sign_in_and_back(browser: BrowserOf) -> None:
    visitor = browser(None)

    asked = visitor.get("/review?tab=approved")
    assert (asked.status_code, asked.location) == (302, "/sign-in?next=/review?tab%3Dapproved")
    form = visitor.get(asked.location)
    assert 'name="next" value="/review?tab=approved"' in form.text
    name = {"name": OFFICER.sign_in, "password": "fieldsurvey-demo", "next": "/review?tab=approved"}
    assert visitor.post("/sign-in", name).request.full_path == "/review?tab=approved"


ELSEWHERE = [
    "https://example.org/",
    "//example.org/",
    "/\\example.org",
    "javascript:alert(1)",
    "/\t/example.org",
    "review",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_in_never_leads_elsewhere(browser: BrowserOf, target: str) -> None:
    visitor = browser(None)
    visitor.get("/sign-in")

    name = {"name": OFFICER.sign_in, "password": "fieldsurvey-demo", "next": target}
    assert visitor.post("/sign-in", name, follow=False).location == "/"
    assert visitor.get(f"/sign-in?next={target}").location == "/"


def test_sign_out_ends_the_session(browser: BrowserOf) -> None:
    officer = browser(OFFICER)

    assert officer.post("/sign-out").request.path == "/sign-in"
    assert officer.get("/review").status_code == 302


def test_new_password_ends_every_session(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)

    with behind(app) as world, write() as session:
        people.set_password(session, world.actor(OFFICER), "another long password", by=None, now=NOW)

    assert officer.get("/review").status_code == 302


def test_ended_account_ends_its_session(app: Flask, browser: BrowserOf) -> None:
    officer = browser(OFFICER)

    with behind(app) as world, write():
        world.actor(OFFICER).deleted_at = NOW

    assert officer.get("/review").status_code == 302


def test_post_without_token_is_refused(browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    officer.token = ""

    answer = officer.post("/sign-out")

    assert answer.status_code == 400
    assert "Trang đã mở quá lâu nên hết hạn" in answer.text
    assert officer.get("/review").status_code == 200


def test_post_after_the_session_has_ended_leads_to_sign_in_and_back(browser: BrowserOf) -> None:
    gone = browser(None)

    answer = gone.post("/review/batch", follow=False, headers={"Referer": "http://localhost/review?q=le"})

    assert answer.location == "/sign-in?next=/review?q%3Dle"


def test_language_is_chosen_and_outlives_sign_in(browser: BrowserOf) -> None:
    visitor = browser(None)
    assert '<html lang="vi">' in visitor.get("/sign-in").text

    chosen = visitor.post("/language", {"locale": "en"}, headers={"Referer": "http://localhost/sign-in"})

    assert chosen.request.path == "/sign-in"
    assert '<html lang="en">' in chosen.text
    assert "Review" in visitor.sign_in(OFFICER).text


def test_unknown_language_changes_nothing(browser: BrowserOf) -> None:
    officer = browser(OFFICER)
    officer.post("/language", {"locale": "xx"})

    assert '<html lang="vi">' in officer.get("/review").text


def test_pages_carry_the_headers_that_protect_them(browser: BrowserOf) -> None:
    headers = browser(OFFICER).get("/review").headers

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers  # not in development, where there is no https


def test_static_files_are_kept_by_their_hash(app: Flask, browser: BrowserOf) -> None:
    visitor = browser(None)
    address = re.search(r'href="(/static/style\.css\?v=\w+)"', visitor.get("/sign-in").text)
    assert address is not None

    with statements(app) as said:
        kept = visitor.get(address.group(1))

    assert (kept.status_code, kept.mimetype) == (200, "text/css")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert visitor.get("/static/style.css").headers["Cache-Control"] == "no-cache"
    assert visitor.get("/static/../door.py").status_code == 404
    assert said == []


def test_unknown_page_says_what_to_do(browser: BrowserOf) -> None:
    answer = browser(OFFICER).get("/nowhere", headers={"X-Request-Id": "abc123"})

    assert answer.status_code == 404
    assert "Không tìm thấy nội dung này" in answer.text
    assert "abc123" in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_page_of_another_role_is_refused(browser: BrowserOf) -> None:
    answer = browser(HEAD).get("/review")

    assert answer.status_code == 403
    assert "không có quyền" in answer.text


def test_menu_offers_what_the_role_may_do(browser: BrowserOf) -> None:
    def offered(person: Person) -> list[str]:
        menu = re.search(r'<nav class="menu".*?</nav>', browser(person).get("/progress").text, re.DOTALL)
        return re.findall(r'<a href="([^"]+)"', menu.group(0) if menu else "")

    officers = ["/register", "/imports", "/lists", "/work", "/conflicts", "/areas"]
    assert offered(OFFICER) == ["/review", "/progress", *officers, "/phones"]
    assert offered(LEADER) == ["/review", "/progress", "/register", "/areas"]
    assert offered(HEAD) == ["/progress", "/visits", "/phones/mine"]
    assert offered(ADMIN) == ["/review", "/progress", *officers, "/phones", "/forms", "/rounds", "/people"]


# What holds for the templates themselves


def sources() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")}


def test_every_sentence_of_a_template_exists() -> None:
    known = catalogue("vi")
    sentence = re.compile(r"""\bt\(["']([\w.]+)["'][,)]""")
    named = {(name, found) for name, text in sources().items() for found in sentence.findall(text)}

    assert [(name, found) for name, found in sorted(named) if found not in known] == []


@pytest.mark.parametrize("forbidden", [r"<script(?![^>]*src=)", r"<style", r"\sstyle=", r"\son[a-z]+=", r"\|safe\b"])
def test_templates_obey_the_content_security_policy(forbidden: str) -> None:
    assert [name for name, text in sources().items() if re.search(forbidden, text)] == []


def test_attributes_are_never_written_inside_an_expression() -> None:
    """`{{ 'class="x"' if … }}` would come out with its quotes escaped."""
    assert [name for name, text in sources().items() if re.search(r"""\{\{\s*'[^'}]*="[^'}]*'""", text)] == []
