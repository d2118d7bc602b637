"""Public links of a form: whoever has the address fills it."""

from __future__ import annotations

from typing import Any

from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.app_users import NewPublicLinkSchema, PublicLinkSchema
from fieldsurvey.casework import app_users as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import app_users as output
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import people
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import PUBLIC_LINK
from fieldsurvey.store.rounds import Round

LINKS = "/projects/<project_id>/forms/<xml_form_id>/public-links"


@route("GET", LINKS, asks=Permission.MANAGE_DEVICES, gives=PublicLinkSchema, many=True)
def public_links(project: Round, form: Form) -> list[dict[str, Any]]:
    """The links, newest first, those without a token last."""
    found, secret = output.of_form(session(), form.id), config().secret_key
    if wire.extended():
        return output.extended(session(), found, secret)
    return [output.on_wire(actor, secret) for actor in found]


@route("POST", LINKS, asks=Permission.MANAGE_DEVICES, takes=NewPublicLinkSchema, gives=PublicLinkSchema)
def create(project: Round, form: Form) -> dict[str, Any]:
    """A new link, which may fetch the form and send submissions of it."""
    given, secret = wire.loaded(NewPublicLinkSchema()), config().secret_key
    with write() as current:
        made = verbs.create_link(
            current, given["displayName"], form, given.get("once"), secret=secret, by=doer(), now=utcnow()
        )
    return output.on_wire(made, secret)


@route("DELETE", f"{LINKS}/<actor_id>", asks=Permission.MANAGE_DEVICES)
def delete(project: Round, form: Form, actor_id: str) -> dict[str, Any]:
    """Take a link away; what came through it stays."""
    with write() as current:
        found = people.active(current, wire.whole_number(actor_id))
        if found is None or found.kind != PUBLIC_LINK or found.form_id != form.id:
            raise Problem(Kind.NOT_FOUND)
        verbs.remove(current, found, by=doer(), now=utcnow())
    return wire.SUCCESS
