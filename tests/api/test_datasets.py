"""Entity lists over the wire: made, described, changed; as a file; and the register behind the same resource."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
from fieldsurvey.store import audit
from tests.api.lists import DATASETS, UUID, Lists
from tests.cast import ADMIN, HEAD, LEADER, NEIGHBOUR, OFFICER, PHU_LUU, TAO_PHU, Person
from tests.rest import Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HEADER = "__id,label,age,__createdAt,__creatorId,__creatorName,__updates,__updatedAt,__version\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def admin(rest: RestOf) -> Rest:
    return rest(ADMIN)


@pytest.fixture
def lists(admin: Rest) -> Lists:
    return Lists(admin)


def test_list_is_made_and_described(lists: Lists, admin: Rest) -> None:
    path = lists.make("cây", "chiều_cao", approvalRequired=True)

    found = admin.get(path).json

    assert (found["name"], found["approvalRequired"], found["ownerOnly"]) == ("cây", True, False)
    assert (found["linkedForms"], found["sourceForms"]) == ([], [])
    assert [(one["name"], one["odataName"], one["forms"]) for one in found["properties"]] == [
        ("chiều_cao", "chi_u_cao", [])
    ]
    assert MOMENT.fullmatch(found["lastUpdate"])


def test_counts_are_of_what_is_there(lists: Lists, admin: Rest) -> None:
    path = lists.make("people")
    lists.add(path, 1)
    lists.add(path, 2)
    admin.delete(f"{path}/entities/{UUID.format(2)}")

    listed = admin.get(DATASETS, headers={"X-Extended-Metadata": "true"}).json
    found = next(one for one in listed if one["name"] == "people")

    assert (found["entities"], found["conflicts"]) == (1, 0)
    assert found["lastEntity"] is not None
    assert admin.get(path, headers={"X-Extended-Metadata": "true"}).json["entities"] == 1


@pytest.mark.parametrize("name", [None, "", "__mine", "a.b", "1st", "a b", 7])
def test_names_that_no_list_can_have(admin: Rest, name: object) -> None:
    answer = admin.post(DATASETS, json={"name": name})

    assert (answer.status_code, answer.json["code"], answer.json["details"]["field"]) == (400, 400.8, "name")


@pytest.mark.parametrize("name", [None, "name", "LABEL", "__x", "a b"])
def test_names_that_no_property_can_have(lists: Lists, admin: Rest, name: object) -> None:
    answer = admin.post(f"{lists.make('people')}/properties", json={"name": name})

    assert (answer.status_code, answer.json["code"]) == (400, 400.8)


def test_name_that_is_taken(lists: Lists, admin: Rest) -> None:
    lists.make("hộ")

    again, capitals = (admin.post(DATASETS, json={"name": name}) for name in ("hộ", "HỘ"))

    assert (again.status_code, again.json["code"], again.json["details"]["fields"]) == (
        409,
        409.3,
        ["name", "projectId"],
    )
    assert (capitals.status_code, capitals.json["code"]) == (409, 409.16)
    assert capitals.json["details"] == {"current": "hộ", "provided": "HỘ"}


def test_property_that_is_there(lists: Lists, admin: Rest) -> None:
    path = lists.make("people", "height")

    for name in ("height", "HEIGHT"):
        answer = admin.post(f"{path}/properties", json={"name": name})
        assert (answer.status_code, answer.json["code"]) == (409, 409.3)
        assert answer.json["details"]["fields"] == ["name", "datasetId"]


def test_settings_are_changed_and_written_down(lists: Lists, admin: Rest) -> None:
    path = lists.make("people")

    changed = admin.patch(f"{path}?convert=true", json={"ownerOnly": True, "name": "frogs"}).json
    lifted = admin.patch(f"{path}?convert=false", json={"approvalRequired": False}).json

    assert (changed["name"], changed["ownerOnly"], lifted["ownerOnly"]) == ("people", True, True)
    entries = [one for one in admin.get("/audits?action=dataset.update").json]
    assert [one["details"] for one in entries] == [
        {"data": {"approvalRequired": False}, "autoConvert": False},
        {"data": {"ownerOnly": True}},
    ]


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("?convert=perhaps", {}, 400.8),
        ("", {"approvalRequired": "yes"}, 400.11),
        ("", {"accessFilter": {"type": "any"}}, 400.8),
        ("", {"accessFilter": 7}, 400.8),
        ("", {"accessFilter": {"type": "property", "rules": []}}, 400.8),
        ("", {"accessFilter": {"type": "property", "rules": [{"datasetProperty": "x"}]}}, 400.8),
    ],
)
def test_settings_that_make_no_sense(
    lists: Lists, admin: Rest, query: str, body: dict[str, object], code: float
) -> None:
    answer = admin.patch(f"{lists.make('people')}{query}", json=body)

    assert (answer.status_code, answer.json["code"]) == (400, code)


RULE = {"datasetProperty": "region", "actorProperty": "area"}


def test_rules_of_who_gets_what(lists: Lists, admin: Rest) -> None:
    path = lists.make("people", "region", ownerOnly=True)

    by_property = admin.patch(path, json={"accessFilter": {"type": "property", "rules": [RULE]}}).json
    assert (by_property["ownerOnly"], by_property["accessFilter"]["rules"]) == (False, [RULE])
    assert admin.get(f"{path}/access-filter").json == RULE

    by_owner = admin.patch(path, json={"accessFilter": {"type": "ownerOnly"}}).json
    assert (by_owner["ownerOnly"], by_owner.get("accessFilter")) == (True, None)

    assert admin.put(f"{path}/access-filter", json=RULE).json == RULE
    lifted = admin.patch(path, json={"accessFilter": None}).json
    assert (lifted["ownerOnly"], lifted.get("accessFilter")) == (False, None)


def test_file_of_entities(lists: Lists, admin: Rest) -> None:
    path = lists.make("people", "age")
    assert admin.get(f"{path}/entities.csv").text == HEADER
    creator = lists.add(path, 1, 'Nguyễn, "Tuyến"', age="40")["creatorId"]
    lists.add(path, 2)
    admin.patch(f"{path}/entities/{UUID.format(2)}?force=true", json={"data": {"age": ""}})

    answer = admin.get(f"{path}/entities.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"people.csv\"; filename*=UTF-8''people.csv"
    assert len(MOMENT.findall(answer.text)) == 3
    assert MOMENT.sub("", answer.text) == (
        f"{HEADER}{UUID.format(2)},No. 2,,,{creator},{ADMIN.name},1,,2\n"
        f'{UUID.format(1)},"Nguyễn, ""Tuyến""",40,,{creator},{ADMIN.name},0,,1\n'
    )


