"""Forms of the kind that Central's own tests use: with a repeat, repeats inside repeats, groups, every type; and instances."""

from __future__ import annotations

from tests.xforms import xform

SIMPLE = xform("simple", "", "<name/><age/>")
WITH_REPEAT = xform(
    "withrepeat",
    "1.0",
    "<name/><age/><children><child jr:template=''><name/><age/></child></children>",
    '<bind nodeset="/data/name" type="string"/><bind nodeset="/data/age" type="int"/>'
    '<bind nodeset="/data/children/child/name" type="string"/><bind nodeset="/data/children/child/age" type="int"/>',
    '<group ref="/data/children/child"><repeat nodeset="/data/children/child">'
    '<input ref="/data/children/child/name"/></repeat></group>',
)
DOUBLE_REPEAT = xform(
    "doubleRepeat",
    "1.0",
    "<name/><children><child><name/><toys><toy><name/></toy></toys></child></children>",
    '<bind nodeset="/data/name" type="string"/>',
    '<group ref="/data/children/child"><repeat nodeset="/data/children/child">'
    '<group ref="/data/children/child/toys"><repeat nodeset="/data/children/child/toys/toy">'
    '<input ref="/data/children/child/toys/toy/name"/></repeat></group></repeat></group>',
)
SELECT_MULTIPLE = xform(
    "selectMultiple",
    "",
    "<q1/><g1><q2/></g1>",
    '<bind nodeset="/data/q1" type="string"/>',
    '<select ref="/data/q1"><label>one</label></select>'
    '<group ref="/data/g1"><select ref="/data/g1/q2"><label>two</label></select></group>',
)
FILES = xform(
    "binaryType",
    "",
    "<file1/><file2/>",
    '<bind nodeset="/data/file1" type="binary"/><bind nodeset="/data/file2" type="binary"/>',
    '<upload ref="/data/file1"/><upload ref="/data/file2"/>',
)
TYPES = xform(
    "types",
    "2",
    "<n/><d/><ok/><day/><at/><g><place/><trace/><shape/></g>",
    "".join(
        f'<bind nodeset="/data/{path}" type="{kind}"/>'
        for path, kind in (
            ("n", "int"), ("d", "decimal"), ("ok", "boolean"), ("day", "date"), ("at", "dateTime"),
            ("g/place", "geopoint"), ("g/trace", "geotrace"), ("g/shape", "geoshape"),
        )
    ),
)  # fmt: skip
FORMS = (SIMPLE, WITH_REPEAT, DOUBLE_REPEAT, SELECT_MULTIPLE, FILES, TYPES)


def instance(form: str, instance_id: str, answers: str, version: str = "", replaces: str = "") -> bytes:
    attribute = f' version="{version}"' if version else ""
    replaced = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    meta = f"<meta><instanceID>{instance_id}</instanceID>{replaced}</meta>"
    return f'<data id="{form}"{attribute}>{meta}{answers}</data>'.encode()


def child(name: str, age: int) -> str:
    return f"<child><name>{name}</name><age>{age}</age></child>"


ONE = instance("simple", "one", "<name>Alice</name><age>30</age>")
TWO = instance("simple", "two", "<name>Bob</name><age>34</age>")
THREE = instance("simple", "three", "<name>Chelsea</name><age>38</age>")
R_ONE = instance("withrepeat", "rone", "<name>Alice</name><age>30</age>", "1.0")
R_TWO = instance(
    "withrepeat",
    "rtwo",
    f"<name>Bob</name><age>34</age><children>{child('Billy', 4)}{child('Blaine', 6)}</children>",
    "1.0",
)
R_THREE = instance(
    "withrepeat", "rthree", f"<name>Chelsea</name><age>38</age><children>{child('Candace', 2)}</children>", "1.0"
)


def toys(*names: str) -> str:
    return "<toys>" + "".join(f"<toy><name>{name}</name></toy>" for name in names) + "</toys>" if names else ""


DOUBLE = instance(
    "doubleRepeat",
    "double",
    "<name>Vick</name><children><child><name>Alice</name></child>"
    f"<child><name>Bob</name>{toys('Twilight Sparkle', 'Pinkie Pie')}</child>"
    f"<child><name>Chelsea</name>{toys('Rainbow Dash', 'Rarity', 'Fluttershy', 'Princess Luna')}</child></children>",
    "1.0",
)
EVERY_TYPE = instance(
    "types",
    "t1",
    "<n>7</n><d>1.50</d><ok>true</ok><day>2026-10-04</day><at>2026-10-04T08:30:00.000+07</at>"
    "<g><place>21.2 105.5 12.5 4.5</place><trace>1 2 0 0; 3 4 0 0</trace><shape>1 2; 3 4; 5 6; 1 2;</shape></g>",
    "2",
)
