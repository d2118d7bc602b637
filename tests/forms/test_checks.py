"""Our own checks of the expressions in a form: what they catch, and that a form that works is never refused.

How pyxform's complaints are told is tested in test_xlsform.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pyxform.xls2xform import convert

from fieldsurvey.forms import checks, xpath
from fieldsurvey.forms.checks import Finding
from fieldsurvey.translations import LOCALES, catalogue

SHIPPED = Path(__file__).parents[2] / "xlsforms"

# One expression is tried in one column of the question `asked`.
FORM = """
| survey |
| | type         | name    | label   | {column}     |
| | integer      | age     | Age     |              |
| | select_one l | work    | Work    |              |
| | begin repeat | members | Members |              |
| | text         | m_name  | Name    |              |
| | end repeat   |         |         |              |
| | text         | asked   | Asked   | {expression} |
| choices |
| | list_name | name | label | commune |
| | l         | a    | A     | c1      |
"""
# The same, tried in a question of a group within a repeat, where paths are relative.
NESTED = """
| survey |
| | type         | name    | label   | {column}     |
| | text         | head    | Head    |              |
| | begin repeat | members | Members |              |
| | text         | m_name  | Name    |              |
| | begin group  | job     | Job     |              |
| | text         | asked   | Asked   | {expression} |
| | text         | wage    | Wage    |              |
| | end group    |         |         |              |
| | end repeat   |         |         |              |
"""


def found(markdown: str) -> list[Finding]:
    return checks.check(convert(markdown).xform)


def tried(column: str, expression: str, form: str = FORM) -> list[Finding]:
    return found(form.format(column=column, expression=expression))


WRONG = [
    # syntax: quotes, parentheses, words that are no operators
    ("relevant", "${age} > ", "a value is missing at the end", "syntax"),
    ("relevant", "${age} == 1", "'= 1' cannot stand there", "syntax"),
    ("relevant", "${age} <> 1", "'> 1' cannot stand there", "syntax"),
    ("relevant", "${age} > 1 AND ${age} < 9", "'AND", "syntax"),
    ("relevant", "${age} > 1 && ${age} < 9", "'&& ", "syntax"),
    ("relevant", "(${age} > 1", "')' is missing at the end", "syntax"),
    ("relevant", "${age} > 1)", "')' has nothing to close", "syntax"),
    ("relevant", "${work} = 'a", "the quote 'a is not closed", "syntax"),
    ("relevant", "${work} = „a”", "'„a\"' cannot stand there", "syntax"),
    ("relevant", "${work}\N{NO-BREAK SPACE}= 'a'", "cannot stand there", "syntax"),
    ("relevant", "not (${age} = 1) 2", "'2' cannot stand there", "syntax"),
    ("calculation", "concat('a', )", "a name or a value is missing before ')'", "syntax"),
    ("calculation", "if(1; 2; 3)", "'; 2; 3)' cannot stand there", "syntax"),
    ("calculation", "1,5", "',' has nothing to close", "syntax"),
    ("calculation", "10 % 3", "'% 3' cannot stand there", "syntax"),
    ("calculation", "${age} / 2", "missing before '2'", "syntax"),
    ("calculation", "count(${members}[)", "missing before ')'", "syntax"),
    ("calculation", "count(${members}[1)", "']' is missing before ')'", "syntax"),
    ("calculation", "../@", "a name is missing at the end", "syntax"),
    ("calculation", "child::", "a name is missing at the end", "syntax"),
    ("calculation", "text(", "')' is missing at the end", "syntax"),
    ("default", "Nhà cấp 4 - mái tôn", "cannot stand there", "syntax"),
    ("constraint", ". > 0 and", "a value is missing at the end", "syntax"),
    ("required", "${age} >", "a value is missing at the end", "syntax"),
    ("readonly", "${age} >", "a value is missing at the end", "syntax"),
    # functions
    ("calculation", "summe(${age})", "there is no function summe()", "function_unknown"),
    ("calculation", "Concat('a', 'b')", "there is no function Concat()", "function_unknown"),
    ("calculation", "if(true(), 1, when(2))", "there is no function when()", "function_unknown"),
    ("calculation", "jr:choice(${work}, 'a')", "there is no function jr:choice()", "function_unknown"),
    ("relevant", "TRUE()", "there is no function TRUE()", "function_unknown"),
    ("calculation", "count(${members}[nope(1)])", "there is no function nope()", "function_unknown"),
    ("calculation", "(nope(1))", "there is no function nope()", "function_unknown"),
    ("default", "nope(1)", "there is no function nope()", "function_unknown"),
    # how many arguments
    ("calculation", "round(${age}, 1, 2)", "round() takes 1 or 2 arguments, not 3", "arity"),
    ("calculation", "if(${age} > 1, 'a')", "if() takes 3 arguments, not 2", "arity"),
    ("calculation", "coalesce(1, 2, 3)", "coalesce() takes 2 arguments, not 3", "arity"),
    ("calculation", "today(1)", "today() takes 0 arguments, not 1", "arity"),
    ("calculation", "int()", "int() takes 1 argument, not 0", "arity"),
    ("calculation", "join()", "join() takes 1 arguments or more, not 0", "arity"),
    ("calculation", "weighted-checklist(1, 2, 3)", "takes 2, 4, … arguments, not 3", "arity"),
    ("calculation", "indexed-repeat(${m_name}, ${members})", "takes 3, 5, 7, 9 or 11 arguments, not 2", "arity"),
    ("relevant", "selected(${work})", "selected() takes 2 arguments, not 1", "arity"),
    # paths
    ("relevant", "/data/agee > 1", "there is no /data/agee in the form", "path_unknown"),
    ("relevant", "/survey/age > 1", "there is no /survey in the form", "path_unknown"),
    ("relevant", "../agee > 1", "there is no /data/agee in the form", "path_unknown"),
    ("relevant", "../../../age > 1", "there is nothing above the form", "path_unknown"),
    ("relevant", "age > 1", "there is no /data/asked/age in the form", "path_unknown"),
    ("relevant", "current()/../agee > 1", "there is no /data/agee in the form", "path_unknown"),
    ("relevant", "${work} = a", "there is no /data/asked/a in the form", "path_unknown"),
    ("required", "có", "there is no /data/asked/có in the form", "path_unknown"),
    ("constraint", "./x > 1", "there is no /data/asked/x in the form", "path_unknown"),
    ("default", "a - 1", "there is no /data/asked/a in the form", "path_unknown"),
    ("calculation", "if(true(), 1, /data/nope)", "there is no /data/nope in the form", "path_unknown"),
    ("calculation", "count(${members}[nam = 'x'])", "there is no /data/members/nam in the form", "path_unknown"),
    ("calculation", "/data/members[1]/nam", "there is no /data/members/nam in the form", "path_unknown"),
    ("calculation", "instance('l')/root/item[name = /data/wrk]/commune", "there is no /data/wrk", "path_unknown"),
    ("calculation", "instance('l')/root/item[name = current()/../wrk]/x", "there is no /data/wrk", "path_unknown"),
    # lists and files
    ("calculation", "count(instance('ll')/root/item)", "the form has no list or file 'll'", "instance_unknown"),
    # patterns
    ("constraint", "regex(., '([0-9]+')", "the pattern cannot be read: missing )", "regex"),
    ("constraint", "regex(., '[0-9')", "unterminated character set", "regex"),
    ("constraint", "regex(., '0-9)')", "unbalanced parenthesis", "regex"),
    ("constraint", "regex(., '*a')", "nothing to repeat", "regex"),
    ("constraint", "regex(., '[9-0]')", "bad character range 9-0", "regex"),
    ("constraint", "regex(., '^\\p{L}{3,1}$')", "min repeat greater than max repeat", "regex"),
    # a node that needs itself
    ("calculation", "if(. = '', uuid(), .)", "needs itself: /data/asked → /data/asked", "cycle"),
    ("relevant", "${asked} = 1", "needs itself: /data/asked → /data/asked", "cycle"),
    ("required", "${asked} = ''", "needs itself: /data/asked → /data/asked", "cycle"),
    ("readonly", "${asked} != ''", "needs itself: /data/asked → /data/asked", "cycle"),
]


@pytest.mark.parametrize(("column", "expression", "words", "advice"), WRONG)
def test_find_one_wrong_expression(column: str, expression: str, words: str, advice: str) -> None:
    one, *more = tried(column, expression)

    assert more == []
    assert (one.path, one.advice) == ("/data/asked", f"forms.advice.{advice}")
    assert words in one.text


NESTED_WRONG = [
    ("relevant", "../nope = 1", "no /data/members/job/nope"),
    ("relevant", "../../nope = 1", "no /data/members/nope"),
    ("relevant", "../../../nope = 1", "no /data/nope"),
    ("relevant", "../../../../nope = 1", "no /nope"),
    ("calculation", "count(../../../members[job/nope > 1])", "no /data/members/job/nope"),
    ("calculation", "count(../../../members[../hed = 'x'])", "no /data/hed"),
]


@pytest.mark.parametrize(("column", "expression", "words"), NESTED_WRONG)
def test_find_lost_path_in_repeat(column: str, expression: str, words: str) -> None:
    (one,) = tried(column, expression, NESTED)

    assert (one.path, one.advice) == ("/data/members/job/asked", "forms.advice.path_unknown")
    assert words in one.text


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


RIGHT = [
    ("relevant", "${age} > 18 and (${age} < 60 or ${work} = 'a') and not(selected(${work}, 'b'))"),
    ("relevant", "${age}>18and ${age}<60"),
    ("relevant", "(${age} + 1) div 2 mod 3 - -1 >= .5 * 2."),
    ("relevant", "count(${members}) > 1 and count-non-empty(${m_name}) > 0"),
    ("relevant", "${work} = “a”"),  # pyxform straightens these quotes
    ("relevant", "true()"),
    ("relevant", "current()/../age > 1"),
    ("relevant", "position(../members[1]) = 1"),
    ("constraint", ". >= 0 and . <= 120 and string-length(.) < 4 and . != ${asked}"),
    ("constraint", "regex(., '^[0-9]{12}$') or regex(., \"^[A-Z][a-z]+$\")"),
    ("constraint", "regex(., '^\\p{L}+(?<rest> .*)?[^\\p{Lu}]$')"),
    ("constraint", "regex(., concat('[', ${age}, ']'))"),
    ("constraint", "regex(., '[a-z&&[^bc]]+[[:alpha:]]') or regex(., '\\Q(\\E')"),
    ("constraint", "regex(., 'a{2}{3}') and regex(., '^*') and regex(., 'a++') and regex(., '(?i)x(?i)y')"),
    ("constraint", "regex(., '(?<=ab?)c') and regex(., 'a{99999999999}')"),
    ("calculation", "if(${age} = '', 'none', coalesce(${work}, 'x'))"),
    ("calculation", "once(uuid())"),
    ("calculation", "once(concat(today(), now(), random(), version(), pi()))"),
    ("calculation", "sum(${age}) + min(${age}, 1) + max(${age}) + pow(2, 3) + round(1.5) + round(1.55, 1)"),
    ("calculation", "join(', ', ${m_name})"),
    ("calculation", "indexed-repeat(${m_name}, ${members}, 1)"),
    ("calculation", "/data/members[position() = 1]/m_name"),
    ("calculation", "count(${members}[m_name != '' and ../age > 1 and ./m_name = current()/../work])"),
    ("calculation", "count(/data/*) + count(//m_name) + count(/data/members/@x) + count(../node())"),
    ("calculation", "count(../child::age) + count(ancestor::data) + count(./text()) + count(self::node())"),
    ("calculation", "jr:choice-name(${work}, '${work}')"),
    ("calculation", "instance('l')/root/item[name = ${work} and commune = 'c1']/label"),
    ("calculation", "instance('l')/root/item[anything/below = ../what]/label"),
    ("calculation", "instance('l')[1]/root/item[2]/name"),
    ("calculation", "count(randomize(instance('l')/root/item, 42)[1]/name)"),
    ("calculation", "pulldata('people', 'name', 'code', ${work})"),
    ("calculation", "format-date(${age}, '%d/%m/%Y') + format-date-time(now(), '%H:%M')"),
    ("calculation", "decimal-date-time(now()) - decimal-time('10:00') + date('2024-01-01') + int(number('1'))"),
    ("calculation", "substr('abc', 0, 1) + substring-before('a b', ' ') + translate('a', 'b', 'c')"),
    ("calculation", "digest('a', 'SHA-256', 'hex') + base64-decode('YQ==') + extract-signed('a', 'b')"),
    ("calculation", "geofence('1 1', '1 1;2 2;3 3') + area('1 1') + distance('1 1', '2 2')"),
    ("calculation", "checklist(1, 2, ${age}) + weighted-checklist(1, 2, ${age}, 1) + boolean-from-string('1')"),
    ("calculation", "selected-at(${work}, 0) + count-selected(${work}) + property('deviceid')"),
    ("calculation", "floor(1) + ceiling(1) + last() + string() + number() + local-name(..)"),
    ("calculation", "$variable + (1)[1] + 'a'"),
    ("calculation", "processing-instruction('x') + (../age)[1] + count(/)"),
    ("calculation", "${last-saved#asked}"),
    ("required", "yes"),
    ("required", "${age} > 1"),
    ("readonly", "${age} > 1"),
    ("default", "${last-saved#age}"),
    ("default", "today()"),
    ("default", "Nhà cấp 4, mái tôn (cũ)"),
    ("default", "2024-01-01"),
]


@pytest.mark.parametrize(("column", "expression"), RIGHT)
def test_accept_right_expression(column: str, expression: str) -> None:
    assert tried(column, expression) == []


def test_accept_operators_that_markdown_cannot_write() -> None:
    assert checks.check(bound(calculate="count(../b | /data/a/../b)")) == []


def test_accept_relative_paths_in_repeat() -> None:
    assert tried("relevant", "${wage} > 1 and ${m_name} != '' and ${head} != '' and position(../..) > 1", NESTED) == []


def test_accept_deep_nesting_unread() -> None:
    deep = "if(${age} > 1, 1, " * 200 + "0" + ")" * 200

    assert tried("calculation", deep) == []


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


def test_refuse_what_is_no_xml() -> None:
    (one,) = checks.check("<h:html")

    assert one.advice == "forms.advice.unreadable"


def test_accept_model_without_instance() -> None:
    assert checks.check("<model/>") == []


@pytest.mark.parametrize("locale", LOCALES)
def test_say_what_to_do_in_every_language(locale: str) -> None:
    asked = {f"forms.advice.{advice}" for *_, advice in WRONG} | {"forms.advice.unreadable"}

    assert asked <= catalogue(locale).keys()


# Properties

XFORM = """
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa">
  <h:head><model>
    <instance><data id="d"><a/><b/><g><c/><r jr:template=""><d/></r><r><d/></r></g></data></instance>
    <instance id="l"><root><item><name>x</name></item></root></instance>
    <bind nodeset="/data/a"/>
  </model></h:head>
  <h:body><group ref="/data/g"><repeat nodeset="/data/g/r">
    <select1 ref="/data/g/r/d"><label><output/></label><itemset/></select1>
  </repeat></group></h:body>
