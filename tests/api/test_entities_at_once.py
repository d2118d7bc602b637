"""Many programs on one entity at the same moment: one of them wins, the others are told, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.lists import UUID, Lists
from tests.cast import ADMIN
from tests.rest import Rest

ONE, TOGETHER = UUID.format(1), 12


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def at_once(app: Flask, call: Callable[[Rest, int], Any]) -> Counter[float]:
    """How many of the calls ended with which code; 200: well."""
    clients = [Rest(app, ADMIN) for _ in range(TOGETHER)]
    start, codes = threading.Barrier(TOGETHER), Counter[float]()

    def run(number: int) -> None:
        start.wait()
        answer = call(clients[number], number)
        codes[200 if answer.status_code == 200 else answer.json["code"]] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_one_of_many_changes_of_a_version_wins(app: Flask) -> None:
    lists = Lists(Rest(app, ADMIN))
    path = lists.make("people", "age")
    lists.add(path, 1)

    def change(rest: Rest, number: int) -> Any:
        return rest.patch(f"{path}/entities/{ONE}?baseVersion=1", json={"data": {"age": str(number)}})

    assert at_once(app, change) == {200: 1, 409.15: TOGETHER - 1}
    assert len(lists.rest.get(f"{path}/entities/{ONE}/versions").json) == 2


def test_changes_that_are_forced_follow_each_other(app: Flask) -> None:
    lists = Lists(Rest(app, ADMIN))
    path = lists.make("people", *(f"p{number}" for number in range(TOGETHER)))
    lists.add(path, 1)

    def change(rest: Rest, number: int) -> Any:
        return rest.patch(f"{path}/entities/{ONE}?force=true", json={"data": {f"p{number}": "x"}})

    assert at_once(app, change) == {200: TOGETHER}
    version = lists.rest.get(f"{path}/entities/{ONE}").json["currentVersion"]
    assert (version["version"], len(version["data"])) == (TOGETHER + 1, TOGETHER)


def test_one_uuid_makes_one_entity(app: Flask) -> None:
    path = Lists(Rest(app, ADMIN)).make("people")

    def create(rest: Rest, number: int) -> Any:
        return rest.post(f"{path}/entities", json={"uuid": ONE, "label": str(number)})

    assert at_once(app, create) == {200: 1, 409.3: TOGETHER - 1}


def test_files_that_overlap_are_taken_whole_or_not_at_all(app: Flask) -> None:
    rest = Rest(app, ADMIN)
    path = Lists(rest).make("people")

    def create(rest: Rest, number: int) -> Any:
        both = [{"uuid": ONE, "label": "shared"}, {"uuid": UUID.format(number + 10), "label": str(number)}]
        return rest.post(f"{path}/entities", json={"entities": both, "source": {"name": "x"}})

    assert at_once(app, create) == {200: 1, 409.3: TOGETHER - 1}
    assert len(rest.get(f"{path}/entities").json) == 2


def test_one_name_makes_one_list(app: Flask) -> None:
    assert at_once(app, lambda rest, _: rest.post("/projects/1/datasets", json={"name": "people"})) == {
        200: 1,
        409.3: TOGETHER - 1,
    }
