"""Photos and signatures: shown to who may read the household, harmless whatever they hold."""

from __future__ import annotations

from flask import Flask

from fieldsurvey.extensions import write
from fieldsurvey.store import submissions
from tests.cast import HEAD, NEIGHBOUR, OFFICER
from tests.web.scene import (
    BrowserOf,
    behind,
)

JPEG, HTML = b"\xff\xd8\xff\xe0 a small photo", b"<html><script>alert(1)</script></html>"


def with_files(app: Flask, **files: bytes) -> dict[str, int]:
    """A household with these files; name → id of the attachment. `house_jpg` is the photo that the answers name."""
    with behind(app) as world:
        household = world.list_household()
        answers = world.answers(household, closing={"house_photo": "house.jpg", "signature": "sign.png"})
        receipt = world.send(world.xml(answers), world.phone_actor(HEAD).doer(), **files)
        with write() as session:
            version = submissions.current_version(session, receipt.submission_id)
            assert version is not None
            return {one.name: one.id for one in submissions.attachments(session, version.id)}


def test_photo_is_shown(app: Flask, browser: BrowserOf) -> None:
    files = with_files(app, house_jpg=JPEG)

    answer = browser(OFFICER).get(f"/attachments/{files['house.jpg']}")

    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/jpeg", JPEG)
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = browser(OFFICER).get(
        f"/attachments/{files['house.jpg']}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_what_is_no_picture_is_downloaded(app: Flask, browser: BrowserOf) -> None:
    files = with_files(app, house_jpg=HTML)  # though the phone called it a picture

    answer = browser(OFFICER).get(f"/attachments/{files['house.jpg']}")

    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_file_is_hidden_from_others(app: Flask, browser: BrowserOf) -> None:
    files = with_files(app, house_jpg=JPEG)

    assert browser(NEIGHBOUR).get(f"/attachments/{files['house.jpg']}").status_code == 404
    assert browser(HEAD).get(f"/attachments/{files['house.jpg']}").status_code == 403
    assert browser(None).get(f"/attachments/{files['house.jpg']}").status_code == 302


def test_file_still_to_come_is_said_to_be(app: Flask, browser: BrowserOf) -> None:
    files = with_files(app)
    officer = browser(OFFICER)

    assert officer.get(f"/attachments/{files['sign.png']}").status_code == 404
    assert "Tệp chưa gửi tới" in officer.get("/review/1").text
