"""Who of a file is known already: earlier in the file, or in the register, by identity number, else by name, birth and
village. Two different identity numbers are two persons, whatever the name."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.rules.household import BirthDate
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.sheets.households import HEAD, Draft, Person
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household, Member

_MOST_VILLAGES = 60  # whose people are kept in memory; a file goes village by village
_BINDS = 5_000  # values of one statement


@dataclass(slots=True)
class Known:
    """`household_id`: the one that the draft is already. `here`: whether the file's village is its village's commune."""

    household_id: int | None = None
    here: bool = True


@dataclass(slots=True)
class _Villager:
    household_id: int
    birth: BirthDate | None
    id_number: str | None


@dataclass(slots=True)
class Seen:
    """Persons that the file has named before, by keys; of 1.2 million only the numbers are kept."""

    ids: dict[int, int] = field(default_factory=dict)  # hash of the number → row
    people: dict[int, tuple[int, bool]] = field(default_factory=dict)  # of name, birth, village → (row, has a number)

    def note(self, draft: Draft, village: object) -> None:
        """Remark on whom the file has named before, and remember the draft's people."""
        for person in draft.members:
            if person.id_number:
                row = self.ids.setdefault(hash(person.id_number), person.row)
                if row != person.row and row not in range(draft.first_row, draft.last_row + 1):
                    draft.remark(person.row, "id_number", "id_twice", row=row)
            self._note_name(draft, person, village)

    def _note_name(self, draft: Draft, person: Person, village: object) -> None:
        if person.birth is None or person.birth.day is None:
            return  # a year alone is shared by too many
        key = hash((fold(person.name), person.birth, village))
        row, numbered = self.people.setdefault(key, (person.row, bool(person.id_number)))
        if row != person.row and not (numbered and person.id_number):
            draft.remark(person.row, "name", "person_twice", row=row)


class Register:
    """What the register knows, asked for many households at a time."""

    def __init__(self, session: Session, scope: Scope) -> None:
        self.session, self.scope = session, scope
        self._villages: OrderedDict[int, dict[str, list[_Villager]]] = OrderedDict()

    def known(self, drafts: Sequence[tuple[Draft, int | None, int | None]]) -> list[Known]:
        """For each (draft, commune, village): the household that it is already. Remarks are put on the draft."""
        by_id = self._by_id([p.id_number for draft, *_ in drafts for p in draft.members if p.id_number])
        return [self._one(draft, commune, village, by_id) for draft, commune, village in drafts]

    def _one(self, draft: Draft, commune: int | None, village: int | None, by_id: dict[str, Any]) -> Known:
        hits = [(person, by_id[person.id_number]) for person in draft.members if person.id_number in by_id]
        ordered = sorted(hits, key=lambda hit: hit[0].relation != HEAD)
        for person, hit in ordered:
            here = hit.commune_id == commune
            found = Known(hit.household_id, here)
            if here:
                draft.remark(person.row, "id_number", "known", head=hit.head_name)
            else:
                draft.remark(person.row, "id_number", "known_elsewhere", commune=hit.commune or "?")
            self._others(draft, ordered[1:], hit.household_id)
            return found
        return self._by_name(draft, village)

    def _others(self, draft: Draft, hits: Sequence[tuple[Person, Any]], household_id: int) -> None:
        """Members whose numbers the register has in yet another household."""
        for person, hit in hits:
            if hit.household_id != household_id:
                draft.remark(person.row, "id_number", "id_shared", commune=hit.commune or "?")

    def _by_id(self, numbers: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for start in range(0, len(numbers), _BINDS):
            query = (
                select(Member.id_number, Member.household_id, Household.commune_id, Household.head_name,
                       Area.full_name.label("commune"))
                .join(Household, Household.id == Member.household_id)
                .outerjoin(Area, Area.id == Household.commune_id)
                .where(Member.id_number.in_(numbers[start : start + _BINDS]))
                .where(Household.deleted_at.is_(None), Member.gone_at.is_(None))
                .order_by(Member.id.desc())
            )  # fmt: skip
            found.update({row.id_number: row for row in self.session.execute(query)})
        return found

    def _by_name(self, draft: Draft, village: int | None) -> Known:
        """The head, else any other member with a whole date of birth, in the same village."""
        if village is None:
            return Known()
        people = self._people(village)
        for person in sorted(draft.members, key=lambda one: one.relation != HEAD):
            same = [one for one in people.get(fold(person.name), ()) if _same(one, person)]
            households = {one.household_id for one in same}
            if len(households) == 1:
                draft.remark(person.row, "name", "known", head=draft.head)
                return Known(households.pop())
        return Known()

    def _people(self, village: int) -> dict[str, list[_Villager]]:
        """Folded name → the village's people; a household without members stands under its head's name."""
        if village in self._villages:
            self._villages.move_to_end(village)
            return self._villages[village]
        found: dict[str, list[_Villager]] = defaultdict(list)
        columns = (Member.name_fold, Member.birth_year, Member.birth_date, Member.id_number)
        query = (
            select(Household.id, Household.name_fold.label("head_fold"), *columns)
            .outerjoin(Member, (Member.household_id == Household.id) & Member.gone_at.is_(None))
            .where(Household.village_id == village, Household.deleted_at.is_(None))
        )
        for row in self.session.execute(query):
            birth = _birth(row.birth_year, row.birth_date)
            found[row.name_fold or row.head_fold].append(_Villager(row.id, birth, row.id_number))
        self._villages[village] = found
        if len(self._villages) > _MOST_VILLAGES:
            self._villages.popitem(last=False)
        return found


def _birth(year: int | None, day: Any) -> BirthDate | None:
    if day is not None:
        return BirthDate(day.year, day.month, day.day)
    return BirthDate(year) if year is not None else None


def _same(villager: _Villager, person: Person) -> bool:
    """Whether name and village, which agree, and birth are those of one person."""
    ours, theirs = villager.id_number, person.id_number
    if ours and theirs and len(ours) == len(theirs):
        return False  # equal ones were found before; a card of 9 digits may since have become one of 12
    if villager.birth is None:
        return person.relation == HEAD  # a household of which only the head's name is known
    if person.birth is None:
        return False
    if villager.birth.day is None or person.birth.day is None:
        return villager.birth.year == person.birth.year
    return villager.birth == person.birth
