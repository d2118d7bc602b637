"""OData of submissions: tables, rows, pages, filters, as Power BI and ODK's own clients read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fieldsurvey.extensions import db
from tests import central
from tests.cast import ADMIN, ROUND, Person
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import draft, publish, xform

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"
WITH_REPEAT, DOUBLE = f"{FORMS}/withrepeat.svc", f"{FORMS}/doubleRepeat.svc"
BILLY, BLAINE = "52eff9ea82550183880b9d64c20487642fa6e60c", "1291953ccbe2e5e866f7ab3fefa3036d649186d3"
CANDACE = "32809ae2b3dc404ea292205eb884b21fa4e9acc5"
BOB, CHELSEA = "b6e93a81a53eed0566e65e472d4a4b9ae383ee6d", "8954b393f82c1833abb19be08a3d6cb382171f54"
ALICE = "46ebf42ee83ddec5028c42b2c054402d1e700208"


def send(script: Rest, form: str, *instances: bytes) -> None:
    for one in instances:
        answer = script.post(f"{FORMS}/{form}/submissions", data=one, headers=XML)
        assert answer.status_code == 200, answer.json


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    """With forms published and a few submissions."""
    for form in (central.SIMPLE, central.WITH_REPEAT, central.DOUBLE_REPEAT, central.TYPES):
        publish(form)
    db.session.remove()
    script = rest(ADMIN)
    send(script, "withrepeat", central.R_ONE, central.R_TWO, central.R_THREE)
    send(script, "doubleRepeat", central.DOUBLE)
    return script


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["__id"] for row in answer.json["value"]]


def names(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["name"] for row in answer.json["value"]]


def code(answer: TestResponse) -> float:
    return float(answer.json["code"])


def test_service_lists_its_tables(admin: Rest) -> None:
    answer = admin.get(WITH_REPEAT)

    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8; odata.metadata=minimal"
    assert answer.json == {
        "@odata.context": f"http://localhost/v1{WITH_REPEAT}/$metadata",
        "value": [
            {"name": "Submissions", "kind": "EntitySet", "url": "Submissions"},
            {"name": "Submissions.children.child", "kind": "EntitySet", "url": "Submissions.children.child"},
        ],
    }


def test_metadata_tells_problems_in_xml(admin: Rest) -> None:
    answer = admin.get(f"{FORMS}/nope.svc/$metadata")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/xml; charset=utf-8")
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<error code="404.1">\n  <message>')
    assert admin.get(f"{WITH_REPEAT}/$metadata").text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<edmx:Edmx')


def test_rows_of_the_root(admin: Rest) -> None:
    answer = admin.get(f"{WITH_REPEAT}/Submissions").json

    first = answer["value"][0]
    assert first["__system"].pop("submissionDate").endswith("Z")
    assert first["__system"].pop("submitterId").isdecimal()
    assert first == {
        "__id": "rthree",
        "__system": {
            "updatedAt": None, "deletedAt": None, "submitterName": ADMIN.name, "attachmentsPresent": 0,
            "attachmentsExpected": 0, "status": None, "reviewState": None, "deviceId": None, "edits": 0,
            "formVersion": "1.0",
        },
        "meta": {"instanceID": "rthree"},
        "name": "Chelsea",
        "age": 38,
        "children": {"child@odata.navigationLink": "Submissions('rthree')/children/child"},
    }  # fmt: skip
    assert answer["value"][2]["children"] == {}
    assert answer["@odata.context"] == f"http://localhost/v1{WITH_REPEAT}/$metadata#Submissions"
    assert "@odata.nextLink" not in answer


def test_rows_of_a_repeat(admin: Rest) -> None:
    assert admin.get(f"{WITH_REPEAT}/Submissions.children.child").json["value"] == [
        {"__id": CANDACE, "__Submissions-id": "rthree", "name": "Candace", "age": 2},
        {"__id": BILLY, "__Submissions-id": "rtwo", "name": "Billy", "age": 4},
        {"__id": BLAINE, "__Submissions-id": "rtwo", "name": "Blaine", "age": 6},
    ]


def test_rows_of_a_repeat_in_a_repeat_of_one_submission(admin: Rest) -> None:
    children = admin.get(f"{DOUBLE}/Submissions('double')/children/child").json["value"]
    link = children[1]["toys"]["toy@odata.navigationLink"]
    inside = admin.get(f"{DOUBLE}/{link}").json

    assert [one["__id"] for one in children] == [ALICE, BOB, CHELSEA]
    assert children[0]["toys"] == {}
    assert link == f"Submissions('double')/children/child('{BOB}')/toys/toy"
    assert [one["name"] for one in inside["value"]] == ["Twilight Sparkle", "Pinkie Pie"]
    assert {one["__Submissions-children-child-id"] for one in inside["value"]} == {BOB}
    assert ids(admin.get(f"{DOUBLE}/Submissions('double')/children/child('{BOB}')")) == [BOB]


@pytest.mark.parametrize(
    "path",
    [
        "Submissions('none')", "Submissions('double')/children", "Submissions('double')/children/child/name",
        "Submissions.children", "Submissions.none", "Nothing", "Submissions/children", "Submissions('double')/none",
    ],
)  # fmt: skip
def test_what_is_not_there(admin: Rest, path: str) -> None:
    assert code(admin.get(f"{DOUBLE}/{path}")) == 404.1


def follow(script: Rest, answer: TestResponse) -> TestResponse:
    return script.get(answer.json["@odata.nextLink"].removeprefix("http://localhost/v1"))


def test_pages_of_the_root(admin: Rest) -> None:
    first = admin.get(f"{WITH_REPEAT}/Submissions?$top=1&$skip=1&$count=true&$filter=not name eq 'nobody'")
    assert first.json["@odata.nextLink"] == (
        f"http://localhost/v1{WITH_REPEAT}/Submissions?%24top=1&%24count=true&%24filter=not+name+eq+%27nobody%27"
        "&%24skiptoken=01eyJpbnN0YW5jZUlkIjoicnR3byJ9"
    )
    send(admin, "withrepeat", central.R_ONE.replace(b"rone", b"rfour"))
    last = follow(admin, first)

    assert (ids(first), first.json["@odata.count"]) == (["rtwo"], 3)
    assert (ids(last), last.json["@odata.count"]) == (["rone"], 4)
    assert "@odata.nextLink" not in last.json


def test_pages_of_a_repeat(admin: Rest) -> None:
    first = admin.get(f"{WITH_REPEAT}/Submissions.children.child?$top=2&$count=true")
    last = follow(admin, first)

    assert first.json["@odata.nextLink"].endswith(
        "?%24top=2&%24count=true&%24skiptoken="
        "01eyJyZXBlYXRJZCI6IjUyZWZmOWVhODI1NTAxODM4ODBiOWQ2NGMyMDQ4NzY0MmZhNmU2MGMifQ%3D%3D"
    )
    assert (names(first), first.json["@odata.count"]) == (["Candace", "Billy"], 3)
    assert (names(last), last.json["@odata.count"]) == (["Blaine"], 3)
    assert "@odata.nextLink" not in last.json
    assert names(admin.get(f"{WITH_REPEAT}/Submissions.children.child?$skip=1&$top=1")) == ["Billy"]


def test_pages_of_one_submission(admin: Rest) -> None:
    path = f"{DOUBLE}/Submissions('double')/children/child"
    first = admin.get(f"{path}?$top=1&$skip=1")

    assert names(first) == ["Bob"]
    assert names(follow(admin, first)) == ["Chelsea"]
    assert admin.get(f"{path}?$top=0&$count=true").json == {
        "@odata.context": f"http://localhost/v1{DOUBLE}/$metadata#Submissions.children.child",
        "@odata.count": 3,
        "value": [],
    }


def test_page_deep_in_a_long_repeat_says_where_it_is(admin: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldsurvey.outputs.odata.submissions._FAR", 0)
    page, found = admin.get(f"{WITH_REPEAT}/Submissions.children.child?$top=1"), []
    while True:
        found += names(page)
        if "@odata.nextLink" not in page.json:
            break
        page = follow(admin, page)

    assert found == ["Candace", "Billy", "Blaine"]


def test_order_has_pages_too(admin: Rest) -> None:
    first = admin.get(f"{WITH_REPEAT}/Submissions?$orderby=age desc&$top=2")

    assert names(first) == ["Chelsea", "Bob"]
    assert names(follow(admin, first)) == ["Alice"]


FILTERS = [
    # filter, names
    ("age ge 34", ["Chelsea", "Bob"]),
    ("age eq '34' or name eq 'Alice'", ["Bob", "Alice"]),
    ("startswith(name,'B')", ["Bob"]),
    ("meta/instanceID eq 'rone'", ["Alice"]),
    ("__id eq 'rone'", ["Alice"]),
    ("$root/Submissions/name eq 'Bob'", ["Bob"]),
    ("__system/submissionDate gt 2020-01-01 and __system/updatedAt eq null", ["Chelsea", "Bob", "Alice"]),
    ("not __system/deletedAt eq null", []),
]


@pytest.mark.parametrize(("text", "found"), FILTERS)
def test_filter(admin: Rest, text: str, found: list[str]) -> None:
    assert names(admin.get(f"{WITH_REPEAT}/Submissions", query_string={"$filter": text})) == found


def test_deleted_are_found_when_asked_for(admin: Rest) -> None:
    admin.delete(f"{FORMS}/withrepeat/submissions/rtwo")

    assert ids(admin.get(f"{WITH_REPEAT}/Submissions")) == ["rthree", "rone"]
    assert ids(admin.get(f"{WITH_REPEAT}/Submissions?$filter=not __system/deletedAt eq null")) == ["rtwo"]
    of_child = f"{WITH_REPEAT}/Submissions.children.child?$filter=not $root/Submissions/__system/deletedAt eq null"
    assert names(admin.get(of_child)) == ["Billy", "Blaine"]
    assert code(admin.get(f"{WITH_REPEAT}/Submissions('rtwo')")) == 404.1


REFUSED = [
    # table, query, code
    ("Submissions", "$filter=age eq", 400.18),
    ("Submissions", "$filter=length(name) eq 1", 501.4),
    ("Submissions", "$filter=nope eq 1", 501.5),
    ("Submissions", "$filter=children/child/age eq 1", 501.5),
    ("Submissions", "$orderby=nope", 501.5),
    ("Submissions.children.child", "$filter=__system/reviewState eq 'rejected'", 501.5),
    ("Submissions", "$select=nope", 400.23),
    ("Submissions", "$select=children/child/age", 400.24),
    ("Submissions.children.child", "$select=__system", 400.23),
    ("Submissions", "$expand=children", 501.6),
    ("Submissions", "$expand=*&$select=name", 501.11),
    ("Submissions", "$skiptoken=nonsense", 400.35),
    ("Submissions", "$skiptoken=01e30=", 400.35),
    ("Submissions.children.child", "$skiptoken=01eyJyZXBlYXRJZCI6Im5vbnNlbnNlIn0=", 400.34),
    ("Submissions", "$apply=aggregate(age)", 501.1),
    ("Submissions", "$format=atom", 406.1),
    ("Submissions", "$skiptoken=01eyJpbnN0YW5jZUlkIjoicm9uZSJ9&$orderby=age", 501.1),
]


@pytest.mark.parametrize(("table", "query", "number"), REFUSED)
def test_refused(admin: Rest, table: str, query: str, number: float) -> None:
    assert code(admin.get(f"{WITH_REPEAT}/{table}?{query}")) == number


def test_token_of_a_submission_that_never_was(admin: Rest) -> None:
    assert ids(admin.get(f"{WITH_REPEAT}/Submissions?$skiptoken=01eyJpbnN0YW5jZUlkIjoiZm9vIn0=")) == []


SELECTIONS = [
    # selection, the newest row
    ("age", {"age": 38}),
    ("__id,name", {"__id": "rthree", "name": "Chelsea"}),
    ("meta", {"meta": {"instanceID": "rthree"}}),
    ("meta/instanceID, __system/edits", {"meta": {"instanceID": "rthree"}, "__system": {"edits": 0}}),
    ("children/child", {"children": {"child@odata.navigationLink": "Submissions('rthree')/children/child"}}),
]


@pytest.mark.parametrize(("names_", "row"), SELECTIONS)
def test_selection(admin: Rest, names_: str, row: dict[str, Any]) -> None:
    assert admin.get(f"{WITH_REPEAT}/Submissions?$select={names_}").json["value"][0] == row


def test_selection_of_a_repeat(admin: Rest) -> None:
    table = f"{DOUBLE}/Submissions.children.child.toys.toy"

    assert admin.get(f"{table}?$select=name&$top=1").json["value"] == [{"name": "Twilight Sparkle"}]
    assert admin.get(f"{table}?$select=__Submissions-children-child-id&$top=1").json["value"] == [
        {"__Submissions-children-child-id": BOB}
    ]


def test_expanded(admin: Rest) -> None:
    row = admin.get(f"{DOUBLE}/Submissions?$expand=*").json["value"][0]
    bob = row["children"]["child"][1]

    assert (bob["__id"], [toy["name"] for toy in bob["toys"]["toy"]]) == (BOB, ["Twilight Sparkle", "Pinkie Pie"])


def test_every_type_has_its_value(admin: Rest) -> None:
    send(admin, "types", central.EVERY_TYPE)
    row = admin.get(f"{FORMS}/types.svc/Submissions").json["value"][0]
    as_text = admin.get(f"{FORMS}/types.svc/Submissions?$wkt=true").json["value"][0]["g"]

    assert (row["n"], row["d"], row["ok"], row["day"]) == (7, 1.5, True, "2026-10-04")
    assert row["at"] == "2026-10-04T08:30:00.000+07:00"
    assert row["g"]["place"] == {"type": "Point", "coordinates": [105.5, 21.2, 12.5], "properties": {"accuracy": 4.5}}
    assert row["g"]["trace"] == {"type": "LineString", "coordinates": [[2, 1, 0], [4, 3, 0]]}
    assert row["g"]["shape"] == {"type": "Polygon", "coordinates": [[[2, 1], [4, 3], [6, 5], [2, 1]]]}
    assert as_text == {
        "place": "POINT (105.5 21.2 12.5)",
        "trace": "LINESTRING (2 1 0,4 3 0)",
        "shape": "POLYGON ((2 1,4 3,6 5,2 1))",
    }


def test_names_that_odata_cannot_write(admin: Rest) -> None:
    instance = "<q1.8-test jr:template=''><one/></q1.8-test>"
    body = '<repeat nodeset="/data/q1.8-test"><input ref="/data/q1.8-test/one"/></repeat>'
    publish(xform("odd", "", instance, '<bind nodeset="/data/q1.8-test/one" type="int"/>', body))
    uuid = "uuid:bf17f620-c56a-4533-8f89-da3f5c9bf37a"
    send(admin, "odd", central.instance("odd", uuid, "<q1.8-test><one>1</one></q1.8-test>"))
    row = admin.get(f"{FORMS}/odd.svc/Submissions").json["value"][0]
    link = row["q1_8_test@odata.navigationLink"]

    assert link == "Submissions('uuid%3Abf17f620-c56a-4533-8f89-da3f5c9bf37a')/q1_8_test"
    assert admin.get(f"{FORMS}/odd.svc/{link}").json["value"] == [
        {"one": 1, "__id": "13867da427f098fe217fc6f8f199b8ab07265043", "__Submissions-id": uuid}
    ]


def test_encrypted_submission_has_a_row_and_nothing_more(admin: Rest) -> None:
    key = b"<encryptedXmlFile>x</encryptedXmlFile><base64EncryptedKey>y</base64EncryptedKey></data>"
    send(admin, "doubleRepeat", central.DOUBLE.replace(b">double<", b">locked<").replace(b"</data>", key))
    row = admin.get(f"{DOUBLE}/Submissions").json["value"][0]

    assert row.keys() == {"__id", "__system"}
    assert (row["__id"], row["__system"]["status"]) == ("locked", "missingEncryptedFormData")
    assert ids(admin.get(f"{DOUBLE}/Submissions('locked')/children/child")) == []
    assert ids(admin.get(f"{DOUBLE}/Submissions.children.child")) == [ALICE, BOB, CHELSEA]


def test_draft_has_a_service_of_its_own(admin: Rest) -> None:
    svc = f"{FORMS}/simple/draft.svc"
    assert code(admin.get(svc)) == 404.1
    admin.post(f"{FORMS}/simple/draft")
    admin.post(f"{FORMS}/simple/draft/submissions", data=central.ONE, headers=XML)

    assert ids(admin.get(f"{svc}/Submissions")) == ids(admin.get(f"{svc}/Submissions('one')")) == ["one"]
    assert ids(admin.get(f"{FORMS}/simple.svc/Submissions")) == []
    assert "edmx:Edmx" in admin.get(f"{svc}/$metadata").text
    admin.post(f"{FORMS}/simple/draft/publish?version=2")
    admin.post(f"{FORMS}/simple/draft")
    assert ids(admin.get(f"{svc}/Submissions")) == []


def test_form_that_was_never_published_has_no_service(admin: Rest) -> None:
    draft(xform("later"))

    for path in ("", "/$metadata", "/Submissions"):
        assert admin.get(f"{FORMS}/later.svc{path}").status_code == 404


def test_nothing_new_is_not_sent_again(admin: Rest) -> None:
    tag = {"If-None-Match": admin.get(f"{WITH_REPEAT}/Submissions").headers["ETag"]}

    assert admin.get(f"{WITH_REPEAT}/Submissions", headers=tag).status_code == 304
    assert admin.get(f"{WITH_REPEAT}/Submissions?$top=1", headers=tag).status_code == 200
    admin.patch(f"{FORMS}/withrepeat/submissions/rtwo", json={"reviewState": "approved"})
    assert admin.get(f"{WITH_REPEAT}/Submissions", headers=tag).status_code == 200


def test_correction_counts_and_keeps_the_first_versions_name(admin: Rest) -> None:
    again = central.R_ONE.replace(b"<instanceID>rone", b"<deprecatedID>rone</deprecatedID><instanceID>rone2")
    admin.put(f"{FORMS}/withrepeat/submissions/rone", data=again.replace(b"30", b"31"), headers=XML)
    row = admin.get(f"{WITH_REPEAT}/Submissions('rone')").json["value"][0]

    assert (row["__system"]["edits"], row["__system"]["formVersion"], row["age"]) == (1, "1.0", 31)
    assert row["meta"]["instanceID"] == "rone2"
