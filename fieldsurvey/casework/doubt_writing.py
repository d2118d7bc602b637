"""Writing doubts down: new ones once for each side, settled ones left alone, those without a reason any more outdated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.doubting import Kind, Settled
from fieldsurvey.store import doubts as store
from fieldsurvey.store.cases import Case
from fieldsurvey.store.doubts import OPEN, Doubt
from fieldsurvey.store.register import Household

MOST = 3  # of one kind for one household: with the first ones the officer finds the rest
ITSELF = "self"


@dataclass(frozen=True, slots=True)
class Found:
    """Something odd: about a case alone, about it and another case, or about it and a household of the register."""

    kind: Kind
    case_id: int
    other_case_id: int | None
    other_household_id: int | None
    detail: dict[str, Any]

    @property
    def about(self) -> str:
        if self.other_case_id is not None:
            return f"case:{self.other_case_id}"
        return f"household:{self.other_household_id}" if self.other_household_id is not None else ITSELF

    def mirrored(self) -> Found | None:
        """The same as the other side sees it."""
        if self.other_case_id is None:
            return None
        swapped = {"person": "other_person", "other_person": "person"}
        detail = {swapped.get(name, name): value for name, value in self.detail.items()}
        return Found(self.kind, self.other_case_id, self.case_id, None, detail)


def write_down(session: Session, looked: Sequence[Row[Any]], found: Iterable[Found], now: datetime) -> int:
    """How many are new, counting each side. `looked`: rows of the cases that were looked at in full."""
    every = {(one.case_id, one.kind.value, one.about): one for one in found}
    both = {**every}
    for one in every.values():
        twin = one.mirrored()
        if twin is not None:
            both.setdefault((twin.case_id, twin.kind.value, twin.about), twin)
    case_ids = {case_id for case_id, _, _ in both} | {row.case_id for row in looked}
    known = {
        (one.case_id, one.kind, one.about): one
        for one in session.scalars(select(Doubt).where(Doubt.case_id.in_(sorted(case_ids))))
    }
    if not both and not known:
        return 0  # the usual household
    added = _add(session, both, known, now)
    _outdate(session, {row.case_id for row in looked}, both, known, now)
    session.flush()
    store.count_again(session, {case_id for case_id, _, _ in both.keys() | known.keys()})
    return added


Key = tuple[int, str, str]


def _add(session: Session, both: dict[Key, Found], known: dict[Key, Doubt], now: datetime) -> int:
    """New ones; one that had become outdated is open again."""
    cases = _cases(session, both.values())
    homes = _homes(session, both.values())
    count = Counter((case_id, kind) for case_id, kind, _ in known)
    added = 0
    for key, one in both.items():
        old = known.get(key)
        if old is not None:
            if old.state == Settled.OUTDATED.value:
                old.state, old.detail, old.settled_at = OPEN, one.detail, None
            continue
        if count[key[0], key[1]] >= MOST or one.case_id not in cases:
            continue
        count[key[0], key[1]] += 1
        session.add(_doubt(one, cases, homes, now))
        added += 1
    return added


def _doubt(one: Found, cases: dict[int, Case], homes: dict[int, int | None], now: datetime) -> Doubt:
    mine, other = cases[one.case_id], cases.get(one.other_case_id or 0)
    return Doubt(
        round_id=mine.round_id, kind=one.kind.value, about=one.about, case_id=mine.id,
        other_case_id=one.other_case_id, other_household_id=other.household_id if other else one.other_household_id,
        other_commune_id=other.commune_id if other else homes.get(one.other_household_id or 0), detail=one.detail,
        state=OPEN, found_at=now, province_id=mine.province_id, commune_id=mine.commune_id, village_id=mine.village_id,
    )  # fmt: skip


def _cases(session: Session, found: Iterable[Found]) -> dict[int, Case]:
    ids = {id_ for one in found for id_ in (one.case_id, one.other_case_id) if id_ is not None}
    return {one.id: one for one in session.scalars(select(Case).where(Case.id.in_(sorted(ids))))} if ids else {}


def _homes(session: Session, found: Iterable[Found]) -> dict[int, int | None]:
    """Household of the register → its commune."""
    ids = {one.other_household_id for one in found if one.other_household_id is not None}
    query = select(Household.id, Household.commune_id).where(Household.id.in_(sorted(ids)))
    return {row.id: row.commune_id for row in session.execute(query)} if ids else {}


def _outdate(
    session: Session, looked: set[int], both: dict[Key, Found], known: dict[Key, Doubt], now: datetime
) -> None:
    """Open doubts of the cases looked at whose reason is gone, and the same on the other side."""
    gone = [one for key, one in known.items() if one.case_id in looked and one.state == OPEN and key not in both]
    pairs = {(one.other_case_id, one.kind, f"case:{one.case_id}") for one in gone if one.other_case_id is not None}
    others = {case_id for case_id, _, _ in pairs}
    twins = [
        one for one in session.scalars(select(Doubt).where(Doubt.case_id.in_(sorted(others)), Doubt.state == OPEN))
        if (one.case_id, one.kind, one.about) in pairs
    ] if others else []  # fmt: skip
    for one in [*gone, *twins]:
        one.state, one.settled_at = Settled.OUTDATED.value, now
    session.flush()
    store.count_again(session, {one.case_id for one in twins})
