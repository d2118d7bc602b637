"""Rows of a register, each a person, gathered into households and read cell by cell; every cell that cannot be read is
remarked on. Whether areas exist and who is known already is asked elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fieldsurvey.rules import identity
from fieldsurvey.rules.household import BirthDate
from fieldsurvey.rules.names import fold
from fieldsurvey.sheets import cells, columns, words
from fieldsurvey.sheets.files import Cell, Row
from fieldsurvey.sheets.remarks import CellError, Remark

MOST_MEMBERS = 60
LONGEST_NAME = 120  # letters
HEAD = "head"


@dataclass(slots=True)
class Person:
    row: int
    name: str
    relation: str | None = None
    birth: BirthDate | None = None
    sex: str | None = None
    ethnicity: str | None = None
    id_number: str | None = None


@dataclass(slots=True)
class Draft:
    """A household as the file describes it."""

    first_row: int
    last_row: int
    head: str = ""
    code: str | None = None
    members: list[Person] = field(default_factory=list)
    place: dict[str, str] = field(default_factory=dict)  # province, commune_code, commune, village_code, village
    address: str | None = None
    household_class: str | None = None
    prior_class: str | None = None
    decision_number: str | None = None
    decision_date: date | None = None
    member_count: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)  # b1, b2, minority, no_labour, merit, causes
    remarks: list[Remark] = field(default_factory=list)

    @property
    def can_be_taken(self) -> bool:
        return not any(remark.stops for remark in self.remarks)

    def remark(self, number: int, column: str | None, code: str, /, **params: Any) -> None:
        self.remarks.append(Remark(number, column, code, params))


PLACE = ("province", "commune_code", "commune", "village_code", "village")


class Reader:
    """Reads one sheet. `role`: columns.ROLES; `today`: the day on which ages and dates are judged."""

    def __init__(self, found: columns.Columns, role: str, today: date) -> None:
        self.columns, self.role, self.today = found, role, today
        self.pick: Callable[[Sequence[Cell], str], Cell] = columns.picker(found)

    def drafts(self, rows: Iterable[Row]) -> Iterator[Draft]:
        """The households in the order of the file. Rows of one household stand one below the other."""
        group: list[Row] = []
        current: tuple[str, str, bool] | None = None  # code, head, whether a row of the head was seen
        for number, row in rows:
            if self._is_blank(row):
                continue
            code, head, is_head = self._signs(row)
            if current is not None and self._begins(current, code, head, is_head):
                yield self._draft(group)
                group, current = [], None
            group.append((number, row))
            before = current or ("", "", False)
            current = (code or before[0], head or before[1], before[2] or is_head)
        if group:
            yield self._draft(group)

    def _is_blank(self, row: Sequence[Cell]) -> bool:
        return not any(cells.text(self.pick(row, name)) for name in ("name", "head", "code"))

    def _signs(self, row: Sequence[Cell]) -> tuple[str, str, bool]:
        """What tells whose household a row belongs to: its code, the folded name of the head, whether it is the head."""
        code = cells.text(self.pick(row, "code"))
        head = fold(cells.text(self.pick(row, "head")))
        relation = words.relation(cells.text(self.pick(row, "relation")))
        return code, head, relation == HEAD

    def _begins(self, current: tuple[str, str, bool], code: str, head: str, is_head: bool) -> bool:
        """Whether a row begins the next household."""
        if code and current[0]:
            return code != current[0]
        if head and current[1] and head != current[1]:
            return True
        if "relation" not in self.columns and "name" not in self.columns:
            return True  # one row for each household
        return is_head and current[2]

    def _draft(self, group: list[Row]) -> Draft:
        draft = Draft(group[0][0], group[-1][0])
        for number, row in group[:MOST_MEMBERS]:
            person = self._person(draft, number, row)
            if person is not None:
                draft.members.append(person)
        if len(group) > MOST_MEMBERS:
            draft.remark(group[MOST_MEMBERS][0], None, "too_many_members", most=MOST_MEMBERS)
        self._household(draft, group)
        self._head(draft, group)
        self._together(draft, group)
        return draft

    def _person(self, draft: Draft, number: int, row: Sequence[Cell]) -> Person | None:
        given_name, given_head = cells.text(self.pick(row, "name")), cells.text(self.pick(row, "head"))
        relation = self._relation(draft, number, row)
        name = given_name or given_head
        if not given_name and relation not in {None, HEAD}:
            draft.remark(number, "name", "name_missing")
            return None
        if relation is None and given_head and (not given_name or fold(given_name) == fold(given_head)):
            relation = HEAD
        if len(name) > LONGEST_NAME or not any(letter.isalpha() for letter in name):
            draft.remark(number, "name" if given_name else "head", "name_strange", value=name[:60])
        person = Person(number, name[:LONGEST_NAME], relation)
        person.birth = self._read(draft, number, row, "birth", lambda cell: cells.birth(cell, self.today))
        person.sex = self._read(draft, number, row, "sex", _worded(words.sex))
        person.ethnicity = self._read(draft, number, row, "ethnicity", _worded(words.ethnicity))
        self._identity(draft, person, row)
        self._age(draft, person, row)
        return person

    def _relation(self, draft: Draft, number: int, row: Sequence[Cell]) -> str | None:
        given = cells.text(self.pick(row, "relation"))
        if not given:
            return None
        found = words.relation(given)
        if found is None:
            draft.remark(number, "relation", "relation_unknown", value=given[:60])
        return found or "other"

    def _read(self, draft: Draft, number: int, row: Sequence[Cell], name: str, reads: Callable[[Cell], Any]) -> Any:
        """The cell's value; None, and a remark, where it cannot be read."""
        cell = self.pick(row, name)
        if cell is None or cell == "":
            return None
        try:
            return reads(cell)
        except CellError as refused:
            draft.remark(number, name, refused.code, **refused.params)
            return None

    def _identity(self, draft: Draft, person: Person, row: Sequence[Cell]) -> None:
        found = self._read(draft, person.row, row, "id_number", cells.identity)
        if found is None:
            return
        person.id_number, warning = found
        if warning:
            draft.remark(person.row, "id_number", warning)
        year = person.birth.year if person.birth else None
        for what in identity.disagreements(person.id_number, person.sex, year):
            draft.remark(person.row, "id_number", f"id_{what}")

    def _age(self, draft: Draft, person: Person, row: Sequence[Cell]) -> None:
        """The age, where there is a column of it, is only compared: what counts is the day of birth."""
        given = self.pick(row, "age")
        if given in (None, "") or person.birth is None:
            return
        try:
            age = cells.whole(given, 0, 130, "age_unreadable")
        except CellError:
            return
        if age is not None and abs(age - person.birth.age_on(self.today)) > 1:
            draft.remark(person.row, "age", "age_differs", age=age, birth=str(person.birth))

    def _household(self, draft: Draft, group: list[Row]) -> None:
        """What the rows say of the household as a whole: of each column the first cell that is not empty."""
        for name in PLACE:
            draft.place[name] = cells.text(self._first(group, name)[1])
        draft.place["commune_code"] = cells.code(draft.place["commune_code"], 5)
        draft.code = cells.text(self._first(group, "code")[1])[:60] or None
        draft.address = cells.text(self._first(group, "address")[1])[:200] or None
        draft.decision_number = cells.text(self._first(group, "decision_number")[1])[:60] or None
        number, cell = self._first(group, "decision_date")
        draft.decision_date = self._read_cell(draft, number, cell, "decision_date", cells.day)
        number, cell = self._first(group, "member_count")
        count = self._read_cell(
            draft, number, cell, "member_count", lambda c: cells.whole(c, 1, 60, "count_unreadable")
        )
        draft.member_count = count
        self._class(draft, group)
        self._facts(draft, group)

    def _first(self, group: list[Row], name: str) -> tuple[int, Cell]:
        if name in self.columns:
            for number, row in group:
                cell = self.pick(row, name)
                if cell is not None and cell != "":
                    return number, cell
        return group[0][0], None

    def _read_cell(self, draft: Draft, number: int, cell: Cell, name: str, reads: Callable[[Cell], Any]) -> Any:
        if cell is None:
            return None
        try:
            return reads(cell)
        except CellError as refused:
            draft.remark(number, name, refused.code, **refused.params)
            return None

    def _class(self, draft: Draft, group: list[Row]) -> None:
        """Of a sheet of those who have left the list: not poor now, and what they were before."""
        if self.role == columns.LEFT_POOR:
            draft.household_class, draft.prior_class = "not_poor", "poor"
            return
        if self.role == columns.LEFT_NEAR_POOR:
            draft.household_class, draft.prior_class = "not_poor", "near_poor"
            return
        number, cell = self._first(group, "class")
        found = self._read_cell(draft, number, cell, "class", _worded(words.household_class))
        if found == "average":
            draft.remark(number, "class", "class_average")
            draft.facts["average"] = True
            found = "not_poor"
        draft.household_class = found

    def _facts(self, draft: Draft, group: list[Row]) -> None:
        for name in ("b1", "b2"):
            number, cell = self._first(group, name)
            found = self._read_cell(draft, number, cell, name, lambda c: cells.whole(c, 0, 1000, "points_unreadable"))
            if found is not None:
                draft.facts[name] = found
        for name in ("minority", "no_labour", "merit"):
            number, cell = self._first(group, name)
            found = self._read_cell(draft, number, cell, name, _worded(words.flag))
            if found is not None:
                draft.facts[name] = found
        number, cell = self._first(group, "causes")
        found = self._read_cell(draft, number, cell, "causes", _worded(words.causes))
        if found:
            draft.facts["causes"] = found

    def _head(self, draft: Draft, group: list[Row]) -> None:
        """Exactly one head. Where no row says who it is, the person with the head's name is."""
        heads = [person for person in draft.members if person.relation == HEAD]
        named = cells.text(self._first(group, "head")[1])
        if not heads and named:
            heads = [person for person in draft.members if fold(person.name) == fold(named)][:1]
            for person in heads:
                person.relation = HEAD
        if not heads and len(draft.members) == 1 and "relation" not in self.columns:
            heads = draft.members
            heads[0].relation = HEAD
        if not heads and draft.members:
            draft.remark(draft.first_row, "relation", "head_missing")
        for person in heads[1:]:
            draft.remark(person.row, "relation", "head_twice", row=heads[0].row)
        draft.head = (heads[0].name if heads else named)[:LONGEST_NAME]

    def _together(self, draft: Draft, group: list[Row]) -> None:
        """What can only be seen when all rows of the household are read."""
        if draft.members and draft.members[0].birth is None and "birth" in self.columns:
            head = next((person for person in draft.members if person.relation == HEAD), None)
            stopped = {remark.row for remark in draft.remarks if remark.column == "birth"}
            if head is not None and head.birth is None and head.row not in stopped:
                draft.remark(head.row, "birth", "birth_missing")
        if draft.member_count and len(draft.members) > 1 and draft.member_count != len(draft.members):
            draft.remark(
                group[0][0], "member_count", "count_differs", count=draft.member_count, rows=len(draft.members)
            )
        seen: dict[str, int] = {}
        for person in draft.members:
            if person.id_number and seen.setdefault(person.id_number, person.row) != person.row:
                draft.remark(person.row, "id_number", "id_in_household", row=seen[person.id_number])


def _worded(reads: Callable[[str], Any]) -> Callable[[Cell], Any]:
    """For a column of words; a cell of blanks is empty."""

    def read(cell: Cell) -> Any:
        given = cells.text(cell)
        return reads(given) if given else None

    return read
