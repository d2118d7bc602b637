"""What a form asks, as a list: headings, questions, choices; nothing that nobody sees."""

from __future__ import annotations

import pytest

from fieldsurvey.forms import xform, xlsform
from fieldsurvey.outputs import questions

FORM = """
| survey |                   |        |                |                |
|        | type              | name   | label::vi (vi) | label::en (en) |
|        | today             | today  |                |                |
|        | begin_group       | house  | Nhà ở          | House          |
|        | select_one yes_no | lit    | Nhà có điện?   | Power?         |
|        | end_group         |        |                |                |
|        | begin_repeat      | member | Thành viên     | Member         |
|        | integer           | age    | Tuổi           | Age            |
|        | end_repeat        |        |                |                |
|        | geopoint          | place  | Vị trí         | Place          |
|        | image             | photo  | Ảnh nhà        | Photo          |
| choices |                  |        |                |                |
|        | list_name         | name   | label::vi (vi) | label::en (en) |
|        | yes_no            | yes    | Có             | Yes            |
|        | yes_no            | no     | Không          | No             |
"""


@pytest.fixture(scope="module")
def schema() -> xform.Schema:
    return xform.read(xlsform.convert(FORM).xml)


def test_questions_stand_in_order_below_their_headings(schema: xform.Schema) -> None:
    found = [(one.kind, one.depth, one.label) for one in questions.questions(schema, "vi")]

    assert found == [
        ("group", 0, "Nhà ở"),
        ("select_one", 1, "Nhà có điện?"),
        ("repeat", 0, "Thành viên"),
        ("integer", 1, "Tuổi"),
        ("geopoint", 0, "Vị trí"),
        ("file", 0, "Ảnh nhà"),
    ]


def test_choices_are_in_the_readers_language(schema: xform.Schema) -> None:
    found = questions.questions(schema, "en")[1]

    assert (found.label, found.choices) == ("Power?", ("Yes", "No"))


def test_count_leaves_out_what_nobody_is_asked(schema: xform.Schema) -> None:
    assert questions.count(schema) == 4
