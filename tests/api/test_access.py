"""Role × area × resource, whole: every route of the API is called under every role, and what it says is held to the table.

The table is `docs/generated/access.md`, made from the routes; a route that decides by itself stands in `BY_ITSELF` below.
A route without a row fails.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fieldsurvey import api
from fieldsurvey.api.door import ITSELF, OPERATIONS, PUBLIC, Operation
from fieldsurvey.casework import people, sign_ins
from fieldsurvey.extensions import config, db, utcnow, write
from fieldsurvey.rules.permissions import GRANTED, PROJECT_ROLES, Permission, Role
from fieldsurvey.store import forms
from fieldsurvey.store.people import APP_USER, PUBLIC_LINK, USER, Actor, Grant
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, NOW, OFFICER, ROUND, SUPERVISOR, Person
from tests.rest import Rest
from tests.world import FORM, World

api.load()
RestOf = Callable[[Person | None], Rest]
OF_THE_CAST = {
    Role.ENUMERATOR: HEAD,
    Role.COMMUNE_OFFICER: OFFICER,
    Role.COMMUNE_LEADER: LEADER,
    Role.PROVINCE_SUPERVISOR: SUPERVISOR,
    Role.ADMINISTRATOR: ADMIN,
}
# Addresses of the project and form exist; what is below them does not, so that nothing is harmed by asking.
KNOWN = {"round_id": str(ROUND),
    "project_id": str(ROUND), "xml_form_id": FORM, "dataset_name": "households", "actor_id": "999999", "role": "viewer",
}  # fmt: skip
EVERYBODY = frozenset(Role)
OF_THE_ROUND = EVERYBODY - {Role.APP_USER, Role.PUBLIC_LINK}
SENDERS = frozenset(role for role in Role if Permission.SUBMIT in GRANTED[role])
MANAGERS = frozenset({Role.ADMINISTRATOR, Role.PROJECT_MANAGER})
WITH_A_LETTER = "/users/reset/verify"  # public, for the token in the letter opens it and no role does
PEOPLE = EVERYBODY - {Role.APP_USER, Role.PUBLIC_LINK}
# Routes that decide by what they find → the roles that are let in.
BY_ITSELF: dict[str, frozenset[Role]] = {
    "GET /projects": EVERYBODY,  # an empty list for who has none
    "GET /projects/<project_id>/forms": OF_THE_ROUND,
    "GET /projects/<project_id>/forms/<xml_form_id>": EVERYBODY,  # an open form
    "GET /projects/<project_id>/forms/<xml_form_id>/draft": MANAGERS,
    "POST /projects/<project_id>/forms/<xml_form_id>/draft/submissions": SENDERS,  # and whoever has the draft's token
    "GET /roles": EVERYBODY,
    "GET /roles/<role>": EVERYBODY,
    "GET /users": EVERYBODY,  # an empty list for who looks after nobody
    "GET /sessions/restore": EVERYBODY,
    "DELETE /sessions/current": PEOPLE,
    "DELETE /sessions/<token>": frozenset(),  # nobody may end what is not there: so tokens cannot be tried
    "PUT /user-preferences/site/<name>": PEOPLE,
    "PUT /user-preferences/project/<round_id>/<name>": PEOPLE,
    "DELETE /user-preferences/site/<name>": PEOPLE,
    "DELETE /user-preferences/project/<round_id>/<name>": PEOPLE,
    # What is not found is not found, whoever asks.
    "GET /users/current": EVERYBODY,
    "GET /users/<actor_id>": EVERYBODY,
    "PATCH /users/<actor_id>": EVERYBODY,
    "DELETE /users/<actor_id>": EVERYBODY,
    "PUT /users/<actor_id>/password": EVERYBODY,
    "POST /assignments/<role>/<actor_id>": EVERYBODY,
    "POST /projects/<project_id>/assignments/<role>/<actor_id>": EVERYBODY,
    "POST /projects/<project_id>/forms/<xml_form_id>/assignments/<role>/<actor_id>": EVERYBODY,
    "DELETE /assignments/<role>/<actor_id>": EVERYBODY,
    "DELETE /projects/<project_id>/assignments/<role>/<actor_id>": EVERYBODY,
    "DELETE /projects/<project_id>/forms/<xml_form_id>/assignments/<role>/<actor_id>": EVERYBODY,
}


_FORM = "GET /projects/<project_id>/forms/<xml_form_id>"
for _tail in (".xml", ".xls", ".xlsx", "/fields", "/attachments", "/attachments/<name>"):
    BY_ITSELF |= {f"{_FORM}{_tail}": EVERYBODY, f"{_FORM}/draft{_tail}": MANAGERS}  # an open form; the draft
    BY_ITSELF[f"{_FORM}/versions/<version>{_tail}"] = EVERYBODY
BY_ITSELF |= {f"{_FORM}/versions": EVERYBODY, f"{_FORM}/versions/<version>": EVERYBODY}


# The register's own right; any other list asks for manage_entities.
_ENTITIES, _OF_REGISTER = "/projects/<project_id>/datasets/<dataset_name>/entities", Permission.EDIT_REGISTER
for _route in (
    f"POST {_ENTITIES}", f"PATCH {_ENTITIES}/<uuid>", f"DELETE {_ENTITIES}/<uuid>", f"POST {_ENTITIES}/<uuid>/restore",
    f"POST {_ENTITIES}/bulk-delete", f"POST {_ENTITIES}/bulk-restore",
):  # fmt: skip
    BY_ITSELF[_route] = frozenset(role for role in Role if _OF_REGISTER in GRANTED[role])


def signed_in(app: Flask, role: Role) -> Rest:
    """A script in this role: one of the cast, or somebody with the role in the round (a phone or link: in the form)."""
    if role in OF_THE_CAST:
        return Rest(app, OF_THE_CAST[role])
    with app.app_context():
        made = Rest(app, None)
        kind = {Role.APP_USER: APP_USER, Role.PUBLIC_LINK: PUBLIC_LINK}.get(role, USER)
        form = forms.by_xml_form_id(db.session(), ROUND, FORM)
        assert form is not None
        with write() as session:
            token = people.token_from(config().secret_key, role.value)
            actor = Actor(
                kind=kind, display_name=role.value, sign_in_key="x", created_at=NOW, round_id=ROUND, properties={}
            )
            actor.grants = [Grant(role=role.value, round_id=ROUND, form_id=None if kind == USER else form.id)]
            if kind == USER:
                session.add(actor)
                session.flush()
                token, _ = sign_ins.begin(session, actor, now=utcnow())
            else:
                actor.token_nonce, actor.token_hash = role.value, people.token_hash(token)
                session.add(actor)
        db.session.remove()
    made.headers["Authorization"] = f"Bearer {token}"
    return made


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.rule}"


def harm(operation: Operation) -> int:
    """Reading comes first, what takes away last, the project and the caller's own session at the very end."""
    if operation.rule == "/sessions/current":
        return 1000
    return ("GET", "POST", "PATCH", "PUT", "DELETE").index(operation.method) * 100 - operation.rule.count("/")


