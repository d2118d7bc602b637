"""From XML to answers and back; what is hostile or broken gets its own problem and never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import answers, instance
from fieldsurvey.forms.xform import FIELD, GROUP, REPEAT, Field, Schema

SCHEMA = Schema(
    form_id="ho", version="7", title="Phiếu", root="data", choices={},
    fields=(
        Field("note", FIELD),
        Field("housing", GROUP), Field("housing/area", FIELD, "decimal"), Field("housing/photo", FIELD, "binary"),
        Field("members", REPEAT), Field("members/name", FIELD), Field("members/face", FIELD, "binary"),
        Field("members/jobs", REPEAT), Field("members/jobs/title", FIELD),
        Field("meta", GROUP), Field("meta/instanceID", FIELD),
    ),
)  # fmt: skip
SHAPE = answers.shape_of(SCHEMA)


def envelope(inner: str, head: str = 'id="ho" version="7"') -> answers.Envelope:
    return answers.open_envelope(f"<data {head}>{inner}</data>".encode())


META = "<meta><instanceID>uuid:1</instanceID></meta>"

READ = [
    # XML inside <data>,                                           answers
    ("<note>xin chào</note>", {"note": "xin chào"}),
    ("<note>  </note><housing><area/></housing>", {"housing": {}}),
    ("<note> a </note>", {"note": "a"}),
    ("<members><name>A</name></members><members><name>B</name></members>", {"members": [{"name": "A"}, {"name": "B"}]}),
    ("<members><jobs><title>x</title></jobs><jobs/></members>", {"members": [{"jobs": [{"title": "x"}, {}]}]}),
    ("<unknown>x</unknown><housing><other/><area>8</area></housing>", {"housing": {"area": "8"}}),
    ("<!-- a remark --><?php x ?><note>a</note>", {"note": "a"}),
    ("<n:note xmlns:n='urn:n'>a</n:note>", {"note": "a"}),
    ("<note><![CDATA[<b>]]></note>", {"note": "<b>"}),
]


@pytest.mark.parametrize(("xml", "expected"), READ, ids=[row[0] for row in READ])
def test_read(xml: str, expected: dict[str, object]) -> None:
    found = answers.read(envelope(xml + META).root, SHAPE)

    assert {name: value for name, value in found.items() if name != "meta"} == expected


def test_envelope() -> None:
    found = envelope("<meta><instanceID> uuid:2 </instanceID><deprecatedID>uuid:1</deprecatedID></meta>")

    assert (found.form_id, found.version, found.instance_id, found.deprecated_id) == ("ho", "7", "uuid:2", "uuid:1")
    assert not found.encrypted


def test_meta_in_the_openrosa_namespace() -> None:
    namespaced = '<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1</orx:instanceID></orx:meta>'

    assert envelope(namespaced).instance_id == "uuid:1"


def test_encrypted_envelope_names_its_files() -> None:
    found = envelope(
        META + "<base64EncryptedKey>x</base64EncryptedKey><media><file>a.jpg.enc</file></media>"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>", 'id="ho" version="7" encrypted="yes"',
    )  # fmt: skip

    assert found.encrypted
    assert answers.encrypted_file_names(found.root) == ["a.jpg.enc", "submission.xml.enc"]


def test_file_names_through_groups_and_repeats() -> None:
    found = {
        "housing": {"photo": "nhà.jpg"},
        "members": [{"face": "a.jpg"}, {}, {"face": "nhà.jpg"}, {"face": "b.jpg"}],
    }

    assert answers.file_names(found, SCHEMA) == ["nhà.jpg", "a.jpg", "b.jpg"]


HOSTILE = [
    (b"", Kind.XML_BROKEN),
    (b"<data", Kind.MISSING_PARAMETER),  # cut off before it says of which form it is
    (b"<data id='ho'></dat>", Kind.XML_BROKEN),
    (b"<data>" + META.encode() + b"</data>", Kind.MISSING_PARAMETER),
    (b"<data id='ho'><meta><instanceID>" + b"x" * 256 + b"</instanceID></meta></data>", Kind.INSTANCE_ID_BAD),
    ("<data id='ho'><meta><instanceID>a\u200fb</instanceID></meta></data>".encode(), Kind.INSTANCE_ID_BAD),
    (b"<data id='ho'>\xff" + META.encode() + b"</data>", Kind.XML_ENCODING),
    (b"<?xml version='1.0' encoding='klingon'?><data id='ho'/>", Kind.XML_ENCODING),
    (b"<!DOCTYPE data><data id='ho'>" + META.encode() + b"</data>", Kind.XML_FORBIDDEN),
    (b"<!DOCTYPE d [<!ENTITY x 'y'>]><data id='ho'><note>&x;</note>" + META.encode() + b"</data>", Kind.XML_FORBIDDEN),
    (b"<data id='ho'>" + b"<a>" * 300 + b"</a>" * 300 + b"</data>", Kind.XML_TOO_DEEP),
]


@pytest.mark.parametrize(("xml", "kind"), HOSTILE, ids=[f"{row[1].name} {row[0][:30]!r}" for row in HOSTILE])
def test_hostile_or_broken(xml: bytes, kind: Kind) -> None:
    with pytest.raises(Problem) as problem:
        answers.open_envelope(xml)

    assert problem.value.kind is kind


@pytest.mark.parametrize("xml", [b"<data id='ho'/>", b"<data id='ho'><meta><instanceID> </instanceID></meta></data>"])
def test_instance_id_may_be_left_to_the_server(xml: bytes) -> None:
    assert answers.open_envelope(xml).instance_id == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_are_a_problem(content: bytes) -> None:
    try:
        answers.open_envelope(content)
    except Problem as problem:
        assert problem.kind.status == 400


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=20
).map(str.strip).filter(bool)  # fmt: skip
trees = st.fixed_dictionaries(
    {},
    optional={
        "note": texts,
        "housing": st.fixed_dictionaries({}, optional={"area": texts, "photo": texts}),
        "members": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "name": texts,
                    "jobs": st.lists(st.fixed_dictionaries({}, optional={"title": texts}), min_size=1),
                },
            ),
            min_size=1,
        ),
    },
)


@given(trees)
def test_what_is_built_is_read_back(given_answers: dict[str, object]) -> None:
    xml = instance.build(SCHEMA, given_answers, "uuid:1")
    found = answers.read(answers.open_envelope(xml).root, SHAPE)

    assert without_empty(found) == without_empty({**given_answers, "meta": {"instanceID": "uuid:1"}})


def without_empty(tree: dict[str, object]) -> dict[str, object]:
    """A group without answers may stand there or not."""
    return {name: value for name, value in tree.items() if value != {}}


def test_built_correction_names_what_it_replaces() -> None:
    root = etree.fromstring(instance.build(SCHEMA, {}, "uuid:2", "uuid:1"))

    assert (root.findtext("meta/instanceID"), root.findtext("meta/deprecatedID")) == ("uuid:2", "uuid:1")
    assert (root.get("id"), root.get("version")) == ("ho", "7")