def test_file_is_sent_again_only_when_it_has_changed(lists: Lists, admin: Rest) -> None:
    path = lists.make("people", "age")
    lists.add(path, 1)

    def seen(tag: str) -> tuple[int, str]:
        answer = admin.get(f"{path}/entities.csv", headers={"If-None-Match": tag})
        return answer.status_code, answer.headers["ETag"]

    _, first = seen("")
    assert seen(first) == (304, first)
    admin.patch(f"{path}/entities/{UUID.format(1)}?force=true", json={"data": {"age": "7"}})
    status, second = seen(first)
    assert (status, second != first) == (200, True)
    admin.delete(f"{path}/entities/{UUID.format(1)}")
    assert seen(second)[0] == 200


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("$filter=__system/updatedAt ne null", ["No. 2"]),
        (f"$filter=__id eq '{UUID.format(1)}'", ["No. 1"]),
        ("$filter=__system/deletedAt ne null", ["Gone"]),
        ("$filter=__system/conflict eq 'hard'", []),
        ("$search=no. HUẾ", []),
        ("$search=NO. hue", ["No. 1"]),
    ],
)
def test_file_of_what_is_sought(lists: Lists, admin: Rest, query: str, labels: list[str]) -> None:
    path = lists.make("people", "city")
    lists.add(path, 1, city="Hue")
    lists.add(path, 2)
    lists.add(path, 3, "Gone")
    admin.patch(f"{path}/entities/{UUID.format(2)}?force=true", json={"data": {"city": ""}})
    admin.delete(f"{path}/entities/{UUID.format(3)}")

    answer = admin.get(f"{path}/entities.csv?{query}")

    assert [line.split(",")[1] for line in answer.text.splitlines()[1:]] == labels
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(("filter_", "status"), [("label eq 'x'", 501), ("age eq", 400)])
def test_filter_that_is_not_understood(lists: Lists, admin: Rest, filter_: str, status: int) -> None:
    path = lists.make("people", "age")

    assert admin.get(f"{path}/entities.csv?$filter={filter_}").status_code == status


