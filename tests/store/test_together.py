"""Writers that wait at the same moment share a transaction; a refusal of one is not the others' trouble."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from fieldsurvey.store.together import Together, Work


class Paper:
    """A database of one list. `hold` keeps the first transaction from ending."""

    def __init__(self) -> None:
        self.committed: list[list[str]] = []
        self.hold = threading.Event()
        self.begun = threading.Event()
        self.broken = False

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        rows: list[str] = []
        yield rows
        if not self.begun.is_set():
            self.begun.set()
            self.hold.wait(10)
        if self.broken:
            raise OSError("no space left")
        self.committed.append(rows)


def writes(name: str) -> Work:
    def work(rows: Any) -> str:
        rows.append(name)
        return name.upper()

    return work


def refuses(rows: Any) -> None:
    rows.append("half of it")
    raise ValueError("refused")


def gathered(paper: Paper, *works: Work) -> list[Future[Any]]:
    """Run the works behind one that is on its way to the disk, so that they wait together."""
    together = Together()
    with ThreadPoolExecutor(len(works) + 1) as pool:
        first = pool.submit(together.run, writes("first"), paper.transaction)
        assert paper.begun.wait(10)
        others = []
        for number, work in enumerate(works, 1):
            others.append(pool.submit(together.run, work, paper.transaction))
            while together.waiting < number:
                pass
        paper.hold.set()
    return [first, *others]


def test_who_waits_together_is_committed_together() -> None:
    paper = Paper()

    answers = [one.result() for one in gathered(paper, writes("b"), writes("c"), writes("d"))]

    assert answers == ["FIRST", "B", "C", "D"]
    assert [sorted(rows) for rows in paper.committed] == [["first"], ["b", "c", "d"]]


def test_a_refusal_is_only_for_who_caused_it() -> None:
    paper = Paper()

    first, b, bad, c = gathered(paper, writes("b"), refuses, writes("c"))

    assert [one.result() for one in (first, b, c)] == ["FIRST", "B", "C"]
    with pytest.raises(ValueError, match="refused"):
        bad.result()
    assert sorted(row for rows in paper.committed for row in rows) == ["b", "c", "first"]


def test_a_failed_commit_is_everybodys_error() -> None:
    paper = Paper()
    paper.broken = True

    for one in gathered(paper, writes("b"), writes("c")):
        with pytest.raises(OSError, match="no space"):
            one.result()

    assert paper.committed == []
