"""Items of a points table: how each kind counts a household's answers and turns the count into points.

Kinds: `member_count`, `dependants`, `best_member`, `area_per_person`, `amount`, `choice`, `each`. What an item is worth
stands in the table's file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, cast

from fieldsurvey.rules.answers import AnswerTable, answer_table
from fieldsurvey.rules.areas import AreaType
from fieldsurvey.rules.dependants import DependantRule, dependant_rule
from fieldsurvey.rules.household import MEMBERS_PATH, PATHS, Household, Person, as_code, plain_number
from fieldsurvey.rules.law import Source, age_range, source_from


class ItemPoints(NamedTuple):
    """One line of the score: the item, the answer or count that was rated, its points, and what is missing (if so)."""

    item: str
    answer: str
    points: int
    missing: tuple[str, ...] = ()

    @property
    def name_id(self) -> str:
        """Message id of the item's name."""
        return f"rules.item.{self.item}.name"

    def as_dict(self) -> dict[str, Any]:
        return {"item": self.item, "answer": self.answer, "points": self.points, "missing": list(self.missing)}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> ItemPoints:
        return cls(stored["item"], stored["answer"], stored["points"], tuple(stored["missing"]))


@dataclass(frozen=True, slots=True)
class Bands:
    """Points by amount: each band starts at a bound and ends where the next one starts (half-open)."""

    starts: tuple[int, ...]
    points: tuple[int, ...]

    def of(self, amount: int | Decimal) -> int:
        return self.points[max(bisect_right(self.starts, amount) - 1, 0)]


Lines = tuple[ItemPoints, ...]
Score = Callable[["Item", Household, Sequence[Person]], Lines]


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One item of a points table in one type of area. Amounts are rated by `bands`, answers by `codes`."""

    id: str
    question: str  # the form's field; empty for kinds that look at several
    source: Source
    ages: tuple[int, int]  # of the members that it looks at, half-open
    conditions: tuple[AnswerTable, ...]  # that a member, or the household, must meet to count
    bands: Bands
    codes: Mapping[str, int]
    dependants: DependantRule | None
    score: Score  # called with the item itself

    def unanswered(self, missing: Iterable[str]) -> Lines:
        return (ItemPoints(self.id, "", 0, tuple(missing)),)

    def named_codes(self) -> Iterator[tuple[str, frozenset[str]]]:
        tables = list(self.conditions)
        if self.dependants is not None:
            tables += [self.dependants.disability, self.dependants.allowance]
        for table in tables:
            yield table.question, table.codes
        if self.codes:
            yield self.question, frozenset(self.codes)


def _member_count(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    """How many members of the item's ages meet all its conditions."""
    verdicts = [_meets(item, person) for person in persons]
    return _rated_count(item, persons, verdicts, _unsaid)


def _meets(item: Item, person: Person) -> bool | None:
    """Whether the person counts. Conditions stand in the order in which the form asks: the first that fails decides."""
    start, before = item.ages
    if person.age is not None and not start <= person.age < before:
        return False
    for table in item.conditions:
        verdict = table.verdict(person.answer(table.question))
        if not verdict:
            return verdict
    return None if person.age is None and item.conditions else True


def _unsaid(item: Item, person: Person) -> Iterator[str]:
    """The questions that leave open whether this person counts."""
    if person.age is None:
        yield person.path(person.birth_question)
    for table in item.conditions:
        if table.verdict(person.answer(table.question)) is None:
            yield person.path(table.question)
            return


