"""What belongs to a version of a form: XML, spreadsheet, fields and files; of what phones get, of a version, of the draft."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
from tests.api.lists import Lists
from tests.cast import ADMIN, HEAD, ROUND, Person
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import xform, xlsx

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"
OPENROSA = {"X-OpenRosa-Version": "1.0"}
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TREES = """
| survey   |                            |      |       |
|          | type                       | name | label |
|          | select_one_from_file t.csv | tree | Cây   |
|          | select_multiple yes        | use  | Dùng  |
|          | image                      | leaf | Lá    |
| choices  |                            |      |       |
|          | list_name                  | name | label |
|          | yes                        | y    | Có    |
| settings |                            |      |       |
|          | form_title                 | form_id | version |
|          | Cây                        | trees   | 1       |
"""


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    """With `trees` published, and a draft of it."""
    made = rest(ADMIN)
    made.post(f"{FORMS}?publish=true&ignoreWarnings=true", data=xlsx(TREES), headers={"Content-Type": SHEET})
    made.post(f"{FORMS}/trees/draft")
    db.session.remove()
    return made


@pytest.mark.parametrize("base", ["trees", "trees/versions/1", "trees/draft"])
def test_form_as_xml_and_as_the_spreadsheet_that_it_was_made_of(admin: Rest, base: str) -> None:
    assert "<h:title>Cây</h:title>" in admin.get(f"{FORMS}/{base}.xml").text
    sent = admin.get(f"{FORMS}/{base}.xlsx")
    assert sent.mimetype == SHEET
    assert sent.headers["Content-Disposition"].startswith('attachment; filename="trees.xlsx"')
    assert admin.get(f"{FORMS}/{base}.xls").status_code == 404


@pytest.mark.parametrize("base", ["trees", "trees/versions/1", "trees/draft"])
def test_fields_with_what_odata_needs(admin: Rest, base: str) -> None:
    found = {one["path"]: one for one in admin.get(f"{FORMS}/{base}/fields").json}

    assert found["/use"]["selectMultiple"] is True
    assert found["/leaf"] == {
        "path": "/leaf", "name": "leaf", "type": "binary", "binary": True, "selectMultiple": None,
    }  # fmt: skip
    assert found["/meta"]["type"] == "structure"


def test_files_are_given_to_the_draft_and_published_with_it(admin: Rest) -> None:
    draft = f"{FORMS}/trees/draft"

    assert [(one["name"], one["exists"]) for one in admin.get(f"{draft}/attachments").json] == [("t.csv", False)]
    assert admin.get(f"{draft}/attachments/t.csv").status_code == 404
    given = admin.post(f"{draft}/attachments/t.csv", data=b"name,label\n1,Xoan", headers={"Content-Type": "text/csv"})
    assert (given.json["exists"], len(given.json["hash"])) == (True, 32)
    assert admin.post(f"{draft}/attachments/khac.csv", data=b"?").status_code == 404

    admin.post(f"{draft}/publish?version=2")
    sent = admin.get(f"{FORMS}/trees/attachments/t.csv")
    assert sent.data == b"name,label\n1,Xoan"
    again = admin.get(f"{FORMS}/trees/attachments/t.csv", headers={"If-None-Match": sent.headers["ETag"]})
    assert again.status_code == 304
    assert admin.get(f"{FORMS}/trees/versions/1/attachments/t.csv").status_code == 404


def test_file_is_taken_away_once(admin: Rest) -> None:
    address = f"{FORMS}/trees/draft/attachments/t.csv"
    admin.post(address, data=b"name,label")

    assert admin.delete(address).status_code == 200
    assert admin.delete(address).status_code == 404


def test_manifest_names_the_files_that_are_there(admin: Rest) -> None:
    admin.post(f"{FORMS}/trees/draft/attachments/t.csv", data=b"name,label")

    assert "<filename>" not in admin.get(f"{FORMS}/trees/manifest", headers=OPENROSA).text
    manifest = admin.get(f"{FORMS}/trees/draft/manifest", headers=OPENROSA).text
    assert f"/v1{FORMS}/trees/draft/attachments/t.csv</downloadUrl>" in manifest


def test_draft_is_tried_out_with_its_token_alone(admin: Rest, rest: RestOf) -> None:
    token = admin.get(f"{FORMS}/trees/draft").json["draftToken"]
    tester, base = rest(None), f"/test/{token}{FORMS}/trees/draft"

    listed = tester.get(f"{base}/formList", headers=OPENROSA).text
    assert f"/v1/test/{token}{FORMS}/trees/draft.xml</downloadUrl>" in listed
    assert tester.get(f"{base}.xml").status_code == 200
    assert tester.get(f"{base}/manifest", headers=OPENROSA).status_code == 200
    assert tester.get(f"/test/{token}{FORMS}/trees.xml").status_code in {401, 403}
    wrong = f"/test/{'x' * 64}{FORMS}/trees/draft"
    assert [tester.get(f"{wrong}{tail}", headers=OPENROSA).status_code for tail in (".xml", "/formList")] == [404, 404]


def test_versions_newest_first(admin: Rest) -> None:
    admin.post(f"{FORMS}/trees/draft/publish?version=2")

    assert [one["version"] for one in admin.get(f"{FORMS}/trees/versions").json] == ["2", "1"]
    assert admin.get(f"{FORMS}/trees/versions/1").json["version"] == "1"
    assert admin.get(f"{FORMS}/trees/versions/9").status_code == 404


def test_version_without_a_name_is_three_underscores(admin: Rest) -> None:
    admin.post(f"{FORMS}?publish=true", data=xform("plain", version="").encode(), headers=XML)

    assert admin.get(f"{FORMS}/plain/versions/___").json["version"] == ""


def test_phone_reads_open_forms_only(admin: Rest, rest: RestOf) -> None:
    head = rest(HEAD)

    assert head.get(f"{FORMS}/trees.xml").status_code == 200
    assert head.get(f"{FORMS}/trees/draft.xml").status_code == 403
    admin.patch(f"{FORMS}/trees", json={"state": "closed"})
    for tail in ("", ".xml", "/versions", "/fields", "/attachments", "/attachments/t.csv"):
        assert head.get(f"{FORMS}/trees{tail}").status_code == 403, tail


FILES = (
    "<orx:meta><orx:instanceID/></orx:meta><name/><photo>jr://images/tree.png</photo></data></instance>"
    '<instance id="a" src="jr://file/b.csv"/><instance id="b" src="jr://file/deep/c.csv"/><instance id="c" src="d.csv"/>'
    '<itext><translation lang="vi"><text id="t"><value form="audio"> jr://audio/e.mp3 </value></text></translation></itext>'
)
SEARCHES = """<select1 ref="/data/name" appearance="minimal search('f')"/><input ref="/data/name" query="x"/>"""


@pytest.fixture
def filed(rest: RestOf) -> Rest:
    """A draft that expects files in every way."""
    form = xform("filed", body=SEARCHES).replace(
        "<orx:meta><orx:instanceID/></orx:meta></data></instance>", FILES, 1
    )  # fmt: skip
    made = rest(ADMIN)
    assert made.post(FORMS, data=form, headers=XML).status_code == 200
    return made


def test_files_are_found_wherever_a_form_names_them(filed: Rest) -> None:
    found = filed.get(f"{FORMS}/filed/attachments").json

    kinds = {one["name"]: one["type"] for one in found}
    assert kinds == {"b.csv": "file", "e.mp3": "audio", "f.csv": "file", "itemsets.csv": "file", "tree.png": "image"}
    nothing = {"exists": False, "blobExists": False, "datasetExists": False, "hash": None}
    assert found[0] == {"name": "b.csv", "type": "file", **nothing}


def test_files_are_sent_as_they_came(filed: Rest) -> None:
    address = f"{FORMS}/filed/draft/attachments/b.csv"
    filed.post(address, data=b"a,b", headers={"Content-Type": "text/csv"})

    sent = filed.get(address)

    assert sent.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert sent.headers["Content-Disposition"] == "attachment; filename=\"b.csv\"; filename*=UTF-8''b.csv"


def test_next_draft_keeps_the_files_that_it_still_expects(filed: Rest) -> None:
    base = f"{FORMS}/filed/draft"
    filed.post(f"{base}/attachments/b.csv", data=b"a,b")
    filed.post(f"{base}/attachments/e.mp3", data=b"sound")
    xml = filed.get(f"{base}.xml").text

    filed.post(base, data=xml.replace("e.mp3", "g.mp3"), headers=XML)

    found = {one["name"]: one["exists"] for one in filed.get(f"{base}/attachments").json}
    assert found == {"b.csv": True, "f.csv": False, "g.mp3": False, "itemsets.csv": False, "tree.png": False}


def test_names_that_odata_does_not_allow(rest: RestOf) -> None:
    instance, binds = "<a.1/><b-c><d/></b-c>", '<bind nodeset="/data/a.1" type="number"/>'
    rest(ADMIN).post(FORMS, data=xform("named", instance=instance, binds=binds), headers=XML)

    found = rest(ADMIN).get(f"{FORMS}/named/fields?odata=true").json

    assert [(one["path"], one["type"]) for one in found[:3]] == [
        ("/a_1", "number"), ("/b_c", "structure"), ("/b_c/d", "unknown"),
    ]  # fmt: skip


def test_empty_manifest_is_a_manifest(rest: RestOf) -> None:
    rest(ADMIN).post(FORMS, data=xform(), headers=XML)

    assert rest(ADMIN).get(f"{FORMS}/visit/manifest", headers=OPENROSA).text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '  <manifest xmlns="http://openrosa.org/xforms/xformsManifest">\n  </manifest>'
    )


def test_entity_list_is_linked_whatever_the_case_of_the_ending(rest: RestOf) -> None:
    admin = rest(ADMIN)
    Lists(admin).make("trees")
    xml = xform("user").replace("</model>", '<instance id="t" src="jr://file/trees.CSV"/></model>')
    admin.post(FORMS, data=xml, headers=XML)
    address = f"{FORMS}/user/draft/attachments/trees.CSV"

    assert admin.patch(address, json={"dataset": True}).json["datasetExists"]
    assert not admin.patch(address, json={"dataset": False}).json["exists"]
