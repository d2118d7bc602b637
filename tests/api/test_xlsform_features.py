"""What XLSForm offers, each published and submitted once, and read back as a dashboard reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from fieldsurvey.extensions import db
from fieldsurvey.forms import instance, xform
from tests.cast import ADMIN, ROUND, Person
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import xlsx

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHOICES = """
| choices |           |      |       |        |
|         | list_name | name | label | region |
|         | water     | well | Giếng | bắc    |
|         | water     | rain | Mưa   | nam    |
"""


def form(rows: str, extra: str = "") -> str:
    head = "| survey |      |      |       |              |             |            |          |"
    columns = "|        | type | name | label | relevant | calculation | parameters | appearance |"
    settings = (
        "\n| settings |         |         |\n|          | form_id | version |\n|          | feature | 1       |\n"
    )
    return f"{head}\n{columns}\n{rows}\n{CHOICES}{extra}{settings}"


def question(kind: str, **more: str) -> str:
    cells = (more.get(name, "") for name in ("relevant", "calculation", "parameters", "appearance"))
    return f"|        | {kind} | q | Câu hỏi | {' | '.join(cells)} |"


# type of question, what the phone sends, what OData says
TYPED = [
    ("text", "Nhà đỏ", "Nhà đỏ"),
    ("integer", "-7", -7),
    ("decimal", "2.50", 2.5),
    ("date", "2026-10-04", "2026-10-04"),
    ("time", "08:30:00.000+07:00", "08:30:00.000+07:00"),
    ("datetime", "2026-10-04T08:30:00.000+07:00", "2026-10-04T08:30:00.000+07:00"),
    ("select_one water", "well", "well"),
    ("select_one water or_other", "other", "other"),
    ("select_multiple water", "well rain", "well rain"),
    ("rank water", "rain well", "rain well"),
    ("geopoint", "21.1 105.2 10 5", {"type": "Point", "coordinates": [105.2, 21.1, 10], "properties": {"accuracy": 5}}),
    ("geotrace", "1 2 0 0;3 4 0 0", {"type": "LineString", "coordinates": [[2, 1, 0], [4, 3, 0]]}),
    ("geoshape", "1 2 0 0;3 4 0 0;1 2 0 0", {"type": "Polygon", "coordinates": [[[2, 1, 0], [4, 3, 0], [2, 1, 0]]]}),
    ("image", "nhà.jpg", "nhà.jpg"),
    ("audio", "tiếng.m4a", "tiếng.m4a"),
    ("video", "phim.mp4", "phim.mp4"),
    ("file", "đơn.pdf", "đơn.pdf"),
    ("background-audio", "nền.m4a", "nền.m4a"),
    ("barcode", "8934563138164", "8934563138164"),
    ("acknowledge", "OK", "OK"),
    ("note", None, None),
    ("hidden", "ẩn", "ẩn"),
    ("start", "2026-10-04T08:30:00.000+07:00", "2026-10-04T08:30:00.000+07:00"),
    ("end", "2026-10-04T09:30:00.000+07:00", "2026-10-04T09:30:00.000+07:00"),
    ("today", "2026-10-04", "2026-10-04"),
    ("deviceid", "máy-1", "máy-1"),
    ("username", "tuyen", "tuyen"),
    ("phonenumber", "0913000001", "0913000001"),
    ("email", "a@example.org", "a@example.org"),
    (
        "start-geopoint",
        "21.1 105.2 0 0",
        {"type": "Point", "coordinates": [105.2, 21.1, 0], "properties": {"accuracy": 0}},
    ),
]
WITH_MORE = [
    ("range", {"parameters": "start=1 end=9 step=2"}, "3", 3),
    ("calculate", {"calculation": "1 + 1"}, "2", "2"),
    ("text", {"relevant": "1 = 1", "appearance": "multiline"}, "dài", "dài"),
    ("select_one water", {"appearance": "minimal"}, "rain", "rain"),
]


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    db.session.remove()
    return rest(ADMIN)


def publish(script: Rest, source: str) -> xform.Schema:
    made = script.post(f"{FORMS}?publish=true&ignoreWarnings=true", data=xlsx(source), headers={"Content-Type": SHEET})
    assert made.status_code == 200, made.text
    return xform.read(script.get(f"{FORMS}/feature.xml").data)


def sent_and_read(script: Rest, schema: xform.Schema, answers: dict[str, Any]) -> dict[str, Any]:
    xml = instance.build(schema, answers, "uuid:feature")
    assert etree.fromstring(xml).get("id") == "feature"
    sent = script.post(f"{FORMS}/feature/submissions", data=xml, headers=XML)
    assert sent.status_code == 200, sent.text
    row: dict[str, Any] = script.get(f"{FORMS}/feature.svc/Submissions?$expand=*").json["value"][0]
    assert script.get(f"{FORMS}/feature/submissions.csv").status_code == 200
    assert script.get(f"{FORMS}/feature.svc/$metadata").status_code == 200
    return row


@pytest.mark.parametrize(("kind", "sent", "read"), TYPED, ids=[one[0] for one in TYPED])
def test_type_of_question(admin: Rest, kind: str, sent: str | None, read: object) -> None:
    schema = publish(admin, form(question(kind)))

    assert sent_and_read(admin, schema, {"q": sent} if sent else {})["q"] == read


@pytest.mark.parametrize(("kind", "more", "sent", "read"), WITH_MORE)
def test_question_with_its_settings(admin: Rest, kind: str, more: dict[str, str], sent: str, read: object) -> None:
    schema = publish(admin, form(question(kind, **more)))

    assert sent_and_read(admin, schema, {"q": sent})["q"] == read


NESTED = """
|        | begin_group  | nhóm | Nhóm | | | | |
|        | text         | a    | A    | | | | |
|        | begin_repeat | lặp  | Lặp  | | | | |
|        | integer      | b    | B    | | | | |
|        | begin_repeat | trong | Trong | | | | |
|        | text         | c    | C    | | | | |
|        | end_repeat   |      |      | | | | |
|        | end_repeat   |      |      | | | | |
|        | end_group    |      |      | | | | |
""".strip("\n")


def test_groups_and_repeats_within_repeats(admin: Rest) -> None:
    schema = publish(admin, form(NESTED))
    answers = {"nhóm": {"a": "x", "lặp": [{"b": "1", "trong": [{"c": "y"}, {"c": "z"}]}, {"b": "2"}]}}

    row = sent_and_read(admin, schema, answers)

    group = next(value for name, value in row.items() if isinstance(value, dict) and "a" in value)
    rows = next(value for value in group.values() if isinstance(value, list))
    assert (group["a"], [one["b"] for one in rows]) == ("x", [1, 2])
    inner = next(value for value in rows[0].values() if isinstance(value, list))
    assert [one["c"] for one in inner] == ["y", "z"]


CASCADE = """
|        | select_one water | q | Nguồn | | | | |
|        | select_one_from_file cây.csv | t | Cây | | | | |
|        | csv-external | sheet | | | | | |
|        | audit | audit | | | | | |
""".strip("\n")


def test_lists_from_files_and_the_phones_log(admin: Rest) -> None:
    schema = publish(admin, form(CASCADE))
    expected = {one["name"]: one["type"] for one in admin.get(f"{FORMS}/feature/attachments").json}

    row = sent_and_read(admin, schema, {"q": "well", "t": "1", "meta": {"audit": "audit.csv"}})

    assert expected == {"cây.csv": "file", "sheet.csv": "file"}
    assert (row["q"], row["t"]) == ("well", "1")
    assert admin.get(f"{FORMS}/feature/submissions/uuid:feature/attachments").json == [
        {"name": "audit.csv", "exists": False}
    ]


def test_entities_of_a_spreadsheet(admin: Rest) -> None:
    entities = (
        "\n| entities |           |       |\n|          | list_name | label |\n|          | wells     | ${q}  |\n"
    )
    schema = publish(admin, form("|        | text | q | Câu hỏi | | | | |", entities))

    assert schema.form_id == "feature"
    assert [one["name"] for one in admin.get(f"/projects/{ROUND}/datasets").json] == ["households", "members", "wells"]
