"""What can be done to a household of the register: for each verb its form's fields and how it is called. HTTP is next door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from fieldsurvey.casework import handing_over, households, members, people, regrouping
from fieldsurvey.casework.households import Decision
from fieldsurvey.casework.person_values import PersonGiven, written
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import doer
from fieldsurvey.outputs import register as product
from fieldsurvey.outputs.register import Card
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.names import masked
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.register import HEAD, Ceased, Change, Gone
from fieldsurvey.store import register
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.register_search import Wanted
from fieldsurvey.web import area_choice, context, register_words

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


def _reason(asked: Asked, required: bool = True) -> Field:
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


# The household itself


def _correct_fields(asked: Asked) -> list[Field]:
    one = asked.card.household
    return [
        Field(
            "head_name", "text", asked.typed("head_name", one.head_name), required=True, attributes={"maxlength": 100}
        ),
        Field("code", "text", asked.typed("code", one.code), attributes={"maxlength": 60}),
        Field("address", "text", asked.typed("address", one.address), attributes={"maxlength": 300}),
        _reason(asked, required=False),
    ]


def _correct(done: Done) -> None:
    changes = {name: done.said(name) for name in households.CORRECTABLE}
    households.correct(done.session, done.id, changes, reason=done.said("reason"), **done.how)


def _class_fields(asked: Asked) -> list[Field]:
    classes = [(one.value, context.t(f"web.class.{one}")) for one in HouseholdClass]
    return [
        Field("year", "text", asked.typed("year"), required=True, attributes={"inputmode": "numeric", "maxlength": 4}),
        Field("household_class", "picks", asked.typed("household_class"), classes, required=True),
        Field("decision_number", "text", asked.typed("decision_number"), attributes={"maxlength": 60}),
        Field("decision_date", "day", asked.typed("decision_date")),
        _reason(asked, required=False),
    ]


def _class(done: Done) -> None:
    year, given = done.said("year"), done.said("household_class")
    if not (year.isascii() and year.isdecimal() and len(year) == 4):
        raise Problem(Kind.UNEXPECTED_VALUE, field="year", value=year)
    if given not in set(HouseholdClass):
        raise Problem(Kind.UNEXPECTED_VALUE, field="household_class", value=given)
    decision = Decision(done.said("decision_number"), done.day("decision_date"))
    households.enter_class(
        done.session, done.id, int(year), HouseholdClass(given), decision, reason=done.said("reason"), **done.how
    )


def _cease_fields(asked: Asked) -> list[Field]:
    whys = [one.value for one in Ceased if one is not Ceased.MERGED]
    options = [(one, context.t(f"register.ceased.{one}")) for one in whys]
    return [Field("why", "picks", asked.typed("why"), options, required=True), _reason(asked)]


def _cease(done: Done) -> None:
    if done.said("why") not in set(Ceased):
        raise Problem(Kind.UNEXPECTED_VALUE, field="why", value=done.said("why"))
    households.cease(done.session, done.id, Ceased(done.said("why")), done.said("reason"), **done.how)


def _move_fields(asked: Asked) -> list[Field]:
    return [Field("place", "place", asked.typed("area"), hint="move", required=True), _reason(asked)]


def places() -> Sequence[area_choice.Path]:
    """What the field `area_name` finds: villages, and communes for who does not know the village; one's own come first,
    then the whole country's.
    """
    levels = (Level.VILLAGE, Level.COMMUNE)
    own = area_choice.found(permissions.scope(doer(), Permission.EDIT_REGISTER), levels)
    everywhere = area_choice.found(permissions.scope(people.SYSTEM, Permission.READ_REGISTER), levels)
    known = {path[-1].id for path in own}
    return [*own, *(path for path in everywhere if path[-1].id not in known)][: area_choice.MOST]


def _move(done: Done) -> None:
    """At once within one's own area; elsewhere it is offered, and stays until somebody there accepts."""
    chosen = area_choice.chosen()
    to = done.session.get(Area, chosen) if chosen is not None else None
    if to is None:
        raise Problem(Kind.AREA_UNFIT, area="—")
    own = to.level == Level.VILLAGE and permissions.allows(done.by, Permission.EDIT_REGISTER, to.place)
    verb = handing_over.move if own else handing_over.offer
    verb(done.session, done.id, to, done.said("reason"), **done.how)


