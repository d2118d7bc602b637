"""OData byte for byte, as it went over the wire, but for what differs from run to run: moments and the submitter's number."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldsurvey.extensions import db
from tests import central
from tests.cast import ADMIN, ROUND, Person
from tests.rest import XML, Rest
from tests.world import World
from tests.xforms import publish

GOLDEN = Path(__file__).with_name("golden")
FORMS = f"/projects/{ROUND}/forms"


@pytest.fixture
def admin(world: World, rest: Callable[[Person | None], Rest]) -> Rest:
    for form in (central.WITH_REPEAT, central.DOUBLE_REPEAT):
        publish(form)
    db.session.remove()
    script = rest(ADMIN)
    for one in (central.R_ONE, central.R_TWO, central.R_THREE):
        assert script.post(f"{FORMS}/withrepeat/submissions", data=one, headers=XML).status_code == 200
    assert script.post(f"{FORMS}/doubleRepeat/submissions", data=central.DOUBLE, headers=XML).status_code == 200
    return script


def steady(text: str) -> str:
    text = re.sub(r'"20\d\d-\d\d-\d\dT[\d:.]+Z"', '"(moment)"', text)
    return re.sub(r'"submitterId":"\d+"', '"submitterId":"(number)"', text)


ANSWERS = {
    "service.json": "withrepeat.svc",
    "submissions.json": "withrepeat.svc/Submissions",
    "submissions-page.json": "withrepeat.svc/Submissions?$top=1&$count=true&$wkt=true",
    "submissions-expanded.json": "withrepeat.svc/Submissions?$expand=*",
    "submissions-select.json": "withrepeat.svc/Submissions?$select=__id,age,__system/reviewState",
    "submission.json": "withrepeat.svc/Submissions('rtwo')",
    "repeat.json": "withrepeat.svc/Submissions.children.child",
    "repeat-of-one.json": "withrepeat.svc/Submissions('rtwo')/children/child",
    "repeat-in-repeat.json": "doubleRepeat.svc/Submissions.children.child.toys.toy",
    "filter-wrong.json": "withrepeat.svc/Submissions?$filter=nope eq 1",
}


@pytest.mark.parametrize(("golden", "address"), ANSWERS.items())
def test_answer(admin: Rest, golden: str, address: str) -> None:
    """FIELDSURVEY_WRITE_GOLDEN=1 writes the files anew, to be looked at before they are kept."""
    said = steady(admin.get(f"{FORMS}/{address}", headers={"Accept-Language": "en"}).text)
    path = GOLDEN / f"odata-{golden}"
    if os.environ.get("FIELDSURVEY_WRITE_GOLDEN"):
        path.write_text(said, encoding="utf-8")

    assert said == path.read_text(encoding="utf-8")
