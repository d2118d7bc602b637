"""The people who sign in, each with roles and areas, found by name, number or role."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.orm import Session

from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import people


@dataclass(frozen=True, slots=True)
class Binding:
    """A role and where: the area's name with the one above it; empty: everywhere."""

    role: str
    area: str
    above: str


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    sign_in: str  # phone number or e-mail
    bindings: tuple[Binding, ...]


def accounts(session: Session, scope: Scope, words: str = "", role: str = "") -> list[Account]:
    """By given name, which comes last; one statement. `words` are looked for in name, number, e-mail and area."""
    rows = people.accounts(session, scope)
    found = []
    for _, same in groupby(rows, key=lambda row: row.id):
        own = list(same)
        bindings = tuple(Binding(row.role, row.area or "", row.above or "") for row in own if row.role)
        found.append(Account(own[0].id, own[0].display_name, own[0].phone or own[0].email or "", bindings))
    return sorted((one for one in found if _matches(one, fold(words), role)), key=_by_given_name)


def _by_given_name(account: Account) -> list[str]:
    """`Nguyễn Thị Đào` stands at Đào: so Vietnamese lists are read. Folded, for databases sort accents in two ways."""
    return list(reversed(fold(account.name).split()))


def _matches(account: Account, words: str, role: str) -> bool:
    if role and all(one.role != role for one in account.bindings):
        return False
    if not words:
        return True
    text = " ".join((account.name, account.sign_in, *(f"{one.area} {one.above}" for one in account.bindings)))
    return all(word in fold(text) for word in words.split())
