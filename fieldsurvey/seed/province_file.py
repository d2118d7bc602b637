"""A spreadsheet of a whole province, as a province would send its register: believable, and everybody invented.

The identity numbers begin with 090, which no province has ever had, so that none of them can be anybody's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from fieldsurvey.seed import cast, families
from fieldsurvey.seed.country import FILE as COUNTRY
from fieldsurvey.sheets import writing

HEADINGS = (
    "Mã hộ", "Họ và tên", "Quan hệ với chủ hộ", "Ngày sinh", "Giới tính", "Số CCCD", "Dân tộc", "Mã xã", "Xã", "Thôn",
    "Địa chỉ", "Phân loại hộ", "Số QĐ công nhận", "Ngày ban hành QĐ", "Điểm B1", "Điểm B2",
)  # fmt: skip
VILLAGES_PER_COMMUNE = 9
_NOBODYS = "090"
_CLASSES = (("Hộ nghèo", 18), ("Hộ cận nghèo", 32), ("Hộ không nghèo", 50))
_MIDDLE = {
    "Nam": ("Văn", "Đức", "Minh", "Quang", "Hữu", "Bá", "Đình", "Xuân"),
    "Nữ": ("Thị", "Thu", "Ngọc", "Thị Thu", "Thị Kim"),
}
_GIVEN = {
    "Nam": (
        "Hùng",
        "Thành",
        "Quyết",
        "Tâm",
        "Đoàn",
        "Vinh",
        "Lực",
        "Phước",
        "Toàn",
        "Sơn",
        "Hải",
        "Long",
        "Tuấn",
        "Dũng",
        "Khánh",
    ),
    "Nữ": (
        "Hoa",
        "Tuyến",
        "Bích",
        "Hồng",
        "Hà",
        "Đượm",
        "Xuân",
        "Ngọc",
        "Sen",
        "Lan",
        "Huệ",
        "Thảo",
        "Yến",
        "Mai",
        "Nhung",
    ),
}
_VILLAGE_NAMES = (
    "Tân Lập", "Đồng Tâm", "Phú Xuân", "An Hòa", "Bình Minh", "Hùng Sơn", "Liên Minh", "Thái Hòa", "Vân Trì", "Xuân Đài",
    "Đoàn Kết", "Quyết Tiến", "Yên Bình", "Đông Thịnh", "Trung Thành", "Mỹ Lương", "Cẩm Khê", "Thanh Vân",
)  # fmt: skip
_LAST_DAY = date(2025, 11, 30)


class Person(NamedTuple):
    name: str
    relation: str
    born: date
    sex: str


def communes(province: str = cast.PROVINCE) -> list[tuple[str, str]]:
    """(code, full name) of the province's communes."""
    with COUNTRY.open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["full_name"]) for row in csv.DictReader(file) if row["parent"] == province]


def rows(households: int, seed: int = 25) -> Iterator[tuple[str, ...]]:
    """A row for each person, village by village; the same for the same seed."""
    rng = Random(seed)
    places = [(code, name, village) for code, name in communes() for village in _villages(rng)]
    each, rest = divmod(households, len(places))
    number = 0
    for at, (code, commune, village) in enumerate(places):
        for place in range(1, each + (at < rest) + 1):
            kind = rng.choices([one for one, _ in _CLASSES], weights=[weight for _, weight in _CLASSES])[0]
            b1, b2 = _points(rng, kind)
            shared = (
                code,
                commune,
                village,
                f"Ngõ {rng.randint(1, 60)}",
                kind,
                f"{int(code)}/QĐ-UBND",
                "12/12/2025",
                b1,
                b2,
            )
            for person in _family(rng):
                number += 1
                yield (
                    f"{code}-{at % VILLAGES_PER_COMMUNE + 1:02}-{place:04}", person.name, person.relation,
                    person.born.strftime("%d/%m/%Y"), person.sex, _identity(person, number), "Kinh", *shared,
                )  # fmt: skip


def _villages(rng: Random) -> list[str]:
    return [f"Thôn {name}" for name in rng.sample(_VILLAGE_NAMES, VILLAGES_PER_COMMUNE)]


def _points(rng: Random, kind: str) -> tuple[str, str]:
    """Points that fit the class by the rural cut-offs."""
    if kind == "Hộ không nghèo":
        return str(rng.randint(141, 260)), str(rng.randrange(0, 50, 10))
    return str(rng.randint(60, 140)), str(rng.randrange(30, 80, 10) if kind == "Hộ nghèo" else rng.randrange(0, 30, 10))


def _family(rng: Random) -> Iterator[Person]:
    """A head, mostly a spouse, children, sometimes a parent; three and a half people on average."""
    family, sex = families.family_name(rng), rng.choice(("Nam", "Nam", "Nữ"))
    born = _birthday(rng, rng.randint(1950, 1998))
    yield Person(_name(rng, family, sex), "Chủ hộ", born, sex)
    if rng.random() < 0.75:
        other = "Nữ" if sex == "Nam" else "Nam"
        year = born.year + rng.randint(-4, 6)
        yield Person(_name(rng, families.family_name(rng), other), "Vợ, chồng", _birthday(rng, year), other)
    for place in range(rng.choices((0, 1, 2, 3, 4), weights=(15, 25, 40, 15, 5))[0]):
        child = rng.choice(("Nam", "Nữ"))
        yield Person(_name(rng, family, child), "Con", _birthday(rng, min(born.year + 23 + 3 * place, 2025)), child)
    if rng.random() < 0.12 and born.year > 1965:
        yield Person(_name(rng, family, "Nữ"), "Bố, mẹ", _birthday(rng, born.year - 25), "Nữ")


def _name(rng: Random, family: str, sex: str) -> str:
    return f"{family} {rng.choice(_MIDDLE[sex])} {rng.choice(_GIVEN[sex])}"


def _birthday(rng: Random, year: int) -> date:
    return min(date(year, 1, 1) + timedelta(days=rng.randrange(365)), _LAST_DAY)


def _identity(person: Person, number: int) -> str:
    """Twelve digits that agree with sex and year; each is there once."""
    century = (person.born.year - 1900) // 100 * 2 + (person.sex == "Nữ")
    head = "091" if number >= 1_000_000 else _NOBODYS
    return f"{head}{century}{person.born.year % 100:02}{number % 1_000_000:06}"


def write(path: Path, households: int) -> None:
    """CSV or XLSX, by the name of the file."""
    with path.open("wb") as out:
        if path.suffix.lower() == ".xlsx":
            writing.xlsx(out, [("Danh sách", HEADINGS, rows(households))])
        else:
            writing.delimited(out, HEADINGS, rows(households))