def _merge_fields(asked: Asked) -> list[Field]:
    return [Field("other", "household", asked.typed("other"), required=True), _reason(asked)]


def _merge(done: Done) -> Household:
    return regrouping.merge(done.session, done.id, _other(done).id, done.said("reason"), **done.how)


def neighbours(asked: Asked) -> Sequence[Any]:
    """(household, village, commune): what the field `other_name` finds in the same commune, but for the household itself."""
    typed = product.typed(asked.form.get("other_name", ""))
    one = asked.card.household
    if not any(typed):
        return ()
    scope = permissions.scope(doer(), Permission.EDIT_REGISTER)
    rows = product.search(session(), scope, Wanted(*typed, commune_id=one.commune_id), size=FOUND).rows
    return [row for row in rows if row[0].id != one.id]


def _other(done: Done) -> Household:
    found = register.by_uuid(done.session, done.said("other"))
    if found is None or not readable(found):
        raise Problem(Kind.UNEXPECTED_VALUE, field="other", value="—")
    return found


def readable(household: Household) -> bool:
    return permissions.allows(doer(), Permission.READ_REGISTER, household.place)


def _split_fields(asked: Asked) -> list[Field]:
    who = [(one.uuid, one.name) for one in asked.card.present if one.relation != HEAD]
    ticked = ",".join(asked.form.getlist("leaving")) if isinstance(asked.form, MultiDict) else ""
    return [
        Field("leaving", "ticks", ticked, who, required=True),
        Field("head", "choice", asked.typed("head"), who, required=True),
        Field("code", "text", asked.typed("code"), attributes={"maxlength": 60}),
        Field("address", "text", asked.typed("address", asked.card.household.address), attributes={"maxlength": 300}),
        _reason(asked),
    ]


def _split(done: Done) -> Household:
    form = done.asked.form
    leaving = form.getlist("leaving") if isinstance(form, MultiDict) else []
    head = done.said("head")
    return regrouping.split(
        done.session, done.id, [*leaving, head] if head else leaving, head, done.said("reason"),
        code=done.said("code"), address=done.said("address"), **done.how,
    )  # fmt: skip


# Its members


def _add_fields(asked: Asked) -> list[Field]:
    return [*person_fields(asked, None, head=False), _reason(asked, required=False)]


def _adder(kind: Change) -> Callable[[Done], None]:
    def add(done: Done) -> None:
        members.add(
            done.session, done.id, person_given(done.said), kind, reason=done.said("reason"),
            even_if_known=bool(done.said("even_if_known")), **done.how,
        )  # fmt: skip

    return add


def _head_fields(asked: Asked) -> list[Field]:
    who = [(one.uuid, one.name) for one in asked.card.present if one.relation != HEAD]
    old = register_words.relations(HEAD)
    return [
        Field("head", "picks", asked.typed("head"), who, required=True),
        Field("relation_of_old", "choice", asked.typed("relation_of_old"), old, required=True),
        _reason(asked),
    ]


def _head(done: Done) -> None:
    chosen, relation = done.said("head"), done.said("relation_of_old")
    if not chosen:
        raise Problem(Kind.UNEXPECTED_VALUE, field="head", value="—")
    members.change_head(done.session, done.id, chosen, relation, done.said("reason"), **done.how)


def _edit_fields(asked: Asked) -> list[Field]:
    is_head = asked.member is not None and asked.member.relation == HEAD
    drop = Field("drop_number", "agree", asked.typed("drop_number"))
    has_number = asked.member is not None and asked.member.id_number
    return [
        *person_fields(asked, asked.member, head=is_head),
        *([drop] if has_number else []),
        _reason(asked, required=False),
    ]


