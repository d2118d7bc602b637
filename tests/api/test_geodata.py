"""Submissions on a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fieldsurvey.extensions import db
from tests import central
from tests.cast import ADMIN, HEAD, ROUND, Person
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import publish, xform

RestOf = Callable[[Person | None], Rest]
GEOTEST_FORM = f"/projects/{ROUND}/forms/geotest"
SUBMISSIONS = f"{GEOTEST_FORM}/submissions"
FIELDS = {
    "singular/point": "geopoint", "singular/trace": "geotrace", "plural/point": "geopoint", "plural/shape": "geoshape",
    "plural/inner/place/point": "geopoint",
}  # fmt: skip
GEOTEST = xform(
    "geotest",
    "10",
    "<singular><point/><trace/></singular><plural><point/><shape/><inner><place><point/></place></inner></plural>",
    "".join(f'<bind nodeset="/data/{path}" type="{kind}"/>' for path, kind in FIELDS.items()),
    '<repeat nodeset="/data/plural"><repeat nodeset="/data/plural/inner"/></repeat>',
)
SQUARE = "63 3 3 0; 64 4 4 0; 65 5 5 0; 63 3 3 0"


def visit(instance_id: str, point: str = "50 0 0 0", replaces: str = "", trace: str = "51 1 1 0; 52 2 2 0") -> bytes:
    inner = "".join(f"<inner><place><point>{at}</point></place></inner>" for at in ("11 1 1 0", "22 2 2 0"))
    answers = (
        f"<singular><point>{point}</point><trace>{trace}</trace></singular>"
        f"<plural><point>60 0 0 0</point><shape>{SQUARE}</shape>{inner}</plural>"
        "<plural><point>70 0 0 0</point><shape>1 2; 3 4</shape></plural>"
    )
    return central.instance("geotest", instance_id, answers, "10", replaces)


@pytest.fixture
def admin(world: World, rest: RestOf) -> Rest:
    publish(GEOTEST)
    db.session.remove()
    script = rest(ADMIN)
    for one in (visit("1"), visit("2", "10 20")):
        assert script.post(SUBMISSIONS, data=one, headers=XML).status_code == 200
    return script


def features(script: Rest, tail: str = "") -> list[dict[str, Any]]:
    answer = script.get(f"{SUBMISSIONS}{tail}")
    assert answer.status_code == 200, answer.json
    assert answer.json["type"] == "FeatureCollection"
    return list(answer.json["features"])


def ids(script: Rest, query: str) -> list[str]:
    return [one["id"] for one in features(script, f".geojson{query}")]


def test_first_question_of_place_outside_repeats_is_shown(admin: Rest) -> None:
    assert features(admin, ".geojson?submissionID=1") == [
        {
            "type": "Feature",
            "id": "1",
            "geometry": {"type": "Point", "coordinates": [0, 50, 0]},
            "properties": {"fieldpath": "/singular/point"},
        }
    ]


def test_all_questions_of_place(admin: Rest) -> None:
    expected = {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Point", "coordinates": [0, 50, 0]},
            {"type": "LineString", "coordinates": [[1, 51, 1], [2, 52, 2]]},
            {"type": "MultiPoint", "coordinates": [[0, 60, 0], [0, 70, 0]]},
            {"type": "MultiPolygon", "coordinates": [[[[3, 63, 3], [4, 64, 4], [5, 65, 5], [3, 63, 3]]]]},
            {"type": "MultiPoint", "coordinates": [[1, 11, 1], [2, 22, 2]]},
        ],
    }
    one_by_one = "&".join(f"fieldpath=/{path}" for path in FIELDS)

    assert [features(admin, f"/1.geojson?{query}")[0]["geometry"] for query in ("fieldpath=all", one_by_one)] == [
        expected,
        expected,
    ]
    assert features(admin, "/1.geojson?fieldpath=all")[0]["properties"] is None
    assert features(admin, "/1.geojson?fieldpath=/nope") == []


def test_what_is_no_place_is_passed_over(admin: Rest) -> None:
    admin.post(SUBMISSIONS, data=visit("3", "91 200"), headers=XML)

    assert ids(admin, "") == ["2", "1"]


def test_filters(admin: Rest) -> None:
    who = admin.get(f"{SUBMISSIONS}/1").json["submitterId"]
    admin.patch(f"{SUBMISSIONS}/1", json={"reviewState": "approved"})
    moments = sorted(one["createdAt"] for one in admin.get(SUBMISSIONS).json)

    assert ids(admin, "?limit=1") == ["2"]
    assert ids(admin, f"?submitterId={who}") == ["2", "1"]
    assert ids(admin, "?submitterId=999") == []
    assert ids(admin, "?reviewState=approved") == ["1"]
    assert ids(admin, "?reviewState=null&reviewState=approved") == ["2", "1"]
    assert ids(admin, "?submissionID=1&submissionID=2") == ["2", "1"]
    assert ids(admin, f"?end__lt={moments[0]}") == ids(admin, f"?start__gt={moments[1]}") == []
    assert ids(admin, f"?start__gte={moments[0]}&end__lte={moments[1]}") == ["2", "1"]
    admin.delete(f"{SUBMISSIONS}/2")
    assert (ids(admin, ""), ids(admin, "?deleted=true")) == (["1"], ["2"])


def test_correction_moves_the_place(admin: Rest) -> None:
    admin.put(f"{SUBMISSIONS}/1", data=visit("1.1", "1.5 2", "1"), headers=XML)

    assert [(one["id"], one["geometry"]["coordinates"]) for one in features(admin, ".geojson?submissionID=1")] == [
        ("1", [2, 1.5])
    ]
    assert features(admin, "/1.geojson")[0]["id"] == "1.1"
    assert features(admin, "/1/versions/1.geojson")[0]["geometry"]["coordinates"] == [0, 50, 0]
    assert features(admin, "/1/versions/1.1.geojson")[0]["geometry"]["coordinates"] == [2, 1.5]
    assert admin.get(f"{SUBMISSIONS}/1.1.geojson").status_code == 301


def test_each_submission_is_read_by_its_own_version(admin: Rest) -> None:
    later = GEOTEST.replace('version="10"', 'version="11"').replace("<singular><point/>", "<singular>")
    admin.post(f"{GEOTEST_FORM}/draft?ignoreWarnings=true", data=later.encode(), headers=XML)
    admin.post(f"{GEOTEST_FORM}/draft/publish")
    admin.post(SUBMISSIONS, data=visit("3").replace(b'version="10"', b'version="11"'), headers=XML)

    assert [(one["id"], one["properties"]["fieldpath"]) for one in features(admin, ".geojson")] == [
        ("3", "/singular/trace"),
        ("2", "/singular/point"),
        ("1", "/singular/point"),
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("submitterId=x", 400.11),
        ("reviewState=maybe", 400.8),
        ("start__gte=yesterday", 400.11),
        ("end__lt=0001-01-01T00:00:00%2B07:00", 400.11),
    ],
)
def test_refused(admin: Rest, query: str, code: float) -> None:
    assert admin.get(f"{SUBMISSIONS}.geojson?{query}").json["code"] == code


def test_who_may_not_read_is_refused(admin: Rest, rest: RestOf) -> None:
    assert rest(HEAD).get(f"{SUBMISSIONS}.geojson").status_code == 403
