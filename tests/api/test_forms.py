"""Forms over the wire: made, read, changed, deleted and brought back, as ODK Central does it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import ADMIN, HEAD, OFFICER, ROUND, Person
from tests.rest import XML, Rest
from tests.xforms import xform, xlsx

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"


def put_in(rest: RestOf, xml: str, query: str = "") -> dict[str, Any]:
    answer = rest(ADMIN).post(f"{FORMS}{query}", data=xml, headers=XML)
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def test_upload_makes_a_draft(rest: RestOf) -> None:
    made = put_in(rest, xform("visit", "7"))

    content = xform("visit", "7").encode()
    digests = (hashlib.md5(content).hexdigest(), hashlib.sha1(content).hexdigest(), hashlib.sha256(content).hexdigest())
    assert (made["hash"], made["sha"], made["sha256"]) == digests
    assert (made["name"], made["version"], made["state"]) == ("Title of visit", "7", "open")
    assert (len(made["draftToken"]), made["publishedAt"], made["updatedAt"]) == (64, None, None)
    assert rest(ADMIN).get(f"{FORMS}/visit/draft").json == made


def test_upload_that_is_published_at_once(rest: RestOf) -> None:
    made = put_in(rest, xform(), "?publish=true")

    assert made["publishedAt"] == made["createdAt"]
    assert (made["draftToken"], made["updatedAt"]) == (None, None)
    assert rest(ADMIN).get(f"{FORMS}/visit/draft").status_code == 404


REFUSED = [
    # the XForm, code, details
    ("<hello", 400.2, {"field": "formId"}),
    ("<test/>", 400.2, {"field": "formId"}),
    (xform("a.xml"), 400.8, None),
    (xform("a.xls"), 400.8, None),
    (xform("a.xlsx"), 400.8, None),
    (xform("a" * 65), 400.13, None),
    (xform().replace("<orx:meta><orx:instanceID/></orx:meta>", "<orx:meta/>"), 400.27, None),
    (xform("ra-soat-ho"), 409.3, None),
    ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + xform(), 400.62, None),
    (b"\xff\xfe<", 400.1, {"format": "xml", "rawLength": 3}),
]


@pytest.mark.parametrize(("xml", "code", "details"), REFUSED)
def test_upload_that_is_refused(rest: RestOf, xml: str, code: float, details: Any) -> None:
    answer = rest(ADMIN).post(FORMS, data=xml, headers=XML)

    assert (answer.status_code, answer.json["code"]) == (int(code), code)
    assert details in (None, answer.json["details"])


def test_draft_is_published_under_another_version(rest: RestOf) -> None:
    put_in(rest, xform("visit", "1"), "?publish=true")
    assert rest(ADMIN).post(f"{FORMS}/visit/draft").json == {"success": True}
    taken = rest(ADMIN).post(f"{FORMS}/visit/draft/publish")
    assert (taken.json["code"], taken.json["details"]) == (409.6, {"xmlFormId": "visit", "version": "1"})

    assert rest(ADMIN).post(f"{FORMS}/visit/draft/publish?version=two").json == {"success": True}

    form = rest(ADMIN).get(f"{FORMS}/visit").json
    assert (form["version"], form["hash"]) == ("two", hashlib.md5(xform("visit", "two").encode()).hexdigest())


def test_who_may_upload(rest: RestOf) -> None:
    asked = [rest(person).post(FORMS, data=xform(), headers=XML).status_code for person in (None, HEAD, OFFICER)]

    assert asked == [401, 403, 403]


LENIENT = [
    # what is odd about the XForm: ODK Central takes it
    xform().replace("</h:body>", "<input ref='/data/name'><label>Name/label></input></h:body>"),
    xform().replace('xmlns:orx="http://openrosa.org/xforms"', ""),
    xform().replace('version="1"', 'orx:version="1"').replace('xmlns:orx="http://openrosa.org/xforms"', ""),
    '<?xml version="1.0" encoding="UTF-8"?>\n' + xform(),
]


@pytest.mark.parametrize("xml", LENIENT)
def test_odd_forms_are_taken_and_given_back_as_they_came(rest: RestOf, xml: str) -> None:
    made = put_in(rest, xml, "?publish=true")

    assert (made["xmlFormId"], made["version"]) == ("visit", "1")
    assert rest(ADMIN).get(f"{FORMS}/visit.xml").text == xml


TYPED = '<bind nodeset="/data/name" type="{}"/><bind nodeset="/data/age" type="{}"/>'
CHANGES = [
    # binds of the next version, what is refused
    (TYPED.format("string", "date"), {"path": "/age", "type": "int"}),
    (TYPED.format("int", "int"), {"path": "/name", "type": "string"}),
    (TYPED.format("string", "string"), None),
    (
        TYPED.format("string", "int") + '<bind nodeset="/data/meta" type="string"/>',
        {"path": "/meta", "type": "structure"},
    ),
]


@pytest.mark.parametrize(("binds", "refused"), CHANGES)
def test_question_keeps_its_type_or_becomes_text(rest: RestOf, binds: str, refused: Any) -> None:
    put_in(rest, xform(), "?publish=true")

    answer = rest(ADMIN).post(f"{FORMS}/visit/draft", data=xform(version="2", binds=binds), headers=XML)

    assert (answer.status_code, answer.json.get("details")) == ((400, refused) if refused else (200, None))


def test_warnings_can_be_ignored(rest: RestOf) -> None:
    put_in(rest, xform(), "?publish=true")
    admin, without_age = rest(ADMIN), xform(version="2", instance="<name/>")

    answer = admin.post(f"{FORMS}/visit/draft", data=without_age, headers=XML)
    warning = {"type": "structureChanged", "details": ["age"]}
    assert (answer.json["code"], answer.json["details"]) == (400.16, {"warnings": {"workflowWarnings": [warning]}})
    assert admin.post(f"{FORMS}/visit/draft?ignoreWarnings=true", data=without_age, headers=XML).status_code == 200

    admin.delete(f"{FORMS}/visit")
    answer = admin.post(FORMS, data=xform(version="3"), headers=XML)
    warning = {"type": "deletedFormExists", "details": {"xmlFormId": "visit"}}
    assert (answer.json["code"], answer.json["details"]) == (400.16, {"warnings": {"workflowWarnings": [warning]}})
    again = admin.post(f"{FORMS}?publish=true&ignoreWarnings=true", data=xform(), headers=XML)
    assert (again.json["code"], again.json["details"]) == (409.6, {"xmlFormId": "visit", "version": "1"})


def test_deleted_form_is_brought_back_by_its_number(rest: RestOf) -> None:
    admin = rest(ADMIN)
    put_in(rest, xform(), "?publish=true")
    admin.delete(f"{FORMS}/visit")
    assert admin.get(f"{FORMS}/visit").status_code == 404
    (gone,) = admin.get(f"{FORMS}?deleted=true").json
    assert admin.post(f"{FORMS}/visit/restore").json["code"] == 400.11

    put_in(rest, xform(version="2"), "?ignoreWarnings=true")
    taken = admin.post(f"{FORMS}/{gone['id']}/restore")
    assert (taken.json["code"], taken.json["details"]["values"]) == (409.3, [str(ROUND), "visit"])
    admin.delete(f"{FORMS}/visit")

    assert admin.post(f"{FORMS}/{gone['id']}/restore").json == {"success": True}
    assert admin.get(f"{FORMS}/visit").json["version"] == "1"
    assert admin.post(f"{FORMS}/{gone['id']}/restore").status_code == 404


def test_state_and_webforms_are_changed_and_nothing_else(rest: RestOf) -> None:
    made = put_in(rest, xform(), "?publish=true")

    changed = rest(ADMIN).patch(f"{FORMS}/visit", json={"state": "closing", "webformsEnabled": True, "name": "x"}).json

    differs = {key for key in made if made[key] != changed[key]}
    assert differs == {"state", "webformsEnabled", "updatedAt"}
    assert rest(ADMIN).patch(f"{FORMS}/visit", json={"state": "ajar"}).status_code == 400


def test_draft_keeps_its_token_until_it_is_gone(rest: RestOf) -> None:
    admin = rest(ADMIN)
    first = put_in(rest, xform())["draftToken"]
    assert admin.delete(f"{FORMS}/visit/draft").json["code"] == 409.7  # nothing would be left of the form
    nothing = admin.post(f"{FORMS}/visit/draft")
    assert (nothing.json["code"], nothing.json["details"]) == (400.2, {"field": "xml"})

    admin.post(f"{FORMS}/visit/draft", data=xform(version="2"), headers=XML)
    assert admin.get(f"{FORMS}/visit/draft").json["draftToken"] == first
    admin.post(f"{FORMS}/visit/draft/publish")
    admin.post(f"{FORMS}/visit/draft")
    second = admin.get(f"{FORMS}/visit/draft").json["draftToken"]
    assert admin.delete(f"{FORMS}/visit/draft").json == {"success": True}
    assert admin.delete(f"{FORMS}/visit/draft").status_code == 404
    admin.post(f"{FORMS}/visit/draft")

    assert len({first, second, admin.get(f"{FORMS}/visit/draft").json["draftToken"]}) == 3


def test_draft_of_another_form_is_refused(rest: RestOf) -> None:
    put_in(rest, xform())

    answer = rest(ADMIN).post(f"{FORMS}/visit/draft", data=xform("other"), headers=XML)

    details = answer.json["details"]
    assert (answer.json["code"], details["field"], details["value"]) == (400.8, "xmlFormId", "other")


def test_trail_of_a_form(rest: RestOf) -> None:
    put_in(rest, xform(), "?publish=true")
    rest(ADMIN).post(f"{FORMS}/visit/draft")
    rest(ADMIN).post(f"{FORMS}/visit/draft/publish?version=2")

    trail = rest(ADMIN).get("/audits?action=form").json

    renamed, drafted = "form.update.draft.set", "form.update.draft.set"
    actions = ["form.update.publish", renamed, drafted, "form.update.publish", "form.create"]
    assert [entry["action"] for entry in trail][:5] == actions
    assert (
        trail[0]["details"]["newDefId"] == trail[1]["details"]["newDraftDefId"] == trail[2]["details"]["newDraftDefId"]
    )
    assert trail[3]["details"]["oldDefId"] is None


def test_forms_by_name_as_each_may_read_them(rest: RestOf) -> None:
    put_in(rest, xform("b", "1").replace("Title of b", "An older one"), "?publish=true")
    put_in(rest, xform("c", "1"))
    put_in(rest, xform("d", "1"), "?publish=true")
    rest(ADMIN).patch(f"{FORMS}/d", json={"state": "closed"})

    def listed(person: Person) -> list[str]:
        return [one["xmlFormId"] for one in rest(person).get(FORMS).json]

    assert listed(ADMIN) == ["b", "ra-soat-ho", "c", "d"]
    assert listed(OFFICER) == ["b", "ra-soat-ho", "d"]
    assert listed(HEAD) == ["b", "ra-soat-ho"]


def test_form_that_is_too_large_is_refused(rest: RestOf) -> None:
    answer = rest(ADMIN).post(FORMS, data=b"<" * 10_000_001, headers=XML)

    assert (answer.status_code, answer.json["details"]) == (413, {"limit": 10})


SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TREES = """
| survey |              |      |       |
|        | type         | name | label |
|        | {type}       | tree | {label} |
"""


def upload_sheet(rest: RestOf, query: str = "", **words: str) -> Any:
    content = xlsx(TREES.format(**{"type": "text", "label": "Cây", **words}))
    headers = {"Content-Type": SHEET, "X-XlsForm-FormId-Fallback": "c%C3%A2y"}
    return rest(ADMIN).post(f"{FORMS}{query}", data=content, headers=headers)


def test_spreadsheet_without_form_id_takes_the_name_of_its_file(rest: RestOf) -> None:
    made = upload_sheet(rest)

    assert (made.status_code, made.json["xmlFormId"]) == (200, "cây")


def test_spreadsheet_is_taken_under_the_name_of_an_older_one(rest: RestOf) -> None:
    content, old = xlsx(TREES.format(type="text", label="Cây")), "application/vnd.ms-excel"
    rest(ADMIN).post(FORMS, data=content, headers={"Content-Type": old, "X-XlsForm-FormId-Fallback": "trees"})

    sent = rest(ADMIN).get(f"{FORMS}/trees/draft.xls")
    assert (sent.data, sent.headers["Content-Type"]) == (content, old)
    assert rest(ADMIN).get(f"{FORMS}/trees/draft.xlsx").status_code == 404


def test_mistakes_of_a_spreadsheet_are_told(rest: RestOf) -> None:
    answer = upload_sheet(rest, type="tekst")

    assert answer.json["code"] == 400.15
    assert "tekst" in answer.json["details"]["error"]


def test_warnings_about_a_spreadsheet_can_be_ignored(rest: RestOf) -> None:
    answer = upload_sheet(rest, type="image")

    (warning,) = answer.json["details"]["warnings"]["xlsFormWarnings"]
    assert (answer.json["code"], "max-pixels" in warning) == (400.16, True)
    assert upload_sheet(rest, "?ignoreWarnings=true", type="image").status_code == 200


def test_what_is_no_spreadsheet_is_refused(rest: RestOf) -> None:
    answer = rest(ADMIN).post(FORMS, data=b"PK nothing", headers={"Content-Type": SHEET})

    assert answer.json["code"] == 400.15
