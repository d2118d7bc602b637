"""The forms that change a household: one page for all verbs, drawn from the verb's fields; what to do when somebody else
was quicker; and a household that is registered by hand. What each verb asks and does stands in register_acts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import households
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, session_now, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import register as product
from fieldsurvey.outputs.register import Card
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.rules.register import HEAD
from fieldsurvey.store import areas, register
from fieldsurvey.store.register import Member
from fieldsurvey.web import context, ids, register_acts, register_fields, register_words
from fieldsurvey.web.door import door
from fieldsurvey.web.register_fields import Act, Asked, Done, Field
from fieldsurvey.web.register_pages import to_household

# Said on the form itself, which keeps what was typed.
SAID_HERE = {
    Kind.PERSON_INVALID, Kind.PERSON_KNOWN, Kind.HEAD_NEEDED, Kind.LAST_MEMBER, Kind.REASON_MISSING, Kind.SAME_HOUSEHOLD,
    Kind.UNEXPECTED_VALUE, Kind.AREA_UNFIT, Kind.HANDOVER_OPEN, Kind.HOUSEHOLD_CHANGED, Kind.HOUSEHOLD_GONE,
}  # fmt: skip
_OF_HOUSEHOLD = ", ".join(f"'{name}'" for name, act in register_acts.ACTS.items() if not act.of_member)
_OF_MEMBER = ", ".join(f"'{name}'" for name, act in register_acts.ACTS.items() if act.of_member)


@door.get(f"/register/<uuid>/<any({_OF_HOUSEHOLD}):name>")
@requires(Permission.EDIT_REGISTER)
def change_household_page(uuid: str, name: str) -> str:
    return _page(Asked(_card(uuid), None, {}), register_acts.ACTS[name])


@door.post(f"/register/<uuid>/<any({_OF_HOUSEHOLD}):name>")
@requires(Permission.EDIT_REGISTER)
def change_household(uuid: str, name: str) -> AnyResponse | str | tuple[str, int]:
    return _acted(Asked(_card(uuid), None, request.form), register_acts.ACTS[name])


@door.get(f"/register/<uuid>/members/<member>/<any({_OF_MEMBER}):name>")
@requires(Permission.EDIT_REGISTER)
def change_member_page(uuid: str, member: str, name: str) -> str:
    card = _card(uuid)
    return _page(Asked(card, _member(card, member), {}), register_acts.ACTS[name])


@door.post(f"/register/<uuid>/members/<member>/<any({_OF_MEMBER}):name>")
@requires(Permission.EDIT_REGISTER)
def change_member(uuid: str, member: str, name: str) -> AnyResponse | str | tuple[str, int]:
    card = _card(uuid)
    return _acted(Asked(card, _member(card, member), request.form), register_acts.ACTS[name])


def _card(uuid: str) -> Card:
    return product.card(session(), uuid, by=doer())


def _member(card: Card, uuid: str) -> Member:
    found = next((one for one in card.everybody if one.uuid == uuid), None)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _acted(asked: Asked, act: Act) -> AnyResponse | str | tuple[str, int]:
    if "find" in asked.form:
        return _page(asked, act)
    try:
        with write() as current:
            done = Done(current, asked, doer(), utcnow())
            shown = act.run(done) or asked.card.household
    except Problem as refused:
        if refused.kind not in SAID_HERE:
            raise
        return _refused(asked, act, refused), refused.kind.status
    return to_household(shown)


def _refused(asked: Asked, act: Act, problem: Problem) -> str:
    """The form again, on the household as it is now."""
    session_now().expire_all()
    card = _card(asked.card.household.uuid)
    member = _member(card, asked.member.uuid) if asked.member else None
    return _page(Asked(card, member, asked.form), act, problem)


def _page(asked: Asked, act: Act, refused: Problem | None = None) -> str:
    fields = act.fields(asked)
    stale = refused is not None and refused.kind is Kind.HOUSEHOLD_CHANGED
    conflicts = register_acts.conflicts(asked, fields) if stale and act.compares else ()
    return render_template(
        "register_act.html",
        act=act,
        asked=asked,
        card=asked.card,
        fields=fields,
        refused=refused,
        params=params(refused),
        stale=stale,
        conflicts=conflicts,
        news=[step for step in asked.card.steps if stale and step.at.isoformat() > asked.form.get("seen_at", "9")],
        known=known(refused),
        places=register_acts.places() if any(one.kind == "place" for one in fields) else (),
        households=register_fields.neighbours(asked) if any(one.kind == "household" for one in fields) else (),
        words=register_words,
    )


def params(refused: Problem | None) -> Mapping[str, Any]:
    """With the field's own words."""
    if refused is None:
        return {}
    field = refused.params.get("field")
    return {**refused.params, "field": context.t(f"register.field.{field}")} if field else refused.params


def known(refused: Problem | None) -> Any:
    """The household in which somebody with that number lives, if the reader may see it."""
    if refused is None or refused.kind is not Kind.PERSON_KNOWN:
        return None
    found = register.by_uuid(session(), refused.params["household"])
    return found if found is not None and register_fields.readable(found) else None


@door.get("/register/new", endpoint="register_new")
@requires(Permission.EDIT_REGISTER)
def new_household() -> str:
    return _new_page({})


@door.post("/register/new")
@requires(Permission.EDIT_REGISTER)
def register_household_by_hand() -> AnyResponse | str | tuple[str, int]:
    """A household that no list and no phone has brought."""
    form = request.form
    try:
        with write() as current:
            village = households.village_of(current, ids.given(form, "village"))
            head = register_fields.person_given(lambda name: form.get(name, "").strip(), HEAD)
            made = households.register_by_hand(
                current, village, head, by=doer(), now=utcnow(), code=form.get("code", ""),
                address=form.get("address", ""), even_if_known=bool(form.get("even_if_known")),
            )  # fmt: skip
    except Problem as refused:
        if refused.kind not in SAID_HERE:
            raise
        return _new_page(form, refused), refused.kind.status
    return to_household(made)


def _new_page(form: Mapping[str, str], refused: Problem | None = None) -> str:
    scope = permissions.scope(doer(), Permission.EDIT_REGISTER)
    villages = [(str(one.id), one.full_name) for one in areas.villages_in_scope(session(), scope)]
    asked = Asked(None, None, form)
    fields = [
        Field("village", "choice", asked.typed("village"), villages, required=True),
        *register_fields.person_fields(asked, None, head=True),
        Field("code", "text", asked.typed("code"), attributes={"maxlength": 60}),
        Field("address", "text", asked.typed("address"), attributes={"maxlength": 300}),
    ]
    shown = {"params": params(refused), "known": known(refused), "form": form, "places": ()}
    return render_template("register_new.html", fields=fields, refused=refused, **shown)
