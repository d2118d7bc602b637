"""Roles and permissions in ODK Central's words, for programs that ask what somebody may do."""

from __future__ import annotations

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import GRANTED, NUMBERS, Doer, Permission, Role, holds, holds_for_server

# Central has no words for what is not here.
VERBS: dict[Permission, tuple[str, ...]] = {
    Permission.SUBMIT: ("submission.create",),
    Permission.READ_ROUNDS: ("project.read",),
    Permission.READ_OPEN_FORMS: ("open_form.list", "open_form.read"),
    Permission.READ_FORMS: ("form.list", "form.read"),
    Permission.READ_HOUSEHOLDS: ("submission.list", "submission.read"),
    Permission.REVIEW: ("submission.update",),
    Permission.DELETE_SUBMISSIONS: ("submission.delete", "submission.restore"),
    Permission.READ_ENTITIES: ("dataset.list", "dataset.read", "entity.list", "entity.read"),
    Permission.MANAGE_ENTITIES: (
        "dataset.create",
        "dataset.update",
        "entity.create",
        "entity.update",
        "entity.delete",
        "entity.restore",
    ),
    Permission.MANAGE_DEVICES: (
        "actor_property.list",
        "actor_property.update",
        "field_key.create",
        "field_key.delete",
        "field_key.list",
        "field_key.update",
        "public_link.create",
        "public_link.list",
        "public_link.read",
        "public_link.update",
        "public_link.delete",
        "session.end",
    ),
    Permission.MANAGE_FORMS: ("form.create", "form.update", "form.delete", "form.restore"),
    Permission.MANAGE_ROUNDS: ("project.update", "project.delete"),
    Permission.ASSIGN_ROLES: ("assignment.list", "assignment.create", "assignment.delete"),
    Permission.MANAGE_PEOPLE: (
        "user.create",
        "user.delete",
        "user.list",
        "user.read",
        "user.update",
        "user.password.invalidate",
        "user.password.reset",
    ),
    Permission.MANAGE_SERVER: (
        "config.read",
        "config.set",
        "project.create",
        "role.create",
        "role.update",
        "role.delete",
    ),
    Permission.READ_AUDIT: ("audit.read",),
}
# Role → (system name, name for people). System names never change; ours follow Central's.
ROLES: dict[Role, tuple[str, str]] = {
    Role.ADMINISTRATOR: ("admin", "Administrator"),
    Role.APP_USER: ("app-user", "App User"),
    Role.PROJECT_MANAGER: ("manager", "Project Manager"),
    Role.PUBLIC_LINK: ("pub-link", "Public Link"),
    Role.PROJECT_VIEWER: ("viewer", "Project Viewer"),
    Role.DATA_COLLECTOR: ("formfill", "Data Collector"),
    Role.ENUMERATOR: ("enumerator", "Enumerator"),
    Role.COMMUNE_OFFICER: ("commune-officer", "Commune Officer"),
    Role.COMMUNE_LEADER: ("commune-leader", "Commune Leader"),
    Role.PROVINCE_SUPERVISOR: ("province-supervisor", "Province Supervisor"),
}


def verbs_of(role: Role) -> list[str]:
    return sorted(verb for permission in GRANTED[role] for verb in VERBS.get(permission, ()))


def role_named(text: str) -> Role:
    """A role by its number or system name; raises NOT_FOUND."""
    for role, (system, _) in ROLES.items():
        if text in {str(NUMBERS[role]), system}:
            return role
    raise Problem(Kind.NOT_FOUND)


def verbs_in(by: Doer, round_id: int | None) -> list[str]:
    """What somebody may do in a round, or in the whole server."""
    held = (
        permission
        for permission in Permission
        if (holds(by, permission, round_id) if round_id else holds_for_server(by, permission))
    )
    return sorted(verb for permission in held for verb in VERBS.get(permission, ()))