def _dependants(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    rule = cast(DependantRule, item.dependants)  # the loader gives it to items of this kind
    verdicts = [rule.judge(person) for person in persons]
    return _rated_count(item, persons, verdicts, lambda _, person: rule.missing(person))


def _rated_count(
    item: Item,
    persons: Sequence[Person],
    verdicts: Sequence[bool | None],
    missing: Callable[[Item, Person], Iterable[str]],
) -> Lines:
    """Points of a count of members; open only when those who may count as well would change the points."""
    if not persons:
        return item.unanswered((MEMBERS_PATH,))
    counted, perhaps = verdicts.count(True), verdicts.count(None)
    points = item.bands.of(counted)
    if perhaps and any(item.bands.of(counted + more) != points for more in range(1, perhaps + 1)):
        open_ones = [person for person, verdict in zip(persons, verdicts, strict=True) if verdict is None]
        return item.unanswered(path for person in open_ones for path in missing(item, person))
    return (ItemPoints(item.id, str(counted), points),)


def _best_member(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    """The answer of the member who has most points by it; open while somebody unknown could have more."""
    codes, start = item.codes, item.ages[0]
    adults = [person for person in persons if person.age is not None and person.age >= start]
    given = [(codes[code], code) for person in adults if (code := as_code(person.answer(item.question))) in codes]
    points, best = max(given, default=(0, ""))
    missing = [path for person in persons for path in _could_be_better(item, person, points)]
    if missing or not persons:
        return item.unanswered(missing or (MEMBERS_PATH,))
    return (ItemPoints(item.id, best, points),)


def _could_be_better(item: Item, person: Person, points: int) -> Sequence[str]:
    """The questions by which this person could still have more points than that."""
    if person.age is not None and person.age < item.ages[0]:
        return ()
    answered = item.codes.get(as_code(person.answer(item.question)))
    if (max(item.codes.values()) if answered is None else answered) <= points:
        return ()
    facts = {person.birth_question: person.age, item.question: answered}
    return [person.path(question) for question, fact in facts.items() if fact is None]


def _area_per_person(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    """Floor area in m² for each member."""
    if household.floor_area is None or not persons:
        facts = {PATHS["floor_area"]: household.floor_area, MEMBERS_PATH: persons or None}
        return item.unanswered(path for path, fact in facts.items() if fact is None)
    per_person = household.floor_area / len(persons)
    return (ItemPoints(item.id, plain_number(round(per_person, 2)), item.bands.of(per_person)),)


def _amount(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    """An amount that the form asks for; none at all when a condition rules it out (no electricity, no kWh)."""
    for table in item.conditions:
        verdict = table.verdict(getattr(household, table.question))
        if verdict is None:
            return item.unanswered((PATHS[table.question],))
        if not verdict:
            return (ItemPoints(item.id, "0", item.bands.of(0)),)
    amount: int | None = getattr(household, item.question)
    if amount is None:
        return item.unanswered((PATHS[item.question],))
    return (ItemPoints(item.id, str(amount), item.bands.of(amount)),)


def _choice(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    """One answer out of a list."""
    answer = as_code(getattr(household, item.question))
    points = item.codes.get(answer)
    return item.unanswered((PATHS[item.question],)) if points is None else (ItemPoints(item.id, answer, points),)


def _each(item: Item, household: Household, persons: Sequence[Person]) -> Lines:
    """Several answers out of a list, each a line with its own points, in the table's order."""
    chosen: frozenset[str] | None = getattr(household, item.question)
    if not chosen or not chosen <= item.codes.keys():
        return item.unanswered((PATHS[item.question],))
    return tuple(
        [ItemPoints(f"{item.id}.{code}", "yes", points) for code, points in item.codes.items() if code in chosen]
    )


KINDS: dict[str, Score] = {
    "member_count": _member_count,
    "dependants": _dependants,
    "best_member": _best_member,
    "area_per_person": _area_per_person,
    "amount": _amount,
    "choice": _choice,
    "each": _each,
}


def item_from(table: dict[str, Any], area: AreaType) -> Item:
    """Reads one item for one type of area. ValueError when its bands do not start at 0 and rise."""
    conditions = table.get("conditions", {})
    return Item(
        id=table["id"],
        question=table.get("question", ""),
        source=source_from(table["source"]),
        ages=age_range(table.get("ages", {})),
        conditions=tuple(answer_table(question, codes) for question, codes in conditions.items()),
        bands=_bands(table.get("bands", [{"from": 0, "points": 0}]), area),
        codes={code: _in_area(points, area) for code, points in table.get("points", {}).items()},
        dependants=dependant_rule(table) if table["kind"] == "dependants" else None,
        score=KINDS[table["kind"]],
    )


def _bands(rows: list[dict[str, Any]], area: AreaType) -> Bands:
    starts = tuple(row["from"] for row in rows)
    if starts[0] != 0 or list(starts) != sorted(set(starts)):
        raise ValueError(f"bands must start at 0 and rise: {starts}")
    return Bands(starts, tuple(_in_area(row["points"], area) for row in rows))


def _in_area(points: int | dict[str, int], area: AreaType) -> int:
    """Points are one number, or one for each type of area."""
    return points if isinstance(points, int) else points[area]
