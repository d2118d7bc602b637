"""What belongs to a version of a form: XML, spreadsheet, fields and files; of what phones get, of a version, of the draft."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
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
