"""The phones that use the app: what each told of itself, revoking its key, asking it to wipe what it sent, new PINs."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import devices as verbs
from fieldsurvey.casework import phone_sign_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import devices, people
from fieldsurvey.web import context
from fieldsurvey.web.door import door

SILENT = timedelta(days=3)  # without contact in a round: somebody should call
SHOWN = 100


@door.get("/phones/app", endpoint="app_devices")
@requires(Permission.MANAGE_DEVICES)
def show_devices() -> str:
    """The devices of the reader's areas, newest first; `?before=` is the last id of the page before."""
    before = request.args.get("before", type=int)
    found = devices.in_area(session(), _scope(), before=before, size=SHOWN + 1)
    now = utcnow()
    return render_template(
        "app_devices.html", lines=found[:SHOWN], more=found[SHOWN - 1][0].id if len(found) > SHOWN else None,
        now=now, silent=now - SILENT,
    )  # fmt: skip


def _scope() -> Scope:
    return permissions.scope(doer(), Permission.MANAGE_DEVICES)


@door.post("/phones/app/<int:device_id>/<any(revoke, wipe, keep):act>")
@requires(Permission.MANAGE_DEVICES)
def change_device(device_id: int, act: str) -> AnyResponse:
    """revoke: the key stops working · wipe: what was sent goes at the next contact · keep: it need not, after all."""
    verb = {"revoke": verbs.revoke, "wipe": verbs.ask_wipe, "keep": verbs.take_back_wipe}[act]
    with write() as current:
        found = verb(current, device_id, by=doer(), now=utcnow())
    flash(context.t(f"phone_app.devices.done_{act}", name=found.name), "done")
    return redirect(url_for("web.app_devices"))


@door.get("/phones/pins")
@requires(Permission.MANAGE_DEVICES)
def pins() -> str:
    """The people of the reader's villages, and whether they have a PIN."""
    return render_template("app_pins.html", lines=devices.people_of(session(), _scope()), most=phone_sign_in.MOST_WRONG)


@door.post("/phones/pins/<int:person_id>")
@requires(Permission.MANAGE_DEVICES)
def give_pin(person_id: int) -> str:
    """A new PIN, shown this once and kept only as a hash."""
    with write() as current:
        actor = people.active(current, person_id)
        if actor is None or not _scope().covers(actor.place):
            raise Problem(Kind.NOT_FOUND)
        pin = phone_sign_in.give_pin(current, actor, by=doer(), now=utcnow())
    return render_template("app_pin.html", person=actor, pin=pin)
