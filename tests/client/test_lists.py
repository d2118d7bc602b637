"""What a form brings along: lists of choices, pictures of choices, places; and entries that an answer counts."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.client.form import Form, answers
from tests.client.forms import WITH_FILES

pytestmark = pytest.mark.browser
SHOPS = "name,label,geometry\n" + "".join(
    f"s{number},{name},{f'21.{number:02} 105.6 0 0' if number < 5 else ''}\n"
    for number, name in enumerate(["Đặng Đức Đạt", "Nguyễn Thị Tuyến", *[f"Cửa hàng {one}" for one in range(400)]])
)
NAMES = ("shops.csv", "mango.png", "longan.png", "house.png")
LIST = "http://openrosa.org/xforms/xformsManifest"


def png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(content, "PNG")
    return content.getvalue()


def with_files(page: Any) -> None:
    """The form's files as the server would give them."""
    files = "".join(
        f"<mediaFile><filename>{name}</filename><hash>md5:0</hash><downloadUrl>/v1/files/{name}</downloadUrl></mediaFile>"
        for name in NAMES
    )
    page.route("**/manifest", lambda route: route.fulfill(body=f'<manifest xmlns="{LIST}">{files}</manifest>'))
    page.route("**/v1/files/*.png", lambda route: route.fulfill(body=png(), content_type="image/png"))
    page.route("**/v1/files/*.csv", lambda route: route.fulfill(body=SHOPS, content_type="text/csv"))


@pytest.fixture
def lists(form: Callable[..., Form]) -> Form:
    return form(WITH_FILES, before=with_files)


def test_choices_come_from_files_are_found_without_accents_and_have_their_pictures(lists: Form) -> None:
    pictures = lists.question("pictured").locator(".choice img")
    pictures.nth(1).wait_for()
    assert pictures.nth(0).evaluate("image => image.naturalWidth") == 40
    lists.question("seen").locator("img").wait_for()
    lists.question("pictured").locator("label", has_text="Nhãn").click()
    lists.question("shop").locator(".chooser").click()
    sheet = lists.page.locator("dialog.sheet")
    assert sheet.locator("label").count() == 100, "more only by searching"
    sheet.get_by_role("searchbox").fill("dang duc")
    assert sheet.locator("label").all_inner_texts() == ["Đặng Đức Đạt"]
    sheet.locator("label").first.click()
    lists.press("near", "Chọn trên bản đồ")
    lists.page.locator(".map path.leaflet-interactive").nth(1).click()
    lists.page.get_by_role("button", name="Giữ lại").click()

    made = dict(answers(lists.finish()))

    assert (made["/lists[1]/pictured"], made["/lists[1]/shop"]) == ("longan", "s0")
    assert made["/lists[1]/near"] == "s1"
    assert lists.problems == []


def test_entries_go_only_when_asked(lists: Form) -> None:
    lists.type("n", "2")
    lists.next()
    lists.type("plots[1]/p_name", "Đồng trên")
    lists.next()
    lists.type("plots[2]/p_name", "Đồng dưới")
    lists.back()
    lists.back()
    lists.type("n", "1")
    sheet = lists.page.locator("dialog.sheet")
    assert "Đồng dưới" in sheet.inner_text()
    sheet.get_by_role("button", name="Không").click()
    assert lists.question("lists/n").locator("input").input_value() == "2"
    lists.type("n", "1")
    sheet.get_by_role("button", name="Bỏ", exact=True).click()
    lists.to("#end")
    assert "Đã ghi đủ" in lists.page.locator(".form-page").inner_text()
