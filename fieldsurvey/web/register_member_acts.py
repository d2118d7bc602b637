"""What can be done to the members of a household: for each verb its form's fields and how it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fieldsurvey.casework import members
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.register import HEAD, Change, Gone
from fieldsurvey.web import context, register_words
from fieldsurvey.web.register_fields import (
    Act,
    Asked,
    Done,
    Field,
    other_household,
    person_fields,
    person_given,
    reason,
)


def _add_fields(asked: Asked) -> list[Field]:
    return [*person_fields(asked, None, head=False), reason(asked, required=False)]


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
        reason(asked),
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
        reason(asked, required=False),
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
        reason(asked, required=False),
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
    return [Field("other", "household", asked.typed("other"), required=True), relation, reason(asked)]


def _give(done: Done) -> None:
    other, relation = other_household(done), done.said("relation")
    members.give(done.session, done.id, done.member, other.id, relation, done.said("reason"), **done.how)


MEMBER_ACTS = (
    Act("born", _add_fields, _adder(Change.BORN)),
    Act("moved-in", _add_fields, _adder(Change.MOVED_IN)),
    Act("head", _head_fields, _head),
    Act("edit", _edit_fields, _edit, of_member=True, compares=True),
    Act("leave", _leave_fields, _leave, of_member=True),
    Act("back", lambda asked: [reason(asked)], _back, of_member=True),
    Act("give", _give_fields, _give, of_member=True),
)
