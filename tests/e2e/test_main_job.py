"""The main job through the real protocol: questionnaire fetched, household sent over a bad line, scored, approved, counted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from fieldsurvey.seed import families
from fieldsurvey.store.submissions import Attachment, Submission
from tests.cast import HEAD, OFFICER, PASSWORD
from tests.e2e.conftest import ROOT, Served
from tests.phone import HttpLine, Phone
from tests.world import World

PHOTO = ("image/jpeg", b"\xff\xd8\xff\xe0" + os.urandom(120_000))


def prepared(served: Served) -> tuple[Phone, dict[str, Any]]:
    """A phone that has fetched the form and its lists, and the answers of a household on its list."""
    answers = served.ask(
        lambda world: world.answers(world.list_household(), families.POOR, closing={"house_photo": "nhà.jpg"})
    )
    phone = served.phone(HEAD)
    phone.fetch()
    assert answers["identification"]["household"].encode() in phone.media["households.csv"]
    return phone, answers


def state_of(served: Served) -> tuple[int, str | None, str | None, dict[str, int]]:
    def ask(world: World) -> tuple[int, str | None, str | None, dict[str, int]]:
        from fieldsurvey.extensions import db
        from fieldsurvey.store.cases import Case

        case = db.session.scalars(select(Case)).one()
        return len(db.session.scalars(select(Submission)).all()), case.state, case.household_class, world.counts()

    return served.ask(ask)  # type: ignore[no-any-return]


def test_household_arrives_over_a_line_that_is_cut(served: Served) -> None:
    phone, answers = prepared(served)
    draft = phone.fill(answers, **{"nhà.jpg": PHOTO})
    assert isinstance(phone.line, HttpLine)

    assert phone.call("HEAD", "/submission").status == 204
    phone.line.cut_after = 60_000
    answer = phone.post(draft.xml, draft.files)

    assert (answer.status, answer.message) == (201, "Máy chủ đã nhận và lưu phiếu.")
    assert state_of(served) == (1, "received", "poor", {"received": 1})


@pytest.mark.browser
def test_from_the_phone_to_the_approved_household_on_a_phone_sized_page(
    served: Served, screen: Callable[[], Any]
) -> None:
    phone, answers = prepared(served)
    assert phone.send(phone.fill(answers, **{"nhà.jpg": PHOTO})).status == 201

    officer = screen()
    officer.goto(f"{served.url}/sign-in")
    officer.fill("[name=name]", OFFICER.sign_in)
    officer.fill("[name=password]", PASSWORD)
    officer.press("[name=password]", "Enter")
    officer.get_by_role("link", name="Nguyễn Thị Tuyến").click()
    assert officer.get_by_text("Hộ nghèo", exact=True).first.is_visible()
    assert officer.get_by_text("chưa kiểm tra với Phụ lục III").first.is_visible()
    officer.get_by_role("button", name="Duyệt").click()
    officer.wait_for_url(re.compile(r"/review"))
    officer.goto(f"{served.url}/progress")

    assert officer.get_by_text("100%").first.is_visible()
    assert state_of(served) == (1, "approved", "poor", {"approved": 1, "poor": 1})


def test_photos_follow_in_parts(served: Served) -> None:
    phone, answers = prepared(served)
    draft = phone.fill(answers, **{"nhà.jpg": PHOTO})

    assert phone.post(draft.xml, {}, incomplete=True).status == 201
    assert phone.post(draft.xml, draft.files).status == 201

    def kept(_world: World) -> list[bytes]:
        from fieldsurvey.extensions import blobs, db

        rows = db.session.scalars(select(Attachment).where(Attachment.name == "nhà.jpg"))
        return [blobs().path(row.blob or "").read_bytes() for row in rows]

    assert served.ask(kept) == [PHOTO[1]]


def test_what_was_acknowledged_survives_kill_nine(config: Any) -> None:
    """201 means on disk: the server is killed the moment that it has answered, again and again."""
    from tests.e2e.conftest import wait_until_healthy

    acknowledged = []
    for _ in range(3):
        environment = {
            **os.environ, "PORT": "0", "FIELDSURVEY_DATA": str(config.data), "FIELDSURVEY_SECRET_KEY": config.secret_key,
            "FIELDSURVEY_DATABASE_URL": config.database_url, "FIELDSURVEY_LOG_LEVEL": "ERROR",
        }  # fmt: skip
        port = str(20_000 + os.getpid() % 20_000)
        command = [sys.executable, "-m", "gunicorn", "--log-level", "critical", "wsgi:app"]
        server = subprocess.Popen(command, cwd=ROOT, env={**environment, "PORT": port}, start_new_session=True)
        try:
            served = Served(f"http://127.0.0.1:{port}", config.data, config.database_url)
            wait_until_healthy(served.url, server)
            phone = served.phone(HEAD)
            phone.fetch()
            for _ in range(5):
                draft = phone.fill(served.ask(lambda world: world.answers(world.list_household())))
                assert phone.send(draft).status == 201
                acknowledged.append(draft.instance_id)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            time.sleep(0.1)

    def stored(world: World) -> set[str]:
        from fieldsurvey.extensions import db

        world.counts()
        return set(db.session.scalars(select(Submission.instance_id)))

    assert served.ask(stored) == set(acknowledged)
