"""Rows of a list of people, each an account: name, telephone number, role, villages, last day. No database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fieldsurvey.rules.permissions import Role
from fieldsurvey.sheets import cells, columns
from fieldsurvey.sheets.files import Cell, Row
from fieldsurvey.sheets.remarks import CellError, Remark
from fieldsurvey.sheets.words import bare

LONGEST_NAME = 120
MOST_VILLAGES = 30
_ROLES = {
    "": Role.ENUMERATOR,
    **dict.fromkeys(
        [
            "rasoatvien",
            "truongthon",
            "totruong",
            "todantruong",
            "truongban",
            "truongap",
            "truongbuon",
            "truongkhupho",
            "congtacvien",
            "dieutravien",
            "totruongtodanpho",
            "enumerator",
            "canborasoat",
            "nguoirasoat",
            "truongtodanpho",
            "thon",
            "truongxom",
            "truongkhu",
        ],
        Role.ENUMERATOR,
    ),
    **dict.fromkeys(
        [
            "canboxa",
            "canbogiamngheo",
            "canbogiamngheoxa",
            "congchuc",
            "congchucxa",
            "congchucphutrachgiamngheo",
            "officer",
            "communeofficer",
            "canbophuong",
            "congchucphuong",
        ],
        Role.COMMUNE_OFFICER,
    ),
    **dict.fromkeys(
        [
            "lanhdaoxa",
            "lanhdao",
            "chutich",
            "phochutich",
            "chutichubndxa",
            "phochutichubndxa",
            "lanhdaoubndxa",
            "communeleader",
            "leader",
        ],
        Role.COMMUNE_LEADER,
    ),
}
_PARTS = re.compile(r"[;,\n+/|]")


@dataclass(slots=True)
class Account:
    row: int
    name: str
    phone: str = ""
    role: Role = Role.ENUMERATOR
    village_codes: list[str] = field(default_factory=list)
    villages: list[str] = field(default_factory=list)
    place: dict[str, str] = field(default_factory=dict)  # commune_code, commune
    valid_until: date | None = None
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, column: str | None, code: str, /, **params: Any) -> None:
        self.remarks.append(Remark(self.row, column, code, params))

    @property
    def can_be_taken(self) -> bool:
        return not any(remark.stops for remark in self.remarks)


class Reader:
    """Reads a sheet of people. `today`: an account cannot end before."""

    def __init__(self, found: columns.Columns, today: date) -> None:
        self.today = today
        self.pick: Callable[[Sequence[Cell], str], Cell] = columns.picker(found)

    def accounts(self, rows: Iterable[Row]) -> Iterator[Account]:
        for number, row in rows:
            if any(cells.text(self.pick(row, name)) for name in ("name", "phone")):
                yield self._account(number, row)

    def _account(self, number: int, row: Sequence[Cell]) -> Account:
        account = Account(number, cells.text(self.pick(row, "name"))[:LONGEST_NAME])
        if not account.name:
            account.remark("name", "name_missing")
        elif not any(letter.isalpha() for letter in account.name):
            account.remark("name", "name_strange", value=account.name[:60])
        self._phone(account, row)
        self._role(account, row)
        self._areas(account, row)
        self._until(account, row)
        return account

    def _phone(self, account: Account, row: Sequence[Cell]) -> None:
        try:
            account.phone = cells.telephone(self.pick(row, "phone"))
        except CellError as refused:
            account.remark("phone", refused.code, **refused.params)

    def _role(self, account: Account, row: Sequence[Cell]) -> None:
        given = cells.text(self.pick(row, "role"))
        role = _ROLES.get(bare(given))
        if role is None:
            account.remark("role", "role_unknown", value=given[:60])
        else:
            account.role = role

    def _areas(self, account: Account, row: Sequence[Cell]) -> None:
        account.village_codes = _parts(cells.text(self.pick(row, "village_code")))
        account.villages = _parts(cells.text(self.pick(row, "village")))
        if len(account.village_codes) > MOST_VILLAGES or len(account.villages) > MOST_VILLAGES:
            account.remark("village_code", "too_many_villages", most=MOST_VILLAGES)
        account.place = {
            "commune_code": cells.code(self.pick(row, "commune_code"), 5),
            "commune": cells.text(self.pick(row, "commune")),
        }

    def _until(self, account: Account, row: Sequence[Cell]) -> None:
        try:
            account.valid_until = cells.day(self.pick(row, "valid_until"))
        except CellError as refused:
            account.remark("valid_until", refused.code, **refused.params)
            return
        if account.valid_until is not None and account.valid_until < self.today:
            account.remark("valid_until", "until_past", value=account.valid_until.strftime("%d/%m/%Y"))


def _parts(given: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in _PARTS.split(given) if part.strip()))
