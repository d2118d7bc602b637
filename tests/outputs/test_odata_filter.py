"""`$filter` and `$orderby`: the same rows on both databases, and a Problem for what cannot be read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from fieldsurvey.errors import Kind as ProblemKind
from fieldsurvey.errors import Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.outputs.odata import expression
from fieldsurvey.outputs.odata.conditions import Field, Fields, Kind, order, where
from fieldsurvey.outputs.odata.query import Query, identifier, make_token, next_link, parse_token
from fieldsurvey.store.audit import AuditEntry
from tests.cast import NOW
from tests.world import World

FIELDS: Fields = {
    "name": Field(AuditEntry.action),
    "note": Field(AuditEntry.notes),
    "size": Field(AuditEntry.subject_id, Kind.INTEGER),
    "at": Field(AuditEntry.at, Kind.MOMENT),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def rows(world: World) -> World:
    """a: 1, no note, now · b: 2, "O'Neil", a day later · c: 10, "100%", a year later."""
    made = [("a", 1, None, NOW), ("b", 2, "O'Neil", NOW + timedelta(days=1)), ("c", 10, "100%", NOW.replace(year=2027))]
    with write() as session:
        session.add_all(
            AuditEntry(action=name, subject="test", subject_id=size, params={}, notes=note, at=at)
            for name, size, note, at in made
        )
    return world


def found(text: str, orderby: str = "at") -> str:
    session = db.session()
    dialect = session.get_bind().dialect.name
    condition = where(expression.parse(text), FIELDS, dialect=dialect, now=NOW + timedelta(days=2))
    query = select(AuditEntry.action).where(AuditEntry.subject == "test", condition)
    return "".join(session.scalars(query.order_by(*order(orderby, FIELDS, stable=AuditEntry.id))))


FILTERS = [
    # filter, rows
    ("size eq 2", "b"),
    ("size eq '2'", "b"),
    ("2 lt size", "c"),
    ("size gt 1.5", "bc"),
    ("size ge 9223372036854775807", ""),
    ("note eq null", "a"),
    ("null ne note", "bc"),
    ("note ne '100%'", "ab"),
    ("not (note eq '100%')", "ab"),
    ("not note eq '100%' and size lt 2", "a"),
    ("note eq 'O''Neil'", "b"),
    ("note lt null", ""),
    ("name eq 'a' or name eq 'b' and size eq 1", "a"),
    ("(name eq 'a' or name eq 'b') and size eq 2", "b"),
    ("at lt 2026-10-05T02:00:00.001Z", "a"),
    ("at ge 2026-10-05T09:00:00+07:00 and at lt 2026-10-07", "ab"),
    ("at ge 2026-10-05T09:00:00 07:00 and at lt 2026-10-07", "ab"),  # a plus that became a space
    ("year(at) eq 2027", "c"),
    ("month(at) eq 10 and day(at) eq 6 and hour(at) eq 2 and minute(at) eq 0 and second(at) eq 0", "b"),
    ("year(now()) eq year(at)", "ab"),
    ("at lt now()", "ab"),
    ("contains(note, '0%')", "c"),
    ("contains(note, 'o')", ""),
    ("startswith(note,'O''') or endswith(name,'c')", "bc"),
    ("true", "abc"),
    ("1 eq 1 and null eq null", "abc"),
    ("size eq size and not false", "abc"),
]


@pytest.mark.parametrize(("text", "names"), FILTERS)
def test_filter_finds(rows: World, text: str, names: str) -> None:
    assert found(text) == names


ORDERS = [
    ("size desc", "cba"),
    ("note", "acb"),
    ("note desc", "bca"),
    ("name  asc , at DESC", "abc"),
]


@pytest.mark.parametrize(("text", "names"), ORDERS)
def test_order(rows: World, text: str, names: str) -> None:
    assert found("true", text) == names


BROKEN = [
    # filter, problem
    ("", ProblemKind.FILTER_BROKEN),
    ("size eq", ProblemKind.FILTER_BROKEN),
    ("size 1", ProblemKind.FILTER_BROKEN),
    ("size", ProblemKind.FILTER_BROKEN),
    ("'a'", ProblemKind.FILTER_BROKEN),
    ("name eq 'a", ProblemKind.FILTER_BROKEN),
    ("name eq 'a\0'", ProblemKind.FILTER_BROKEN),
    ("(size eq 1", ProblemKind.FILTER_BROKEN),
    ("size eq 1)", ProblemKind.FILTER_BROKEN),
    ("(" * 3000 + "true", ProblemKind.FILTER_BROKEN),
    ("size eq at", ProblemKind.FILTER_BROKEN),
    ("year(name) eq 1", ProblemKind.FILTER_BROKEN),
    ("size add 1 eq 2", ProblemKind.FILTER_UNSUPPORTED),
    ("length(name) eq 1", ProblemKind.FILTER_UNSUPPORTED),
    ("children/any(c: c/age gt 1)", ProblemKind.FILTER_BROKEN),
    ("other eq 1", ProblemKind.FILTER_FIELD_UNSUPPORTED),
    ("size eq 'a'", ProblemKind.WRONG_TYPE),
    ("size eq 99999999999999999999", ProblemKind.OUT_OF_RANGE),
    ("at lt yesterday", ProblemKind.FILTER_FIELD_UNSUPPORTED),
    ("at lt 'yesterday'", ProblemKind.WRONG_TYPE),
    ("at lt 2026-13-01", ProblemKind.WRONG_TYPE),
    ("at lt 0001-01-01T00:00:00+07:00", ProblemKind.WRONG_TYPE),
]


@pytest.mark.parametrize(("text", "kind"), BROKEN)
def test_filter_is_refused(text: str, kind: ProblemKind) -> None:
    with pytest.raises(Problem) as caught:
        where(expression.parse(text), FIELDS, dialect="sqlite", now=NOW)

    assert caught.value.kind is kind


def test_refusal_says_where() -> None:
    with pytest.raises(Problem) as caught:
        where(expression.parse("size eq 1 and other eq 2"), FIELDS, dialect="sqlite", now=NOW)

    assert caught.value.params == {"at": 14, "text": "other"}


@pytest.mark.parametrize("text", ["other", "at sideways", "", "at,"])
def test_order_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        order(text, FIELDS, stable=AuditEntry.id)


WORDS = st.sampled_from(
    [
        "size",
        "name",
        "at",
        "eq",
        "ne",
        "lt",
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        "null",
        "true",
        "'x'",
        "''",
        "-1",
        "1.5e3",
        "2026-01-01",
        "year(",
        "now()",
        "contains(",
        "é",
        "$root/a",
        "''''",
        "1e400",
        "99999999999999999999",
        "0x",
        "'",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=12).map(" ".join)))
def test_any_filter_is_sql_or_a_problem(text: str) -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        try:
            where(expression.parse(text), FIELDS, dialect=dialect.name, now=NOW).compile(dialect=dialect)
        except Problem as problem:
            assert problem.kind.status in {400, 501}


def test_names_of_a_filter() -> None:
    assert set(expression.names(expression.parse("not (year(a) eq 1 and b eq null) or 'c' eq $root/d"))) == {
        "a",
        "b",
        "$root/d",
    }


def test_query_reads_its_options() -> None:
    read = Query.read({"$top": "5", "$skip": "-3", "$count": "True", "$select": "a, b/c", "$wkt": "true"})

    assert read == Query(top=5, skip=0, count=True, select=("a", "b/c"), wkt=True)
    assert Query.read({"$top": "many", "$select": "*", "$skip": "2x"}) == Query(skip=2)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"$expand": "child"}, ProblemKind.EXPAND_UNSUPPORTED),
        ({"$expand": "*", "$select": "a"}, ProblemKind.SELECT_EXPAND_UNSUPPORTED),
        ({"$skiptoken": "01bm9uc2Vuc2U="}, ProblemKind.SKIPTOKEN_BAD),
        ({"$skiptoken": "02e30="}, ProblemKind.SKIPTOKEN_BAD),
        ({"$skiptoken": "01W10="}, ProblemKind.SKIPTOKEN_BAD),
        ({"$skiptoken": "01e30=", "$orderby": "a"}, ProblemKind.NOT_SUPPORTED),
    ],
)
def test_query_is_refused(given: dict[str, str], kind: ProblemKind) -> None:
    with pytest.raises(Problem) as caught:
        Query.read(given)

    assert caught.value.kind is kind


def test_token_goes_round() -> None:
    assert make_token(instanceId="rtwo") == "01eyJpbnN0YW5jZUlkIjoicnR3byJ9"
    assert parse_token(make_token(instanceId="Phiếu")) == {"instanceId": "Phiếu"}


def test_next_link_keeps_the_path_as_it_was_written() -> None:
    address = "http://x/v1/a%20b.svc/Submissions(%27d%27)?$top=1&$skip=1&$filter=not a eq 'b'"

    assert next_link(address, "01e30=") == (
        "http://x/v1/a%20b.svc/Submissions(%27d%27)?%24top=1&%24filter=not+a+eq+%27b%27&%24skiptoken=01e30%3D"
    )


@pytest.mark.parametrize(("name", "written"), [("q1.8-test", "q1_8_test"), ("1a", "_1a"), ("tên", "t_n"), ("a", "a")])
def test_identifier(name: str, written: str) -> None:
    assert identifier(name) == written
