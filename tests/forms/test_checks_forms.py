"""Our own checks tried on whole forms: every place of an expression, nodes that need themselves, forms that work.

What may be wrong with one expression is tested in test_checks.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pyxform.xls2xform import convert

from fieldsurvey.forms import checks
from fieldsurvey.forms.checks import Finding

SHIPPED = Path(__file__).parents[2] / "xlsforms"


def found(markdown: str) -> list[Finding]:
    return checks.check(convert(markdown).xform)


ELSEWHERE = {
    "choice filter": (
        """
        | survey |
        | | type         | name | label | choice_filter |
        | | text         | b    | B     |               |
        | | select_one l | a    | A     | x = nope(1)   |
        | choices |
        | | list_name | name | label | x |
        | | l         | a    | A     | 1 |
        """,
        ("/data/a", "choices `instance('l')/root/item[x = nope(1)]`", "function_unknown"),
    ),
    "choice filter's path": (
        """
        | survey |
        | | type                         | name | label | choice_filter           |
        | | text                         | b    | B     |                         |
        | | select_one_from_file ap.csv  | a    | A     | x = current()/../nope   |
        """,
        ("/data/a", "no /data/nope", "path_unknown"),
    ),
    "repeat count": (
        """
        | survey |
        | | type         | name | label | repeat_count |
        | | integer      | n    | N     |              |
        | | begin repeat | r    | R     | ${n} + foo() |
        | | text         | a    | A     |              |
        | | end repeat   |      |       |              |
        """,
        ("/data/r_count", "calculate", "function_unknown"),
    ),
    "trigger": (
        """
        | survey |
        | | type      | name | label | calculation | trigger |
        | | integer   | n    | N     |             |         |
        | | calculate | a    |       | foo(${n})   | ${n}    |
        """,
        ("/data/a", "trigger `foo( /data/n )`", "function_unknown"),
    ),
    "name of the submission": (
        """
        | survey |
        | | type      | name | label |
        | | integer   | n    | N     |
        | settings |
        | | instance_name     |
        | | concat(${n}, 'x'  |
        """,
        ("/data/meta/instanceName", "')' is missing", "syntax"),
    ),
    "entity": (
        """
        | survey |
        | | type      | name | label | save_to |
        | | integer   | n    | N     | n       |
        | entities |
        | | list_name | label         |
        | | houses    | concat(${n}   |
        """,
        ("/data/meta/entity/label", "')' is missing", "syntax"),
    ),
}


@pytest.mark.parametrize(("markdown", "expected"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_find_wrong_expression_elsewhere(markdown: str, expected: tuple[str, str, str]) -> None:
    path, words, advice = expected

    (one,) = found(markdown)

    assert (one.path, one.advice) == (path, f"forms.advice.{advice}")
    assert words in one.text


def test_find_every_wrong_expression_in_order() -> None:
    findings = found(
        """
        | survey |
        | | type    | name | label | relevant       | constraint |
        | | integer | a    | A     |                | . = nope() |
        | | integer | b    | B     | ${a} + uups(1) | . > )      |
        """
    )

    assert [(one.path, one.advice.rpartition(".")[2]) for one in findings] == [
        ("/data/a", "function_unknown"),
        ("/data/b", "function_unknown"),
        ("/data/b", "syntax"),
    ]


CIRCLES = {
    "two calculates": (
        """
        | survey |
        | | type      | name | label | calculation |
        | | text      | x    | X     |             |
        | | calculate | a    |       | ${b} + 1    |
        | | calculate | b    |       | ${a} + 1    |
        """,
        "/data/a → /data/b → /data/a",
    ),
    "a relevant and a calculate": (
        """
        | survey |
        | | type      | name | label | calculation | relevant |
        | | text      | a    | A     |             | ${b} = 1 |
        | | calculate | b    |       | ${a} + 1    |          |
        """,
        "/data/a → /data/b → /data/a",
    ),
    "a group shown by its own question": (
        """
        | survey |
        | | type        | name | label | relevant |
        | | begin group | g    | G     | ${a} = 1 |
        | | text        | a    | A     |          |
        | | end group   |      |       |          |
        """,
        "/data/g/a → /data/g/a",
    ),
    "a group shown by what its question leads to": (
        """
        | survey |
        | | type        | name | label | relevant | calculation  |
        | | begin group | g    | G     | ${b} = 1 |              |
        | | text        | a    | A     |          |              |
        | | end group   |      |       |          |              |
        | | calculate   | b    |       |          | ${a} * 2     |
        """,
        "/data/g/a → /data/b → /data/g/a",
    ),
    "a running total in a repeat": (
        """
        | survey |
        | | type         | name  | label | calculation                                                  |
        | | begin repeat | r     | R     |                                                              |
        | | integer      | n     | N     |                                                              |
        | | calculate    | total |       | ${n} + indexed-repeat(${total}, ${r}, position(..) - 1)      |
        | | end repeat   |       |       |                                                              |
        """,
        "/data/r/total → /data/r/total",
    ),
    "in a predicate": (
        """
        | survey |
        | | type                      | name | label | calculation                                             |
        | | select_one_from_file v.csv| v    | V     |                                                         |
        | | calculate                 | a    |       | count(instance('v')/root/item[x = current()/../a])      |
        """,
        "/data/a → /data/a",
    ),
}


@pytest.mark.parametrize(("markdown", "circle"), CIRCLES.values(), ids=CIRCLES)
def test_find_circle(markdown: str, circle: str) -> None:
    (one,) = found(markdown)

    assert one == Finding(circle.split(" ")[0], f"needs itself: {circle}", "forms.advice.cycle")


def test_find_two_circles() -> None:
    findings = found(
        """
        | survey |
        | | type      | name | label | calculation |
        | | text      | x    | X     |             |
        | | calculate | a    |       | ${b} + 1    |
        | | calculate | b    |       | ${a} + 1    |
        | | calculate | c    |       | ${c} + ${a} |
        """
    )

    assert sorted(one.path for one in findings) == ["/data/a", "/data/c"]


GOOD = {
    "repeats within repeats": """
        | survey |
        | | type         | name | label         | calculation                 | relevant   | default | repeat_count |
        | | text         | out  | Out           |                             |            |         |              |
        | | integer      | n    | n             |                             |            |         |              |
        | | begin repeat | r1   | R ${out} ${a} |                             |            |         | ${n}         |
        | | text         | a    | A ${out} ${m} |                             | ${out} = 1 |         |              |
        | | integer      | m    | M             |                             |            |         |              |
        | | begin group  | g    | G ${a} ${b}   |                             |            |         |              |
        | | text         | b    | B ${a}        |                             |            | ${a}    |              |
        | | begin repeat | r2   | R ${a}        |                             |            |         | ${m} + 1     |
        | | text         | d    | D ${a} ${b}   |                             |            | ${b}    |              |
        | | end repeat   |      |               |                             |            |         |              |
        | | end group    |      |               |                             |            |         |              |
        | | calculate    | p    |               | position(..)                |            |         |              |
        | | calculate    | part |               | ${p} div sum(${r1}/p)       |            |         |              |
        | | calculate    | size |               | count(${r1}) + count(${r2}) |            |         |              |
        | | end repeat   |      |               |                             |            |         |              |
        | | calculate    | all  |               | concat(${d}, sum(${part}))  |            |         |              |
        """,
    "choices within repeats": """
        | survey |
        | | type              | name | label  | choice_filter                      |
        | | begin repeat      | r    | R      |                                    |
        | | text              | m    | M      |                                    |
        | | begin group       | g    | G ${m} |                                    |
        | | text              | b    | B      |                                    |
        | | select_one l      | s    | S ${m} | x = ${m} and y = ${b}              |
        | | select_one ${m}   | w    | W      | ${m} != ''                         |
        | | select_one l      | t    | T      | x = current()/../../m              |
        | | end group         |      |        |                                    |
        | | end repeat        |      |        |                                    |
        | | select_one ${m}   | head | H      | ${b} != '' and not(${m} = '')      |
        | choices |
        | | list_name | name | label    | x | y |
        | | l         | y    | Yes      | 1 | 2 |
        | | l         | n    | No ${head} | |   |
        """,
    "triggers": """
        | survey |
        | | type         | name | label | calculation   | trigger |
        | | begin repeat | r    | R     |               |         |
        | | text         | a    | A     |               |         |
        | | begin group  | g    | G     |               |         |
        | | text         | b    | B     |               |         |
        | | begin group  | h    | H     |               |         |
        | | text         | c    | C     |               |         |
        | | calculate    | t    |       | ${a}          | ${b}    |
        | | end group    |      |       |               |         |
        | | end group    |      |       |               |         |
        | | end repeat   |      |       |               |         |
        """,
    "entities in a repeat": """
        | survey |
        | | type         | name | label | save_to |
        | | begin repeat | r    | R     |         |
        | | text         | a    | A     | pa      |
        | | end repeat   |      |       |         |
        | entities |
        | | list_name | label | create_if  |
        | | people    | ${a}  | ${a} = 'y' |
        """,
    "files and last-saved": """
        | survey |
        | | type                           | name    | label             | choice_filter      | default         |
        | | start                          | start   |                   |                    |                 |
        | | select_one_from_file xa.csv    | commune | Xã                |                    | ${last-saved#commune} |
        | | select_one_from_file thon.csv  | village | Thôn ${commune}   | commune=${commune} |                 |
        | | select_multiple l or_other     | đạo     | Tôn giáo          |                    |                 |
        | | rank l                         | rank    | Xếp hạng ${đạo}   |                    |                 |
        | | geopoint                       | here    | Vị trí            |                    |                 |
        | choices |
        | | list_name | name | label          |
        | | l         | a    | Một ${village} |
        | | l         | b    | Hai            |
        | settings |
        | | form_id | instance_name                       |
        | | tester  | concat(${commune}, '-', ${village}) |
        """,
    "languages": """
        | survey |
        | | type    | name | label::Tiếng Việt (vi) | label::English (en) | hint::English (en) | constraint |
        | | integer | a    | Một                    | One                 | Just one           | . > 0      |
        | | integer | b    | Hai ${a}               | Two ${a}            | ${a}               | . > ${a}   |
        | | note    | c    | Xong ${b}              | Done                |                    |            |
        """,
    "a plain word as the name of the submission": """
        | survey |
        | | type | name | label |
        | | text | a    | A     |
        | settings |
        | | instance_name |
        | | Household-v1  |
        """,
}


@pytest.mark.parametrize("markdown", GOOD.values(), ids=GOOD)
def test_accept_good_form(markdown: str) -> None:
    assert found(markdown) == []


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/form.xlsx")), ids=lambda path: path.parent.name)
def test_accept_shipped_form(path: Path) -> None:
    assert checks.check(convert(path.read_bytes(), file_type=".xlsx").xform) == []
