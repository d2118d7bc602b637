"""The routes of `/v1`: each says what it asks of the caller, what it takes and what it gives.

Who does not say who they are is only served by PUBLIC routes, and with the token of a draft; a PUBLIC route does not
even look at credentials. A route below `/projects/<project_id>` is asked for in that round; below `/forms/<xml_form_id>`
a grant for that form alone will do. The view gets the Round as `project`, the Form as `form`, and below
`/datasets/<dataset_name>` the published Dataset as `dataset`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, request
from marshmallow import Schema
from werkzeug.exceptions import RequestEntityTooLarge

from fieldsurvey import callers
from fieldsurvey.api import wire
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import ITSELF, PUBLIC, doer
from fieldsurvey.outputs import datasets
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import forms, rounds
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round

door = Blueprint("api", __name__, url_prefix="/v1", template_folder="templates")
View = TypeVar("View", bound=Callable[..., Any])
Ask = Permission | str  # a permission, ITSELF or PUBLIC


@dataclass(frozen=True, slots=True)
class Operation:
    """A route, as the description of the API and the table of roles need it."""

    rule: str  # below /v1
    method: str
    asks: Ask
    takes: type[Schema] | None
    gives: type[Schema] | None
    many: bool  # a list of what it gives
    says: str  # first line of the view's docstring
    noun: str  # the module


OPERATIONS: list[Operation] = []


def route(
    method: str,
    rule: str,
    *,
    asks: Ask,
    takes: type[Schema] | None = None,
    gives: type[Schema] | None = None,
    many: bool = False,
    told: Callable[[Problem], Response] | None = None,
) -> Callable[[View], View]:
    """Serve a view under one method. `asks` ITSELF: the view asks, because the answer depends on what it finds.

    `told` says a problem otherwise than in JSON.
    """

    def decorate(view: View) -> View:
        noun = view.__module__.rpartition(".")[2]
        says = (view.__doc__ or "").partition("\n")[0]
        OPERATIONS.append(Operation(rule, method, asks, takes, gives, many, says, noun))

        def serve(**address: Any) -> Response:
            if asks != PUBLIC and callers.nobody():
                raise Problem(Kind.CREDENTIALS_WRONG)
            try:
                found = _resolve(address)
                _ask(asks, found)
                body = view(**found)
            except Problem as problem:
                if told is None:
                    raise
                return told(problem)
            return body if isinstance(body, Response) else wire.answer(body)

        serve.guard = asks  # type: ignore[attr-defined]
        door.add_url_rule(rule, f"{noun}_{view.__name__}", serve, methods=[method], strict_slashes=False)
        return view

    return decorate


def _resolve(address: dict[str, Any]) -> dict[str, Any]:
    """The address with its Round and Form; raises NOT_FOUND, WRONG_TYPE, OUT_OF_RANGE."""
    if "xml_form_id" in address:
        address |= _round_and_form(address.pop("project_id"), address.pop("xml_form_id"))
    elif "project_id" in address:
        address["project"] = found_round(address.pop("project_id"))
    if "dataset_name" in address:
        address["dataset"] = found_dataset(address["project"], address.pop("dataset_name"))
    return address


def found_round(text: str) -> Round:
    found = rounds.by_id(session(), wire.whole_number(text, "projectId"))
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _round_and_form(round_id: str, xml_form_id: str) -> dict[str, Any]:
    """Both in one statement, as it stands before most requests."""
    found = forms.with_round(session(), wire.whole_number(round_id, "projectId"), xml_form_id)
    if found is None or found[1] is None:
        raise Problem(Kind.NOT_FOUND)
    return {"project": found[0], "form": found[1]}


def found_dataset(project: Round, name: str) -> Dataset:
    found = datasets.by_name(session(), project, name)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _ask(asks: Ask, found: dict[str, Any]) -> None:
    if not isinstance(asks, Permission):
        return
    project, form = found.get("project"), found.get("form")
    if project is None:
        permissions.require_for_server(doer(), asks)
    else:
        permissions.require_anywhere(doer(), asks, project.id, form.id if form else None)


def may(permission: Permission, project: Round | None = None, form: Form | None = None) -> bool:
    """Whether the caller holds the permission in the round (or form), anywhere in it; without one: in the server."""
    if project is None:
        return permissions.holds_for_server(doer(), permission)
    return permissions.holds(doer(), permission, project.id, form.id if form else None)


@door.before_request
def authenticate() -> None:
    serves = current_app.view_functions.get(request.endpoint or "")
    if getattr(serves, "guard", None) == PUBLIC:
        g.doer = callers.NOBODY
    else:
        callers.remember()
    notes = wire.action_notes()
    if notes:
        g.doer = replace(g.doer, notes=notes)


@door.errorhandler(Problem)
def problem(error: Problem) -> Response:
    return wire.say_json(error)


@door.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    return wire.say_json(Problem(Kind.TOO_LARGE, limit=(request.max_content_length or 0) // 1_000_000))


@door.errorhandler(Exception)
def unexpected(error: Exception) -> Response:
    current_app.logger.getChild("api").error("unexpected", exc_info=error)
    return wire.say_json(Problem(Kind.UNEXPECTED))


@door.after_request
def add_headers(answer: Response) -> Response:
    answer.headers.setdefault("Vary", "Accept-Encoding, Accept-Language, Origin")
    reads = request.method in {"GET", "HEAD"}
    answer.headers.setdefault("Cache-Control", "private, no-cache" if reads else "no-store")
    return answer


__all__ = ["ITSELF", "OPERATIONS", "PUBLIC", "Operation", "door", "found_round", "may", "route"]
