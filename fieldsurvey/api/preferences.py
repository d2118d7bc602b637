"""What people set for their own screens. It is read with the extended `/users/current`."""

from __future__ import annotations

from typing import Any

from fieldsurvey import callers
from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, route
from fieldsurvey.api.schemas.users import PreferenceSchema
from fieldsurvey.casework import preferences as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import utcnow, write
from fieldsurvey.guards import doer

SITE, PROJECT = "/user-preferences/site/<name>", "/user-preferences/project/<round_id>/<name>"
VALUE = "propertyValue"


@route("PUT", SITE, asks=ITSELF, takes=PreferenceSchema)
def put_for_site(name: str) -> dict[str, Any]:
    """Set one for the site."""
    return _put(verbs.SITE, name)


@route("PUT", PROJECT, asks=ITSELF, takes=PreferenceSchema)
def put_for_project(round_id: str, name: str) -> dict[str, Any]:
    """Set one for a project."""
    return _put(wire.whole_number(round_id, "projectId"), name)


@route("DELETE", SITE, asks=ITSELF)
def remove_for_site(name: str) -> dict[str, Any]:
    """Forget one of the site."""
    return _remove(verbs.SITE, name)


@route("DELETE", PROJECT, asks=ITSELF)
def remove_for_project(round_id: str, name: str) -> dict[str, Any]:
    """Forget one of a project."""
    return _remove(wire.whole_number(round_id, "projectId"), name)


def _put(scope: int, name: str) -> dict[str, Any]:
    _require_person()
    body = wire.json_body()
    if VALUE not in body:
        raise Problem(Kind.PROPERTY_UNKNOWN, property=VALUE)
    if len(body) > 1:
        raise Problem(Kind.UNEXPECTED_PROPERTIES, expected=[VALUE], actual=list(body))
    with write() as current:
        verbs.put(current, scope, name, body[VALUE], by=doer(), now=utcnow())
    return wire.SUCCESS


def _remove(scope: int, name: str) -> dict[str, Any]:
    _require_person()
    with write() as current:
        verbs.remove(current, scope, name, by=doer(), now=utcnow())
    return wire.SUCCESS


def _require_person() -> None:
    if callers.by_key():
        raise Problem(Kind.FORBIDDEN)
