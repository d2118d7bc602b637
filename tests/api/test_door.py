"""The door itself: who is let in, how addresses are read, how problems are told."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from fieldsurvey.addresses import Segment
from fieldsurvey.api.wire import disposition
from tests.cast import ADMIN, HEAD, Person
from tests.rest import Rest

RestOf = Callable[[Person | None], Rest]


def test_roles_speak_centrals_words(rest: RestOf) -> None:
    roles = rest(ADMIN).get("/roles").json

    assert [role["system"] for role in roles][:2] == ["admin", "app-user"]
    assert rest(ADMIN).get("/roles/admin").json == rest(ADMIN).get("/roles/1").json


@pytest.mark.parametrize("unknown", ["aoeu", "999"])
def test_unknown_role(rest: RestOf, unknown: str) -> None:
    answer = rest(ADMIN).get(f"/roles/{unknown}")

    assert (answer.status_code, answer.json["code"], answer.json["details"]) == (404, 404.1, None)


def test_problem_is_told_in_the_readers_language(rest: RestOf) -> None:
    english = rest(HEAD).get("/roles/none", headers={"Accept-Language": "en"}).json["message"]

    assert english.startswith("This cannot be found.")
    assert rest(HEAD).get("/roles/none").json["message"].startswith("Không tìm thấy")


@pytest.mark.parametrize("wrong", ["Bearer nobody", "Digest name=x", "Basic !!!"])
def test_wrong_credentials_are_refused_everywhere(rest: RestOf, wrong: str) -> None:
    answer = rest(None).get("/roles", headers={"Authorization": wrong})

    assert (answer.status_code, answer.json["code"]) == (401, 401.2)


def test_who_does_not_say_who_they_are_is_not_served(rest: RestOf) -> None:
    answer = rest(None).get("/projects/99")

    assert (answer.status_code, answer.json["code"]) == (401, 401.2)


def test_notes_that_are_no_text_are_refused(rest: RestOf) -> None:
    answer = rest(ADMIN).get("/roles", headers={"X-Action-Notes": "for fun%ae"})

    assert (answer.status_code, answer.json["code"], answer.json["details"]["field"]) == (400, 400.6, "x-action-notes")


@pytest.mark.parametrize("name", ["uuid:a/b", "Phiếu hộ.jpg", "50%", "a b+c"])
def test_segment_of_an_address_may_hold_anything(name: str) -> None:
    assert Segment(None).to_url(name) == quote(name, safe="")  # type: ignore[arg-type]


def test_vietnamese_file_names_survive_in_a_header() -> None:
    assert disposition("nhà.jpg") == "attachment; filename=\"nh?.jpg\"; filename*=UTF-8''nh%C3%A0.jpg"
