"""What is written down of a submission, and what its sender said of itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldsurvey.extensions import db
from tests.cast import ADMIN, HEAD, ROUND, Person
from tests.central import FILES, SIMPLE, instance
from tests.phone import Phone, multipart
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import publish, xform

RestOf = Callable[[Person | None], Rest]
SIMPLES, BINARIES = (f"/projects/{ROUND}/forms/{form}/submissions" for form in ("simple", "binaryType"))
ONE = instance("simple", "one", "<name>Tuyến</name>")
LOCKED = """<data id="locked" version="1" encrypted="yes" xmlns="http://www.opendatakit.org/xforms/encrypted">
  <base64EncryptedKey>a key</base64EncryptedKey><media><file>nhà.jpg.enc</file></media>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"""


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    for form in (SIMPLE, FILES):
        publish(form)
    db.session.remove()
    return rest(ADMIN)


def test_every_change_is_in_the_history_with_its_version(admin: Rest) -> None:
    admin.post(SIMPLES, data=ONE, headers=XML)
    admin.patch(
        f"{SIMPLES}/one", json={"reviewState": "hasIssues"}, headers={"X-Action-Notes": "H%E1%BB%8Fi%20l%E1%BA%A1i"}
    )
    admin.put(f"{SIMPLES}/one", data=instance("simple", "two", "", replaces="one"), headers=XML)
    admin.delete(f"{SIMPLES}/one")
    admin.post(f"{SIMPLES}/one/restore")

    restored, deleted, corrected, reviewed, created = admin.get(f"{SIMPLES}/one/audits").json

    submission = created["details"]["submissionId"]
    assert set(created["details"]) == {"instanceId", "submissionId", "submissionDefId"}
    assert restored["details"] == deleted["details"] == {"instanceId": "one", "submissionId": submission}
    assert (corrected["action"], corrected["details"]["instanceId"]) == ("submission.update.version", "two")
    assert corrected["details"]["submissionDefId"] > created["details"]["submissionDefId"]
    assert reviewed["details"] == {**created["details"], "reviewState": "hasIssues"}
    assert reviewed["notes"] == "Hỏi lại"


def test_files_are_in_the_history_from_the_first_one_on(admin: Rest) -> None:
    xml = instance("binaryType", "both", "<file1>a.mp4</file1><file2>b.jpg</file2>")
    kind, body = multipart(xml, {"a.mp4": ("video/mp4", b"film")})
    admin.post(f"/projects/{ROUND}/submission", data=body, headers={"X-OpenRosa-Version": "1.0", "Content-Type": kind})
    admin.post(f"{BINARIES}/both/attachments/a.mp4", data=b"another film")
    admin.delete(f"{BINARIES}/both/attachments/a.mp4")

    cleared, replaced, sent = (
        entry["details"] for entry in admin.get("/audits?action=submission.attachment.update").json
    )

    assert (sent["instanceId"], sent["name"], sent["oldBlobId"]) == ("both", "a.mp4", None)
    assert (replaced["oldBlobId"], cleared["oldBlobId"]) == (sent["newBlobId"], replaced["newBlobId"])
    assert "newBlobId" not in cleared


TYPES = [
    # file,          sent as,                  served as
    ("a.csv", "application/x-abiword", "application/x-abiword"),
    ("a.csv", "", "text/csv; charset=utf-8"),
    ("a.geojson", "", "application/geo+json"),
    ("a.jpg", "", "application/octet-stream"),
]


@pytest.mark.parametrize(("name", "sent", "served"), TYPES)
def test_type_of_a_file(admin: Rest, name: str, sent: str, served: str) -> None:
    admin.post(BINARIES, data=instance("binaryType", "one", f"<file1>{name}</file1>"), headers=XML)
    address = f"{BINARIES}/one/attachments/{name}"

    admin.post(address, data=b"{}", headers={"Content-Type": sent} if sent else {})

    assert admin.get(address).headers["Content-Type"] == served


def test_what_a_client_says_of_itself_is_cut_and_cleaned(admin: Rest) -> None:
    sent = admin.post(f"{SIMPLES}?deviceID=m%00{'á' * 300}", data=ONE, headers={**XML, "User-Agent": "x" * 400}).json

    assert sent["deviceId"] == "m" + "á" * 254
    assert len(sent["userAgent"]) == 255


def test_submission_without_an_id_gets_one_and_is_the_same_when_sent_again(
    phone: Callable[..., Phone], admin: Rest
) -> None:
    nameless = b'<data id="simple"><name>T</name></data>'

    assert [phone(HEAD).post(nameless).status for _ in range(2)] == [201, 201]

    (only,) = admin.get(SIMPLES).json
    assert only["instanceId"].startswith("uuid:")
    assert admin.get(f"{SIMPLES}/{only['instanceId']}.xml").data == nameless


def test_encrypted_submission_is_handed_out_as_it_came(admin: Rest) -> None:
    publish(xform("locked", binds='<submission base64RsaPublicKey="thekey"/>'))
    address = f"/projects/{ROUND}/forms/locked/submissions"

    assert admin.get(f"{address}/keys").json == []
    assert admin.post(address, data=LOCKED.encode(), headers=XML).status_code == 200
    assert admin.get(f"{address}/uuid:1.xml").text == LOCKED
    assert [one["name"] for one in admin.get(f"{address}/uuid:1/attachments").json] == [
        "nhà.jpg.enc",
        "submission.xml.enc",
    ]
    assert [(one["public"], one["managed"]) for one in admin.get(f"{address}/keys").json] == [("thekey", False)]
    admin.delete(f"{address}/uuid:1")
    assert admin.get(f"{address}/keys").json == []


def test_there_is_no_web_form_to_edit_it_with(admin: Rest) -> None:
    admin.post(SIMPLES, data=ONE, headers=XML)

    assert admin.get(f"{SIMPLES}/none/edit").json["code"] == 404.1
    assert admin.get(f"{SIMPLES}/one/edit").json["code"] == 409.11
    admin.patch(f"/projects/{ROUND}/forms/simple", json={"state": "closing"})
    assert admin.get(f"{SIMPLES}/one/edit").json["code"] == 409.12


@pytest.mark.parametrize("tail", ["%00", "one/comments"])
def test_null_characters_are_refused(admin: Rest, tail: str) -> None:
    admin.post(SIMPLES, data=ONE, headers=XML)

    answer = admin.post(f"{SIMPLES}/{tail}", json={"body": "\0"})

    assert answer.status_code in {400, 404, 405}


PAGES = [
    # query,              ids
    ("", "43210"),
    ("?limit=2", "43"),
    ("?limit=2&offset=1", "32"),
    ("?offset=3", "10"),
    ("?limit=0", ""),
    ("?limit=5000&offset=4", "0"),
]


def test_pages_of_a_list(admin: Rest) -> None:
    for at in range(5):
        admin.post(SIMPLES, data=instance("simple", str(at), ""), headers=XML)

    for query, ids in PAGES:
        extended = admin.get(f"{SIMPLES}{query}", headers={"X-Extended-Metadata": "true"}).json
        assert "".join(one["instanceId"] for one in extended) == ids, query
        assert {one["submitter"]["displayName"] for one in extended} <= {ADMIN.name}
    assert [admin.get(f"{SIMPLES}?{wrong}").status_code for wrong in ("limit=-1", "offset=-1", "limit=x")] == [400] * 3
