"""The schema of an XForm: fields, types, labels and choices. Forms are written as Markdown tables."""

from __future__ import annotations

import pytest
from pyxform.xls2xform import convert

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import xform
from fieldsurvey.forms.xform import FIELD, GROUP, REPEAT, Schema

HOUSEHOLD = """
| survey   |                             |          |                       |                |                    |
|          | type                        | name     | label::Tiếng Việt (vi) | label::English (en) | relevant      |
|          | begin_group                 | housing  | Nhà ở                 | Housing        |                    |
|          | select_one wall             | wall     | Tường                 | Wall           |                    |
|          | decimal                     | area     | Diện tích             | Floor area     |                    |
|          | end_group                   |          |                       |                |                    |
|          | begin_repeat                | members  | Người trong hộ        | Members        |                    |
|          | text                        | name     | Họ tên                | Name           |                    |
|          | date                        | born     | Ngày sinh của ${name} | Birth of ${name} |                  |
|          | end_repeat                  |          |                       |                |                    |
|          | select_multiple_from_file areas.csv | where | Ở đâu           | Where          |                    |
|          | geopoint                    | location | Vị trí                | Location       |                    |
|          | image                       | photo    | Ảnh                   | Photo          |                    |
|          | text                        | total    | Tổng                  | Total          |                    |
| choices  |                             |          |                       |                |                    |
|          | list_name                   | name     | label::Tiếng Việt (vi) | label::English (en) |               |
|          | wall                        | brick    | Gạch                  | Brick          |                    |
|          | wall                        | earth    | Đất                   | Earth          |                    |
| settings |                             |          |                       |                |                    |
|          | form_id                     | version  | form_title            | default_language | client_editable  |
|          | ho                          | 7        | Phiếu hộ              | Tiếng Việt (vi) | yes               |
"""

FIELDS = [
    # path,          kind,   type,       control,  choices
    ("housing", GROUP, "structure", "", ""),
    ("housing/wall", FIELD, "string", "select1", "wall"),
    ("housing/area", FIELD, "decimal", "input", ""),
    ("members", REPEAT, "repeat", "", ""),
    ("members/name", FIELD, "string", "input", ""),
    ("members/born", FIELD, "date", "input", ""),
    ("where", FIELD, "string", "select", "areas"),
    ("location", FIELD, "geopoint", "input", ""),
    ("photo", FIELD, "binary", "upload", ""),
    ("total", FIELD, "string", "input", ""),
    ("meta", GROUP, "structure", "", ""),
    ("meta/instanceID", FIELD, "string", "", ""),
]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return xform.read(convert(HOUSEHOLD, warnings=[]).xform)


def test_fields_in_order(schema: Schema) -> None:
    assert [(one.path, one.kind, one.type, one.control, one.choices) for one in schema.fields] == FIELDS


def test_head_of_the_form(schema: Schema) -> None:
    head = (schema.form_id, schema.version, schema.title, schema.root, schema.languages, schema.media)

    assert head == ("ho", "7", "Phiếu hộ", "data", ("vi", "en"), {"areas.csv": "file"})
    assert schema.client_editable


LABELS = [
    ("housing", "vi", "Nhà ở"),
    ("housing/wall", "en", "Wall"),
    ("members", "vi", "Người trong hộ"),
    ("members/born", "en", "Birth of …"),
    ("members/born", "fr", "Ngày sinh của …"),  # a language that the form lacks: its first one
    ("meta/instanceID", "vi", ""),
]


@pytest.mark.parametrize(("path", "language", "label"), LABELS)
def test_labels(schema: Schema, path: str, language: str, label: str) -> None:
    assert xform.labelled(schema.by_path[path].label, language) == label


def test_choice_labels(schema: Schema) -> None:
    assert schema.choice_label("wall", "brick", "vi") == "Gạch"
    assert schema.choice_label("wall", "brick", "en") == "Brick"
    assert schema.choice_label("wall", "glass", "vi") == "glass"  # a code that the form does not know


def test_round_trip_through_storage(schema: Schema) -> None:
    import orjson

    assert Schema.from_dict(orjson.loads(orjson.dumps(schema.as_dict()))) == schema


def test_form_in_one_language_has_labels_without_code() -> None:
    markdown = "| survey | | | |\n| | type | name | label |\n| | text | a | Một câu hỏi |"
    schema = xform.read(convert(markdown, warnings=[]).xform)

    assert xform.labelled(schema.by_path["a"].label, "vi") == "Một câu hỏi"
    assert (schema.languages, schema.client_editable) == ((), False)


@pytest.mark.parametrize("xml", ["<html/>", "no xml", "<a><model xmlns='http://www.w3.org/2002/xforms'/></a>"])
def test_what_is_no_xform(xml: str) -> None:
    with pytest.raises(Problem) as problem:
        xform.read(xml)

    assert (problem.value.kind, problem.value.params) == (Kind.MISSING_PARAMETER, {"field": "formId"})
