"""The story of a script: ODK's own client, unmodified, does a district's day's work on a real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyodk._utils.config import CentralConfig, Config
from pyodk.client import Client
from pyodk.errors import PyODKError

from tests.cast import ADMIN, PASSWORD
from tests.e2e.conftest import Served
from tests.xforms import xlsx

pytestmark = pytest.mark.slow

FORM = """
| survey   |                    |           |                    |          |
|          | type               | name      | label              | required |
|          | text               | head      | Chủ hộ             | yes      |
|          | integer            | size      | Số nhân khẩu       |          |
|          | image              | house     | Ảnh nhà            |          |
|          | begin repeat       | members   | Thành viên         |          |
|          | text               | name      | Họ tên             |          |
|          | end repeat         |           |                    |          |
| settings |                    |           |                    |          |
|          | form_title         | form_id   | version            |          |
|          | Phiếu giếng nước   | giếng     | 1                  |          |
"""


@pytest.fixture
def client(served: Served, tmp_path: Path) -> Iterator[Client]:
    central = CentralConfig(base_url=served.url, username=ADMIN.sign_in, password=PASSWORD)
    with Client(config=Config(central=central), cache_path=tmp_path / "cache.toml") as made:
        made.project_id = made.post("projects", json={"name": "Rà soát giếng"}).json()["id"]
        for service in (made.projects, made.forms, made.submissions, made.entities, made.entity_lists):
            service.default_project_id = made.project_id
        yield made


def instance(name: str, size: int, instance_id: str, version: str = "1", deprecated: str = "") -> str:
    replaced = f"<deprecatedID>{deprecated}</deprecatedID>" if deprecated else ""
    return (
        f'<data id="giếng" version="{version}"><head>{name}</head><size>{size}</size><house>nhà.jpg</house>'
        f"<members><name>{name}</name></members><members><name>Vợ {name}</name></members>"
        f"<meta><instanceID>{instance_id}</instanceID>{replaced}</meta></data>"
    )


def test_script_publishes_submits_edits_reviews_and_reads_a_table(client: Client, tmp_path: Path) -> None:
    definition = tmp_path / "giếng.xlsx"
    definition.write_bytes(xlsx(FORM))
    first, second = f"uuid:{uuid.uuid4()}", f"uuid:{uuid.uuid4()}"
    photo = tmp_path / "nhà.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0 a house")

    form = client.forms.create(definition)
    assert (form.xmlFormId, form.version, form.name) == ("giếng", "1", "Phiếu giếng nước")
    assert [one.xmlFormId for one in client.forms.list()] == ["giếng"]
    assert "Chủ hộ" in client.forms.get_xml(form_id="giếng")

    sent = client.submissions.create(instance("Tuyến", 4, first), form_id="giếng", attachments=[photo])
    assert (sent.instanceId, sent.reviewState) == (first, None)
    files = client.get(f"projects/{client.project_id}/forms/giếng/submissions/{first}/attachments").json()
    assert files == [{"name": "nhà.jpg", "exists": True}]

    client.submissions.edit(first, instance("Tuyến", 5, second, deprecated=first), form_id="giếng", comment="Thêm cháu")
    assert client.submissions.get(first, form_id="giếng").reviewState == "edited"
    client.submissions.review(first, "approved", form_id="giếng", comment="Đã xem")
    client.submissions.add_comment(first, "Xong", form_id="giếng")
    comments = [one.body for one in client.submissions.list_comments(first, form_id="giếng")]
    assert comments == ["Xong", "Đã xem", "Thêm cháu"]
    assert client.submissions.list(form_id="giếng")[0].reviewState == "approved"

    table = client.submissions.get_table(form_id="giếng", count=True)
    assert table["@odata.count"] == 1
    row = table["value"][0]
    assert (row["__id"], row["head"], row["size"], row["__system"]["edits"]) == (first, "Tuyến", 5, 1)
    members = client.submissions.get_table(form_id="giếng", table_name="Submissions.members")["value"]
    assert [one["name"] for one in members] == ["Tuyến", "Vợ Tuyến"]
    assert {one["__Submissions-id"] for one in members} == {first}
    filtered = client.submissions.get_table(form_id="giếng", filter="size gt 4", select="head")["value"]
    assert [one["head"] for one in filtered] == ["Tuyến"]


def test_script_updates_a_form_and_hands_out_phones(client: Client, tmp_path: Path) -> None:
    definition = tmp_path / "giếng.xlsx"
    definition.write_bytes(xlsx(FORM))
    client.forms.create(definition)

    definition.write_bytes(xlsx(FORM.replace("| giếng     | 1 ", "| giếng     | 2 ")))
    client.forms.update("giếng", definition=definition)
    phones = list(client.projects.create_app_users(display_names=["Thôn Đông", "Thôn Đoài"], forms=["giếng"]))

    assert client.forms.get(form_id="giếng").version == "2"
    assert [phone.displayName for phone in phones] == ["Thôn Đông", "Thôn Đoài"]
    listed = client.get(
        f"key/{phones[0].token}/projects/{client.project_id}/formList", headers={"X-OpenRosa-Version": "1.0"}
    )
    assert "<formID>giếng</formID>" in listed.text


def test_script_keeps_a_list_of_entities(client: Client) -> None:
    wells = client.entity_lists.create(entity_list_name="wells")
    client.entity_lists.default_entity_list_name = client.entities.default_entity_list_name = "wells"
    for name in ("village", "depth"):
        client.entity_lists.add_property(name=name)

    one = client.entities.create(label="Giếng đình", data={"village": "Đông", "depth": "7"})
    client.entities.create_many(
        [{"label": "Giếng chùa", "village": "Đoài"}, {"label": "Giếng làng", "village": "Đông"}]
    )
    client.entities.update(one.uuid, data={"depth": "9"}, base_version=1)
    with pytest.raises(PyODKError):
        client.entities.update(one.uuid, data={"depth": "8"}, base_version=1)
    assert wells.name == "wells"
    assert {entity.uuid for entity in client.entities.list()} >= {one.uuid}

    rows = {row["label"]: row for row in client.entities.get_table()["value"]}
    assert (rows["Giếng đình"]["depth"], rows["Giếng đình"]["__system"]["version"]) == ("9", 2)

    merged = client.entities.merge(
        [{"label": "Giếng chùa", "village": "Nam"}, {"label": "Giếng mới", "village": "Bắc"}],
        match_keys=["label"],
        delete_not_matched=True,
    )
    assert (len(merged.to_insert), len(merged.to_update), len(merged.to_delete)) == (1, 1, 2)
    assert {row["label"]: row["village"] for row in client.entities.get_table()["value"]} == {
        "Giếng chùa": "Nam",
        "Giếng mới": "Bắc",
    }
