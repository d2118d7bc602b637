"""Who has which role: of the whole server, of a project and of a form."""

from __future__ import annotations

from typing import Any

from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, route
from fieldsurvey.api.schemas.actors import ActorSchema
from fieldsurvey.api.schemas.assignments import AssignmentSchema, FormAssignmentSchema
from fieldsurvey.api.verbs import role_named
from fieldsurvey.casework import assigning
from fieldsurvey.casework.assigning import Where
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import assignments as output
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import people
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import Actor
from fieldsurvey.store.rounds import Round

SERVER, PROJECT, FORM = "/assignments", "/projects/<project_id>/assignments", "/projects/<project_id>/forms/<xml_form_id>/assignments"  # fmt: skip  # noqa: E501
EVERYWHERE = Where()


@route("GET", SERVER, asks=Permission.ASSIGN_ROLES, gives=AssignmentSchema, many=True)
def of_server() -> list[dict[str, Any]]:
    """Roles of the whole server."""
    return _listed(EVERYWHERE)


@route("GET", PROJECT, asks=Permission.ASSIGN_ROLES, gives=AssignmentSchema, many=True)
def of_project(project: Round) -> list[dict[str, Any]]:
    """Roles of a project."""
    return _listed(Where(project.id))


@route("GET", FORM, asks=Permission.ASSIGN_ROLES, gives=AssignmentSchema, many=True)
def of_form(project: Round, form: Form) -> list[dict[str, Any]]:
    """Roles of one form."""
    return _listed(Where(project.id, form.id))


@route("GET", f"{PROJECT}/forms", asks=Permission.ASSIGN_ROLES, gives=FormAssignmentSchema, many=True)
def of_all_forms(project: Round) -> list[dict[str, Any]]:
    """Roles of each form of a project."""
    return output.on_forms(session(), project.id, _scope(Where(project.id)), extended=wire.extended())


@route("GET", f"{PROJECT}/forms/<role>", asks=Permission.ASSIGN_ROLES, gives=FormAssignmentSchema, many=True)
def of_all_forms_with_role(project: Round, role: str) -> list[dict[str, Any]]:
    """Who has one role for each form of a project."""
    found = role_named(role)
    return output.on_forms(session(), project.id, _scope(Where(project.id)), found, extended=wire.extended())


@route("GET", f"{SERVER}/<role>", asks=Permission.ASSIGN_ROLES, gives=ActorSchema, many=True)
def holders_in_server(role: str) -> list[dict[str, Any]]:
    """Who has a role for the whole server."""
    return _holders(EVERYWHERE, role)


@route("GET", f"{PROJECT}/<role>", asks=Permission.ASSIGN_ROLES, gives=ActorSchema, many=True)
def holders_in_project(project: Round, role: str) -> list[dict[str, Any]]:
    """Who has a role for a project."""
    return _holders(Where(project.id), role)


@route("GET", f"{FORM}/<role>", asks=Permission.ASSIGN_ROLES, gives=ActorSchema, many=True)
def holders_in_form(project: Round, form: Form, role: str) -> list[dict[str, Any]]:
    """Who has a role for one form."""
    return _holders(Where(project.id, form.id), role)


@route("POST", f"{SERVER}/<role>/<actor_id>", asks=ITSELF)
def assign_in_server(role: str, actor_id: str) -> dict[str, Any]:
    """Give a role for the whole server."""
    return _assign(EVERYWHERE, role, actor_id)


@route("POST", f"{PROJECT}/<role>/<actor_id>", asks=ITSELF)
def assign_in_project(project: Round, role: str, actor_id: str) -> dict[str, Any]:
    """Give a role for a project."""
    return _assign(Where(project.id), role, actor_id)


@route("POST", f"{FORM}/<role>/<actor_id>", asks=ITSELF)
def assign_in_form(project: Round, form: Form, role: str, actor_id: str) -> dict[str, Any]:
    """Give a role for one form."""
    return _assign(Where(project.id, form.id), role, actor_id)


@route("DELETE", f"{SERVER}/<role>/<actor_id>", asks=ITSELF)
def revoke_in_server(role: str, actor_id: str) -> dict[str, Any]:
    """Take a role for the whole server back."""
    return _revoke(EVERYWHERE, role, actor_id)


@route("DELETE", f"{PROJECT}/<role>/<actor_id>", asks=ITSELF)
def revoke_in_project(project: Round, role: str, actor_id: str) -> dict[str, Any]:
    """Take a role for a project back."""
    return _revoke(Where(project.id), role, actor_id)


@route("DELETE", f"{FORM}/<role>/<actor_id>", asks=ITSELF)
def revoke_in_form(project: Round, form: Form, role: str, actor_id: str) -> dict[str, Any]:
    """Take a role for one form back."""
    return _revoke(Where(project.id, form.id), role, actor_id)


def _scope(where: Where) -> Scope:
    return permissions.scope(doer(), Permission.ASSIGN_ROLES, where.round_id, where.form_id)


def _listed(where: Where) -> list[dict[str, Any]]:
    return output.listed(session(), where, _scope(where), extended=wire.extended())


def _holders(where: Where, role: str) -> list[dict[str, Any]]:
    return output.holders(session(), where, _scope(where), role_named(role))


def _assign(where: Where, role: str, actor_id: str) -> dict[str, Any]:
    found, actor = role_named(role), _actor(where, actor_id)
    with write() as current:
        assigning.assign(current, actor, found, where, by=doer(), now=utcnow())
    return wire.SUCCESS


def _revoke(where: Where, role: str, actor_id: str) -> dict[str, Any]:
    found, actor = role_named(role), _actor(where, actor_id)
    with write() as current:
        assigning.revoke(current, actor, found, where, by=doer(), now=utcnow())
    return wire.SUCCESS


def _actor(where: Where, actor_id: str) -> Actor:
    """A person, or a phone or link of this very project."""
    found = people.active(session(), wire.whole_number(actor_id, "actorId"))
    if found is None or found.round_id not in (None, where.round_id):
        raise Problem(Kind.NOT_FOUND)
    return found
