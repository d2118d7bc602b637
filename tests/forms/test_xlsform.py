"""From an XLSForm to an XForm: what is refused, and that each complaint says where it stands and what to do.

What our own checks of expressions find is tested in test_checks, files that are no forms in test_xlsform_files.
"""

from __future__ import annotations

from typing import Any

import pytest

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import xlsform
from fieldsurvey.translations import LOCALES, say

GOOD = """
| survey |
| | type         | name | label |
| | select_one l | a    | Một   |
| | integer      | b    | Hai   |
| choices |
| | list_name | name | label |
| | l         | x    | Ít    |
| | l         | y    | Nhiều |
"""


def complaints(content: bytes | str, file_name: str = "form.md") -> list[dict[str, Any]]:
    """What is said of a form that is refused."""
    with pytest.raises(Problem) as refused:
        xlsform.convert(content, file_name)
    assert refused.value.kind is Kind.XLSFORM_INVALID
    return list(refused.value.params["complaints"])


def test_convert_markdown() -> None:
    converted = xlsform.convert(GOOD)

    assert "<h:title>data</h:title>" in converted.xml
    assert converted.warnings == ()


WRONG = {
    "unknown reference": (
        """
        | survey |
        | | type    | name | label | relevant    |
        | | integer | a    | A     |             |
        | | text    | b    | B     | ${zz} = 1   |
        """,
        ("survey", 3, "relevant", "reference_unknown"),
    ),
    "unknown reference in a label": (
        """
        | survey |
        | | type | name | label   |
        | | text | a    | A ${zz} |
        """,
        ("survey", 2, "label", "reference_unknown"),
    ),
    "unknown reference in a choice": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | ${zz} |
        """,
        ("choices", 2, "label", "reference_unknown"),
    ),
    "half a reference": (
        """
        | survey |
        | | type | name | label | relevant |
        | | text | a    | A     | ${a = 1  |
        """,
        ("survey", 2, "relevant", "reference_unknown"),
    ),
    "reference to one of two": (
        """
        | survey |
        | | type        | name | label | relevant |
        | | begin group | g    | G     |          |
        | | text        | a    | A     |          |
        | | end group   |      |       |          |
        | | begin group | h    | H     |          |
        | | text        | a    | A     |          |
        | | end group   |      |       |          |
        | | text        | b    | B     | ${a} = 1 |
        """,
        ("survey", 8, "relevant", "duplicate"),
    ),
    "no choices sheet": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        """,
        ("choices", None, "", "choices_sheet"),
    ),
    "choices sheet with another name": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choics |
        | | list_name | name | label |
        | | l         | x    | X     |
        """,
        ("choices", None, "", "choices_sheet"),
    ),
    "unknown list": (
        """
        | survey |
        | | type         | name | label |
        | | integer      | b    | B     |
        | | select_one m | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        """,
        ("survey", 3, "", "list_unknown"),
    ),
    "unknown type": (
        """
        | survey |
        | | type | name | label |
        | | txet | a    | A     |
        """,
        ("survey", None, "", "type_unknown"),
    ),
    "no type": (
        """
        | survey |
        | | type | name | label |
        | |      | a    | A     |
        """,
        ("survey", 2, "", "type_unknown"),
    ),
    "begin without end": (
        """
        | survey |
        | | type        | name | label |
        | | begin group | g    | G     |
        | | text        | a    | A     |
        """,
        ("survey", 2, "", "begin_end"),
    ),
    "end without begin": (
        """
        | survey |
        | | type       | name | label |
        | | text       | a    | A     |
        | | end repeat |      |       |
        """,
        ("survey", 3, "", "begin_end"),
    ),
    "duplicate name": (
        """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | | text | a    | B     |
        """,
        ("survey", 3, "name", "duplicate"),
    ),
    "duplicate choice": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        | | l         | x    | Y     |
        """,
        ("choices", 3, "name", "duplicate"),
    ),
    "invalid name": (
        """
        | survey |
        | | type | name   | label |
        | | text | 1 hộ   | A     |
        """,
        ("survey", 2, "name", "name_invalid"),
    ),
    "no name": (
        """
        | survey |
        | | type | name | label |
        | | text |      | A     |
        """,
        ("survey", 2, "", "name_invalid"),
    ),
    "choice without name": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         |      | X     |
        """,
        ("choices", 2, "name", "name_invalid"),
    ),
    "question without label": (
        """
        | survey |
        | | type | name | label |
        | | text | a    |       |
        | | text | b    | B     |
        """,
        ("survey", None, "", "label_missing"),
    ),
    "no survey sheet": (
        """
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        """,
        ("survey", None, "", "survey_sheet"),
    ),
    "no type column": (
        """
        | survey |
        | | typ  | name | label |
        | | text | a    | A     |
        """,
        ("survey", None, "", "header"),
    ),
    "calculate without calculation": (
        """
        | survey |
        | | type      | name | label | calculation |
        | | calculate | a    |       |             |
        """,
        ("survey", 2, "", "calculation_missing"),
    ),
    "unknown parameter": (
        """
        | survey |
        | | type  | name | label | parameters |
        | | range | a    | A     | begin=1    |
        """,
        ("survey", 2, "parameters", "parameters"),
    ),
    "attached file of a wrong type": (
        """
        | survey |
        | | type                         | name | label |
        | | select_one_from_file thon.txt | a   | A     |
        """,
        ("survey", 2, "", "media_file"),
    ),
    "saved to no entity": (
        """
        | survey |
        | | type | name | label | save_to |
        | | text | a    | A     | p       |
        """,
        ("survey", 2, "save_to", "entity"),
    ),
    "entity without label": (
        """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | entities |
        | | list_name |
        | | houses    |
        """,
        ("entities", 2, "", "entity"),
    ),
}


@pytest.mark.parametrize(("markdown", "expected"), WRONG.values(), ids=WRONG)
def test_refuse_wrong_form(markdown: str, expected: tuple[str, int | None, str, str]) -> None:
    sheet, row, column, advice = expected

    (one,) = complaints(markdown)

    assert (one["sheet"], one["row"], one["column"]) == (sheet, row, column)
    assert one["advice"] == f"forms.advice.{advice}"
    assert one["text"]
    assert "[row" not in one["text"]


def test_complain_of_every_duplicate_choice() -> None:
    both = complaints(
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    | X     |
        | | l         | x    | Y     |
        | | l         | x    | Z     |
        """
    )

    assert [one["row"] for one in both] == [3, 4]


