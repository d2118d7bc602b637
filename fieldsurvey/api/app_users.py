"""App users of a project, and the properties that they may carry."""

from __future__ import annotations

from typing import Any

from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.app_users import (
    ActorPropertySchema,
    AppUserChangeSchema,
    AppUserSchema,
    NewAppUserSchema,
)
from fieldsurvey.casework import app_users as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import app_users as output
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import people
from fieldsurvey.store.people import APP_USER, Actor
from fieldsurvey.store.rounds import Round

USERS = "/projects/<project_id>/app-users"


@route("GET", USERS, asks=Permission.MANAGE_DEVICES, gives=AppUserSchema, many=True)
def app_users(project: Round) -> list[dict[str, Any]]:
    """The app users, newest first, those without a token last."""
    found = output.of_round(session(), project.id, permissions.scope(doer(), Permission.MANAGE_DEVICES, project.id))
    secret = config().secret_key
    if wire.extended():
        return output.extended(session(), found, secret)
    return [output.on_wire(actor, secret) for actor in found]


@route("POST", USERS, asks=Permission.MANAGE_DEVICES, takes=NewAppUserSchema, gives=AppUserSchema)
def create(project: Round) -> dict[str, Any]:
    """A new app user, without access to any form yet."""
    given = wire.loaded(NewAppUserSchema())
    secret = config().secret_key
    with write() as current:
        made = verbs.create(
            current,
            given["displayName"],
            project.id,
            secret=secret,
            by=doer(),
            now=utcnow(),
            properties=given.get("properties"),
        )
    return output.on_wire(made, secret)


@route("PATCH", f"{USERS}/<actor_id>", asks=Permission.MANAGE_DEVICES, takes=AppUserChangeSchema, gives=AppUserSchema)
def change(project: Round, actor_id: str) -> dict[str, Any]:
    """Change the name and the properties."""
    given = wire.loaded(AppUserChangeSchema())
    with write() as current:
        found = _found(project, actor_id)
        verbs.change(current, found, given, by=doer(), now=utcnow())
    return output.on_wire(found, config().secret_key)


@route("DELETE", f"{USERS}/<actor_id>", asks=Permission.MANAGE_DEVICES)
def delete(project: Round, actor_id: str) -> dict[str, Any]:
    """Take an app user away, with its token and its access."""
    with write() as current:
        verbs.remove(current, _found(project, actor_id), by=doer(), now=utcnow())
    return wire.SUCCESS


def _found(project: Round, actor_id: str) -> Actor:
    found = people.active(session(), wire.whole_number(actor_id))
    if found is None or found.kind != APP_USER or found.round_id != project.id:
        raise Problem(Kind.NOT_FOUND)
    return found


@route(
    "GET",
    "/projects/<project_id>/actor-properties",
    asks=Permission.MANAGE_DEVICES,
    gives=ActorPropertySchema,
    many=True,
)
def actor_properties(project: Round) -> list[dict[str, Any]]:
    """The properties that app users may carry; extended: with the values in use."""
    if wire.extended():
        return output.property_values(session(), project.id)
    return [{"name": name} for name in output.properties(session(), project.id)]


@route("POST", "/projects/<project_id>/actor-properties", asks=Permission.MANAGE_DEVICES, takes=ActorPropertySchema)
def add_actor_property(project: Round) -> dict[str, Any]:
    """A new property for app users."""
    given = wire.loaded(ActorPropertySchema())
    with write() as current:
        verbs.add_property(current, project.id, given["name"], by=doer(), now=utcnow())
    return wire.SUCCESS