</h:html>
"""
PIECES = """
/data/a ../b . .. ( ) [ ] , 1 .5 'x' "y" ' " and or div mod + - * = != <= > | concat( count( true() if( regex(.,' / //
@ id b child::b current()/ position( instance('l') instance( text() $v :: : # “ ${ } {2} ? \\
"""
SOUP = st.lists(st.sampled_from([*PIECES.split(), " ", "\N{NO-BREAK SPACE}"])).map("".join)
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"])
ANYTHING = st.text(LETTERS) | SOUP


def bound(**expressions: str) -> str:
    """A form with these expressions in the bind of /data/a."""
    document = etree.fromstring(XFORM)
    for name, expression in expressions.items():
        document.find(".//{*}bind").set(name, expression)
    return str(etree.tostring(document, encoding="unicode"))


def everywhere(expression: str) -> str:
    """A form with the same expression wherever one may stand."""
    document = etree.fromstring(bound(**dict.fromkeys(checks.BIND_EXPRESSIONS, expression)))
    document.find(".//{*}output").set("value", expression)
    document.find(".//{*}itemset").set("nodeset", expression)
    document.find(".//{*}repeat").set("{http://openrosa.org/javarosa}count", expression)
    return str(etree.tostring(document, encoding="unicode"))


@given(ANYTHING)
def test_read_or_refuse_any_text(text: str) -> None:
    try:
        xpath.parse(text)
    except xpath.XPathError:
        return

    assert "".join("".join(token.text for token in xpath.tokens(text)).split()) == "".join(text.split())


@given(ANYTHING)
def test_check_any_text_without_failing(text: str) -> None:
    names = {one.advice.removeprefix("forms.advice.") for one in checks.check(everywhere(text))}

    assert names <= {advice for *_, advice in WRONG}


@given(st.text(st.sampled_from("ab09-()[]{}*+?|.^$\\&~,:=<>!iQEpLxk")))
def test_check_any_pattern_without_failing(pattern: str) -> None:
    findings = checks.check(bound(constraint=f'regex(., "{pattern}")'))

    assert {one.advice for one in findings} <= {"forms.advice.regex"}


@st.composite
def calls(draw: st.DrawFn, inside: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(sorted(xpath.FUNCTIONS.keys() - {"instance", "regex", "current"})))
    count = draw(st.sampled_from(xpath.FUNCTIONS[name][:4]))
    return f"{name}({', '.join(draw(inside) for _ in range(count))})"


PATHS = ["/data/b", "../b", "/data/g/r[d = 1]/d", "current()/../g/c", "instance('l')/root/item[name = ../x]/y", ".."]
OPERANDS = st.sampled_from([*PATHS, "1", "1.5", "'a'", '"b"', "-1"])
OPERATORS = st.sampled_from([" and ", " or ", " = ", "!=", "<", ">=", " + ", " - ", "*", " div ", " mod ", "|"])


def longer(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return calls(inside) | st.tuples(inside, OPERATORS, inside).map("".join) | inside.map("({})".format)


@given(st.recursive(OPERANDS, longer, max_leaves=12))
def test_accept_whatever_the_grammar_makes(expression: str) -> None:
    assert checks.check(bound(constraint=expression)) == []


@st.composite
def looking_back(draw: st.DrawFn) -> list[set[int]]:
    """For each of some calculates, the earlier ones that it uses."""
    size = draw(st.integers(2, 8))
    return [draw(st.sets(st.integers(0, index - 1))) if index else set() for index in range(size)]


def calculates(uses: list[set[int]]) -> str:
    nodes = "".join(f"<n{index}/>" for index in range(len(uses)))
    binds = "".join(
        f'<bind nodeset="/data/n{index}" calculate="concat(1{"".join(f", /data/n{one}" for one in sorted(used))})"/>'
        for index, used in enumerate(uses)
    )
    return f'<model xmlns="http://www.w3.org/2002/xforms"><instance><data>{nodes}</data></instance>{binds}</model>'


@given(looking_back())
def test_find_no_circle_where_all_look_back(uses: list[set[int]]) -> None:
    assert checks.check(f"<h>{calculates(uses)}</h>") == []


@given(looking_back(), st.data())
def test_find_circle_once_one_looks_forward_to_its_user(uses: list[set[int]], data: st.DataObject) -> None:
    user = data.draw(st.integers(0, len(uses) - 1))
    used = data.draw(st.sampled_from(sorted({user} | uses[user])))
    uses[used] = uses[used] | {user}

    findings = checks.check(f"<h>{calculates(uses)}</h>")

    assert {one.advice for one in findings} == {"forms.advice.cycle"}


def test_tell_a_limited_number_of_circles() -> None:
    findings = checks.check(f"<h>{calculates([{index} for index in range(checks.MOST_CYCLES + 5)])}</h>")

    assert len(findings) == checks.MOST_CYCLES


def test_quote_long_expression_in_part() -> None:
    (one,) = tried("calculation", "concat(" + "'abcdefghij', " * 30 + "nope())")

    assert len(one.text) < 200
    assert "…`: there is no function nope()" in one.text
