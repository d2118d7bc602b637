"""Entity lists as forms make them, over the wire: drafts, publishing, conflicts, what the diff says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fieldsurvey.casework import publishing
from fieldsurvey.extensions import db, write
from tests.cast import ADMIN, NOW, ROUND, Person
from tests.entity_forms import TREES, binds, block, form
from tests.rest import XML, Rest
from tests.world import World

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"
SAVED = {"name": "first_name", "age": "age"}


@pytest.fixture
def script(rest: RestOf) -> Rest:
    return rest(ADMIN)


def make(script: Rest, xml: str, *, publish: bool = True, status: int = 200) -> Any:
    answer = script.post(f"{FORMS}?publish={str(publish).lower()}", data=xml, headers=XML)
    assert answer.status_code == status, answer.json
    return answer.json


def draft(script: Rest, form_id: str, xml: str, status: int = 200) -> Any:
    answer = script.post(f"{FORMS}/{form_id}/draft?ignoreWarnings=true", data=xml, headers=XML)
    assert answer.status_code == status, answer.json
    return answer.json


def properties(script: Rest, dataset: str = "people") -> list[str]:
    found = script.get(f"/projects/{ROUND}/datasets/{dataset}").json
    return [one["name"] for one in found["properties"]]


def log(script: Rest, action: str) -> list[Any]:
    return [one["details"] for one in script.get(f"/audits?action={action}").json]


def test_draft_makes_a_list_that_nobody_sees_until_it_is_published(script: Rest) -> None:
    made = make(script, form(SAVED), publish=False)

    assert script.get(f"/projects/{ROUND}/datasets/people").status_code == 404
    assert log(script, "dataset") == []
    assert script.post(f"{FORMS}/{made['xmlFormId']}/draft/publish").status_code == 200
    assert properties(script) == ["first_name", "age"]
    assert log(script, "dataset") == [{"properties": ["first_name", "age"]}]


def test_audit_tells_form_list_and_publishing_in_their_order(script: Rest) -> None:
    make(script, form(SAVED))
    draft(script, "households", form({"name": "nickname"}, version="2"))
    script.post(f"{FORMS}/households/draft/publish")

    actions = [one["action"] for one in script.get("/audits?action=nonverbose").json][:6]
    assert actions == [
        "form.update.publish", "dataset.update", "form.update.draft.set",
        "form.update.publish", "dataset.create", "form.create",
    ]  # fmt: skip


def test_properties_keep_the_order_of_the_form_that_published_them(script: Rest) -> None:
    make(script, form({"q1": "b", "q2": "d", "q3": "a"}), publish=False)
    draft(script, "households", form({"q3": "a", "q1": "b", "q2": "d"}))
    script.post(f"{FORMS}/households/draft/publish")

    assert properties(script) == ["a", "b", "d"]


def test_publishing_without_news_is_not_logged_as_a_change_of_the_list(script: Rest) -> None:
    make(script, form(SAVED))
    make(script, form(SAVED, form_id="other"))
    make(script, form({"name": "color"}, form_id="third"))

    assert log(script, "dataset.update") == [{"properties": ["first_name", "age", "color"]}]


def test_list_names_the_forms_that_fill_and_use_it(script: Rest) -> None:
    make(script, form(SAVED))
    make(script, form({"name": "first_name"}, form_id="other"))

    found = script.get(f"/projects/{ROUND}/datasets/people").json

    assert [one["xmlFormId"] for one in found["sourceForms"]] == ["households", "other"]
    assert [(one["name"], len(one["forms"])) for one in found["properties"]] == [("first_name", 2), ("age", 1)]


@pytest.mark.parametrize("published", ["people", "PEOPLE"])
def test_name_that_differs_in_capitals_is_refused(script: Rest, published: str) -> None:
    make(script, form(SAVED, dataset=published))

    refused = make(script, form(SAVED, form_id="other", dataset="People"), publish=False, status=409)

    assert (refused["code"], refused["details"]) == (409.16, {"current": published, "provided": "People"})


def test_of_two_drafts_with_such_names_one_can_be_published(script: Rest) -> None:
    make(script, form(SAVED), publish=False)
    make(script, form(SAVED, form_id="other", dataset="PEOPLE"), publish=False)
    script.post(f"{FORMS}/households/draft/publish")

    refused = script.post(f"{FORMS}/other/draft/publish")

    assert (refused.status_code, refused.json["code"]) == (409, 409.16)
    assert script.get(f"{FORMS}/other/draft").status_code == 200


@pytest.mark.parametrize("first_published", [True, False])
def test_property_that_differs_in_capitals_is_refused(script: Rest, first_published: bool) -> None:
    make(script, form({"name": "first_name"}), publish=first_published)
    other = form({"name": "FIRST_NAME"}, form_id="other")
    if first_published:
        refused = make(script, other, publish=False, status=409)
    else:
        make(script, other)
        refused = script.post(f"{FORMS}/households/draft/publish").json

    known, given = ("first_name", "FIRST_NAME") if first_published else ("FIRST_NAME", "first_name")
    assert refused["code"] == 409.17
    assert refused["details"] == {"duplicateProperties": [{"current": known, "provided": given}]}


def test_wrong_entities_are_named(script: Rest) -> None:
    refused = make(script, form(SAVED, spec="bad-version"), status=400)

    assert refused["code"] == 400.25
    assert "bad-version" in refused["details"]["reason"]


def test_form_for_older_phones_is_a_warning(script: Rest) -> None:
    old = form(SAVED, spec="2022.1.0")

    refused = make(script, old, status=400)

    assert refused["code"] == 400.16
    (warning,) = refused["details"]["warnings"]["workflowWarnings"]
    assert (warning["type"], warning["details"]) == ("oldEntityVersion", {"version": "2022.1.0"})
    assert script.post(f"{FORMS}?ignoreWarnings=true", data=old, headers=XML).status_code == 200


def test_form_says_whether_it_has_to_do_with_entities(script: Rest) -> None:
    make(script, form(SAVED))

    extended = {"X-Extended-Metadata": "true"}
    assert script.get(f"{FORMS}/households", headers=extended).json["entityRelated"] is True


def diff(script: Rest, address: str) -> Any:
    return script.get(f"{FORMS}/{address}/dataset-diff").json


def test_diff_of_a_draft_says_what_is_new(script: Rest) -> None:
    make(script, form({"q1": "b", "q2": "d", "q3": "a"}))
    draft(script, "households", form({"q2": "d", "q3": "x"}, version="2"))

    assert diff(script, "households/draft") == [
        {
            "name": "people",
            "isNew": False,
            "properties": [
                {"name": "b", "isNew": False, "inForm": False},
                {"name": "a", "isNew": False, "inForm": False},
                {"name": "d", "isNew": False, "inForm": True},
                {"name": "x", "isNew": True, "inForm": True},
            ],
        }
    ]


def test_diff_of_a_published_form_says_what_it_fills(script: Rest) -> None:
    make(script, form(SAVED))
    make(script, form({"name": "nickname"}, form_id="other"), publish=False)

    assert diff(script, "households") == [
        {
            "name": "people",
            "properties": [{"name": "first_name", "inForm": True}, {"name": "age", "inForm": True}],
        }
    ]
    assert diff(script, "other")["code"] == 404.1


def test_diff_of_forms_that_save_nothing(script: Rest) -> None:
    make(script, form({"name": ""}), publish=False)
    make(script, form({"name": "a"}, form_id="plain", instance="<name/><meta><instanceID/></meta>"), publish=False)
    encrypted = form(SAVED, form_id="encrypted").replace("</model>", '<submission base64RsaPublicKey="abc"/></model>')
    make(script, encrypted, publish=False)

    assert diff(script, "households/draft") == [{"name": "people", "isNew": True, "properties": []}]
    assert diff(script, "plain/draft") == []
    assert diff(script, "encrypted/draft") == []


def test_several_lists_of_one_form(script: Rest) -> None:
    make(script, TREES)
    farm = f"<town/><farm><acres/><farmer><age/>{block('farmers')}</farmer>{block('farms')}</farm><meta/>"
    make(
        script, form({"farm/acres": "acres", "farm/farmer/age": "age"}, form_id="farm", spec="2025.1.0", instance=farm)
    )

    assert [properties(script, name) for name in ("trees", "farms", "farmers")] == [
        ["species", "girth"], ["acres"], ["age"],
    ]  # fmt: skip


CHOOSES = '<instance id="people" src="jr://file-csv/people.csv"/>'


def linked(script: Rest) -> list[str]:
    found = script.get(f"/projects/{ROUND}/datasets/people").json
    return [one["xmlFormId"] for one in found["linkedForms"]]


def test_file_of_the_same_name_is_the_list(script: Rest) -> None:
    uses = form({"name": ""}, form_id="uses", instance="<name/><meta><instanceID/></meta>").replace(
        "</instance>", f"</instance>{CHOOSES}", 1
    )
    make(script, form(SAVED))
    make(script, uses)

    assert linked(script) == ["uses"]


def test_form_that_makes_a_list_chooses_from_it(script: Rest) -> None:
    both = form(SAVED).replace("</instance>", f"</instance>{CHOOSES}", 1)
    make(script, both, publish=False)

    script.post(f"{FORMS}/households/draft/publish")

    assert linked(script) == ["households"]
    (link,) = log(script, "form.attachment.update")
    assert (link["name"], link["oldDatasetId"]) == ("people.csv", None)


def test_new_round_has_lists_of_its_own(script: Rest) -> None:
    make(script, form(SAVED))
    second = script.post("/projects", json={"name": "Second"}).json["id"]

    answer = script.post(f"/projects/{second}/forms?publish=true", data=form({"name": "email"}), headers=XML)

    assert answer.status_code == 200
    assert [one["name"] for one in script.get(f"/projects/{second}/datasets/people").json["properties"]] == ["email"]
    assert properties(script) == ["first_name", "age"]


def test_binds_may_stand_anywhere_in_the_model(script: Rest) -> None:
    moved = form(SAVED).replace(binds(SAVED), "").replace("<instance>", binds(SAVED) + "<instance>", 1)
    make(script, moved)

    assert properties(script) == ["first_name", "age"]


def test_round_that_takes_over_forms_has_their_lists(script: Rest) -> None:
    uses = form({"name": ""}, form_id="a-uses", instance="<name/><meta><instanceID/></meta>").replace(
        "</instance>", f"</instance>{CHOOSES}", 1
    )
    make(script, form(SAVED, form_id="makes"))
    make(script, uses)
    second = script.post("/projects", json={"name": "Second"}).json["id"]

    with script.client.application.app_context():
        with write() as session:
            publishing.copy(session, ROUND, second, by=World().doer(ADMIN), now=NOW)
        db.session.remove()

    found = script.get(f"/projects/{second}/datasets/people").json
    assert [one["name"] for one in found["properties"]] == ["first_name", "age"]
    assert [one["xmlFormId"] for one in found["sourceForms"]] == ["makes"]
    assert [one["xmlFormId"] for one in found["linkedForms"]] == ["a-uses"]
