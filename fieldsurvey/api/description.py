"""The OpenAPI 3.1 description, made from the routes and their marshmallow schemas, and a page for people to read it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, make_response, render_template

from fieldsurvey import __version__
from fieldsurvey.api.door import OPERATIONS, PUBLIC, Operation, route
from fieldsurvey.callers import locale
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.translations import say

_PART = re.compile(r"<(?:\w+:)?(\w+)>")
_NUMBERS = {"project_id", "actor_id"}
_PROBLEM = {
    "type": "object",
    "required": ["message", "code", "details"],
    "properties": {
        "message": {"type": "string", "description": "for people, in the language of Accept-Language"},
        "code": {"type": "number", "description": "for programs; its whole part is the status"},
        "details": {"type": ["object", "null"]},
    },
}
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}]


@lru_cache
def description() -> dict[str, Any]:
    """The whole description; made once in a process."""
    spec = APISpec(
        title="fieldsurvey",
        version=__version__,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda schema: _schema_name(schema))],
        info={"description": "What ODK Central's clients use, with Central's paths, shapes, codes and headers."},
        servers=[{"url": "/v1"}],
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    spec.components.schema("Problem", _PROBLEM)
    for operation in OPERATIONS:
        spec.path(path=_PART.sub(r"{\1}", operation.rule), operations={operation.method.lower(): _operation(operation)})
    described: dict[str, Any] = spec.to_dict()
    for schema in described["components"]["schemas"].values():
        schema.pop("additionalProperties", None)  # what a schema does not know is left out, not refused
    return described


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.says,
        "tags": [operation.noun],
        "parameters": [_parameter(name) for name in _PART.findall(operation.rule)],
        "responses": {
            "200": _answer(operation),
            "default": {
                "description": "a problem",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": [] if operation.asks == PUBLIC else _SECURITY,
    }
    if isinstance(operation.asks, Permission):
        described["x-permission"] = operation.asks.value
    if operation.takes is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": operation.takes}}}
    return described


def _parameter(name: str) -> dict[str, Any]:
    kind = {"type": "integer", "minimum": 1} if name in _NUMBERS else {"type": "string", "minLength": 1}
    return {"in": "path", "name": name, "required": True, "schema": kind}


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.gives is None:
        return {"description": "done, or the file itself"}
    schema: Any = {"type": "array", "items": operation.gives} if operation.many else operation.gives
    return {"description": operation.says, "content": {"application/json": {"schema": schema}}}


@route("GET", "/openapi.json", asks=PUBLIC)
def openapi() -> dict[str, Any]:
    """This description."""
    return description()


@route("GET", "/docs", asks=PUBLIC)
def docs() -> Response:
    """This description as a page."""
    by_noun: dict[str, list[Operation]] = {}
    for operation in sorted(OPERATIONS, key=lambda one: (one.noun, one.rule, one.method)):
        by_noun.setdefault(operation.noun, []).append(operation)
    language = locale()
    return make_response(
        render_template(
            "api.html", nouns=by_noun, fields=_fields, lang=language, say=lambda name: say(f"api.{name}", language)
        )
    )


def _fields(schema: Any) -> list[tuple[str, str, bool]]:
    """(name, type, required) of a schema's fields."""
    return [(name, type(field).__name__, field.required) for name, field in schema().fields.items()] if schema else []