def test_unknown_list(admin: Rest) -> None:
    for path in ("", "/entities", "/entities.csv", "/entities/x", "/entities/creators"):
        assert admin.get(f"{DATASETS}/none{path}").status_code == 404


def test_who_may(rest: RestOf, lists: Lists) -> None:
    path = lists.make("people")
    statuses = {
        person: (rest(person).get(path).status_code, rest(person).post(DATASETS, json={"name": "x"}).status_code)
        for person in (HEAD, OFFICER, LEADER)
    }

    assert statuses == {HEAD: (403, 403), OFFICER: (200, 403), LEADER: (200, 403)}
    assert rest(HEAD).get(f"{path}/entities.csv").status_code == 403


# On a map


PLACES = {1: "1 2 3 0", 2: "1 2; 1 2 3; 1 2 3 4", 3: "1 2; 3 4; 5 6; 1 2", 4: "1 2 high", 5: ""}


def on_map(rest: Rest, path: str, query: str = "") -> list[str]:
    return sorted(one["id"] for one in rest.get(f"{path}/entities.geojson{query}").json["features"])


@pytest.fixture
def mapped(lists: Lists) -> str:
    path = lists.make("places", "geometry")
    for number, place in PLACES.items():
        lists.add(path, number, geometry=place)
    return path


def test_entities_on_a_map(admin: Rest, mapped: str) -> None:
    found = admin.get(f"{mapped}/entities.geojson").json
    one = admin.get(f"{mapped}/entities/{UUID.format(1)}/geojson").json

    assert on_map(admin, mapped) == [UUID.format(number) for number in (1, 2, 3)]
    assert found["type"] == "FeatureCollection"
    assert one["features"] == [
        {
            "type": "Feature", "id": UUID.format(1), "properties": None,
            "geometry": {"type": "Point", "coordinates": [2.0, 1.0, 3.0]},
        }
    ]  # fmt: skip


def test_entities_without_a_place_are_not_on_the_map(lists: Lists, admin: Rest) -> None:
    path = lists.make("people")
    lists.add(path, 1)

    assert admin.get(f"{path}/entities.geojson").json == {"type": "FeatureCollection", "features": []}
    assert admin.get(f"{path}/entities/none/geojson").status_code == 404


def test_what_of_it_is_wanted_on_the_map(admin: Rest, mapped: str) -> None:
    admin.delete(f"{mapped}/entities/{UUID.format(3)}")
    creator = admin.get(f"{mapped}/entities/{UUID.format(1)}").json["creatorId"]
    asked = {
        "?limit=1": 1,
        "?deleted=true": 1,
        f"?entityUUID={UUID.format(1)}&entityUUID={UUID.format(2)}": 2,
        f"?creatorId={creator}": 2,
        "?creatorId=999999": 0,
        "?conflict=soft&conflict=hard": 0,
        "?conflict=null": 2,
        "?$search=no.": 2,
        "?$search=nowhere": 0,
        "?start__gte=2020-01-01&end__lte=2999-01-01": 2,
        "?start__gt=2999-01-01T00:00:00Z": 0,
        "?end__lt=2020-01-01": 0,
    }

    assert {query: len(on_map(admin, mapped, query)) for query in asked} == asked


