"""The files that we offer to be filled in: headings, an invented example, and a sheet that says what each column means."""

from __future__ import annotations

from typing import IO

from fieldsurvey.sheets import writing
from fieldsurvey.store.imports import PEOPLE, REGISTER
from fieldsurvey.translations import say

COLUMNS = {
    REGISTER: (
        "code", "name", "relation", "birth", "sex", "id_number", "ethnicity", "commune_code", "commune", "village",
        "address", "class", "decision_number", "decision_date", "b1", "b2",
    ),
    PEOPLE: ("name", "phone", "role", "village_code", "valid_until"),
}  # fmt: skip
EXAMPLES = {
    REGISTER: (
        ("H-001", "Nguyễn Văn Ví Dụ", "Chủ hộ", "02/03/1985", "Nam", "090085000001", "Kinh", "09043", "Xã Tam Hồng",
         "Tảo Phú", "Ngõ 5", "Hộ nghèo", "12/QĐ-UBND", "12/12/2025", "120", "40"),
        ("H-001", "Trần Thị Ví Dụ", "Vợ", "1987", "Nữ", "", "Kinh", "09043", "Xã Tam Hồng", "Tảo Phú", "Ngõ 5",
         "Hộ nghèo", "12/QĐ-UBND", "12/12/2025", "120", "40"),
    ),
    PEOPLE: (("Phùng Văn Ví Dụ", "0912345678", "Rà soát viên", "09043-01; 09043-02", "31/12/2026"),),
}  # fmt: skip
_WIDTHS = {REGISTER: (12, 26, 20, 14, 10, 16, 12, 10, 18, 18, 18, 18, 16, 16, 9, 9), PEOPLE: (28, 16, 18, 28, 16)}


def write(out: IO[bytes], kind: str, locale: str) -> None:
    """Headings are Vietnamese in every language: they are matched by their words."""
    headings = [say(f"columns.{name}", "vi") for name in COLUMNS[kind]]
    explained = [(say(f"columns.{name}", "vi"), say(f"imports.means.{kind}.{name}", locale)) for name in COLUMNS[kind]]
    titles = (say("imports.template.column", locale), say("imports.template.means", locale))
    notes = [("", say(f"imports.template.{kind}", locale)), *explained]
    writing.xlsx(
        out,
        [(say("imports.template.sheet", "vi"), headings, EXAMPLES[kind]), ("Hướng dẫn", titles, notes)],
        _WIDTHS[kind],
    )
