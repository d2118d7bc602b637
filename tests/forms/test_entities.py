"""What a form declares of entities, what is wrong with it, and what its submissions say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from lxml import etree

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import entities, xform, xlsform
from fieldsurvey.forms.entities import Declaration
from fieldsurvey.forms.xform import Schema
from fieldsurvey.rules.entity_names import is_dataset_name, is_property_name
from tests.entity_forms import TREES, block, form, submission, tree, trees, uuid4

REPEAT_OF_PEOPLE = '<repeat nodeset="/data/person"/>'


@dataclass
class Node:
    path: str
    kind: str


def declared(xml: str) -> tuple[Declaration, ...]:
    """As the reader of XForms asks: with the model, the primary instance, the fields and the binds."""
    document = etree.fromstring(xml)
    model = next(one for one in document.iter() if entities.local_name(one.tag) == "model")
    root = model[0][0]
    repeats = {one.get("nodeset") for one in document.iter() if entities.local_name(one.tag) == "repeat"}
    bound = {one.get("nodeset"): one for one in model if entities.local_name(one.tag) == "bind"}
    return entities.declared(model, root, list(_nodes(root, "", repeats)), bound)


def _nodes(node: Any, path: str, repeats: set[str]) -> Any:
    for child in node:
        own = f"{path}/{entities.local_name(child.tag)}".lstrip("/")
        yield Node(own, "repeat" if f"/data/{own}" in repeats else "group" if len(child) else "field")
        yield from _nodes(child, own, repeats)


def test_declaration_names_list_actions_and_properties_in_the_order_of_the_form() -> None:
    (one,) = declared(form({"zip": "b", "age": "a", "remark": ""}, actions='create="1"'))

    assert one == Declaration("people", "", False, ("create",), (("zip", "b"), ("age", "a")))


def test_form_without_entities_declares_nothing_whatever_its_version() -> None:
    assert declared(form({"name": "first_name"}, spec="bad", instance="<name/><meta/>")) == ()


@pytest.mark.parametrize("spec", ["2022.1.0", "2022.1.123", "2023.1.0", "2024.1.0", "2025.1.0", "2025.1.7"])
def test_supported_versions(spec: str) -> None:
    assert declared(form(spec=spec))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (form(spec=""), "entities-version"),
        (form(spec="bad-version"), "bad-version"),
        (form(spec="2021.9.0"), "2021.9.0"),
        (form(spec="2024.1"), "2024.1"),
        (form(spec="2025.2.0"), "2025.2.0"),
        (form(spec="2026.1.0"), "2026.1.0"),
        (form().replace('dataset="people"', ""), "list"),
        (form(dataset="peo.ple"), "peo.ple"),
        (form(actions=""), "neither created nor updated"),
        (form({"name": "name"}), "name"),
        (form({"name": "Label"}), "Label"),
        (form({"name": " first_name "}), " first_name "),
        (form({"name": "age", "age": "AGE"}), "AGE"),
        (form({"person/age": "age"}, instance=f"<person><age/></person>{block('p')}", body=REPEAT_OF_PEOPLE), "repeat"),
        (TREES.replace("2025.1.0", "2024.1.0"), "2025.1.0"),
    ],
)
def test_what_is_wrong_is_named(wrong: str, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        declared(wrong)

    assert caught.value.kind is Kind.ENTITY_FORM_INVALID
    assert reason in caught.value.params["reason"]


def test_question_belongs_to_the_nearest_entity_above_it() -> None:
    farm = declared(
        form(
            {"town": "town", "farm/acres": "acres", "farm/farmer/age": "age"},
            spec="2025.1.0",
            instance=f"<town/><farm><acres/><farmer><age/>{block('farmers')}</farmer>{block('farms')}</farm><meta/>",
        )
    )

    assert {one.dataset: (one.path, one.properties) for one in farm} == {
        "farms": ("farm", (("farm/acres", "acres"),)),
        "farmers": ("farm/farmer", (("farm/farmer/age", "age"),)),
    }


def test_names_that_begin_alike_are_not_mixed_up() -> None:
    one, other = declared(
        form(
            {"farm/a": "a", "farmer/b": "b"},
            spec="2025.1.0",
            instance=f"<farm><a/>{block('farm')}</farm><farmer><b/>{block('farmer')}</farmer>",
        )
    )

    assert (one.properties, other.properties) == ((("farm/a", "a"),), (("farmer/b", "b"),))


def test_entity_in_a_repeat_and_its_template_are_one() -> None:
    twice = TREES.replace("<tree>", '<tree jr:template="">', 1).replace(
        "<meta><instanceID/></meta>", tree("", "", update="") + "<meta><instanceID/></meta>"
    )

    assert declared(twice) == declared(TREES)
    assert declared(TREES)[0].repeat


def test_what_is_saved_from_a_group_is_passed_over() -> None:
    (one,) = declared(form({"group": "a", "group/inner": "b"}, instance=f"<group><inner/></group>{block('things')}"))

    assert one.properties == (("group/inner", "b"),)


def test_declaration_survives_storing() -> None:
    (one,) = declared(TREES)
    stored = {
        "dataset": one.dataset,
        "path": one.path,
        "repeat": one.repeat,
        "actions": list(one.actions),
        "properties": [list(pair) for pair in one.properties],
    }

    assert Declaration.from_dict(stored) == one


@pytest.mark.parametrize(
    ("name", "dataset", "property_"),
    [
        ("people", True, True),
        ("hộ_nghèo", True, True),
        ("_x", True, True),
        ("a-1", True, True),
        ("a.b", False, True),
        ("a:b", True, False),
        (":a", True, False),
        ("__a", False, False),
        ("1a", False, False),
        ("", False, False),
        ("a b", False, False),
        ("unicode÷divide", False, False),
        ("naMe", True, False),
        ("LABEL", True, False),
    ],
)
def test_names(name: str, dataset: bool, property_: bool) -> None:
    assert (is_dataset_name(name), is_property_name(name)) == (dataset, property_)


def test_submission_says_what_it_says_word_for_word() -> None:
    answers = {"name": " Hoa ", "age": "", "unknown": "x"}
    xml = submission("one", "UUID:X", answers, label="Hoa (20)", create="true", baseVersion="")

    (one,) = entities.sent(etree.fromstring(xml), declared(form()))

    assert one.data == {"first_name": " Hoa ", "age": ""}
    assert one.label == "Hoa (20)"
    assert one.attributes == {"dataset": "people", "id": "UUID:X", "create": "true", "baseVersion": ""}
    assert (one.wants("create"), one.wants("update")) == (True, False)


def test_each_instance_of_a_repeat_is_an_entity() -> None:
    xml = trees("one", tree(uuid4(1), "pine"), tree(uuid4(2), "oak"))

    said = entities.sent(etree.fromstring(xml), declared(TREES))

    assert [(one.attributes["id"], one.data["species"], one.label) for one in said] == [
        (uuid4(1), "pine", "pine"),
        (uuid4(2), "oak", "oak"),
    ]


@pytest.mark.parametrize(
    ("inside", "entities_"),
    [
        ("<meta><instanceID>one</instanceID></meta>", []),
        ("<name>Hoa</name><meta><instanceID>one</instanceID></meta>", [({}, None)]),
        ("<meta><entity/></meta>", [({}, None)]),
        ('<meta><entity dataset="people"><label/></entity></meta>', [({"dataset": "people"}, "")]),
    ],
)
def test_what_is_missing_is_missing(inside: str, entities_: list[Any]) -> None:
    said = entities.sent(etree.fromstring(f"<data>{inside}</data>"), declared(form()))

    assert [(one.attributes, one.label) for one in said] == entities_


SHEETS = """
| survey |              |         |         |           |
|        | type         | name    | label   | save_to   |
|        | text         | owner   | Owner   | |
|        | begin repeat | tree    | Tree    |           |
|        | text         | species | Species | species   |
|        | end repeat   |         |         |           |
| entities |           |            |         |
|          | list_name | label      | repeat  |
|          | trees     | ${species} | ${tree} |
| settings |         |         |
|          | form_id | version |
|          | trees   | 1       |
"""


def test_spreadsheet_declares_them_in_its_sheet_entities() -> None:
    schema = xform.read(xlsform.convert(SHEETS).xml)

    assert schema.entities == (Declaration("trees", "tree", True, ("create",), (("tree/species", "species"),)),)
    assert schema.entities_version == "2025.1.0"
    assert Schema.from_dict(schema.as_dict()).entities == schema.entities
