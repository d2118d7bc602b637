"""Answers in words: labels and choices in two languages, repeats, masking, what changed between two versions."""

from __future__ import annotations

from typing import Any

import pytest

from fieldsurvey.forms.xform import Field, Schema
from fieldsurvey.outputs import answer_sheet
from fieldsurvey.outputs.answer_sheet import Answer, Block, Kind, Reader

YES_NO = {"yes": {"vi": "Có", "en": "Yes"}, "no": {"vi": "Không", "en": "No"}}
ANIMALS = {"cow": {"vi": "Bò"}, "pig": {"vi": "Lợn"}}
SCHEMA = Schema(
    form_id="f",
    version="1",
    title="",
    root="data",
    choices={"yes_no": YES_NO, "animals": ANIMALS, "areas": {}},
    fields=(
        Field("home", "group", label={"vi": "Nhà ở", "en": "Home"}),
        Field("home/built", "field", "date", "input", label={"vi": "Xây ngày", "en": "Built on"}),
        Field("home/size", "field", "decimal", "input", label={"vi": "Diện tích"}),
        Field("home/owned", "field", "string", "select1", "yes_no", {"vi": "Của hộ"}),
        Field("home/animals", "field", "string", "select", "animals", {"vi": "Vật nuôi"}),
        Field("home/village", "field", "string", "select1", "areas", {"vi": "Thôn"}),
        Field("home/hidden", "field", "string"),
        Field("home/seen", "field", "string", "trigger", label={"vi": "Đã đọc"}),
        Field("home/photo", "field", "binary", "upload", label={"vi": "Ảnh"}),
        Field("home/place", "field", "geopoint", "input", label={"vi": "Vị trí"}),
        Field("home/phone", "field", "string", "input", label={"vi": "Điện thoại"}),
        Field("people", "repeat", label={"vi": "Người: …", "en": "Person: …"}),
        Field("people/name", "field", "string", "input", label={"vi": "Tên"}),
        Field("people/age", "field", "string"),
        Field("people/id_number", "field", "string", "input", label={"vi": "Số căn cước"}),
    ),
)
VIETNAMESE = Reader("vi", names={"09043-01": "Thôn Tảo Phú"})


def sheet(
    answers: dict[str, Any], before: dict[str, Any] | None = None, reader: Reader = VIETNAMESE
) -> tuple[Block, ...]:
    return answer_sheet.sheet(SCHEMA, answers, reader, before)


def told(name: str, value: str, reader: Reader = VIETNAMESE) -> Answer:
    """The one answer of the home."""
    return sheet({"home": {name: value}}, reader=reader)[0].answers[0]


WORDS = [
    # question, as sent, kind, in words
    ("built", "2026-10-05T00:00:00.000+07:00", Kind.TEXT, "05/10/2026"),
    ("built", "long ago", Kind.TEXT, "long ago"),
    ("size", "31.50", Kind.TEXT, "31,5"),
    ("size", "12000", Kind.TEXT, "12.000"),
    ("size", "1965", Kind.TEXT, "1965"),
    ("size", "much", Kind.TEXT, "much"),
    ("owned", "yes", Kind.CHOICE, "Có"),
    ("owned", "maybe", Kind.CHOICE, "maybe"),
    ("animals", "cow pig", Kind.CHOICE, "Bò, Lợn"),
    ("village", "25", Kind.CHOICE, "25"),
    ("photo", "a.jpg", Kind.FILE, "a.jpg"),
    ("place", "21.2 105.5 0 5", Kind.POINT, "21.2 105.5 0 5"),
    ("phone", "0912345678", Kind.PHONE, "0912345678"),
]


@pytest.mark.parametrize(("name", "value", "kind", "text"), WORDS)
def test_answer_in_words(name: str, value: str, kind: Kind, text: str) -> None:
    answer = told(name, value)

    assert (answer.kind, answer.text, answer.given) == (kind, text, value)


def test_sheet_is_in_the_reader_s_language() -> None:
    answers = {"home": {"built": "2026-10-05", "size": "31.5", "owned": "no"}}

    block = sheet(answers, reader=Reader("en"))[0]

    assert block.title == "Home"
    assert [(one.label, one.text) for one in block.answers] == [
        ("Built on", "05/10/2026"),
        ("Diện tích", "31.5"),  # no English label: the form's first language
        ("Của hộ", "No"),
    ]