def test_refuse_what_our_checks_find() -> None:
    first, second = complaints(
        """
        | survey |
        | | type    | name | label | constraint | relevant       |
        | | integer | a    | A     | . > nope() |                |
        | | integer | b    | B     |            | /data/none = 1 |
        """
    )

    assert (first["sheet"], first["advice"]) == ("survey", "forms.advice.function_unknown")
    assert first["text"] == "/data/a: constraint `. > nope()`: there is no function nope()"
    assert (second["sheet"], second["advice"]) == ("survey", "forms.advice.path_unknown")


WARNED = {
    "choice without label": (
        """
        | survey |
        | | type         | name | label |
        | | select_one l | a    | A     |
        | choices |
        | | list_name | name | label |
        | | l         | x    |       |
        """,
        ("choices", 2, "label", "label_missing"),
    ),
    "names alike": (
        """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | | text | A    | B     |
        """,
        ("survey", 3, "name", "duplicate"),
    ),
    "language without code": (
        """
        | survey |
        | | type | name | label::Vietnamese |
        | | text | a    | A                 |
        """,
        ("", None, "", "language"),
    ),
    "missing translation": (
        """
        | survey |
        | | type | name | label::Tiếng Việt (vi) | label::English (en) | hint::Tiếng Việt (vi) |
        | | text | a    | A                      | A                   | A                     |
        """,
        ("survey", None, "", "language"),
    ),
}


@pytest.mark.parametrize(("markdown", "expected"), WARNED.values(), ids=WARNED)
def test_warn_of_doubtful_form(markdown: str, expected: tuple[str, int | None, str, str]) -> None:
    sheet, row, column, advice = expected

    (one,) = xlsform.convert(markdown).warnings

    assert (one.sheet, one.row, one.column, one.advice) == (sheet, row, column, f"forms.advice.{advice}")


def test_advise_to_follow_the_message_where_nothing_is_known() -> None:
    assert xlsform.complaint("Something else.") == xlsform.Complaint("Something else.", "forms.advice.other")


# Every advice is said in every language

ADVICE = {
    *(advice for _, advice in xlsform._ADVICE),
    *(f"forms.advice.{expected[-1]}" for _, expected in [*WRONG.values(), *WARNED.values()]),
    *("forms.advice.other", "forms.advice.file_type", "forms.advice.too_large"),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("advice", sorted(ADVICE))
def test_say_what_to_do(advice: str, locale: str) -> None:
    sentence = say(advice, locale)

    assert sentence.endswith(".")
    assert "{{" not in sentence


def test_every_advice_has_a_case() -> None:
    tried = {expected[-1] for _, expected in [*WRONG.values(), *WARNED.values()]}

    assert {advice.rpartition(".")[2] for _, advice in xlsform._ADVICE} - tried == {"unreadable"}
