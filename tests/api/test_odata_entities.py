"""Entity lists as OData: the service, its description, and rows page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.api.lists import DATASETS, UUID, Lists
from tests.cast import ADMIN, NEIGHBOUR, OFFICER, TAO_PHU, Person
from tests.rest import Rest

RestOf = Callable[[Person | None], Rest]
EDM = {"edm": "http://docs.oasis-open.org/odata/ns/edm"}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class Feed:
    """Five entities; `rows("$top=2")`."""

    def __init__(self, rest: Rest) -> None:
        self.rest, self.lists = rest, Lists(rest)
        self.path = self.lists.make("people", "age", "the.city")
        for number in range(1, 6):
            self.lists.add(self.path, number, age=str(number))

    def page(self, query: str = "") -> dict[str, Any]:
        answer = self.rest.get(f"{self.path}.svc/Entities?{query}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def ages(self, query: str = "") -> str:
        return "".join(row["age"] for row in self.page(query)["value"])

    def follow(self, link: str) -> dict[str, Any]:
        return dict(self.rest.get(link.partition("/v1")[2]).json)


@pytest.fixture
def feed(rest: RestOf) -> Feed:
    return Feed(rest(ADMIN))


def test_service_names_its_table(feed: Feed) -> None:
    answer = feed.rest.get(f"{feed.path}.svc")

    assert answer.headers["OData-Version"] == "4.0"
    assert answer.json == {
        "@odata.context": f"http://localhost/v1{feed.path}.svc/$metadata",
        "value": [{"name": "Entities", "kind": "EntitySet", "url": "Entities"}],
    }


def test_description_knows_every_property(feed: Feed) -> None:
    answer = feed.rest.get(f"{feed.path}.svc/$metadata")

    names = etree.fromstring(answer.data).xpath("//edm:EntityType/edm:Property/@Name", namespaces=EDM)
    assert names == ["__id", "__system", "label", "age", "the_city"]
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (".svc?$format=xml", 406.1),
        (".svc/$metadata?$format=json", 406.1),
        (".svc/Entities?$format=atom", 406.1),
        (".svc/Entities?$apply=groupby", 501.1),
        (".svc/Entities?$expand=all", 501.6),
        (".svc/Entities?$select=weight", 400.23),
        (".svc/Entities?$skiptoken=what", 400.35),
    ],
)
def test_what_is_refused(feed: Feed, path: str, code: float) -> None:
    answer = feed.rest.get(f"{feed.path}{path}")

    if "$metadata" in path:
        assert etree.fromstring(answer.data).get("code") == str(code)
    else:
        assert answer.json["code"] == code


def test_list_named_as_the_table(feed: Feed) -> None:
    path = feed.lists.make("Entities", "age")

    page = feed.rest.get(f"{path}.svc/Entities").json
    assert page["@odata.context"] == "http://localhost/v1/projects/1/datasets/Entities.svc/$metadata#Entities"


def test_rows(feed: Feed) -> None:
    page = feed.page()
    row = page["value"][0]

    assert feed.ages() == "54321"
    assert list(row) == ["__id", "label", "__system", "age", "the_city"]
    assert (row["__id"], row["the_city"]) == (UUID.format(5), "")
    assert (row["__system"]["creatorName"], row["__system"]["updates"], row["__system"]["version"]) == (
        ADMIN.name,
        0,
        1,
    )
    assert isinstance(row["__system"]["creatorId"], str)
    assert "@odata.nextLink" not in page


@pytest.mark.parametrize(
    ("query", "ages"),
    [
        ("$top=1&$skip=1", "4"),
        ("$top=0", ""),
        ("$top=9", "54321"),
        (f"$filter=__id eq '{UUID.format(2)}'", "2"),
        ("$filter=__system/deletedAt ne null", ""),
        ("$filter=__system/createdAt lt 2020-01-01", ""),
        ("$search=no. 3", "3"),
        ("$orderby=__system/createdAt asc", "12345"),
        ("$orderby=__id desc&$top=2", "54"),
        ("$orderby=__system/conflict", "12345"),
    ],
)
def test_what_is_asked_for(feed: Feed, query: str, ages: str) -> None:
    assert feed.ages(query) == ages


def test_pages_by_token(feed: Feed) -> None:
    first = feed.page("$top=2&$count=true")
    feed.lists.add(feed.path, 6, age="6")
    feed.rest.delete(f"{feed.path}/entities/{UUID.format(4)}")  # the last of the first page
    feed.rest.delete(f"{feed.path}/entities/{UUID.format(2)}")
    second = feed.follow(first["@odata.nextLink"])

    assert (first["@odata.count"], second["@odata.count"]) == (5, 4)
    assert [row["age"] for row in second["value"]] == ["3", "1"]
    assert "@odata.nextLink" not in second


def test_pages_in_another_order(feed: Feed) -> None:
    first = feed.page("$top=2&$orderby=__system/createdAt asc")
    second = feed.follow(first["@odata.nextLink"])
    third = feed.follow(second["@odata.nextLink"])

    assert [[row["age"] for row in page["value"]] for page in (first, second, third)] == [["1", "2"], ["3", "4"], ["5"]]


@pytest.mark.parametrize(
    ("select", "keys"),
    [
        ("__id", ["__id"]),
        ("age", ["age"]),
        ("the.city,label", ["label", "the_city"]),
        ("__system", ["__system"]),
        ("*", ["__id", "label", "__system", "age", "the_city"]),
    ],
)
def test_selected_columns(feed: Feed, select: str, keys: list[str]) -> None:
    assert list(feed.page(f"$select={select}")["value"][0]) == keys


def test_selected_part_of_the_system(feed: Feed) -> None:
    assert feed.page("$select=__system/version")["value"][0] == {"__system": {"version": 1}}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("$select=none", 400, 400.23),
        ("$filter=label eq 'A'", 501, 501.5),
        ("$filter=age eq", 400, 400.18),
        ("$orderby=age", 501, 501.5),
        ("$skiptoken=none", 400, 400.35),
        ("$orderby=__id&$skiptoken=01e30=", 501, 501.1),
    ],
)
def test_what_is_not_understood(feed: Feed, query: str, status: int, code: float) -> None:
    answer = feed.rest.get(f"{feed.path}.svc/Entities?{query}")

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_rows_are_sent_again_only_when_they_have_changed(feed: Feed) -> None:
    def seen(tag: str, query: str = "") -> tuple[int, str]:
        answer = feed.rest.get(f"{feed.path}.svc/Entities?{query}", headers={"If-None-Match": tag})
        return answer.status_code, answer.headers["ETag"]

    _, first = seen("")
    assert seen(first)[0] == 304
    assert seen(first, "$top=1")[0] == 200
    feed.lists.add(feed.path, 6)
    assert seen(first)[0] == 200


def test_rows_of_the_own_area(feed: Feed, rest: RestOf) -> None:
    feed.rest.post(f"{feed.path}/properties", json={"name": "village"})
    feed.lists.add(feed.path, 7, age="7", village=TAO_PHU)

    def found(person: Person) -> tuple[int, int]:
        page = rest(person).get(f"{feed.path}.svc/Entities?$count=true").json
        return page["@odata.count"], len(page["value"])

    assert [found(one) for one in (ADMIN, OFFICER, NEIGHBOUR)] == [(6, 6), (1, 1), (0, 0)]


def test_register_as_odata(rest: RestOf) -> None:
    page = rest(OFFICER).get(f"{DATASETS}/households.svc/Entities?$count=true&$top=5&$orderby=__system/updatedAt").json

    assert (page["@odata.count"], page["value"]) == (0, [])
    assert b"prior_class" in rest(OFFICER).get(f"{DATASETS}/households.svc/$metadata").data
