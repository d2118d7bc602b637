"""How connections behave: durable, explicit transactions, writers in a queue, moments in UTC. On both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from fieldsurvey.extensions import db, write
from fieldsurvey.store import rounds
from fieldsurvey.store.people import SignInFailure
from fieldsurvey.store.register import Member
from tests.cast import NOW
from tests.world import World


def test_write_commits_on_leaving(world: World) -> None:
    with write() as session:
        session.add(SignInFailure(name_hash="a", at=NOW))

    db.session.remove()
    assert [one.name_hash for one in db.session.query(SignInFailure)] == ["a"]


def test_write_rolls_back_on_any_exception(world: World) -> None:
    with pytest.raises(KeyboardInterrupt), write() as session:
        session.add(SignInFailure(name_hash="a", at=NOW))
        session.flush()
        raise KeyboardInterrupt

    assert list(db.session.query(SignInFailure)) == []


def test_change_outside_write_is_refused(world: World) -> None:
    db.session.add(SignInFailure(name_hash="a", at=NOW))

    with pytest.raises(RuntimeError, match="outside write"), write():
        pass
    db.session.rollback()


def test_savepoint_is_undone_alone(world: World) -> None:
    with write() as session:
        session.add(SignInFailure(name_hash="kept", at=NOW))
        with pytest.raises(ValueError, match="no"), session.begin_nested():
            session.add(SignInFailure(name_hash="lost", at=NOW))
            session.flush()
            raise ValueError("no")

    assert [one.name_hash for one in db.session.query(SignInFailure)] == ["kept"]


def test_foreign_keys_hold(world: World) -> None:
    with pytest.raises(IntegrityError), write() as session:
        session.add(Member(household_id=999, position=1, name="x"))


def test_sqlite_waits_for_the_disk(world: World, engine_name: str) -> None:
    if engine_name == "sqlite":
        pragmas = {
            name: db.session.scalar(text(f"PRAGMA {name}")) for name in ("synchronous", "journal_mode", "foreign_keys")
        }
        assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}
    else:
        assert db.session.scalar(text("SHOW transaction_isolation")) == "read committed"


def test_moments_come_back_in_utc(world: World) -> None:
    hanoi = datetime(2026, 10, 5, 9, 0, tzinfo=timezone(timedelta(hours=7)))
    with write() as session:
        session.add(SignInFailure(name_hash="a", at=hanoi))

    db.session.remove()
    found = db.session.query(SignInFailure).one().at
    assert (found, found.tzinfo) == (datetime(2026, 10, 5, 2, 0, tzinfo=UTC), UTC)


def test_moment_without_a_zone_is_refused(world: World) -> None:
    with pytest.raises(StatementError, match="without a time zone"), write() as session:
        session.add(SignInFailure(name_hash="a", at=datetime(2026, 10, 5)))  # noqa: DTZ001


def test_writers_wait_for_each_other(world: World) -> None:
    app, at_once, most = current_app._get_current_object(), [0], [0]  # type: ignore[attr-defined]
    db.session.remove()

    def add(number: int) -> None:
        with app.app_context(), write() as session:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            found = session.get_one(rounds.Round, 1, with_for_update=True)
            found.year = found.year + 1
            session.flush()
            at_once[0] -= 1

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert db.session.get_one(rounds.Round, 1).year == 2026 + 12
