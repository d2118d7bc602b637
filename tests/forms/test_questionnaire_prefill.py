"""The questionnaire and last year's answers: what is filled in when, and that the roster cannot lose a known member."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pyxform.xls2xform import ConvertResult, convert  # type: ignore[import-untyped]

from fieldsurvey.rules import prior
from tests.forms.test_questionnaire import FORM, QUESTIONS, XFORMS

FROM_HOUSEHOLDS = "if(${listing} = 'listed', instance('households')/root/item[name = ${household}]/%s, '')"
FROM_MEMBERS = "instance('members')/root/item[name = ${m_known}]/%s"


@pytest.fixture(scope="module")
def converted() -> ConvertResult:
    return convert(FORM / "form.xlsx")


def test_roster_has_each_known_member_and_never_fewer_than_have_a_name(converted: ConvertResult) -> None:
    body = ElementTree.fromstring(converted.xform)  # noqa: S314  (our own form)
    repeats = body.findall(f".//{XFORMS}repeat")
    assert [repeat.attrib["nodeset"] for repeat in repeats] == ["/data/members"]
    assert repeats[0].attrib["{http://openrosa.org/javarosa}count"].strip() == "/data/roster/members_count"
    new = "max(coalesce(${newcomers}, 0) + coalesce(${people}, 0), count(/data/members[m_known = '' and m_name != '']))"
    assert QUESTIONS["members_count"]["calculation"] == f"${{known_members}} + {new}"


def triggered(trigger: str) -> dict[str, str]:
    """Question → what is written into it when somebody answers the trigger."""
    return {name: row["calculation"] for name, row in QUESTIONS.items() if row["trigger"] == trigger}


def test_choosing_a_household_brings_last_year_s_answers_and_only_those() -> None:
    listed = ("head_name", "address", *prior.QUESTIONS)
    assert triggered("${household}, ${listing}") == {name: FROM_HOUSEHOLDS % name for name in listed}
    assert triggered("${household}") == {f"{block}_same": "''" for block in prior.BLOCKS}, "asked anew"


def test_saying_that_a_member_is_still_here_brings_what_was_known_of_them() -> None:
    known = {name: FROM_MEMBERS % name for name in (*prior.MEMBER_FACTS, *prior.MEMBER_QUESTIONS)}
    assert triggered("${m_status}") == {**known, "m_person": "${m_known}"}


def test_nothing_is_written_into_measured_or_personal_answers() -> None:
    filled = {name for name, row in QUESTIONS.items() if row["trigger"]}
    assert not filled & {"m_id_number", "m_height_for_age", "m_weight_for_age", "merit_member", "causes", "wishes"}
