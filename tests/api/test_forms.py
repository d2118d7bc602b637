"""Forms over the wire: made, read, changed, deleted and brought back, as ODK Central does it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import ADMIN, HEAD, OFFICER, ROUND, Person
from tests.rest import XML, Rest
from tests.xforms import xform

RestOf = Callable[[Person | None], Rest]
FORMS = f"/projects/{ROUND}/forms"


def put_in(rest: RestOf, xml: str, query: str = "") -> dict[str, Any]:
    answer = rest(ADMIN).post(f"{FORMS}{query}", data=xml, headers=XML)
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def test_upload_makes_a_draft(rest: RestOf) -> None:
    made = put_in(rest, xform("visit", "7"))

    content = xform("visit", "7").encode()
    digests = (hashlib.md5(content).hexdigest(), hashlib.sha1(content).hexdigest(), hashlib.sha256(content).hexdigest())
    assert (made["hash"], made["sha"], made["sha256"]) == digests
    assert (made["name"], made["version"], made["state"]) == ("Title of visit", "7", "open")
    assert (len(made["draftToken"]), made["publishedAt"], made["updatedAt"]) == (64, None, None)
    assert rest(ADMIN).get(f"{FORMS}/visit/draft").json == made


def test_upload_that_is_published_at_once(rest: RestOf) -> None:
    made = put_in(rest, xform(), "?publish=true")

    assert made["publishedAt"] == made["createdAt"]
    assert (made["draftToken"], made["updatedAt"]) == (None, None)
    assert rest(ADMIN).get(f"{FORMS}/visit/draft").status_code == 404


REFUSED = [
    # the XForm, code, details
    ("<hello", 400.2, {"field": "formId"}),
    ("<test/>", 400.2, {"field": "formId"}),
    (xform("a.xml"), 400.8, None),
    (xform("a.xls"), 400.8, None),
    (xform("a.xlsx"), 400.8, None),
    (xform("a" * 65), 400.13, None),
    (xform().replace("<orx:meta><orx:instanceID/></orx:meta>", "<orx:meta/>"), 400.27, None),
    (xform("ra-soat-ho"), 409.3, None),
    ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + xform(), 400.62, None),
    (b"\xff\xfe<", 400.1, {"format": "xml", "rawLength": 3}),
]


@pytest.mark.parametrize(("xml", "code", "details"), REFUSED)
def test_upload_that_is_refused(rest: RestOf, xml: str, code: float, details: Any) -> None:
    answer = rest(ADMIN).post(FORMS, data=xml, headers=XML)

    assert (answer.status_code, answer.json["code"]) == (int(code), code)
    assert details in (None, answer.json["details"])


def test_draft_is_published_under_another_version(rest: RestOf) -> None:
    put_in(rest, xform("visit", "1"), "?publish=true")
    assert rest(ADMIN).post(f"{FORMS}/visit/draft").json == {"success": True}
    taken = rest(ADMIN).post(f"{FORMS}/visit/draft/publish")
    assert (taken.json["code"], taken.json["details"]) == (409.6, {"xmlFormId": "visit", "version": "1"})

    assert rest(ADMIN).post(f"{FORMS}/visit/draft/publish?version=two").json == {"success": True}

    form = rest(ADMIN).get(f"{FORMS}/visit").json
    assert (form["version"], form["hash"]) == ("two", hashlib.md5(xform("visit", "two").encode()).hexdigest())


def test_who_may_upload(rest: RestOf) -> None:
    asked = [rest(person).post(FORMS, data=xform(), headers=XML).status_code for person in (None, HEAD, OFFICER)]

    assert asked == [401, 403, 403]
