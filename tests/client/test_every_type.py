"""Every type of question and every appearance: shown, filled in, and written as another engine writes the same answers."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree
from PIL import Image

from fieldsurvey.forms import xlsform
from tests.client.form import Form, answers
from tests.client.forms import EVERY_TYPE

pytestmark = pytest.mark.browser
XFORMS = "{http://www.w3.org/2002/xforms}"
TEMPLATE = "{http://openrosa.org/javarosa}template"
# What differs from one interview to the next.
OWN = {"/start", "/end", "/today", "/meta[1]/instanceID", "/username"}


def instance_of(form: str) -> Any:
    """The empty interview as pyxform writes it into the form."""
    model = etree.fromstring(xlsform.convert(form, lenient=True).xml.encode()).find(f".//{XFORMS}instance")
    root = copy.deepcopy(model[0])
    for template in root.xpath("//*[@*[local-name() = 'template']]"):
        template.getparent().remove(template)
    return root


def expected(form: str, given: dict[str, str], without: set[str]) -> list[tuple[str, str]]:
    """What an engine makes of these answers: the form's own instance with values, and without what is not relevant."""
    filled = answers(instance_of(form))
    return [(path, given.get(path, text)) for path, text in filled if path not in without]


def picture(width: int = 3000, height: int = 2000) -> dict[str, Any]:
    content = io.BytesIO()
    noise = Image.effect_noise((width // 4, height // 4), 90).resize((width, height)).convert("RGB")
    noise.save(content, "JPEG", quality=92)
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def draw(form: Form, name: str, word: str) -> None:
    form.press(name, word)
    box = form.page.locator(".pad canvas").bounding_box()
    form.page.mouse.move(box["x"] + 40, box["y"] + 60)
    form.page.mouse.down()
    form.page.mouse.move(box["x"] + 160, box["y"] + 120, steps=5)
    form.page.mouse.up()
    form.page.get_by_role("button", name="Giữ lại").click()
    form.question(name).locator("figure img").wait_for()


def fill_texts(form: Form) -> None:
    form.type("plain", "Nguyễn Thị Tuyến")
    form.type("long", "Dòng một\nDòng hai")
    form.type("digits", "0912345678")
    form.type("lower", "abc")
    form.type("masked", "2468")
    form.type("link", "https://example.org/a?b=c")
    form.next()


def fill_numbers(form: Form) -> None:
    form.type("whole", "1.234")
    form.type("money", "12.500.000")
    form.type("area", "1.234,5")
    assert form.question("area").locator("input").input_value() == "1234,5"
    assert form.question("money").locator("input").input_value() == "12.500.000"
    for _ in range(3):
        form.press("counted", "Thêm")
    form.question("slide").locator("input").fill("7")
    form.press("noticks", "Thêm")
    form.question("upright").locator("input").fill("3")
    form.question("picked").locator("select").select_option("4")
    form.question("stars").locator("label").nth(3).click()
    form.next()


def fill_days(form: Form) -> None:
    form.day("day", "7/5/1965")
    form.day("day_plain", "31/12/2020")
    form.day("month", "10/2026")
    form.day("year", "1954")
    form.day("clock", "17:05")
    form.question("moment").locator(".parts").first.wait_for()
    form.day("moment", "1/10/2026 8:30")
    form.next()


def fill_choices(form: Form) -> None:
    form.choose("rows", "Có")
    form.choose("minimal", "Xoài")
    form.choose("autocomplete", "Nhãn")
    form.choose("columns", "Cam")
    form.choose("packed", "Xoài")
    form.choose("compact", "Nhãn")
    form.question("likert").locator("label").nth(2).click()
    form.choose("other", "Other")
    form.type("other_other", "Vải")
    form.next()
    form.question("radio").locator("input").nth(0).check()
    form.question("tv").locator("input").nth(1).check()
    form.next()
    form.choose("fruits", "Cam", "Xoài")
    form.choose("fruits_sheet", "Nhãn", "Xoài")
    form.press("order", "Đưa Cam lên")
    form.choose("province", "Lào Cai")
    form.choose("district", "Sa Pả")
    form.next()
    form.choose("quick", "Không")  # goes on by itself
    form.page.locator("[data-page='/data/widths']").wait_for()
    for name in ("w1", "w3"):
        form.type(name, name)
    form.type("w2a", "21")
    form.type("w2b", "22")
    form.next()


def fill_files(form: Form) -> None:
    form.attach("photo", picture())
    form.attach("selfie", picture(800, 600))
    for name in ("photo", "selfie"):
        form.question(name).locator("figure img").wait_for()
    draw(form, "signature", "Ký tên")
    draw(form, "drawing", "Vẽ")
    form.press("voice", "Ghi âm")
    form.page.wait_for_timeout(1200)
    form.question("voice").locator("button.danger").click()
    form.question("voice").locator("audio").wait_for()
    form.attach("film", {"name": "a.mp4", "mimeType": "video/mp4", "buffer": b"film" * 99})
    form.attach("paper", {"name": "b.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"})
    form.next()


def fill_places(form: Form) -> None:
    form.press("point", "Lấy vị trí")
    form.question("point").locator("p.given").wait_for()
    form.type("code", "8934563138165")
    form.question("land").get_by_role("button").first.click()
    form.page.locator(".map").wait_for()
    form.page.locator(".leaflet-container").wait_for()
    box = form.page.locator(".map").bounding_box()
    for x, y in ((0.3, 0.3), (0.7, 0.3), (0.5, 0.7)):
        form.page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        form.page.wait_for_timeout(400)
    form.page.get_by_role("button", name="Giữ lại").click()
    form.next()


def fill_rest(form: Form) -> None:
    assert "Chào Nguyễn Thị Tuyến, tổng là 1237." in form.page.locator(".form-page").inner_text()
    form.to("/data/seen")
    form.question("seen").locator("label").click()
    form.next()
    form.type("m_name", "Giàng A Páo")
    form.type("m_age", "40")
    form.choose("m_work", "Có")
    form.next()
    form.page.get_by_role("button", name=re.compile("Thêm")).click()
    form.type("members[2]/m_name", "Giàng Thị Mai")
    form.type("members[2]/m_age", "9")
    form.to("/data/inside")
    form.type("p_area", "360")
    form.page.get_by_role("button", name=re.compile("Thêm")).click()
    form.type("plots[2]/p_area", "500")
    form.next()
    form.type("why", "Vì bận")


GIVEN = {
    "/texts[1]/plain": "Nguyễn Thị Tuyến", "/texts[1]/long": "Dòng một\nDòng hai", "/texts[1]/digits": "0912345678",
    "/texts[1]/lower": "abc", "/texts[1]/masked": "2468", "/texts[1]/link": "https://example.org/a?b=c",
    "/numbers[1]/whole": "1234", "/numbers[1]/money": "12500000", "/numbers[1]/area": "1234.5",
    "/numbers[1]/counted": "3", "/numbers[1]/slide": "7", "/numbers[1]/noticks": "0", "/numbers[1]/upright": "1.5",
    "/numbers[1]/picked": "4", "/numbers[1]/stars": "4", "/days[1]/day": "1965-05-07", "/days[1]/day_plain": "2020-12-31",
    "/days[1]/month": "2026-10-01", "/days[1]/year": "1954-01-01", "/days[1]/clock": "17:05:00.000+07:00",
    "/days[1]/moment": "2026-10-01T08:30:00.000+07:00", "/ones[1]/rows": "yes", "/ones[1]/minimal": "mango",
    "/ones[1]/autocomplete": "longan", "/ones[1]/columns": "orange", "/ones[1]/packed": "mango",
    "/ones[1]/compact": "longan", "/ones[1]/likert": "a3", "/ones[1]/other": "other", "/ones[1]/other_other": "Vải",
    "/table[1]/radio": "yes", "/table[1]/tv": "no", "/many[1]/fruits": "mango orange",
    "/many[1]/fruits_sheet": "mango longan", "/many[1]/order": "mango orange longan other", "/many[1]/province": "lc",
    "/many[1]/district": "sp", "/quick": "no", "/widths[1]/w1": "w1", "/widths[1]/w3": "w3", "/widths[1]/w2a": "21",
    "/widths[1]/w2b": "22", "/places[1]/point": "21.3125 105.6125 0.0 4.0", "/places[1]/code": "8934563138165",
    "/sum": "1237", "/shown": "1237", "/seen": "OK", "/members[1]/m_name": "Giàng A Páo", "/members[1]/m_age": "40",
    "/members[1]/m_work": "yes", "/inside[1]/plots[1]/p_area": "360", "/why": "Vì bận",
}  # fmt: skip
SECOND = [("/members[2]/m_name", "Giàng Thị Mai"), ("/members[2]/m_age", "9")]  # too young for m_work
PLOT = [("/inside[1]/plots[2]/p_area", "500")]
FILES = ("photo", "selfie", "signature", "drawing", "voice", "film", "paper")


def with_second(entries: list[tuple[str, str]]) -> list[tuple[str, str]]:
    after = {"/members[1]/m_work": SECOND, "/inside[1]/plots[1]/p_area": PLOT}
    return [one for entry in entries for one in (entry, *after.get(entry[0], []))]


def test_every_type_is_filled_in_and_written_as_another_engine_writes_it(form: Callable[..., Form]) -> None:
    filled = form(EVERY_TYPE)
    for part in (fill_texts, fill_numbers, fill_days, fill_choices, fill_files, fill_places, fill_rest):
        part(filled)

    made = dict(answers(filled.finish()))
    files = filled.files()

    names = {name: made[f"/files[1]/{name}"] for name in FILES}
    land = made["/places[1]/land"].split(";")
    given = {
        **GIVEN,
        "/places[1]/land": made["/places[1]/land"],
        **{f"/files[1]/{name}": text for name, text in names.items()},
    }
    wanted = with_second(expected(EVERY_TYPE, given, set()))
    assert [one for one in made.items() if one[0] not in OWN] == [one for one in wanted if one[0] not in OWN]
    assert (len(land), land[0].strip()) == (4, land[3].strip())
    assert set(files) == set(names.values())
    assert {files[names[name]][0] for name in ("photo", "selfie")} == {"image/jpeg"}
    assert max(files[names[name]][1] for name in ("photo", "selfie")) <= 150 * 1024
    assert [files[names[name]][0] for name in FILES[2:]] == [
        "image/png",
        "image/png",
        "audio/webm",
        "video/mp4",
        "application/pdf",
    ]
    assert filled.problems == []


def test_file_of_a_draft_keeps_its_name_and_can_be_taken_away(form: Callable[..., Form]) -> None:
    filled = form(EVERY_TYPE)
    filled.to("/data/files")
    filled.attach("photo", picture(400, 300))
    filled.attach("selfie", picture(400, 300))
    filled.question("selfie").locator("figure img").wait_for()
    filled.reopen()
    assert filled.where == "/data/files"
    filled.press("photo", "Xoá")
    filled.saved()
    kept = dict(answers(etree.fromstring(filled.kept()["xml"].encode())))
    assert kept["/files[1]/photo"] == ""
    assert re.fullmatch(r"selfie-\d+\.jpg", kept["/files[1]/selfie"])
    assert filled.problems == []
