"""Entity lists and properties that are deleted: only what nothing uses, and not for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import entity_forms
from tests.api.lists import DATASETS, UUID, Lists
from tests.cast import ADMIN, ROUND, Person
from tests.rest import XML, Rest

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def admin(rest: RestOf) -> Rest:
    return rest(ADMIN)


@pytest.fixture
def lists(admin: Rest) -> Lists:
    return Lists(admin)


def test_list_is_deleted_and_its_name_free_again(lists: Lists, admin: Rest) -> None:
    path = lists.make("people", "age")
    lists.add(path, 1, age="40")

    assert admin.delete(path).json == {"success": True}
    assert admin.get(path).status_code == 404
    gone = admin.get(f"{DATASETS}?deleted=true").json
    assert [one["name"] for one in gone] == ["people"]
    trash = f"/projects/{ROUND}/trash/datasets/{{}}/entities.csv"
    assert f"{UUID.format(1)},No. 1,40" in admin.get(trash.format(gone[0]["id"])).text
    assert admin.get(trash.format(999999)).status_code == 404
    lists.make("people")
    assert admin.get(f"{path}/entities").json == []
    assert len(admin.get("/audits?action=dataset.delete").json) == 1


def test_property_is_deleted_when_nothing_has_it(lists: Lists, admin: Rest) -> None:
    path = lists.make("people", "age", "city")
    lists.add(path, 1, age="40", city="")

    assert admin.delete(f"{path}/properties/city").json == {"success": True}
    assert [one["name"] for one in admin.get(path).json["properties"]] == ["age"]
    in_use = admin.delete(f"{path}/properties/age")
    assert (in_use.status_code, in_use.json["details"]["entities"]) == (409, 1)
    assert admin.delete(f"{path}/properties/none").status_code == 404


@pytest.mark.parametrize("published", [True, False])
def test_list_that_a_form_uses_is_kept(lists: Lists, admin: Rest, published: bool) -> None:
    lists.make("people", "age")
    form = entity_forms.form({"age": "age"}, form_id="visit")
    assert admin.post(FORMS, data=form, headers=XML).status_code == 200
    if published:
        assert admin.post(f"{FORMS}/visit/draft/publish").status_code == 200

    refused = admin.delete(f"{DATASETS}/people")
    uses = refused.json["details"]["sourceForms" if published else "draftSourceForms"]
    assert (refused.status_code, uses) == (409, [{"xmlFormId": "visit", "name": "visit"}])
    assert admin.delete(f"{DATASETS}/people/properties/age").json["details"]["forms"] == uses