@pytest.mark.parametrize("query", ["creatorId=me", "start__gte=today", "limit=many"])
def test_map_that_is_asked_for_wrongly(admin: Rest, mapped: str, query: str) -> None:
    assert admin.get(f"{mapped}/entities.geojson?{query}").json["code"] == 400.11


# The area of who reads


def test_everybody_reads_the_entities_of_their_own_area(rest: RestOf, lists: Lists) -> None:
    path = lists.make("people", "village")
    lists.add(path, 1, "Ở đây", village=TAO_PHU)
    lists.add(path, 2, "Không biết ở đâu")
    lists.add(path, 3, "Mới chuyển đến")
    lists.rest.patch(f"{path}/entities/{UUID.format(3)}?force=true", json={"data": {"village": PHU_LUU}})

    def labels(person: Person) -> list[str]:
        text = rest(person).get(f"{path}/entities.csv").text
        return [line.split(",")[1] for line in text.splitlines()[1:]]

    assert labels(OFFICER) == ["Mới chuyển đến", "Ở đây"]
    assert labels(NEIGHBOUR) == []
    assert rest(OFFICER).get(f"{path}/entities/{UUID.format(2)}").status_code == 404
    assert rest(NEIGHBOUR).get(f"{path}/entities").json == []
    extended = {"X-Extended-Metadata": "true"}
    assert [rest(one).get(path, headers=extended).json["entities"] for one in (ADMIN, OFFICER, NEIGHBOUR)] == [3, 2, 0]


# The register behind the same resource


@pytest.fixture
def household(world: World) -> str:
    uuid = world.list_household(head="Nguyễn Thị Tuyến").uuid
    db.session.remove()
    return uuid


def test_register_is_an_entity_list(rest: RestOf, household: str) -> None:
    officer = rest(OFFICER)

    found = officer.get(f"{DATASETS}/households", headers={"X-Extended-Metadata": "true"}).json
    entity = officer.get(f"{DATASETS}/households/entities/{household}").json

    assert [one["name"] for one in officer.get(DATASETS).json] == ["households", "members"]
    assert (found["entities"], [one["name"] for one in found["linkedForms"]]) == (
        1,
        ["Phiếu rà soát hộ nghèo, hộ cận nghèo"],
    )
    assert "prior_class" in [one["name"] for one in found["properties"]]
    assert entity["currentVersion"]["label"] == "Nguyễn Thị Tuyến"
    assert (entity["currentVersion"]["data"]["village"], entity["currentVersion"]["data"]["prior_class"]) == (
        TAO_PHU,
        "poor",
    )
    assert [one["uuid"] for one in officer.get(f"{DATASETS}/households/entities").json] == [household]
    assert f"{household},Nguyễn Thị Tuyến,{TAO_PHU}" in officer.get(f"{DATASETS}/households/entities.csv").text


def test_register_is_cut_to_the_area(rest: RestOf, household: str) -> None:
    neighbour = rest(NEIGHBOUR)

    assert neighbour.get(f"{DATASETS}/households/entities").json == []
    assert neighbour.get(f"{DATASETS}/households/entities/{household}").status_code == 404
    assert household not in neighbour.get(f"{DATASETS}/households/entities.csv").text


def test_settings_of_the_register_s_lists_are_not_changed_here(admin: Rest, household: str) -> None:
    path = f"{DATASETS}/households"

    statuses = {
        admin.patch(path, json={"ownerOnly": True}).status_code,
        admin.post(f"{path}/properties", json={"name": "x"}).status_code,
        admin.post(f"{DATASETS}/members/entities", json={"label": "x"}).status_code,
    }

    assert statuses == {501}


def test_making_a_list_is_in_the_audit(lists: Lists, world: World) -> None:
    lists.make("people")

    entry = db.session.query(audit.AuditEntry).filter_by(action="dataset.create").one()
    assert (entry.subject, entry.params) == ("dataset", {"properties": []})
