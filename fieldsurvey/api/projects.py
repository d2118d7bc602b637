"""Projects: review rounds, with their counts, and the deep update that also sets the states of their forms."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, route
from fieldsurvey.api.schemas.projects import (
    NewProjectSchema,
    ProjectChangeSchema,
    ProjectSchema,
    ProjectUpdateSchema,
)
from fieldsurvey.api.verbs import role_named, verbs_in
from fieldsurvey.casework import assigning, publishing
from fieldsurvey.casework import rounds as verbs
from fieldsurvey.casework.assigning import Where
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import datasets, form_records
from fieldsurvey.outputs import projects as output
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Role
from fieldsurvey.store import forms, people, rounds
from fieldsurvey.store.forms import Form
from fieldsurvey.store.people import Actor
from fieldsurvey.store.rounds import Round


@route("GET", "/projects", asks=ITSELF, gives=ProjectSchema, many=True)
def projects() -> list[dict[str, Any]]:
    """The projects that the caller may read, archived ones last; `?forms=true`, `?datasets=true` with what is in them."""
    found = output.sorted_for_reading(_readable())
    with_forms, with_datasets = wire.flag("forms"), wire.flag("datasets")
    if not (wire.extended() or with_forms or with_datasets):
        return [output.on_wire(one) for one in found]
    by, counted = doer(), output.counts(session(), [one.id for one in found])
    described = []
    for one in found:
        entry = {**output.on_wire(one), **counted[one.id], "verbs": verbs_in(by, one.id)}
        if with_forms:
            entry["formList"] = form_records.of_round(session(), one.id, by, extended=True)
        if with_datasets:
            entry["datasetList"] = datasets.in_project(session(), one, by)
        described.append(entry)
    return described


def _readable() -> list[Round]:
    by = doer()
    return [one for one in rounds.all_rounds(session()) if permissions.holds(by, Permission.READ_ROUNDS, one.id)]


@route("POST", "/projects", asks=Permission.MANAGE_SERVER, takes=NewProjectSchema, gives=ProjectSchema)
def create() -> dict[str, Any]:
    """A new project: a round of this year, not bound to an area."""
    given = wire.loaded(NewProjectSchema())
    with write() as current:
        made = verbs.create_project(
            current,
            given["name"],
            given.get("description"),
            bool(given.get("archived")),
            by=doer(),
            now=utcnow(),
        )
    return output.on_wire(made)


@route("GET", "/projects/<project_id>", asks=Permission.READ_ROUNDS, gives=ProjectSchema)
def project(project: Round) -> dict[str, Any]:
    """One project."""
    described = output.on_wire(project)
    if wire.extended():
        described |= output.counts(session(), [project.id])[project.id]
        described["verbs"] = verbs_in(doer(), project.id)
    return described


@route(
    "PATCH",
    "/projects/<project_id>",
    asks=Permission.MANAGE_ROUNDS,
    takes=ProjectChangeSchema,
    gives=ProjectSchema,
)
def change(project: Round) -> dict[str, Any]:
    """Change what is given of name, description and archived."""
    changes = wire.loaded(ProjectChangeSchema())
    with write() as current:
        verbs.change(current, project, changes, by=doer(), now=utcnow())
    return output.on_wire(project)


@route("DELETE", "/projects/<project_id>", asks=Permission.MANAGE_ROUNDS)
def delete(project: Round) -> dict[str, Any]:
    """Take a project out of sight."""
    with write() as current:
        verbs.delete(current, project, by=doer(), now=utcnow())
    return wire.SUCCESS


@route("PUT", "/projects/<project_id>", asks=Permission.MANAGE_ROUNDS, takes=ProjectUpdateSchema, gives=ProjectSchema)
def update(project: Round) -> dict[str, Any]:
    """The whole project at once: what is left out is emptied. With `forms`: also their states and assignments."""
    given = wire.loaded(ProjectUpdateSchema())
    with write() as current:
        changes = {name: given.get(name) for name in ("name", "archived", "description")}
        verbs.change(current, project, changes, by=doer(), now=utcnow())
        if "forms" in given:
            _update_forms(current, project, given["forms"])
    return output.on_wire(project)


def _update_forms(current: Session, project: Round, given: list[dict[str, Any]]) -> None:
    """Raises FORMS_LIST_WRONG unless exactly the project's forms are given, each once (UNEXPECTED_VALUE)."""
    by_name: dict[str, Form] = {form.xml_form_id: form for form in forms.of_round(current, project.id)}
    names = Counter(one["xmlFormId"] for one in given)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise Problem(Kind.UNEXPECTED_VALUE, field="xmlFormId", value=twice, reason="given twice")
    if set(names) != set(by_name):
        raise Problem(Kind.FORMS_LIST_WRONG)
    for one in given:
        form = by_name[one["xmlFormId"]]
        if "assignments" in one:
            wanted = [_assignment(current, given_one) for given_one in one["assignments"]]
            assigning.replace(current, wanted, Where(project.id, form.id), by=doer(), now=utcnow())
        if one.get("state", form.state) != form.state:
            publishing.set_state(current, form, one["state"], by=doer(), now=utcnow())


def _assignment(current: Session, given: dict[str, Any]) -> tuple[Actor, Role]:
    """Raises MISSING_PARAMETER, KEY_UNKNOWN."""
    for field in ("roleId", "actorId"):
        if given.get(field) is None:
            raise Problem(Kind.MISSING_PARAMETER, field=field)
    role = role_named(str(given["roleId"]))
    actor = people.active(current, wire.whole_number(str(given["actorId"]), "actorId"))
    if role is None:
        raise Problem(Kind.KEY_UNKNOWN, field="roleId", value=given["roleId"], table="roles")
    if actor is None:
        raise Problem(Kind.KEY_UNKNOWN, field="actorId", value=given["actorId"], table="actors")
    return actor, role
