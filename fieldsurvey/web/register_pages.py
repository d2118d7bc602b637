"""The register's pages to look at: search as somebody types, a household with its members, classes and history."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import households, reveal, undoing
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import register as product
from fieldsurvey.outputs.register import Card
from fieldsurvey.rules import permissions
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import household_events, register
from fieldsurvey.store.register import Household
from fieldsurvey.store.register_search import SHORTEST_CODE, Wanted
from fieldsurvey.web import context, ids, register_words
from fieldsurvey.web.door import door

LONGEST_TEXT = 100


@door.get("/register", endpoint="register")
@requires(Permission.READ_REGISTER)
def search_register() -> str:
    """One page of what is looked for. `?after=` is the id of the last household of the page before."""
    scope, args = _scope(), _args()
    wanted = _wanted(args)
    choices = product.choices(session(), scope, wanted.commune_id)
    return render_template(
        "register.html",
        found=product.search(session(), scope, wanted, ids.given(request.args, "after") or 0),
        after=request.args.get("after"),
        args=args,
        choices=choices,
        classes=tuple(HouseholdClass),
        shortest=SHORTEST_CODE,
        waiting=product.waiting(session(), doer()),
        several=len(choices.communes) > 1,
    )


def _scope() -> Scope:
    return permissions.scope(doer(), Permission.READ_REGISTER)


def _args() -> dict[str, str]:
    """What the address asks for, without what makes no sense."""
    given = request.args
    args = {name: given.get(name, "").strip()[:LONGEST_TEXT] for name in ("q", "group", "ceased")}
    args |= {name: given.get(name, "") for name in ("commune", "village", "year") if given.get(name, "").isdecimal()}
    args["group"] = args["group"] if args["group"] in set(HouseholdClass) else ""
    return {name: value for name, value in args.items() if value}


def _wanted(args: dict[str, str]) -> Wanted:
    typed = product.typed(args.get("q", ""))
    return Wanted(
        *typed,
        commune_id=ids.given(request.args, "commune"),
        village_id=ids.given(request.args, "village"),
        household_class=args.get("group"),
        year=int(args["year"][:4]) if "year" in args else None,
        ceased=bool(args.get("ceased")),
    )


@door.get("/register/<uuid>", endpoint="register_household")
@requires(Permission.READ_REGISTER)
def show_household(uuid: str) -> str:
    """The household's page; `?before=` shows the older part of its history."""
    return page(uuid)


def page(uuid: str, reveal_numbers: bool = False) -> str:
    by = doer()
    card = product.card(session(), uuid, by=by, reveal=reveal_numbers, before=ids.given(request.args, "before"))
    return render_template(
        "register_household.html",
        card=card,
        words=register_words,
        may_edit=permissions.allows(by, Permission.EDIT_REGISTER, card.household.place),
        may_reveal=permissions.allows(by, Permission.REVEAL, card.household.place),
        done=_done(card),
        before=request.args.get("before"),
    )


def _done(card: Card) -> str:
    """What the reader has just done to the household, by its newest event; said once more when the page is reloaded."""
    asked = request.args.get("done", "")
    return asked if card.steps and card.steps[0].kind == asked else ""


@door.post("/register/<uuid>/reveal")
@requires(Permission.REVEAL)
def reveal_members(uuid: str) -> str:
    """The page with identity numbers in full, once; the look is written down."""
    household = product.find(session(), uuid, by=doer())
    with write() as current:
        reveal.note_look_at_household(current, household, by=doer(), now=utcnow())
    return page(uuid, reveal_numbers=True)


@door.get("/register/<uuid>/reveal")
@requires(Permission.READ_REGISTER)
def reveal_again(uuid: str) -> AnyResponse:
    """Who reloads the answer to a look gets the page."""
    return redirect(url_for("web.register_household", uuid=uuid))


@door.post("/register/<uuid>/restore")
@requires(Permission.EDIT_REGISTER)
def restore_household(uuid: str) -> AnyResponse:
    household = product.find(session(), uuid, by=doer())
    with write() as current:
        households.restore(current, household.id, by=doer(), now=utcnow())
    return to_household(household)


@door.post("/register/<uuid>/undo/<int:event_id>")
@requires(Permission.EDIT_REGISTER)
def undo_change(uuid: str, event_id: int) -> AnyResponse:
    """Take one event of this household back."""
    household = product.find(session(), uuid, by=doer())
    try:
        with write() as current:
            if event_id not in {
                one.id for one in household_events.of_household(current, household.id, event_id + 1, 1)
            }:
                raise Problem(Kind.NOT_FOUND)
            undoing.undo(current, event_id, by=doer(), now=utcnow())
    except Problem as refused:
        if refused.kind is not Kind.NOT_UNDOABLE:
            raise
        flash(context.t(refused.kind.message_id), "problem")
    return to_household(household)


def to_household(household: Household) -> AnyResponse:
    """Back to its page, which says what has just been done."""
    newest = household_events.of_household(session(), household.id, size=1)
    kind = newest[0].kind if newest else None
    found = register.by_uuid(session(), household.uuid)
    if found is None or not _scope().covers(found.place):
        return redirect(url_for("web.register"))
    return redirect(url_for("web.register_household", uuid=household.uuid, done=kind))