def address(operation: Operation) -> str:
    return re.sub(r"<(?:path:)?(\w+)>", lambda part: KNOWN.get(part[1], "none"), operation.rule)


def refused(answer: TestResponse) -> bool:
    """For want of rights; being outside one's area (403.60) is another matter."""
    return answer.status_code == 401 or (answer.status_code == 403 and _code(answer) == "403.1")


def _code(answer: TestResponse) -> str:
    """OData's metadata tells a problem in XML."""
    found = re.search(r'code(?:="|":)([\d.]+)', answer.text)
    return found[1] if found else ""


def allowed(operation: Operation, role: Role) -> bool:
    if operation.asks == PUBLIC:
        return operation.rule != WITH_A_LETTER
    if operation.asks == ITSELF:
        return role in BY_ITSELF[name_of(operation)]
    if "<project_id>" not in operation.rule:
        return role is Role.ADMINISTRATOR
    of_one_form = role in {Role.APP_USER, Role.PUBLIC_LINK} and "<xml_form_id>" not in operation.rule
    return Permission(operation.asks) in GRANTED[role] and not of_one_form


def test_every_route_that_decides_by_itself_has_a_row() -> None:
    assert {name_of(one) for one in OPERATIONS if one.asks == ITSELF} == set(BY_ITSELF)


@pytest.mark.parametrize("role", Role)
def test_role_is_let_in_where_the_table_says(app: Flask, role: Role) -> None:
    assert Rest(app, ADMIN).post(f"/projects/{ROUND}/forms/{FORM}/draft").status_code == 200
    script = signed_in(app, role)
    wrong = []
    for operation in sorted(OPERATIONS, key=harm):
        answer = script.call(operation.method, address(operation), json=None if operation.method == "GET" else {})
        if refused(answer) == allowed(operation, role):
            wrong.append(f"{name_of(operation)}: {answer.status_code} {answer.text[:80]}")

    assert wrong == []


def test_nobody_is_told_to_sign_in(rest: RestOf) -> None:
    let_in = [
        name_of(one)
        for one in OPERATIONS
        if one.asks != PUBLIC and rest(None).call(one.method, address(one)).status_code != 401
    ]

    assert let_in == []


def test_every_role_of_a_project_is_asked() -> None:
    assert set(OF_THE_CAST) | set(PROJECT_ROLES) == set(Role)


# Area: what is read out of another commune.

HEAD_NAME = "Nguyễn Thị Tuyến"


@pytest.fixture
def sent(world: World) -> str:
    """The instanceID of a household in the commune of HEAD and OFFICER."""
    receipt = world.send(world.xml(world.answers(world.list_household(HEAD_NAME))), world.phone_actor(HEAD).doer())
    db.session.remove()
    return receipt.instance_id


def said(answer: TestResponse) -> str:
    """All that an answer says, out of an archive too."""
    if answer.mimetype != "application/zip":
        return answer.data.decode(errors="replace")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def shown(script: Rest, instance_id: str) -> set[str]:
    """The routes that say something of the household."""
    known = {**KNOWN, "instance_id": instance_id, "root_id": instance_id, "table": "Submissions"}
    found = set()
    for operation in OPERATIONS:
        if operation.method != "GET":
            continue
        path = re.sub(r"<(\w+)>", lambda part: known.get(part[1], "none"), operation.rule)
        answer = script.get(path)
        if answer.status_code == 200 and (HEAD_NAME in (text := said(answer)) or instance_id in text):
            found.add(operation.rule)
    return found


def test_household_is_shown_in_its_own_commune_only(rest: RestOf, sent: str) -> None:
    own, neighbours = shown(rest(OFFICER), sent), shown(rest(NEIGHBOUR), sent)

    assert "/projects/<project_id>/forms/<xml_form_id>/submissions" in own
    assert neighbours == set()
