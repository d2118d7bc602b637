"""Entities over the wire: made, read, changed with a version check, deleted and restored; many at once; their history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.lists import UUID, Lists
from tests.cast import ADMIN, OFFICER, Person
from tests.rest import Rest

RestOf = Callable[[Person | None], Rest]
ONE = UUID.format(1)
FILE = {"name": "people.csv", "size": 100}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class People:
    """The list `people` with age and city, and short ways to its entities."""

    def __init__(self, rest: Rest) -> None:
        self.rest, self.lists = rest, Lists(rest)
        self.path = self.lists.make("people", "age", "city")

    def add(self, number: int = 1, **data: str) -> dict[str, Any]:
        return self.lists.add(self.path, number, **data)

    def change(self, query: str = "?force=true", number: int = 1, **body: Any) -> Any:
        return self.rest.patch(f"{self.path}/entities/{UUID.format(number)}{query}", json=body)

    def get(self, path: str = f"/{ONE}", **given: Any) -> Any:
        return self.rest.get(f"{self.path}/entities{path}", **given).json

    def uuids(self, query: str = "") -> list[str]:
        return [one["uuid"] for one in self.get(query)]

    def post(self, body: Any, path: str = "", **given: Any) -> Any:
        return self.rest.post(f"{self.path}/entities{path}", json=body, **given)


@pytest.fixture
def people(rest: RestOf) -> People:
    return People(rest(ADMIN))


def test_entity_is_made_and_read(people: People) -> None:
    made = people.add(age="40")

    version = made["currentVersion"]
    assert (made["uuid"], made["conflict"], made["updatedAt"], made["deletedAt"]) == (ONE, None, None, None)
    assert (version["label"], version["data"], version["version"]) == ("No. 1", {"age": "40"}, 1)
    assert version["dataReceived"] == {"age": "40", "label": "No. 1"}
    assert (version["baseVersion"], version["conflictingProperties"]) == (None, None)
    assert people.get() == made


def test_entity_without_a_uuid_gets_one(people: People) -> None:
    made = people.post({"label": "A"}, headers={"User-Agent": "tests"}).json

    assert people.uuids() == [made["uuid"]]
    assert made["currentVersion"]["userAgent"] == "tests"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"broken": "json"}, 400.31),
        ({"label": "A", "uuid": "bad"}, 400.11),
        ({"label": "A", "uuid": 7}, 400.11),
        ({"uuid": ONE}, 400.2),
        ({"label": " "}, 400.8),
        ({"label": 7}, 400.11),
        ({"label": "A", "data": {"age": 7}}, 400.11),
        ({"label": "A", "data": {"age": None}}, 400.11),
        ({"label": "A", "data": {"candy": "x"}}, 400.28),
        ({"label": "A", "data": ["x"]}, 400.11),
    ],
)
def test_what_cannot_be_an_entity(people: People, body: dict[str, Any], code: float) -> None:
    answer = people.post(body)

    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert people.uuids() == []


def test_uuid_that_is_taken(people: People) -> None:
    people.add()
    again = people.post({"uuid": ONE.upper(), "label": "A"})
    people.rest.delete(f"{people.path}/entities/{ONE}")
    after_deletion = people.post({"uuid": ONE, "label": "A"})

    assert (again.status_code, again.json["code"], again.json["details"]["values"]) == (409, 409.3, [ONE])
    assert (after_deletion.status_code, after_deletion.json["code"]) == (409, 409.19)
    assert after_deletion.json["details"] == {"entityUuids": [ONE]}


def test_list_is_newest_first_without_properties(people: People) -> None:
    for number in (1, 2, 3):
        people.add(number, age="1")
    people.change(data={"age": "2"})

    assert people.uuids() == [UUID.format(3), UUID.format(2), ONE]
    assert people.uuids("?offset=1&limit=1") == [UUID.format(2)]
    assert all("data" not in one["currentVersion"] for one in people.get(""))


def test_extended_list_says_who(people: People) -> None:
    people.add()

    extended = people.get("", headers={"X-Extended-Metadata": "true"})[0]

    assert extended["creator"]["displayName"] == ADMIN.name
    assert extended["currentVersion"]["creator"]["displayName"] == ADMIN.name
    assert people.get("/creators")[0]["displayName"] == ADMIN.name


def test_change_keeps_what_it_does_not_name(people: People) -> None:
    people.add(age="40", city="Huế")

    changed = people.change("?baseVersion=1", data={"age": "41", "city": ""}).json
    renamed = people.change(label="Khác").json

    assert changed["currentVersion"]["data"] == {"age": "41", "city": ""}
    assert (changed["currentVersion"]["version"], changed["currentVersion"]["baseVersion"]) == (2, 1)
    assert (renamed["currentVersion"]["label"], renamed["currentVersion"]["dataReceived"]) == (
        "Khác",
        {"label": "Khác"},
    )
    assert renamed["updatedAt"] > changed["updatedAt"]


@pytest.mark.parametrize("query", ["", "?baseVersion=0", "?baseVersion=x", "?force=no"])
def test_change_of_another_version_is_refused(people: People, query: str) -> None:
    people.add()

    answer = people.change(query, label="A")

    assert (answer.status_code, answer.json["code"], answer.json["details"]["current"]) == (409, 409.15, "1")


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, 400.28), ({"label": ""}, 400.8), ({"data": {"age": None}}, 400.11), ({"data": {"candy": "x"}}, 400.28)],
)
def test_change_that_makes_no_sense(people: People, body: dict[str, Any], code: float) -> None:
    people.add()

    answer = people.change(**body)

    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_nothing_to_resolve(people: People) -> None:
    people.add()

    answer = people.rest.patch(f"{people.path}/entities/{ONE}?resolve=true")

    assert (answer.status_code, answer.json["code"]) == (400, 400.32)


def test_deleted_and_restored(people: People) -> None:
    people.add()
    path = f"{people.path}/entities/{ONE}"

    assert people.rest.post(f"{path}/restore").status_code == 404
    assert people.rest.delete(path).json == {"success": True}
    assert (people.rest.get(path).status_code, people.rest.delete(path).status_code) == (404, 404)
    assert (people.uuids(), people.uuids("?deleted=true")) == ([], [ONE])
    assert people.get("?deleted=true")[0]["deletedAt"] is not None
    assert people.rest.post(f"{path}/restore").json == {"success": True}
    assert people.uuids() == [ONE]
    assert [one["action"] for one in people.get(f"/{ONE}/audits")] == [
        "entity.restore",
        "entity.delete",
        "entity.create",
    ]


def test_who_may_change(people: People, rest: RestOf) -> None:
    people.add()
    officer, path = rest(OFFICER), f"{people.path}/entities"

    statuses = [
        officer.post(path, json={"label": "A"}).status_code,
        officer.patch(f"{path}/none", json={"label": "A"}).status_code,
        officer.delete(f"{path}/{ONE}").status_code,
        officer.post(f"{path}/bulk-delete", json={"ids": [ONE]}).status_code,
    ]

    assert statuses == [403] * 4
    assert people.rest.patch(f"{path}/none", json={"label": "A"}).status_code == 404


# Many at once


def many(*numbers: int, **more: Any) -> dict[str, Any]:
    entities = [{"uuid": UUID.format(one), "label": f"No. {one}", "data": {"age": str(one)}} for one in numbers]
    return {"entities": entities, "source": FILE, **more}


def test_many_are_made_in_their_order(people: People) -> None:
    assert people.post(many(1, 3, 2), headers={"User-Agent": "tests"}).json == {"success": True}

    assert people.uuids() == [UUID.format(2), UUID.format(3), ONE]
    assert people.get()["currentVersion"]["data"] == {"age": "1"}
    source = {**FILE, "count": 3, "userAgent": "tests"}
    assert people.get(f"/{ONE}/versions")[0]["source"] == source
    people.change(data={"age": "9"})
    entries = people.get(f"/{ONE}/audits")
    assert [one["action"] for one in entries] == ["entity.update.version", "entity.bulk.create"]
    assert [one["details"]["source"] for one in entries] == [{}, source]
    assert entries[1]["details"]["sourceId"] > 0


def test_very_many(people: People) -> None:
    people.post({"entities": [{"label": str(number)} for number in range(2500)], "source": {"name": "x"}})

    labels = [one["currentVersion"]["label"] for one in people.get("")]
    assert labels == [str(number) for number in reversed(range(2500))]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"entities": "not an array"}, 400.31),
        ({"entities": []}, 400.31),
        ({"entities": ["1"]}, 400.31),
        ({"entities": [{"broken": "json"}]}, 400.31),
        (many(1, source=None), 400.2),
        (many(1, source={}), 400.2),
        (many(1, source={"name": 7}), 400.11),
        (many(1, source={"name": "x", "size": "large"}), 400.11),
        ({"entities": [{"label": "A"}, {"label": ""}], "source": FILE}, 400.8),
        ({"entities": [{"label": "A"}, {"label": "B", "data": {"candy": "x"}}], "source": FILE}, 400.28),
        (many(1, 2, 1), 409.3),
    ],
)
def test_of_many_all_or_none(people: People, body: dict[str, Any], code: float) -> None:
    answer = people.post(body)

    assert (answer.status_code, answer.json["code"]) == (int(code), code)
    assert people.uuids() == []


def test_many_of_which_one_is_there(people: People) -> None:
    people.add(2)
    taken = people.post(many(1, 2))
    people.rest.delete(f"{people.path}/entities/{UUID.format(2)}")
    deleted = people.post(many(1, 2))

    assert (taken.json["code"], taken.json["details"]["values"]) == (409.3, [UUID.format(2)])
    assert (deleted.json["code"], deleted.json["details"]) == (409.19, {"entityUuids": [UUID.format(2)]})
    assert people.uuids() == []


def test_many_are_deleted_and_restored(people: People) -> None:
    people.post(many(1, 2, 3))
    ids = {"ids": [ONE, UUID.format(2), "unknown"]}

    assert people.post(ids, "/bulk-delete").json == {"success": True}
    assert (people.uuids(), people.uuids("?deleted=true")) == ([UUID.format(3)], [UUID.format(2), ONE])
    assert people.post(ids, "/bulk-restore").json == {"success": True}
    assert len(people.uuids()) == 3
    actions = [one["action"] for one in people.get(f"/{ONE}/audits")]
    assert actions == ["entity.bulk.restore", "entity.bulk.delete", "entity.bulk.create"]


# History


def test_versions_and_what_they_changed(people: People) -> None:
    people.add(age="40")
    people.change(label="Khác", data={"age": "41"})
    people.change(data={"age": "41", "city": "Huế"})

    versions = people.get(f"/{ONE}/versions", headers={"X-Extended-Metadata": "true"})

    assert [one["version"] for one in versions] == [1, 2, 3]
    assert [one["current"] for one in versions] == [False, False, True]
    assert [one["lastGoodVersion"] for one in versions] == [False, False, True]
    assert (versions[2]["baseDiff"], versions[2]["serverDiff"], versions[2]["source"]) == (["city"], ["city"], {})
    assert versions[0]["creator"]["displayName"] == ADMIN.name
    assert people.get(f"/{ONE}/versions?relevantToConflict=true") == []
    assert people.get(f"/{ONE}/diffs") == [
        [
            {"old": "No. 1", "new": "Khác", "propertyName": "label"},
            {"old": "40", "new": "41", "propertyName": "age"},
        ],
        [{"new": "Huế", "propertyName": "city"}],
    ]


def test_history_of_what_is_not_there(people: People) -> None:
    for path in ("versions", "diffs", "audits"):
        assert people.rest.get(f"{people.path}/entities/none/{path}").status_code == 404


def test_pages_of_the_audit(people: People) -> None:
    people.add()
    people.change(label="A")

    page = people.get(f"/{ONE}/audits?offset=1&limit=1")

    assert [(one["action"], one["actor"]["displayName"]) for one in page] == [("entity.create", ADMIN.name)]
