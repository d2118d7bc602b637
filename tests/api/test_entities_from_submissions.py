"""Entities made by submissions, seen over the wire as soon as the submission has been answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import ADMIN, ROUND, Person
from tests.entity_forms import TREES, form, submission, tree, trees, uuid4
from tests.rest import XML, Rest

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"
PEOPLE = f"/projects/{ROUND}/datasets/people"
ONE, TWO = uuid4(1), uuid4(2)
BRANCH = uuid4(100)


class Lists:
    """A script that sends submissions of `form()` and looks what has become of them."""

    def __init__(self, script: Rest) -> None:
        self.script = script
        self.publish(form())

    def publish(self, xml: str) -> None:
        assert self.script.post(f"{FORMS}?publish=true", data=xml, headers=XML).status_code == 200

    def send(self, xml: bytes, form_id: str = "households") -> None:
        answer = self.script.post(f"{FORMS}/{form_id}/submissions", data=xml, headers=XML)
        assert answer.status_code == 200, answer.json

    def create(self, instance: str = "one", uuid: str = ONE, label: str | None = "Hoa") -> None:
        self.send(submission(instance, uuid, {"name": "Hoa", "age": "20"}, label=label, create="1"))

    def update(self, instance: str, base: int, status: str, **more: Any) -> None:
        self.send(submission(instance, ONE, {"status": status}, update="1", baseVersion=base, **more))

    def entity(self, uuid: str = ONE) -> Any:
        return self.script.get(f"{PEOPLE}/entities/{uuid}").json

    def get(self, path: str, extended: bool = False, language: str = "en") -> Any:
        headers = {"Accept-Language": language} | ({"X-Extended-Metadata": "true"} if extended else {})
        return self.script.get(path, headers=headers).json

    def log(self, instance: str, form_id: str = "households", **more: Any) -> Any:
        return self.get(f"{FORMS}/{form_id}/submissions/{instance}/audits", **more)


@pytest.fixture
def lists(rest: RestOf) -> Lists:
    return Lists(rest(ADMIN))


def actions(log: Any) -> list[str]:
    return [one["action"] for one in log]


def test_entity_is_there_when_the_submission_is_answered(lists: Lists) -> None:
    lists.create()

    found = lists.entity()
    assert found["currentVersion"]["data"] == {"first_name": "Hoa", "age": "20"}
    assert (found["currentVersion"]["version"], found["currentVersion"]["baseVersion"]) == (1, None)


def test_submission_tells_what_it_has_done(lists: Lists) -> None:
    lists.create()
    lists.update("two", 1, "away")

    assert actions(lists.log("one")) == ["entity.create", "submission.create"]
    (changed, sent) = lists.log("two", extended=True)
    assert (changed["action"], sent["action"]) == ("entity.update.version", "submission.create")
    assert changed["details"]["entity"]["uuid"] == ONE
    assert changed["details"]["entity"]["dataset"] == "people"
    assert changed["details"]["entity"]["currentVersion"]["version"] == 2
    assert changed["actor"]["displayName"]


def test_entity_tells_where_its_versions_came_from(lists: Lists) -> None:
    lists.create()
    lists.script.patch(f"{PEOPLE}/entities/{ONE}?baseVersion=1", json={"data": {"age": "21"}})
    lists.update("two", 1, "away")

    versions = lists.get(f"{PEOPLE}/entities/{ONE}/versions", extended=True)
    assert [one["conflict"] for one in versions] == [None, None, "soft"]
    first, last = versions[0]["source"], versions[2]["source"]
    assert (first["submission"]["instanceId"], first["event"]["action"]) == ("one", "submission.create")
    assert (last["submission"]["xmlFormId"], last["submission"]["instanceId"]) == ("households", "two")
    assert versions[1]["source"] == {}
    assert lists.get(f"{PEOPLE}/entities/{ONE}/audits")[0]["details"]["source"]["submission"]["instanceId"] == "two"


def test_approval_is_the_event_behind_the_entity(lists: Lists) -> None:
    lists.script.patch(PEOPLE, json={"approvalRequired": True})
    lists.create()
    assert lists.entity()["code"] == 404.1

    lists.script.patch(f"{FORMS}/households/submissions/one", json={"reviewState": "approved"})

    assert actions(lists.log("one")) == ["entity.create", "submission.update", "submission.create"]
    source = lists.get(f"{PEOPLE}/entities/{ONE}/audits")[0]["details"]["source"]
    assert source["event"]["action"] == "submission.update"


@pytest.mark.parametrize(("language", "said"), [("en", "The form lacks"), ("vi", "Phiếu thiếu")])
def test_mistake_is_said_in_the_readers_language(lists: Lists, language: str, said: str) -> None:
    lists.create(label=None)

    error, sent = lists.log("one", language=language)

    assert (error["action"], sent["action"]) == ("entity.error", "submission.create")
    assert error["details"]["problem"] == {"problemCode": 400.2, "problemDetails": {"field": "label"}}
    assert error["details"]["errorMessage"].startswith(said)
    assert "label" in error["details"]["errorMessage"]


def test_several_mistakes_are_said_together(lists: Lists) -> None:
    lists.publish(TREES)

    lists.send(trees("one", tree("bad", "pine"), tree("", "oak"), tree(TWO, "ash")), "trees")

    details = lists.log("one", "trees")[0]["details"]
    assert (details["problem"]["problemCode"], details["problem"]["problemDetails"]["count"]) == (400.43, 2)
    errors = details["problem"]["problemDetails"]["errors"]
    assert [error["index"] for error in errors] == [0, 1]
    assert all(error["errorMessage"] in details["errorMessage"] for error in errors)
    assert lists.get(f"/projects/{ROUND}/datasets/trees/entities") == []


def test_change_that_waits_is_seen_and_made_in_its_turn(lists: Lists) -> None:
    lists.create()
    lists.update("three", 2, "c", branchId=BRANCH, trunkVersion=1)
    assert actions(lists.log("three")) == ["submission.backlog.hold", "submission.create"]
    assert "problem" not in lists.log("three")[0]["details"]

    lists.update("two", 1, "b", branchId=BRANCH, trunkVersion=1)

    assert actions(lists.log("three")) == [
        "entity.update.version", "submission.backlog.reprocess", "submission.backlog.hold", "submission.create",
    ]  # fmt: skip
    current = lists.entity()["currentVersion"]
    assert (current["version"], current["baseVersion"], current["branchBaseVersion"]) == (3, 2, 2)
    assert (current["trunkVersion"], current["branchId"], current["data"]["status"]) == (1, BRANCH, "c")


def test_conflict_over_the_wire(lists: Lists) -> None:
    lists.create()
    lists.script.patch(f"{PEOPLE}/entities/{ONE}?baseVersion=1", json={"data": {"age": "21"}})
    lists.update("two", 1, "b", branchId=BRANCH, trunkVersion=1)
    lists.script.patch(f"{PEOPLE}/entities/{ONE}?resolve=true&baseVersion=3")
    assert lists.entity()["conflict"] is None

    lists.update("three", 2, "c", branchId=BRANCH, trunkVersion=1)

    assert lists.entity()["conflict"] == "soft"
    versions = lists.get(f"{PEOPLE}/entities/{ONE}/versions")
    assert [one["conflict"] for one in versions] == [None, None, "soft", "soft"]


def test_pending_submissions_are_told_and_converted(lists: Lists) -> None:
    lists.script.patch(PEOPLE, json={"approvalRequired": True})
    lists.create()
    lists.create("two", TWO)

    refused = lists.script.patch(PEOPLE, json={"approvalRequired": False})
    assert (refused.status_code, refused.json["code"], refused.json["details"]) == (400, 400.29, {"count": 2})
    assert lists.script.patch(f"{PEOPLE}?convert=true", json={"approvalRequired": False}).status_code == 200

    assert len(lists.get(f"{PEOPLE}/entities")) == 2
    assert lists.get("/audits?action=dataset.update&limit=1")[0]["details"] == {
        "data": {"approvalRequired": False},
        "autoConvert": True,
    }


def test_deleted_and_draft_submissions_make_nothing(lists: Lists) -> None:
    lists.script.patch(PEOPLE, json={"approvalRequired": True})
    lists.create()
    lists.script.post(f"{FORMS}/households/draft")
    xml = submission("two", TWO, {"name": "Lan"}, label="Lan", create="1")
    assert lists.script.post(f"{FORMS}/households/draft/submissions", data=xml, headers=XML).status_code == 200
    lists.script.delete(f"{FORMS}/households")

    assert lists.script.patch(f"{PEOPLE}?convert=true", json={"approvalRequired": False}).status_code == 200
    assert lists.get(f"{PEOPLE}/entities") == []


def test_edited_submission_makes_the_entity_that_failed(lists: Lists) -> None:
    lists.create(label=None)
    mended = submission("two", ONE, {"name": "Hoa"}, label="Hoa", replaces="one", create="1")

    assert lists.script.put(f"{FORMS}/households/submissions/one", data=mended, headers=XML).status_code == 200

    assert actions(lists.log("one")) == [
        "entity.create", "submission.update.version", "entity.error", "submission.create",
    ]  # fmt: skip


def test_versions_of_a_form_fill_what_they_declare(lists: Lists) -> None:
    lists.script.post(
        f"{FORMS}/households/draft?ignoreWarnings=true", data=form({"name": "nickname"}, version="2"), headers=XML
    )
    lists.script.post(f"{FORMS}/households/draft/publish")

    lists.create()
    lists.send(submission("two", TWO, {"name": "Lan", "age": "9"}, label="Lan", version="2", create="1"))

    assert lists.entity()["currentVersion"]["data"] == {"first_name": "Hoa", "age": "20"}
    assert lists.entity(TWO)["currentVersion"]["data"] == {"nickname": "Lan"}


def test_script_that_posts_a_correction_instead_of_putting_it_sends_another_submission(lists: Lists) -> None:
    lists.create(uuid=TWO)
    lists.update("two", 1, "away")
    lists.send(submission("three", TWO, {"age": "9"}, replaces="two", update="1", baseVersion=1))

    assert actions(lists.log("two")) == ["entity.error", "submission.create"]
    assert actions(lists.log("three")) == ["entity.update.version", "submission.create"]


def test_form_that_does_not_permit_it_is_named_with_what_it_permits(lists: Lists) -> None:
    lists.publish(form(form_id="only-updates", actions='update="" baseVersion=""'))

    xml = submission("one", ONE, {"name": "Hoa"}, form_id="only-updates", label="Hoa", create="1")
    lists.send(xml, "only-updates")

    details = lists.log("one", "only-updates")[0]["details"]
    assert details["problem"] == {
        "problemCode": 403.2,
        "problemDetails": {"action": "create", "permitted": ["update"]},
    }
    assert details["errorMessage"].endswith("only: update.")
