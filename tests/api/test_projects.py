"""Projects over the wire: review rounds for scripts that know ODK Central."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
from fieldsurvey.store import audit
from tests.cast import ADMIN, HEAD, OFFICER, ROUND, SUPERVISOR, Person
from tests.rest import Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]


def named(rest: Rest) -> list[str]:
    return [one["name"] for one in rest.get("/projects").json]


def test_project_is_made_changed_and_taken_away(rest: RestOf) -> None:
    admin = rest(ADMIN)

    made = admin.post("/projects", json={"name": "Rà soát bổ sung", "description": "Ba thôn"}).json
    changed = admin.patch(f"/projects/{made['id']}", json={"archived": True}).json
    renamed = admin.put(f"/projects/{made['id']}", json={"name": "Khác"}).json

    assert (made["name"], made["description"], made["archived"]) == ("Rà soát bổ sung", "Ba thôn", None)
    assert (changed["name"], changed["archived"]) == ("Rà soát bổ sung", True)
    assert (renamed["name"], renamed["description"], renamed["archived"]) == ("Khác", None, None)
    assert admin.delete(f"/projects/{made['id']}").json == {"success": True}
    assert admin.get(f"/projects/{made['id']}").status_code == 404


def test_archived_projects_stand_last(rest: RestOf) -> None:
    admin = rest(ADMIN)
    admin.post("/projects", json={"name": "A", "archived": True})
    admin.post("/projects", json={"name": "B"})

    assert named(admin)[0] == "B"
    assert named(admin)[-1] == "A"


def test_everybody_sees_the_rounds_in_which_they_have_a_role(rest: RestOf) -> None:
    assert rest(None).get("/projects").status_code == 401
    assert [one["id"] for one in rest(HEAD).get("/projects").json] == [ROUND]
    assert [one["id"] for one in rest(SUPERVISOR).get("/projects").json] == [ROUND]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [("1a", 400, 400.11), ("10000000000", 400, 400.22), ("-10000000000", 400, 400.22), ("99", 404, 404.1)],
)
def test_wrong_project_ids(rest: RestOf, address: str, status: int, code: float) -> None:
    answer = rest(ADMIN).get(f"/projects/{address}")

    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, 400.2, "name"),
        ({"name": "x", "archived": "aaa"}, 400.11, "archived"),
        ({"name": ["x"]}, 400.11, "name"),
        ({"name": "  "}, 400.68, None),
    ],
)
def test_what_cannot_be_a_project(rest: RestOf, body: dict[str, object], code: float, field: str | None) -> None:
    answer = rest(ADMIN).post("/projects", json=body)

    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert (answer.json["details"] or {}).get("field") == field


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_only_who_looks_after_rounds_changes_them(rest: RestOf, method: str) -> None:
    path = "/projects" if method == "POST" else f"/projects/{ROUND}"

    assert rest(OFFICER).call(method, path, json={"name": "x"}).status_code == 403
    assert rest(None).call(method, path, json={"name": "x"}).status_code == 401


def test_extended_project_counts_and_says_what_one_may_do(rest: RestOf) -> None:
    project = rest(ADMIN).get(f"/projects/{ROUND}", headers={"X-Extended-Metadata": "true"}).json

    assert (project["forms"], project["lastSubmission"]) == (1, None)
    assert project["appUsers"] > 0
    assert project["verbs"] == rest(ADMIN).get("/roles/admin").json["verbs"]


@pytest.mark.parametrize(
    ("forms", "code"),
    [
        ([], 501.2),
        ([{"xmlFormId": "khac"}], 501.2),
        ([{"xmlFormId": "ra-soat-ho"}, {"xmlFormId": "ra-soat-ho"}], 400.8),
        ([{"xmlFormId": "ra-soat-ho", "state": "đóng"}], 400.8),
        ([{"state": "open"}], 400.2),
    ],
)
def test_deep_update_wants_exactly_the_forms_of_the_project(
    rest: RestOf, forms: list[dict[str, str]], code: float
) -> None:
    assert rest(ADMIN).put(f"/projects/{ROUND}", json={"name": "x", "forms": forms}).json["code"] == code


def test_reason_given_in_a_header_is_kept(rest: RestOf, world: World) -> None:
    notes = {"X-Action-Notes": "%C4%91%E1%BB%95i%20t%C3%AAn"}
    rest(ADMIN).patch(f"/projects/{ROUND}", json={"name": "Đợt 2026"}, headers=notes)

    newest = audit.of_subject(db.session(), "round", ROUND)[0]
    assert (newest.action, newest.notes, newest.params) == ("project.update", "đổi tên", {"data": {"name": "Đợt 2026"}})


def test_deep_update_sets_the_roles_of_each_form(rest: RestOf) -> None:
    admin = rest(ADMIN)
    phone = admin.post(f"/projects/{ROUND}/app-users", json={"displayName": "Máy 1"}).json["id"]
    role = admin.get("/roles/app-user").json["id"]
    of_form = f"/projects/{ROUND}/forms/ra-soat-ho/assignments"

    def put(assignments: list[dict[str, int]]) -> int:
        form = {"xmlFormId": "ra-soat-ho", "assignments": assignments}
        return admin.put(f"/projects/{ROUND}", json={"name": "x", "forms": [form]}).status_code

    assert put([{"actorId": phone, "roleId": role}]) == 200
    assert admin.get(of_form).json == [{"actorId": phone, "roleId": role}]
    assert put([{"actorId": phone}]) == 400
    assert put([{"actorId": 999, "roleId": role}]) == 400
    assert put([]) == 200
    assert admin.get(of_form).json == []


def test_projects_with_what_is_in_them(rest: RestOf) -> None:
    found = {one["id"]: one for one in rest(OFFICER).get("/projects?forms=true&datasets=true").json}[ROUND]

    assert [form["xmlFormId"] for form in found["formList"]] == ["ra-soat-ho"]
    assert found["formList"][0]["reviewStates"] == {"received": 0, "hasIssues": 0, "edited": 0}
    assert "households" in [one["name"] for one in found["datasetList"]]
