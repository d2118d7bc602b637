"""Filters and orders on answers find the same submissions on both databases; nonsense in an answer harms no query."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fieldsurvey.casework import versions
from fieldsurvey.extensions import db
from fieldsurvey.outputs import submission_rows
from fieldsurvey.outputs.odata import answer_fields, conditions
from fieldsurvey.outputs.submission_rows import Source
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.seed import families
from fieldsurvey.store.forms import Form
from fieldsurvey.store.submissions import Submission
from tests import central
from tests.cast import ADMIN, HEAD, NOW
from tests.world import FORM, World
from tests.xforms import publish

EVERYWHERE = (Scope(everywhere=True),)
ANSWERS = {
    "a": "<n>7</n><d>1.50</d><day>2026-10-04</day><at>2026-10-04T08:30:00.000+07:00</at>",
    "b": "<n>10</n><d>-2</d><day>2026-12-31</day><at>2026-12-31T23:30:00Z</at>",
    "c": "<n>abc</n><d>1,5</d><day>2026-02-31</day><at>2026-99-99T00:00:00Z</at>",
    "d": "",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def source(world: World) -> Source:
    form = publish(central.TYPES)
    by = world.doer(ADMIN)
    for name, answers in ANSWERS.items():
        world.send(central.instance("types", name, answers, "2"), by)
    return Source(form, False, EVERYWHERE)


def found(source: Source, text: str, orderby: str = "__id") -> str:
    session = db.session()
    assert source.form.published_id is not None
    schema, _ = versions.questions(session.connection(), source.form.published_id)
    wanted = answer_fields.wanted(session, source, schema, text, NOW)
    fields = answer_fields.of_root(source, schema, session.get_bind().dialect.name)
    order = conditions.order(orderby, fields, stable=Submission.id)
    rows = [row for chunk in submission_rows.chunks(session, source, wanted, order=order) for row in chunk]
    assert submission_rows.count(session, source, wanted) == len(rows)
    return "".join(row.instance_id for row in rows)


FILTERS = [
    # filter, ids
    ("n ge 7", "ab"),
    ("n lt 10 and n gt 0", "a"),
    ("d lt 1.6 and d gt 0", "a"),
    ("d eq -2", "b"),
    ("n eq null and __id eq 'd'", "d"),
    ("day ge 2026-12-01", "b"),
    ("day eq 2026-10-04", "a"),
    ("year(day) eq 2026 and month(day) eq 12 and day(day) eq 31", "b"),
    ("at eq 2026-10-04T01:30:00Z", "a"),
    ("at gt 2026-12-31T23:00:00+00:00", "b"),
    ("hour(at) eq 1", "a"),
    ("ok eq null", "abcd"),
    ("meta/instanceID eq 'c'", "c"),
    ("__system/edits eq 0 and __system/submissionDate le now()", "abcd"),
]


@pytest.mark.parametrize(("text", "ids"), FILTERS)
def test_filter_on_answers(source: Source, text: str, ids: str) -> None:
    assert found(source, text) == ids


def test_order_by_an_answer(source: Source) -> None:
    assert found(source, "n gt 0", "n desc") == "ba"
    assert found(source, "day ne null and __id ne 'c'", "at") == "ab"


def test_class_and_points_of_households(world: World) -> None:
    world.visited(HEAD, families.POOR)
    world.visited(HEAD, families.BETTER)
    form = db.session.scalars(select(Form).where(Form.xml_form_id == FORM)).one()
    households = Source(form, False, EVERYWHERE, scored=True)

    poor = found(households, "__fieldsurvey/class eq 'poor'")
    assert poor
    assert found(households, "__fieldsurvey/b1 gt 0", "__fieldsurvey/b1").startswith(poor)
    assert found(households, "housing/floor_area gt 50 and not __fieldsurvey/class eq 'poor'")
