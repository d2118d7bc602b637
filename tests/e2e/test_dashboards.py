"""The story of dashboards: the calls that ruODK makes with Basic sign-in, and those of a Power BI OData connector."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any

import pytest
import requests
from lxml import etree
from odata import ODataService

from tests.cast import ADMIN, PASSWORD
from tests.e2e.conftest import Served
from tests.xforms import xlsx

pytestmark = pytest.mark.slow

FORM = """
| survey   |              |            |               |
|          | type         | name       | label         |
|          | text         | head       | Chủ hộ        |
|          | geopoint     | place      | Vị trí        |
|          | select_multiple water | water | Nguồn nước |
|          | begin group  | money      | Thu nhập      |
|          | decimal      | income     | Thu nhập      |
|          | date         | reviewed   | Ngày rà soát  |
|          | end group    |            |               |
|          | begin repeat | members    | Thành viên    |
|          | text         | name       | Họ tên        |
|          | integer      | born       | Năm sinh      |
|          | end repeat   |            |               |
| choices  |              |            |               |
|          | list_name    | name       | label         |
|          | water        | well       | Giếng         |
|          | water        | rain       | Nước mưa      |
| settings |              |            |               |
|          | form_title   | form_id    | version       |
|          | Phiếu nước   | phieu-nuoc | 1             |
"""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EDMX, EDM = "{http://docs.oasis-open.org/odata/ns/edmx}", "{http://docs.oasis-open.org/odata/ns/edm}"


def instance(number: int) -> str:
    members = "".join(f"<members><name>Người {one}</name><born>{1980 + one}</born></members>" for one in range(2))
    return (
        f'<data id="phieu-nuoc" version="1"><head>Hộ {number}</head><place>21.1 105.{number} 10 5</place>'
        f"<water>well rain</water><money><income>1{number}.5</income><reviewed>2026-10-0{number % 9 + 1}</reviewed></money>"
        f"{members}<meta><instanceID>uuid:{uuid.uuid4()}</instanceID></meta></data>"
    )


class Script:
    """Basic sign-in on every request, as ruODK has it."""

    def __init__(self, served: Served) -> None:
        self.base = f"{served.url}/v1"
        self.session = requests.Session()
        self.session.auth = (ADMIN.sign_in, PASSWORD)

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        address = path if path.startswith("http") else f"{self.base}/{path}"
        answer = self.session.request(method, address, **given)
        answer.raise_for_status()
        return answer

    def get(self, path: str, **given: Any) -> Any:
        return self.call("GET", path, headers={"Accept": "application/json"}, **given).json()


@pytest.fixture
def script(served: Served) -> Script:
    """With a project, a form and five submissions."""
    made = Script(served)
    project = made.call("POST", "projects", json={"name": "Nước sạch"}).json()["id"]
    made.base_form = f"projects/{project}/forms/phieu-nuoc"  # type: ignore[attr-defined]
    made.call(
        "POST", f"projects/{project}/forms", data=xlsx(FORM), headers={"Content-Type": XLSX}, params={"publish": "true"}
    )
    for number in range(5):
        body = instance(number).encode()
        made.call("POST", f"{made.base_form}/submissions", data=body, headers={"Content-Type": "text/xml"})  # type: ignore[attr-defined]
    return made


def test_calls_of_ruodk(script: Script) -> None:
    form: str = script.base_form  # type: ignore[attr-defined]
    project = form.split("/")[1]

    assert "Nước sạch" in [one["name"] for one in script.get("projects")]
    assert [one["xmlFormId"] for one in script.get(f"projects/{project}/forms")] == ["phieu-nuoc"]
    fields = {field["path"]: field for field in script.get(f"{form}/fields", params={"odata": "false"})}
    assert (fields["/money/income"]["type"], fields["/members"]["type"]) == ("decimal", "repeat")
    assert fields["/water"]["selectMultiple"] is True
    assert etree.fromstring(script.call("GET", f"{form}.xml").content) is not None

    submissions = script.get(f"{form}/submissions")
    one = submissions[0]["instanceId"]
    assert len(submissions) == 5
    assert "Hộ" in script.call("GET", f"{form}/submissions/{one}.xml").content.decode()
    assert script.get(f"{form}/submissions/{one}/versions")[0]["current"] is True
    assert script.get(f"{form}/submissions/{one}/diffs") == {}
    assert script.get(f"{form}/submissions/{one}/attachments") == []
    assert script.get(f"{form}/submissions/keys") == []
    assert script.get(f"{form}/submissions/{one}/audits")[-1]["action"] == "submission.create"
    assert {entry["action"] for entry in script.get("audits", params={"limit": 5})} == {"submission.create"}
    assert script.get("users", params={"q": "admin"})[0]["email"] == ADMIN.sign_in

    archive = zipfile.ZipFile(io.BytesIO(script.call("POST", f"{form}/submissions.csv.zip").content))
    assert sorted(archive.namelist()) == ["phieu-nuoc-members.csv", "phieu-nuoc.csv"]
    assert "money-income" in archive.read("phieu-nuoc.csv").decode().splitlines()[0]


def test_calls_of_a_power_bi_connector(script: Script) -> None:
    service: str = script.base_form + ".svc"  # type: ignore[attr-defined]

    document = script.call("GET", service)
    sets = [one["name"] for one in document.json()["value"]]
    assert document.headers["OData-Version"] == "4.0"
    assert sets == ["Submissions", "Submissions.members"]

    metadata = etree.fromstring(script.call("GET", f"{service}/$metadata").content)
    described = {one.get("Name") for one in metadata.iter(f"{EDM}EntitySet")}
    properties = {one.get("Name"): one.get("Type") for one in metadata.iter(f"{EDM}Property")}
    assert metadata.tag == f"{EDMX}Edmx"
    assert described == set(sets)
    assert (properties["income"], properties["reviewed"]) == ("Edm.Decimal", "Edm.Date")
    assert properties["place"] == "Edm.GeographyPoint"

    assert len(follow(script, f"{service}/Submissions?$top=2")) == 2
    assert len(follow(script, f"{service}/Submissions")) == 5
    rows = follow(script, f"{service}/Submissions.members")
    assert len(rows) == 10
    expanded = script.get(
        f"{service}/Submissions?$expand=*&$filter=money/income gt 12&$orderby=__system/submissionDate"
    )
    assert [len(row["members"]) for row in expanded["value"]] == [2, 2, 2]


def follow(script: Script, address: str) -> list[dict[str, Any]]:
    """Every row, page after page, as connectors do when no page size is asked for."""
    page = script.get(address)
    rows = list(page["value"])
    while "$top" not in address and "@odata.nextLink" in page:
        page = script.get(page["@odata.nextLink"])
        rows += page["value"]
    return rows


def test_an_odata_client_library_reads_the_tables(script: Script) -> None:
    """It builds its classes from the EDMX and its queries from them; nothing of ours tells it what there is."""
    url: str = f"{script.base}/{script.base_form}.svc/"  # type: ignore[attr-defined]
    script.session.hooks["response"].append(number_enum_members)
    service = ODataService(url, session=script.session, reflect_entities=True, quiet_progress=True)

    submissions, members = service.entities["Submissions"], service.entities["Submissions.members"]
    rows = list(service.query(submissions))
    assert sorted(row.head for row in rows) == [f"Hộ {number}" for number in range(5)]
    one = next(row for row in rows if row.head == "Hộ 4")
    assert one.money == {"income": 14.5, "reviewed": "2026-10-05"}
    assert one.place["coordinates"] == [105.4, 21.1, 10]

    people = list(service.query(members))
    assert {(person.name, person.born) for person in people} == {("Người 0", 1980), ("Người 1", 1981)}
    assert len(people) == 10


def number_enum_members(answer: requests.Response, **_: Any) -> None:
    """Values of members may be left out (CSDL 14.2.2); the library wants them."""
    if "$metadata" in answer.url:
        document = etree.fromstring(answer.content)
        for number, member in enumerate(document.iter(f"{EDM}Member")):
            member.set("Value", str(number))
        answer._content = etree.tostring(document)
