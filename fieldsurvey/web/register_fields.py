"""What the forms of the register are made of: fields, what was typed, and a verb as a form. HTTP is next door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from fieldsurvey.casework.person_values import PersonGiven, written
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import doer
from fieldsurvey.outputs import register as product
from fieldsurvey.outputs.register import Card
from fieldsurvey.rules import permissions
from fieldsurvey.rules.names import masked
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.register import HEAD
from fieldsurvey.store import register
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.register_search import Wanted
from fieldsurvey.web import register_words

Options = Sequence[tuple[str, str]]
FOUND = 12  # households offered to choose from; more letters find fewer


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form; `register.field.<name>` says it, `register.hint.<name>` helps where there is one.

    Kinds: text, area (several lines), day, choice (a list), picks (one of few, all seen), ticks (some of few),
    household and place (searched for), agree (a box to tick).
    """

    name: str
    kind: str = "text"
    value: str = ""
    options: Options = ()
    required: bool = False
    hint: str = ""
    attributes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The household as it is (None: it is to be registered), the member that the form is about, and what was typed."""

    known: Card | None
    member: Member | None
    form: Mapping[str, str]

    @property
    def card(self) -> Card:
        if self.known is None:
            raise Problem(Kind.NOT_FOUND)
        return self.known

    def typed(self, name: str, otherwise: Any = "") -> str:
        return self.form[name] if name in self.form else str(otherwise or "")


class Done(NamedTuple):
    """The transaction and who does what in it."""

    session: Session
    asked: Asked
    by: Doer
    now: datetime

    def said(self, name: str) -> str:
        return self.asked.form.get(name, "").strip()

    @property
    def id(self) -> int:
        return self.asked.card.household.id

    @property
    def member(self) -> str:
        return self.asked.member.uuid if self.asked.member is not None else ""

    @property
    def how(self) -> dict[str, Any]:
        """What every verb takes."""
        seen = self.asked.form.get("seen_version", "")
        return {"by": self.by, "now": self.now, "seen_version": int(seen) if seen.isdecimal() else None}

    def day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.said(name)) if self.said(name) else None
        except ValueError:
            raise Problem(Kind.UNEXPECTED_VALUE, field=name, value=self.said(name)) from None


@dataclass(frozen=True, slots=True)
class Act:
    """A verb as a form. `compares`: its fields stand in the register, so mine and theirs can be shown side by side."""

    name: str
    fields: Callable[[Asked], list[Field]]
    run: Callable[[Done], Household | None]
    of_member: bool = False
    compares: bool = False
    danger: bool = False


def reason(asked: Asked, required: bool = True) -> Field:
    return Field("reason", "area", asked.typed("reason"), required=required)


def person_fields(asked: Asked, person: Member | None, *, head: bool) -> list[Field]:
    """The fields of a person; a head's relation is not asked."""
    known = person or Member(name="", birth_year=None, birth_date=None)
    relation = Field(
        "relation", "choice", asked.typed("relation", known.relation), register_words.relations(HEAD), required=True
    )
    fields = [
        Field("name", "text", asked.typed("name", known.name), required=True, attributes={"maxlength": 100}),
        Field("birth", "text", asked.typed("birth", written(known.birth_year, known.birth_date)),
              attributes={"inputmode": "numeric", "maxlength": 10}),
        Field("sex", "choice", asked.typed("sex", known.sex), register_words.sexes()),
        relation,
        Field("ethnicity", "choice", asked.typed("ethnicity", known.ethnicity), register_words.ethnic_groups()),
        Field("id_number", "text", asked.typed("id_number"), hint="id_number_kept" if known.id_number else "",
              attributes={"inputmode": "numeric", "maxlength": 20, "placeholder": masked(known.id_number or "")}),
    ]  # fmt: skip
    return [one for one in fields if not (head and one is relation)]


def person_given(said: Callable[[str], str], relation: str = "") -> PersonGiven:
    return PersonGiven(
        said("name"), said("birth"), said("sex"), relation or said("relation"), said("ethnicity"), said("id_number")
    )


def neighbours(asked: Asked) -> Sequence[Any]:
    """(household, village, commune): what the field `other_name` finds in the same commune, but for the household itself."""
    typed = product.typed(asked.form.get("other_name", ""))
    one = asked.card.household
    if not any(typed):
        return ()
    scope = permissions.scope(doer(), Permission.EDIT_REGISTER)
    rows = product.search(session(), scope, Wanted(*typed, commune_id=one.commune_id), size=FOUND).rows
    return [row for row in rows if row[0].id != one.id]


def other_household(done: Done) -> Household:
    found = register.by_uuid(done.session, done.said("other"))
    if found is None or not readable(found):
        raise Problem(Kind.UNEXPECTED_VALUE, field="other", value="—")
    return found


def readable(household: Household) -> bool:
    return permissions.allows(doer(), Permission.READ_REGISTER, household.place)
