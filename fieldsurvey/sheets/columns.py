"""Which column of a spreadsheet holds what: by its heading, accent-folded, with the synonyms that registers use.

The match is a proposal; who sends the file sees it and may change it, and what was chosen is remembered by `fingerprint`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fieldsurvey.rules.likeness import likeness
from fieldsurvey.rules.names import fold
from fieldsurvey.sheets import cells
from fieldsurvey.sheets.files import Cell, Sheet
from fieldsurvey.sheets.words import bare

# Field → headings, as `words.bare` makes them; the first of a list is the one of our own template.
REGISTER: dict[str, tuple[str, ...]] = {
    "code": ("maho", "sohokhau", "sohoso", "mahongheo", "mahogiadinh", "householdcode", "familycode", "sttho", "sohieuho"),
    "head": ("chuho", "tenchuho", "hotenchuho", "hovatenchuho", "headofhousehold", "head", "familyhostname"),
    "name": ("hovaten", "thanhvien", "hoten", "hotenthanhvien", "tenthanhvien", "hovatenthanhvien", "ten", "name",
             "fullname", "member"),
    "relation": ("quanhevoichuho", "quanhe", "moiquanhe", "quanhechuho", "moiquanhevoichuho", "relation"),
    "birth": ("ngaysinh", "ngaythangnamsinh", "namsinh", "ngaynamsinh", "sinhngay", "dateofbirth", "birth", "birthdate"),
    "sex": ("gioitinh", "phai", "sex", "gender"),
    "id_number": ("socccd", "cccd", "socancuoc", "socancuoccongdan", "cancuoccongdan", "cmnd", "cmndcccd", "cccdcmnd",
                  "socccdcmnd", "socmndcccd", "socmnd", "sodinhdanh", "sodinhdanhcanhan", "madinhdanh", "cancuoc",
                  "idnumber", "socccdcmt", "cccdsodinhdanh"),
    "ethnicity": ("dantoc", "ethnicity"),
    "commune_code": ("maxa", "maxaphuong", "maphuongxa", "communecode", "wardcode", "madvhcxa", "madonvihanhchinhcapxa"),
    "commune": ("xa", "tenxa", "xaphuong", "phuongxa", "xaphuongthitran", "tenxaphuong", "commune", "ward"),
    "village": ("thon", "tenthon", "thontodanpho", "thonxom", "thonban", "thonbanto", "todanpho", "apkhupho", "thonap",
                "khupho", "ap", "ban", "xom", "thonto", "thonkhupho", "thonbuon", "buon", "village", "khu"),
    "village_code": ("mathon", "mathontodanpho", "villagecode"),
    "address": ("diachi", "noio", "diachinha", "noithuongtru", "diachithuongtru", "address"),
    "class": ("phanloaiho", "phanloai", "loaiho", "dienho", "ketqua", "ketquaphanloai", "class", "classify",
              "phanloaihosauraso", "ketluan"),
    "decision_number": ("soqdcongnhan", "soqd", "soquyetdinh", "soquyetdinhcongnhan", "qdcongnhan", "decisionnumber"),
    "decision_date": ("ngaybanhanhqd", "ngayqd", "ngayquyetdinh", "ngaybanhanhquyetdinh", "ngaybanhanh",
                      "ngayqdcongnhan", "decisiondate"),
    "b1": ("b", "diemb", "tongdiemb"),
    "b2": ("b", "diemb", "tongdiemb"),
    "minority": ("isdtts", "dtts", "dantocthieuso", "hodtts", "hodantocthieuso"),
    "no_labour": ("isknld", "khongcokhananglaodong", "hokhongcokhananglaodong", "knld", "isknl", "hokhongcoknld"),
    "merit": ("istvcccm", "thanhviencocongcachmang", "nguoicocong", "hocothanhvienlanguoicocong", "tvcccm", "tvncc"),
    "causes": ("nguyennhanngheo", "nguyennhan", "nguyennhancanngheo", "causes"),
    "age": ("tuoi", "age"),
    "member_count": ("sonhankhau", "sokhau", "sothanhvien", "nhankhau", "tongsonhankhau", "numberofmembers",
                     "familynumberofmembers"),
    "province": ("tinh", "tinhthanhpho", "tentinh", "province"),
    "district": ("huyen", "quanhuyen", "tenhuyen", "district"),
    "district_code": ("mahuyen", "districtcode"),
}  # fmt: skip
# A table by person has these; anything else is optional.
PEOPLE: dict[str, tuple[str, ...]] = {
    "name": ("hovaten", "hoten", "ten", "rasoatvien", "hotenrasoatvien", "name", "fullname", "canbo"),
    "phone": ("sodienthoai", "dienthoai", "sdt", "didong", "sodtdd", "sodt", "phone", "phonenumber", "mobile", "dtdd"),
    "role": ("vaitro", "chucvu", "chucdanh", "nhiemvu", "quyen", "role"),
    "village_code": ("mathon", "cacthon", "mathontodanpho", "diabanphutrach", "villagecodes", "villagecode", "madiaban"),
    "village": ("thon", "tenthon", "thontodanpho", "diaban", "thonphutrach", "village", "todanpho", "villages"),
    "commune_code": ("maxa", "maxaphuong", "communecode"),
    "commune": ("xa", "xaphuong", "tenxa", "phuongxa", "commune"),
    "valid_until": ("ngayhethan", "hethan", "hieulucden", "handung", "sudungden", "denngay", "ngayketthuc", "validuntil",
                    "expirydate", "expires"),
}  # fmt: skip
LAYOUTS = {"register": REGISTER, "people": PEOPLE}
# Whose digits matter: bare() drops them.
_WITH_DIGITS = {"b1": "b1", "b2": "b2", "diemb1": "b1", "diemb2": "b2", "tongdiemb1": "b1", "tongdiemb2": "b2",
                "b1point": "b1", "b2point": "b2", "diem b1": "b1", "diem b2": "b2"}  # fmt: skip
NEEDED = {"register": (("name", "head"),), "people": (("name",), ("phone",))}  # one of each group
_ROWS_ABOVE = 30  # titles and the state's motto stand above the headings
_LIKE = 1.25  # of 2: a slip of the hand, not another word

Columns = dict[str, int]  # field → column, the first is 0


@dataclass(frozen=True, slots=True)
class Heading:
    """The row of headings of a sheet, and what stands below it."""

    row: int
    texts: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...] = field(default=())  # the first rows below

    @property
    def fingerprint(self) -> str:
        """The same for every file with these headings, whatever its accents and capitals."""
        return hashlib.sha256("\0".join(_key(text) for text in self.texts).encode()).hexdigest()[:32]


def _key(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalnum())


def heading(sheet: Sheet, kind: str) -> Heading | None:
    """The row that looks most like headings among the first ones; None where no two cells of a row do."""
    first = [(number, tuple(cells.text(cell) for cell in row)) for number, row in islice(sheet.rows(), _ROWS_ABOVE)]
    scored = [(len(match(texts, kind)), -number, number, texts) for number, texts in first]
    best = max(scored, default=None)
    if best is None or best[0] < 2:
        return None
    below = tuple(texts for number, texts in first if number > best[2] and any(texts))[:3]
    return Heading(best[2], _trimmed(best[3]), below)


def _trimmed(texts: Sequence[str]) -> tuple[str, ...]:
    """Without the empty cells behind the last heading."""
    last = max((at for at, text in enumerate(texts) if text), default=-1)
    return tuple(texts[: last + 1])


def match(texts: Sequence[str], kind: str) -> Columns:
    """Field → column. Exact synonyms first, in the order of the columns; what is left by likeness."""
    found: Columns = {}
    exact = _exact(kind)
    for at, text in enumerate(texts):
        name = (_WITH_DIGITS.get(_key(text)) if kind == "register" else None) or exact.get(bare(text))
        if name and name not in found:
            found[name] = at
    for at, text in enumerate(texts):
        if at not in found.values() and len(bare(text)) >= 4:
            name = _nearest(text, LAYOUTS[kind].keys() - found.keys() - {"b1", "b2"}, kind)
            if name:
                found[name] = at
    return found


def _exact(kind: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, words in LAYOUTS[kind].items():
        if name not in {"b1", "b2"}:
            for word in words:
                known.setdefault(word, name)
    return known


def _nearest(text: str, names: set[str], kind: str) -> str | None:
    heading_ = bare(text)
    scored = [(likeness(word, heading_), name) for name in names for word in LAYOUTS[kind][name] if len(word) > 3]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _LIKE else None


def lacking(columns: Mapping[str, int], kind: str) -> list[tuple[str, ...]]:
    """The groups of fields of which one is needed and none was found."""
    return [group for group in NEEDED[kind] if not any(name in columns for name in group)]


def picker(columns: Mapping[str, int]) -> Any:
    """A function: (row's cells, field) → its cell, None where there is no such column."""

    def pick(row: Sequence[Cell], name: str) -> Cell:
        at = columns.get(name)
        return row[at] if at is not None and at < len(row) else None

    return pick


# What a sheet of the recognised list holds, by its name.
LISTED, LEFT_POOR, LEFT_NEAR_POOR, SKIP = "listed", "left_poor", "left_near_poor", "skip"
ROLES = (LISTED, LEFT_POOR, LEFT_NEAR_POOR, SKIP)


def role_of(sheet_name: str) -> str:
    """`Thoát cận nghèo` → left_near_poor."""
    word = bare(sheet_name)
    if "thoatcanngheo" in word or "thoatcn" in word:
        return LEFT_NEAR_POOR
    if "thoatngheo" in word or "thoathn" in word:
        return LEFT_POOR
    return SKIP if any(hint in word for hint in ("huongdan", "danhmuc", "instruction", "ghichu")) else LISTED
