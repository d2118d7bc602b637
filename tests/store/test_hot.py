"""Hot statements give what Core gives: types, values that stand in the statement, conflicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select

from fieldsurvey.extensions import db, write_rows
from fieldsurvey.store import hot
from fieldsurvey.store.audit import AuditEntry
from tests.world import World

NOON = datetime(2026, 9, 15, 12, tzinfo=timezone(timedelta(hours=7)))
ADD = insert(AuditEntry)
ROW: dict[str, Any] = {
    "action": "test.hot", "subject": "round", "subject_id": 7, "actor_id": None, "params": {"name": "Đỗ"}, "at": NOON,
}  # fmt: skip


def test_row_reads_back_through_the_orm(world: World) -> None:
    with write_rows() as connection:
        hot.add(connection, ADD, ROW)

    found = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "test.hot")).one()
    assert (found.subject_id, found.actor_id, found.params) == (7, None, {"name": "Đỗ"})
    assert found.at == datetime(2026, 9, 15, 5, tzinfo=UTC)


def test_exception_leaves_nothing(world: World) -> None:
    with pytest.raises(ZeroDivisionError), write_rows() as connection:
        hot.add(connection, ADD, ROW)
        raise ZeroDivisionError

    assert db.session.scalar(select(AuditEntry.id).where(AuditEntry.action == "test.hot")) is None


def test_values_in_the_statement_and_given_ones(world: World) -> None:
    statement = select(AuditEntry.id, AuditEntry.action).where(
        AuditEntry.action == "test.hot", AuditEntry.at == bindparam("moment")
    )
    with write_rows() as connection:
        added = hot.one_id(connection, ADD.returning(AuditEntry.id), ROW)

        assert hot.execute(connection, statement, {"moment": NOON}).fetchall() == [(added, "test.hot")]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (select(AuditEntry.at), {}),  # the driver's own moment would come back
        (select(AuditEntry.id).where(AuditEntry.id == bindparam("id")), {}),
    ],
)
def test_what_it_cannot_do_is_refused(world: World, statement: Any, values: dict[str, Any]) -> None:
    with write_rows() as connection, pytest.raises(TypeError):
        hot.execute(connection, statement, values)
