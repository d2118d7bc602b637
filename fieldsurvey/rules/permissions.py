"""Who may do what, and where: roles, their permissions, and the Scope that every list of people's data takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.areas import AreaRef, Level, Place


class Permission(StrEnum):
    SUBMIT = "submit"  # send a household from a phone, fetch forms and lists
    READ_ROUNDS = "read_rounds"  # see that a round exists, its name and settings
    READ_OPEN_FORMS = "read_open_forms"  # fetch the forms that can be filled now
    READ_FORMS = "read_forms"  # see every form, closed ones and their versions too
    READ_HOUSEHOLDS = "read_households"  # see the queue, households and submissions, identity numbers masked
    REVEAL = "reveal"  # see identity numbers in full; each look is logged
    REVIEW = "review"  # approve, return, reject, edit, comment, enter the paper score
    DELETE_SUBMISSIONS = "delete_submissions"  # delete and restore
    READ_ENTITIES = "read_entities"  # see entity lists and their entities
    MANAGE_ENTITIES = "manage_entities"  # create, change, delete entities and their lists
    READ_PROGRESS = "read_progress"  # see completion counts
    MANAGE_LISTS = "manage_lists"  # make, freeze and change the list of a round, take applications in
    ASSIGN_HOUSEHOLDS = "assign_households"  # say who visits which household, and by when
    MANAGE_DEVICES = "manage_devices"  # hand out and revoke phones' codes
    MANAGE_FORMS = "manage_forms"  # upload and publish questionnaires
    MANAGE_ROUNDS = "manage_rounds"  # open, change and close review rounds
    ASSIGN_ROLES = "assign_roles"  # bind roles to people in a round
    MANAGE_PEOPLE = "manage_people"  # create accounts and bind roles to areas
    MANAGE_SERVER = "manage_server"  # settings and roles of the whole server
    READ_AUDIT = "read_audit"  # see who did what
    READ_REGISTER = "read_register"  # see the register's households with their history, identity numbers masked
    EDIT_REGISTER = "edit_register"  # register and change households and members, hand them over
    MANAGE_VILLAGES = "manage_villages"  # create, rename and close villages, set their type
    MANAGE_AREAS = "manage_areas"  # import provinces and communes, mergers and splits
    EXPORT = "export"  # take rows out of the system
    IMPORT_REGISTER = "import_register"  # bring households into the register from a spreadsheet, and undo it
    MANAGE_ENUMERATORS = "manage_enumerators"  # create enumerators in bulk, give them a new PIN, print their codes


class Role(StrEnum):
    ENUMERATOR = "enumerator"  # trưởng thôn, rà soát viên
    COMMUNE_OFFICER = "commune_officer"  # công chức phụ trách giảm nghèo
    COMMUNE_LEADER = "commune_leader"  # Chủ tịch, Phó Chủ tịch UBND xã
    PROVINCE_SUPERVISOR = "province_supervisor"  # Sở Nông nghiệp và Môi trường
    ADMINISTRATOR = "administrator"
    # ODK's own roles, for one round: scripts and phones that come from ODK Central bring them.
    PROJECT_MANAGER = "project_manager"
    PROJECT_VIEWER = "project_viewer"
    DATA_COLLECTOR = "data_collector"
    APP_USER = "app_user"  # a phone, form by form
    PUBLIC_LINK = "public_link"  # whoever has the link, one form


_FILL = {Permission.SUBMIT, Permission.READ_OPEN_FORMS}
_READ = {
    Permission.READ_ROUNDS,
    Permission.READ_OPEN_FORMS,
    Permission.READ_FORMS,
    Permission.READ_HOUSEHOLDS,
    Permission.READ_PROGRESS,
    Permission.READ_ENTITIES,
}
_SERVER = {
    Permission.MANAGE_PEOPLE,
    Permission.MANAGE_SERVER,
    Permission.READ_AUDIT,
    Permission.IMPORT_REGISTER,
    Permission.MANAGE_ENUMERATORS,
}
# Of the register, which outlives rounds: no role of a round gives any of it.
_REGISTER = {
    Permission.READ_REGISTER,
    Permission.EDIT_REGISTER,
    Permission.MANAGE_VILLAGES,
    Permission.MANAGE_AREAS,
}
GRANTED: dict[Role, frozenset[Permission]] = {
    Role.ENUMERATOR: frozenset({*_FILL, Permission.READ_ROUNDS, Permission.READ_PROGRESS}),
    Role.COMMUNE_OFFICER: frozenset(
        {
            *_READ,
            Permission.SUBMIT,
            Permission.REVIEW,
            Permission.REVEAL,
            Permission.MANAGE_DEVICES,
            Permission.EXPORT,
            Permission.IMPORT_REGISTER,
            Permission.MANAGE_ENUMERATORS,
            Permission.MANAGE_LISTS,
            Permission.ASSIGN_HOUSEHOLDS,
            Permission.READ_REGISTER,
            Permission.EDIT_REGISTER,
            Permission.MANAGE_VILLAGES,
        }
    ),
    Role.COMMUNE_LEADER: frozenset({*_READ, Permission.REVEAL, Permission.EXPORT, Permission.READ_REGISTER}),
    Role.PROVINCE_SUPERVISOR: frozenset(
        {
            *_READ,
            Permission.EXPORT,
            Permission.IMPORT_REGISTER,
            Permission.MANAGE_ENUMERATORS,
            Permission.READ_REGISTER,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.PROJECT_MANAGER: frozenset(set(Permission) - _SERVER - _REGISTER),
    Role.PROJECT_VIEWER: frozenset({*_READ, Permission.EXPORT}),
    Role.DATA_COLLECTOR: frozenset({*_FILL, Permission.READ_ROUNDS}),
    Role.APP_USER: frozenset(_FILL),
    Role.PUBLIC_LINK: frozenset(_FILL),
}
# The number of a role on the wire; never changes. ODK's own have the numbers that they have there.
NUMBERS: dict[Role, int] = {
    Role.ADMINISTRATOR: 1,
    Role.APP_USER: 2,
    Role.PROJECT_MANAGER: 5,
    Role.PUBLIC_LINK: 6,
    Role.PROJECT_VIEWER: 7,
    Role.DATA_COLLECTOR: 8,
    Role.ENUMERATOR: 101,
    Role.COMMUNE_OFFICER: 102,
    Role.COMMUNE_LEADER: 103,
    Role.PROVINCE_SUPERVISOR: 104,
}
# Roles that somebody binds to a person or phone for a round or a form, not to an area.
PROJECT_ROLES = (Role.PROJECT_MANAGER, Role.PROJECT_VIEWER, Role.DATA_COLLECTOR, Role.APP_USER, Role.PUBLIC_LINK)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, bound to an area (None: everywhere), to a round (None: all) and to a form of it (None: all)."""

    role: Role
    area: AreaRef | None = None
    round_id: int | None = None
    form_id: int | None = None

    def gives(self, permission: Permission, round_id: int | None, form_id: int | None = None) -> bool:
        return (
            permission in GRANTED[self.role]
            and self.round_id in (None, round_id)
            and (self.form_id is None or self.form_id == form_id)
        )


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Doer:
    """The person or phone that acts: `by` in every verb. `notes`: why, in their own words, for the audit.

    `place`: where they belong, which says nothing about their rights.
    """

    id: int
    name: str
    grants: tuple[Grant, ...] = ()
    notes: str | None = None
    place: Place = NOWHERE

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas whose rows may be seen. Only `scope()` makes one; an empty one shows nothing."""

    everywhere: bool = False
    provinces: frozenset[int] = frozenset()
    communes: frozenset[int] = frozenset()
    villages: frozenset[int] = frozenset()

    def covers(self, place: Place) -> bool:
        return (
            self.everywhere
            or place.province_id in self.provinces
            or place.commune_id in self.communes
            or place.village_id in self.villages
        )

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.provinces or self.communes or self.villages)


def scope(by: Doer, permission: Permission, round_id: int | None = None, form_id: int | None = None) -> Scope:
    """Where `by` holds `permission` in this round (in any when None), for this form (for all of them when None)."""
    grants = [grant for grant in by.grants if grant.gives(permission, round_id or grant.round_id, form_id)]
    return Scope(
        everywhere=any(grant.area is None for grant in grants),
        provinces=_ids(grants, Level.PROVINCE),
        communes=_ids(grants, Level.COMMUNE),
        villages=_ids(grants, Level.VILLAGE),
    )


def _ids(grants: Iterable[Grant], level: Level) -> frozenset[int]:
    return frozenset(grant.area.id for grant in grants if grant.area is not None and grant.area.level is level)


def holds(by: Doer, permission: Permission, round_id: int | None = None, form_id: int | None = None) -> bool:
    """Whether `by` has the permission anywhere at all: decides whether a page is offered."""
    return bool(scope(by, permission, round_id, form_id))


def holds_for_server(by: Doer, permission: Permission) -> bool:
    """Whether `by` has the permission in every round and every area."""
    return any(grant.area is None and grant.round_id is None and grant.gives(permission, None) for grant in by.grants)


def holds_for_some_form(by: Doer, permission: Permission, round_id: int) -> bool:
    """Whether `by` has the permission in the round, if only for one of its forms: what is asked before a form is known."""
    return any(grant.gives(permission, round_id, grant.form_id) for grant in by.grants)


def allows(
    by: Doer, permission: Permission, place: Place, round_id: int | None = None, form_id: int | None = None
) -> bool:
    return scope(by, permission, round_id, form_id).covers(place)


def require(
    by: Doer, permission: Permission, place: Place, round_id: int | None = None, form_id: int | None = None
) -> None:
    """Raise FORBIDDEN without the permission, OUTSIDE_AREA when it is held but not at this place."""
    found = scope(by, permission, round_id, form_id)
    if not found:
        raise Problem(Kind.FORBIDDEN)
    if not found.covers(place):
        raise Problem(Kind.OUTSIDE_AREA)


def require_anywhere(by: Doer, permission: Permission, round_id: int | None = None, form_id: int | None = None) -> None:
    if not holds(by, permission, round_id, form_id):
        raise Problem(Kind.FORBIDDEN)


def require_for_server(by: Doer, permission: Permission) -> None:
    if not holds_for_server(by, permission):
        raise Problem(Kind.FORBIDDEN)
