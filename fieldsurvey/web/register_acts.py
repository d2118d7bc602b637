"""What can be done to a household of the register: for each verb its form's fields and how it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from fieldsurvey.casework import handing_over, households, people, regrouping
from fieldsurvey.casework.households import Decision
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.guards import doer
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.register import HEAD, Ceased
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household
from fieldsurvey.web import area_choice, context
from fieldsurvey.web.register_fields import (
    Act,
    Asked,
    Done,
    Field,
    other_household,
    reason,
)
from fieldsurvey.web.register_member_acts import MEMBER_ACTS


def _correct_fields(asked: Asked) -> list[Field]:
    one = asked.card.household
    return [
        Field(
            "head_name", "text", asked.typed("head_name", one.head_name), required=True, attributes={"maxlength": 100}
        ),
        Field("code", "text", asked.typed("code", one.code), attributes={"maxlength": 60}),
        Field("address", "text", asked.typed("address", one.address), attributes={"maxlength": 300}),
        reason(asked, required=False),
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
        reason(asked, required=False),
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
    return [Field("why", "picks", asked.typed("why"), options, required=True), reason(asked)]


def _cease(done: Done) -> None:
    if done.said("why") not in set(Ceased):
        raise Problem(Kind.UNEXPECTED_VALUE, field="why", value=done.said("why"))
    households.cease(done.session, done.id, Ceased(done.said("why")), done.said("reason"), **done.how)


def _move_fields(asked: Asked) -> list[Field]:
    return [Field("place", "place", asked.typed("area"), hint="move", required=True), reason(asked)]


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
    return [Field("other", "household", asked.typed("other"), required=True), reason(asked)]


def _merge(done: Done) -> Household:
    return regrouping.merge(done.session, done.id, other_household(done).id, done.said("reason"), **done.how)


def _split_fields(asked: Asked) -> list[Field]:
    who = [(one.uuid, one.name) for one in asked.card.present if one.relation != HEAD]
    ticked = ",".join(asked.form.getlist("leaving")) if isinstance(asked.form, MultiDict) else ""
    return [
        Field("leaving", "ticks", ticked, who, required=True),
        Field("head", "choice", asked.typed("head"), who, required=True),
        Field("code", "text", asked.typed("code"), attributes={"maxlength": 60}),
        Field("address", "text", asked.typed("address", asked.card.household.address), attributes={"maxlength": 300}),
        reason(asked),
    ]


def _split(done: Done) -> Household:
    form = done.asked.form
    leaving = form.getlist("leaving") if isinstance(form, MultiDict) else []
    head = done.said("head")
    return regrouping.split(
        done.session, done.id, [*leaving, head] if head else leaving, head, done.said("reason"),
        code=done.said("code"), address=done.said("address"), **done.how,
    )  # fmt: skip


ACTS = {
    act.name: act
    for act in (
        Act("correct", _correct_fields, _correct, compares=True),
        Act("class", _class_fields, _class),
        Act("split", _split_fields, _split),
        Act("merge", _merge_fields, _merge, danger=True),
        Act("move", _move_fields, _move),
        Act("cease", _cease_fields, _cease, danger=True),
        *MEMBER_ACTS,
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
