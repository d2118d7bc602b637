"""Roles: what each may do, in Central's words. They are the house's own and cannot be changed over the wire."""

from __future__ import annotations

from typing import Any

from fieldsurvey.api.door import ITSELF, route
from fieldsurvey.api.schemas.roles import RoleSchema
from fieldsurvey.api.verbs import ROLES, role_named, verbs_of
from fieldsurvey.rules.permissions import NUMBERS, Role


@route("GET", "/roles", asks=ITSELF, gives=RoleSchema, many=True)
def roles() -> list[dict[str, Any]]:
    """Every role, by number."""
    return [_described(role) for role in sorted(ROLES, key=lambda role: NUMBERS[role])]


@route("GET", "/roles/<role>", asks=ITSELF, gives=RoleSchema)
def role(role: str) -> dict[str, Any]:
    """One role, by its number or system name."""
    return _described(role_named(role))


def _described(role: Role) -> dict[str, Any]:
    system, name = ROLES[role]
    moments = {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": None}
    return {"id": NUMBERS[role], "name": name, "system": system, "verbs": verbs_of(role), **moments}
