"""Our own checks of the expressions in a form: what they catch, and that a form that works is never refused.

Whole forms are tried in test_checks_forms; how pyxform's complaints are told is tested in test_xlsform.
"""

from __future__ import annotations

import pytest
from pyxform.xls2xform import convert

from fieldsurvey.forms import checks
from fieldsurvey.forms.checks import Finding
from fieldsurvey.translations import LOCALES, catalogue

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
    ("calculation", "round(1.5, 1) + string() + number() + position(..)"),
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


def test_accept_relative_paths_in_repeat() -> None:
    assert tried("relevant", "${wage} > 1 and ${m_name} != '' and ${head} != '' and position(../..) > 1", NESTED) == []


def test_accept_deep_nesting_unread() -> None:
    deep = "if(${age} > 1, 1, " * 200 + "0" + ")" * 200

    assert tried("calculation", deep) == []


def test_refuse_what_is_no_xml() -> None:
    (one,) = checks.check("<h:html")

    assert one.advice == "forms.advice.unreadable"


def test_accept_model_without_instance() -> None:
    assert checks.check("<model/>") == []


@pytest.mark.parametrize("locale", LOCALES)
def test_say_what_to_do_in_every_language(locale: str) -> None:
    asked = {f"forms.advice.{advice}" for *_, advice in WRONG} | {"forms.advice.unreadable"}

    assert asked <= catalogue(locale).keys()


def test_quote_long_expression_in_part() -> None:
    (one,) = tried("calculation", "concat(" + "'abcdefghij', " * 30 + "nope())")

    assert len(one.text) < 200
    assert "…`: there is no function nope()" in one.text
