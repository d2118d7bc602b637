"""Properties of the XPath reader and of our checks: any text is read or refused, what the grammar makes is accepted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fieldsurvey.forms import checks, xpath

ADVICE = {"syntax", "function_unknown", "arity", "path_unknown", "instance_unknown", "regex", "cycle"}
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

    assert names <= ADVICE


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


def test_accept_union_of_paths() -> None:
    assert checks.check(bound(calculate="count(../b | /data/a/../b)")) == []


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