def _edit(done: Done) -> None:
    """The identity number is not in the form, which would be a look at it: left blank it stays as it is."""
    known = done.asked.member
    if known is None:
        raise Problem(Kind.NOT_FOUND)
    given = person_given(done.said, HEAD if known.relation == HEAD else "")
    if not given.id_number and not done.said("drop_number"):
        given = replace(given, id_number=known.id_number or "")
    members.correct(done.session, done.id, done.member, given, reason=done.said("reason"), **done.how)


def _leave_fields(asked: Asked) -> list[Field]:
    whys = [(one.value, context.t(f"register.gone.{one}")) for one in Gone if one is not Gone.NOT_ON_FORM]
    return [
        Field("why", "picks", asked.typed("why"), whys, required=True),
        Field("on", "day", asked.typed("on"), required=True),
        _reason(asked, required=False),
    ]


def _leave(done: Done) -> None:
    if done.said("why") not in set(Gone):
        raise Problem(Kind.UNEXPECTED_VALUE, field="why", value=done.said("why"))
    day = done.day("on")
    if day is None:
        raise Problem(Kind.UNEXPECTED_VALUE, field="on", value="—")
    members.leave(done.session, done.id, done.member, Gone(done.said("why")), day, done.said("reason"), **done.how)


def _back(done: Done) -> None:
    members.come_back(done.session, done.id, done.member, done.said("reason"), **done.how)


def _give_fields(asked: Asked) -> list[Field]:
    relation = Field(
        "relation",
        "choice",
        asked.typed("relation"),
        register_words.relations(HEAD),
        required=True,
        hint="relation_there",
    )
    return [Field("other", "household", asked.typed("other"), required=True), relation, _reason(asked)]


def _give(done: Done) -> None:
    other, relation = _other(done), done.said("relation")
    members.give(done.session, done.id, done.member, other.id, relation, done.said("reason"), **done.how)


ACTS = {
    act.name: act
    for act in (
        Act("correct", _correct_fields, _correct, compares=True),
        Act("class", _class_fields, _class),
        Act("born", _add_fields, _adder(Change.BORN)),
        Act("moved-in", _add_fields, _adder(Change.MOVED_IN)),
        Act("head", _head_fields, _head),
        Act("split", _split_fields, _split),
        Act("merge", _merge_fields, _merge, danger=True),
        Act("move", _move_fields, _move),
        Act("cease", _cease_fields, _cease, danger=True),
        Act("edit", _edit_fields, _edit, of_member=True, compares=True),
        Act("leave", _leave_fields, _leave, of_member=True),
        Act("back", lambda asked: [_reason(asked)], _back, of_member=True),
        Act("give", _give_fields, _give, of_member=True),
    )
}


_NOT_COMPARED = {"reason", "id_number", "drop_number"}


class Conflict(NamedTuple):
    """A field that differs: as it was when I opened the form, as I typed it, as it stands now."""

    field: Field
    was: str
    mine: str
    theirs: str

    @property
    def take_mine(self) -> bool:
        """Whether mine is the better guess: I changed it."""
        return self.mine != self.was


def conflicts(asked: Asked, fields: Sequence[Field]) -> list[Conflict]:
    """The fields in which what was typed differs from what stands in the register now. `fields` hold what was typed."""
    act = "edit" if asked.member is not None else "correct"
    now = {one.name: one.value for one in ACTS[act].fields(Asked(asked.card, asked.member, {}))}
    found = []
    for field in fields:
        mine, theirs = field.value.strip(), now.get(field.name, "")
        if field.name not in _NOT_COMPARED and mine != theirs:
            found.append(Conflict(field, asked.form.get(f"seen:{field.name}", ""), mine, theirs))
    return found
