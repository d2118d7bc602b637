"""The phone app on bad lines: cut photos, strange pages, refusals, a server in trouble. Nothing is lost, nothing doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from fieldsurvey.forms import instance
from tests.cast import HEAD, TAO_PHU
from tests.e2e.phone_day import PHOTO, arrived, prepared, schema
from tests.phone_screen import BadLine, Handset
from tests.web.scene import behind

pytestmark = pytest.mark.browser
OURS = [("X-Fieldsurvey-Sync", "1"), ("Content-Type", "application/json")]
HTML = [("Content-Type", "text/html")]


def answering(status: str, headers: list[tuple[str, str]], body: str) -> Callable[[dict[str, Any]], Any]:
    return lambda _environ: (status, headers, body.encode())


def test_photo_cut_twenty_times_arrives_with_hardly_a_byte_sent_twice(
    app: Flask, line: tuple[str, BadLine], handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo")
    phone = handset().open().sign_in(HEAD)
    line[1].cuts = [900] * 20

    phone.next_household()
    phone.forward().fill("nhà cũ", PHOTO).forward().finish()
    phone.synced()

    assert phone.left == "Đã gửi hết"
    assert line[1].cuts == []
    [(_, remarks, complete)] = arrived(app)
    assert (remarks, complete) == ("nhà cũ", True)
    assert line[1].announced <= line[1].received <= 1.05 * line[1].announced


def test_whatever_the_line_answers_is_said_in_words_and_nothing_is_lost(
    app: Flask, line: tuple[str, BadLine], handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo", "Lê Văn Hùng")
    phone = handset().open().sign_in(HEAD)
    bad = line[1]

    bad.say = answering("200 OK", HTML, "<html>Đăng nhập Wi-Fi</html>")
    phone.next_household()
    phone.forward().fill("nhà sàn", PHOTO).forward().finish()
    phone.synced().told("Mạng này trả về một trang lạ")

    bad.say = answering("503 Busy", HTML, "<html>busy</html>")
    phone.sync().told("Máy chủ đang bận hoặc có lỗi (503)")

    said = {
        "code": "413.1",
        "kind": "too_large",
        "message": {"vi": "Phiếu lớn quá.", "en": "Too large."},
        "details": {},
    }
    bad.say = lambda environ: (
        ("413 Too Large", OURS, json.dumps(said).encode()) if environ["PATH_INFO"] == "/sync/submissions" else None
    )
    phone.sync()
    phone.open("#/send").told("Phiếu lớn quá.")
    assert phone.page.locator("[data-outbox] [data-state=refused]").count() == 1
    assert arrived(app) == []

    bad.say = lambda _environ: None
    phone.open("#/").sync()
    assert [remarks for _, remarks, _ in arrived(app)] == ["nhà sàn"]


def test_other_answers_under_the_same_name_are_a_conflict_and_stay(
    app: Flask, line: tuple[str, BadLine], handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo")
    phone = handset().open().sign_in(HEAD)
    phone.offline()
    phone.next_household()
    phone.forward().fill("bản của máy này").forward().finish()
    [instance_id] = phone.unsent()
    with behind(app) as world:
        other = {"closing": {"remarks": "bản khác"}}
        xml = instance.build(schema(), {"identification": {"village": TAO_PHU}, **other}, instance_id)
        world.send(xml, world.phone_actor(HEAD).doer())

    phone.offline(False)
    phone.sync()

    assert phone.unsent() == [instance_id]
    assert phone.rows("refused") == ["Trần Văn Đạo"]
    assert [remarks for _, remarks, _ in arrived(app)] == ["bản khác"]
