"""Submissions as CSV and zip: ODK's columns, byte for byte, and what ours can besides."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from fieldsurvey.extensions import db
from tests import central
from tests.cast import ADMIN, HEAD, NEIGHBOUR, OFFICER, ROUND, Person
from tests.rest import XML, Rest
from tests.world import FORM, World
from tests.xforms import publish, xform

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"
GOLDEN = Path(__file__).parent / "golden"
SIMPLE_HEADER = (
    "SubmissionDate,name,age,meta-instanceID,KEY,SubmitterID,SubmitterName,AttachmentsPresent,AttachmentsExpected,Status,"
    "ReviewState,DeviceID,Edits,FormVersion\n"
)


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    return rest(ADMIN)


def with_form(script: Rest, form: str, *instances: bytes) -> None:
    xml_form_id = publish(form).xml_form_id
    db.session.remove()
    send(script, xml_form_id, *instances)


def send(script: Rest, form: str, *instances: bytes) -> None:
    for one in instances:
        answer = script.post(f"{FORMS}/{form}/submissions", data=one, headers=XML)
        assert answer.status_code == 200, answer.json


def put_file(script: Rest, form: str, instance_id: str, name: str, content: bytes) -> None:
    answer = script.post(f"{FORMS}/{form}/submissions/{instance_id}/attachments/{name}", data=content)
    assert answer.status_code == 200, answer.json


def unzipped(script: Rest, form: str, query: str = "") -> dict[str, str]:
    answer = script.get(f"{FORMS}/{form}/submissions.csv.zip{query}")
    assert answer.status_code == 200, answer.json
    with ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def without_dates(text: str) -> str:
    """The moment and the number of who sent it differ from run to run."""
    lines = [line.replace(",1,Phạm", ",#,Phạm") for line in text.splitlines()]
    return "\n".join(line.partition("Z")[2] if line[:2] == "20" else line for line in lines) + "\n"


def held_to(name: str, text: str) -> None:
    path = GOLDEN / name
    assert text == path.read_text(encoding="utf-8"), name


def test_csv_of_nothing_has_a_header(admin: Rest) -> None:
    with_form(admin, central.SIMPLE)
    answer = admin.get(f"{FORMS}/simple/submissions.csv")

    assert answer.text == SIMPLE_HEADER
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"simple.csv\"; filename*=UTF-8''simple.csv"


def test_csv_has_a_row_for_each_submission_newest_first(admin: Rest) -> None:
    with_form(admin, central.SIMPLE, central.ONE, central.TWO, central.THREE)
    admin.delete(f"{FORMS}/simple/submissions/two")

    held_to("simple.csv", without_dates(admin.get(f"{FORMS}/simple/submissions.csv").text))


def test_csv_alone_leaves_repeats_blank(admin: Rest) -> None:
    with_form(admin, central.WITH_REPEAT, central.R_ONE, central.R_TWO)

    held_to("withrepeat-alone.csv", without_dates(admin.get(f"{FORMS}/withrepeat/submissions.csv").text))


def test_zip_has_a_file_for_each_repeat(admin: Rest) -> None:
    with_form(admin, central.DOUBLE_REPEAT, central.DOUBLE)
    files = unzipped(admin, "doubleRepeat")

    assert list(files) == ["doubleRepeat.csv", "doubleRepeat-child.csv", "doubleRepeat-toy.csv"]
    held_to("doubleRepeat.csv", without_dates(files["doubleRepeat.csv"]))
    held_to("doubleRepeat-child.csv", files["doubleRepeat-child.csv"])
    held_to("doubleRepeat-toy.csv", files["doubleRepeat-toy.csv"])


def test_repeats_of_one_name_are_numbered(admin: Rest) -> None:
    body = '<repeat nodeset="/data/a/r"/><repeat nodeset="/data/b/r"/>'
    with_form(admin, xform("twins", "", "<a><r><x/></r></a><b><r><y/></r></b>", "<bind/>", body))

    assert list(unzipped(admin, "twins")) == ["twins.csv", "twins-r~1.csv", "twins-r~2.csv"]


def test_zip_is_named_by_what_is_in_it(admin: Rest) -> None:
    with_form(admin, central.FILES)

    for query, name in (("", "binaryType.zip"), ("?attachments=false", "binaryType.csv.zip")):
        answer = admin.get(f"{FORMS}/binaryType/submissions.csv.zip{query}")
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')


def test_zip_holds_the_files_that_came(admin: Rest) -> None:
    both = central.instance("binaryType", "both", "<file1>nhà.mp4</file1><file2>ảnh.jpg</file2>")
    other = central.instance("binaryType", "other", "<file1>nhà.mp4</file1>")
    with_form(admin, central.FILES, both, other)
    put_file(admin, "binaryType", "both", "nhà.mp4", b"one")
    put_file(admin, "binaryType", "other", "nhà.mp4", b"two")
    files = unzipped(admin, "binaryType")

    assert list(files) == ["binaryType.csv", "media/nhà.mp4", "media/nhà~2.mp4"]
    assert (files["media/nhà.mp4"], files["media/nhà~2.mp4"]) == ("one", "two")
    assert ",nhà.mp4,ảnh.jpg,both,both," in files["binaryType.csv"]
    assert ",1,2,,,,0," in files["binaryType.csv"]
    assert list(unzipped(admin, "binaryType", "?$filter=__id eq 'both'")) == ["binaryType.csv", "media/nhà.mp4"]
    assert list(unzipped(admin, "binaryType", "?attachments=false")) == ["binaryType.csv"]


MULTIPLE = [
    central.instance("selectMultiple", "one", "<q1>a b</q1><g1><q2>x y z</q2></g1>"),
    central.instance("selectMultiple", "two", "<q1>b</q1><g1><q2>m x</q2></g1>"),
]


@pytest.mark.parametrize(
    ("query", "golden"),
    [
        ("splitSelectMultiples=true", "selectMultiple-split.csv"),
        ("splitSelectMultiples=true&groupPaths=false", "selectMultiple-split-short.csv"),
        ("splitSelectMultiples=true&$filter=q1 eq 'b'", "selectMultiple-split-filtered.csv"),
        ("", "selectMultiple.csv"),
    ],
)
def test_several_answers(admin: Rest, query: str, golden: str) -> None:
    with_form(admin, central.SELECT_MULTIPLE, *MULTIPLE)

    held_to(golden, without_dates(admin.get(f"{FORMS}/selectMultiple/submissions.csv?{query}").text))
    assert without_dates(unzipped(admin, "selectMultiple", f"?{query}")["selectMultiple.csv"]) == (
        GOLDEN / golden
    ).read_text(encoding="utf-8")


def test_places_have_four_columns(admin: Rest) -> None:
    with_form(admin, central.TYPES, central.EVERY_TYPE)

    held_to("types.csv", without_dates(admin.get(f"{FORMS}/types/submissions.csv").text))


def test_what_a_later_version_dropped_comes_back_when_asked_for(admin: Rest) -> None:
    with_form(admin, central.SIMPLE, central.ONE)
    later = xform("simple", "2", "<name/>").encode()
    assert admin.post(f"{FORMS}/simple/draft?ignoreWarnings=true", data=later, headers=XML).status_code == 200
    assert admin.post(f"{FORMS}/simple/draft/publish").status_code == 200
    send(admin, "simple", central.THREE.replace(b'id="simple"', b'id="simple" version="2"'))

    def age(query: str) -> list[str]:
        return [line.split(",")[2] for line in admin.get(f"{FORMS}/simple/submissions.csv{query}").text.splitlines()]

    assert age("?deletedFields=true") == ["age", "", "30"]
    assert age("") == ["meta-instanceID", "three", "one"]


def test_form_in_the_body_does_the_same(admin: Rest) -> None:
    with_form(admin, central.SIMPLE, central.ONE)
    answer = admin.post(f"{FORMS}/simple/submissions.csv", data={"1": "a passphrase", "groupPaths": "false"})

    assert answer.text.startswith("SubmissionDate,name,age,instanceID,KEY")
    assert admin.post(f"{FORMS}/simple/submissions.csv.zip").status_code == 200


def test_encrypted_submissions_have_their_status(admin: Rest) -> None:
    key = b"<encryptedXmlFile>x</encryptedXmlFile><base64EncryptedKey>y</base64EncryptedKey></data>"
    locked = [one.replace(b"</data>", key) for one in (central.ONE, central.TWO)]
    with_form(admin, central.SIMPLE, *locked)
    put_file(admin, "simple", "two", "x", b"...")

    held_to("encrypted.csv", without_dates(unzipped(admin, "simple")["simple.csv"]))
    assert list(unzipped(admin, "simple")) == ["simple.csv"]


def test_formulas_and_excel(admin: Rest) -> None:
    formula = central.instance("simple", "uuid:1", "<name>=1+1</name><age>-3</age>")
    with_form(admin, central.SIMPLE, formula)

    assert ",=1+1,-3," in admin.get(f"{FORMS}/simple/submissions.csv").text
    safe = admin.get(f"{FORMS}/simple/submissions.csv?safe=true&bom=true").data.decode()
    assert safe.startswith("\ufeffSubmissionDate")
    assert ",'=1+1,'-3," in safe
    assert ",'=1+1,'-3," in unzipped(admin, "simple", "?safe=true")["simple.csv"]


LOG = "event,node,start,end,latitude,longitude,accuracy,old-value,new-value\n"


def test_phones_logs_are_one_file(admin: Rest) -> None:
    form = xform("audits", "", "<name/>", '<bind nodeset="/data/meta/audit" type="binary"/>').replace(
        "<orx:instanceID/>", "<orx:instanceID/><audit/>"
    )
    sent = central.instance("audits", "one", "<name>a</name>")
    named = [sent.replace(b"</meta>", b"<audit>audit.csv</audit></meta>")]
    named.append(named[0].replace(b">one<", b">two<").replace(b"audit.csv", b"log.csv"))
    with_form(admin, form, *named)
    put_file(admin, "audits", "one", "audit.csv", f'{LOG}a,/data/a,1,2,,,,g"g,\n\nb,/data/b,2,3,short\n'.encode())
    put_file(admin, "audits", "two", "log.csv", b"\xef\xbb\xbfevent,node,user,change-reason\nc,/data/c,Lan,typo\n")
    files = unzipped(admin, "audits")

    assert list(files) == ["audits.csv", "audits - audit.csv"]
    held_to("audits - audit.csv", files["audits - audit.csv"])
    assert "two," not in unzipped(admin, "audits", "?$filter=__id eq 'one'")["audits - audit.csv"]


def test_draft_has_an_export_of_its_own(admin: Rest) -> None:
    with_form(admin, central.SIMPLE)
    assert admin.get(f"{FORMS}/simple/draft/submissions.csv.zip").status_code == 404
    admin.post(f"{FORMS}/simple/draft")
    admin.post(f"{FORMS}/simple/draft/submissions", data=central.ONE, headers=XML)

    assert ",Alice,30,one,one," in admin.get(f"{FORMS}/simple/draft/submissions.csv").text
    assert admin.get(f"{FORMS}/simple/submissions.csv").text == SIMPLE_HEADER
    assert exports(admin) == 1


def exports(script: Rest) -> int:
    return len(script.get("/audits?action=form.submission.export").json)


def test_export_is_written_down(admin: Rest) -> None:
    with_form(admin, central.SIMPLE)
    unzipped(admin, "simple")
    admin.get(f"{FORMS}/simple/submissions.csv?$filter=nope eq 1")
    entry = admin.get("/audits?action=form.submission.export", headers={"X-Extended-Metadata": "true"}).json

    assert len(entry) == 1
    assert (entry[0]["actee"]["xmlFormId"], entry[0]["details"]) == ("simple", None)


@pytest.mark.parametrize("ending", [".csv", ".csv.zip"])
def test_who_may_not_export_is_refused(world: World, rest: RestOf, ending: str) -> None:
    assert rest(HEAD).get(f"{FORMS}/{FORM}/submissions{ending}").status_code == 403
    assert rest(ADMIN).get(f"{FORMS}/nope/submissions{ending}").status_code == 404
    assert rest(ADMIN).get(f"{FORMS}/{FORM}/submissions{ending}?$filter=nope eq 1").json["code"] == 501.5


def test_officer_takes_out_the_households_of_the_commune(world: World, rest: RestOf) -> None:
    world.visited(HEAD)
    db.session.remove()

    of_officer, of_neighbour = (unzipped(rest(who), FORM) for who in (OFFICER, NEIGHBOUR))

    assert {name: text.count("\n") for name, text in of_officer.items() if name == f"{FORM}.csv"} == {f"{FORM}.csv": 2}
    assert {text.count("\n") for text in of_neighbour.values()} == {1}
    assert any("members" in name or "member" in name for name in of_officer)
