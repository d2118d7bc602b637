"""A village head's day with the phone app in a real browser: sign in, no line, households with photos, the evening."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from fieldsurvey.casework.receipts import typed
from fieldsurvey.extensions import db
from fieldsurvey.store.receipts import with_fate
from tests.cast import HEAD
from tests.e2e.phone_day import PHOTO, arrived, prepared
from tests.phone_screen import Handset
from tests.web.scene import behind

pytestmark = pytest.mark.browser


def test_day_without_a_line_is_there_in_the_evening(app: Flask, handset: Callable[..., Handset]) -> None:
    prepared(app, "Nguyễn Thị Tuyến", "Trần Văn Đạo", "Lê Văn Hùng")
    phone = handset().open().sign_in(HEAD).shell_kept()
    phone.offline()
    phone.restart().unlock()
    assert phone.rows("todo") == ["Lê Văn Hùng", "Nguyễn Thị Tuyến", "Trần Văn Đạo"]

    for number in range(2):
        phone.next_household()
        phone.forward().fill(f"nhà thứ {number}", PHOTO).forward().finish()
    phone.next_household()
    phone.forward().fill("đang viết dở")
    phone.page.wait_for_timeout(1500)
    phone.killed().unlock()

    assert phone.left == "2 phiếu chưa gửi · 2 ảnh chưa gửi (37 KB)"
    assert arrived(app) == []
    phone.offline(False)
    phone.sync()
    assert phone.left == "Đã gửi hết"
    assert phone.rows("done") == ["Lê Văn Hùng", "Nguyễn Thị Tuyến"]
    assert [remarks for _, remarks, _ in arrived(app)] == ["nhà thứ 0", "nhà thứ 1"]
    assert all(complete for *_, complete in arrived(app))

    phone.row("Trần Văn Đạo").click()
    assert phone.page.input_value(".form-page input[type=text]") == "đang viết dở"
    phone.fill("viết xong", PHOTO).forward().finish()
    phone.sync()
    assert [remarks for _, remarks, _ in arrived(app)] == ["nhà thứ 0", "nhà thứ 1", "viết xong"]
    phone.row("Lê Văn Hùng").click()
    code = phone.page.inner_text("[data-receipt]")
    with behind(app):
        found = with_fate(db.session(), typed(code))
        assert found is not None
        assert found[1].instance_id == arrived(app)[0][0]
