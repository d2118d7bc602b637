"""Codes on paper: every letter is in the font, everything stays inside its slip, the codes can be read."""

from __future__ import annotations

import io
from datetime import date

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from fieldsurvey.outputs import phone_sheets
from fieldsurvey.outputs.phone_sheets import Slip
from fieldsurvey.seed import province_file
from fieldsurvey.translations import catalogue

LETTERS = "aáàảãạăắằẳẵặâấầẩẫậeéèẻẽẹêếềểễệiíìỉĩịoóòỏõọôốồổỗộơớờởỡợuúùủũụưứừửữựyýỳỷỹỵđ"
LONG = Slip("x" * 600, "Tổ dân phố Nguyễn Thị Minh Khai số 12", "Công Tằng Tôn Nữ Thị Ngọc Huyền Trân", "0912345678",
            "824188", date(2026, 12, 31))  # fmt: skip


def test_font_has_every_letter_that_is_printed() -> None:
    names = "".join(name for row in (*province_file.rows(200), *province_file.communes()) for name in row)

    assert phone_sheets.lacking(LETTERS + LETTERS.upper()) == set()
    assert phone_sheets.lacking(names) == set()
    assert phone_sheets.lacking("".join(
        text for key, text in catalogue("vi").items() if key.startswith(("phone_sheets.", "admin.phones.step."))
    )) == set()  # fmt: skip


def test_missing_letter_is_noticed() -> None:
    assert phone_sheets.lacking("漢") == {"漢"}


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_longest_slip_stays_inside_its_frame(locale: str) -> None:
    phone_sheets.pdf([], "Xã", "Đợt", locale)  # loads the fonts
    drawn = phone_sheets._Drawn(Canvas(io.BytesIO(), pagesize=A4), 0, locale)

    drawn.slip(LONG, "Xã Tam Hồng", "Rà soát định kỳ năm 2026 – Tam Hồng")

    assert drawn.y > drawn.top - drawn.height + 2


def test_six_slips_to_a_page_and_one_page_for_none() -> None:
    assert phone_sheets.pdf([LONG] * 13, "Xã", "Đợt", "vi").count(b"/Type /Page\n") == 3
    assert phone_sheets.pdf([], "Xã", "Đợt", "vi").startswith(b"%PDF")