@pytest.mark.parametrize("name", ["hidden", "seen"])
def test_what_was_not_asked_is_left_out(name: str) -> None:
    assert sheet({"home": {name: "1"}}) == ()


def test_own_village_is_left_out_and_another_is_not() -> None:
    assert sheet({"home": {"village": "09043-01"}}) == ()
    assert told("village", "09043-02").text == "09043-02"


def test_rounds_of_a_repeat_are_titled_by_their_first_answer() -> None:
    people = sheet({"people": [{"name": "Lan", "age": "7", "id_number": "012345678901"}, {"name": "Bình"}]})[0]

    assert people.title == "Người"
    assert [inner.title for inner in people.blocks] == ["Lan", "Bình"]
    assert people.blocks[0].facts == {"name": "Lan", "age": "7"}  # the identity number is no fact to be passed on
    assert people.blocks[0].text_of("name") == "Lan"
    assert people.blocks[0].text_of("age") == ""
    assert [answer.path for answer in people.everything()] == [
        "people[1]/name",
        "people[1]/id_number",
        "people[2]/name",
    ]


def test_answer_is_named_for_rules_notes_and_pages() -> None:
    answer = sheet({"people": [{"name": "Lan"}]})[0].blocks[0].answers[0]

    assert (answer.path, answer.ref, answer.anchor) == ("people[1]/name", "/data/people[1]/name", "a-people-1-name")


def test_identity_number_is_masked_unless_revealed() -> None:
    answers, before = {"people": [{"id_number": "012345678901"}]}, {"people": [{"id_number": "012345678999"}]}

    def number(reader: Reader) -> Answer:
        return sheet(answers, before, reader)[0].blocks[0].answers[0]

    assert (number(VIETNAMESE).text, number(VIETNAMESE).before) == ("•••••••••901", "•••••••••999")
    assert "012345678901" not in repr(sheet(answers, before))
    assert number(Reader("vi", reveal=True)).text == "012345678901"


CHANGES = [
    # before, now, what the answer says it was before
    ({"owned": "no"}, {"owned": "yes"}, "Không"),
    ({"owned": "yes"}, {"owned": "yes"}, None),
    ({}, {"owned": "yes"}, ""),
    ({"owned": "no"}, {}, "Không"),
]


@pytest.mark.parametrize(("before", "now", "said"), CHANGES)
def test_change_shows_what_was_before(before: dict[str, str], now: dict[str, str], said: str | None) -> None:
    answer = sheet({"home": now}, {"home": before})[0].answers[0]

    assert answer.before == said
    assert answer.text == ("Có" if now else "")


def test_group_that_was_not_there_before_counts_as_changed() -> None:
    assert sheet({"home": {"owned": "yes"}}, {})[0].answers[0].before == ""


def test_version_of_a_form_of_another_shape_does_not_matter() -> None:
    answers = {"home": {"owned": "yes"}, "people": [{"name": "Lan"}]}
    other_form = {"home": [{"owned": "no"}], "people": {"name": {"first": "Lan"}}}

    home, people = sheet(answers, other_form)

    assert home.answers[0].before == ""
    assert people.blocks[0].added


def test_person_who_was_added_is_marked_as_a_whole() -> None:
    blocks = sheet({"people": [{"name": "Lan"}, {"name": "Bình"}]}, {"people": [{"name": "Lan"}]})[0].blocks

    assert [(inner.title, inner.added) for inner in blocks] == [("Lan", False), ("Bình", True)]
    assert [answer.before for inner in blocks for answer in inner.answers] == [None, None]


def test_person_who_is_gone_is_still_shown() -> None:
    gone = sheet({"people": [{"name": "Lan"}]}, {"people": [{"name": "Lan"}, {"name": "Bình"}]})[0].blocks[1]

    assert (gone.title, gone.added) == ("Bình", False)
    assert [(answer.text, answer.before) for answer in gone.answers] == [("", "Bình")]


def test_rated_answer_in_words() -> None:
    assert answer_sheet.in_words(SCHEMA, "assets.car", "yes", "vi") == "Có"
    assert answer_sheet.in_words(SCHEMA, "animals", "cow", "vi") == "Bò"
    assert answer_sheet.in_words(SCHEMA, "annual_crops", "720", "vi") == "720"
