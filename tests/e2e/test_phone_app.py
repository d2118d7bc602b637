"""A village head's day with the phone app in a real browser: sign in, no line, households with photos, the evening."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from fieldsurvey.casework.receipts import typed
from fieldsurvey.extensions import db, write
from fieldsurvey.store.forms import Form
from fieldsurvey.store.receipts import with_fate
from fieldsurvey.store.submissions import Attachment, SubmissionVersion
from tests.cast import HEAD, TAO_PHU
from tests.phone_screen import BadLine, Handset, serving
from tests.web.scene import behind
from tests.xforms import publish

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "fieldsurvey" / "seed" / "photos" / "house-poor.jpg"
# The household questionnaire in little: what makes it one is there but not asked; a remark and a photo are.
SHORT = f"""
| survey | | | | | | | |
| | type | name | label | appearance | default | relevant | parameters |
| | begin_group | identification | Hộ | field-list | | | |
| | date | review_date | Ngày | | 2026-10-05 | | |
| | text | village | Thôn | | {TAO_PHU} | | |
| | select_one listing | listing | Có trong danh sách không? | | | | |
| | select_one_from_file households.csv | household | Hộ | minimal | | ${{listing}} = 'listed' | |
| | text | head_name | Chủ hộ | | | ${{listing}} = 'new' | |
| | end_group | | | | | | |
| | begin_repeat | members | Người | | | 1 = 2 | |
| | text | m_name | Tên | | | | |
| | end_repeat | | | | | | |
| | begin_group | housing | Nhà | | | 1 = 2 | |
| | text | wall | Tường | | | | |
| | end_group | | | | | | |
| | begin_group | water | Nước | | | 1 = 2 | |
| | text | source | Nguồn nước | | | | |
| | end_group | | | | | | |
| | begin_group | closing | Kết thúc | field-list | | | |
| | image | house_photo | Ảnh | | | | max-pixels=1024 |
| | text | remarks | Ghi chú | | | | |
| | end_group | | | | | | |
| choices | | | | | | | |
| | list_name | name | label | | | | |
| | listing | listed | Có | | | | |
| | listing | new | Không | | | | |
| settings | | | | | | | |
| | form_title | form_id | version | style | name | | |
| | Phiếu ngắn | phieu-ngan | 1 | pages | data | | |
"""


@pytest.fixture
def line(app: Flask) -> Iterator[tuple[str, BadLine]]:
    with serving(app) as served:
        yield served


@pytest.fixture
def handset(line: tuple[str, BadLine], tmp_path: Path) -> Iterator[Callable[..., Handset]]:
    """`handset()`: a new phone of its own."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("TEST_EVERYTHING"):
            pytest.fail("Chromium is not installed, and here nothing may be skipped")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    made: list[Handset] = []
    with sync_playwright() as playwright:

        def make() -> Handset:
            made.append(Handset(playwright, chromium, tmp_path / f"profile-{len(made)}", *line))
            return made[-1]

        yield make
        for one in made:
            one.close()
            assert one.troubles == []


def prepared(app: Flask, *names: str) -> None:
    """These households are listed, and the short form is the only one."""
    with behind(app) as world:
        for name in names:
            world.list_household(name)
        publish(SHORT)
        with write() as session:
            session.execute(update(Form).where(Form.xml_form_id == "ra-soat-ho").values(state="closed"))


def arrived(app: Flask) -> list[tuple[str, str, bool]]:
    """(instanceID, remarks, whether the photo is there) of each version that arrived, oldest first."""
    with behind(app):
        found = db.session.scalars(select(SubmissionVersion).order_by(SubmissionVersion.id)).all()
        lacking = set(db.session.scalars(select(Attachment.version_id).where(Attachment.blob.is_(None))))
        return [(one.instance_id, one.answers["closing"].get("remarks", ""), one.id not in lacking) for one in found]


def test_day_without_a_line_is_there_in_the_evening(
    app: Flask, line: tuple[str, BadLine], handset: Callable[..., Handset]
) -> None:
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
