"""Entity lists in tests of the API: made and filled in a line."""

from __future__ import annotations

from typing import Any

from tests.cast import ROUND
from tests.rest import Rest

DATASETS = f"/projects/{ROUND}/datasets"
UUID = "12345678-1234-4123-8234-1234567890{:02}"


class Lists:
    """`Lists(rest(ADMIN)).make("people", "age")`."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    def make(self, name: str, *properties: str, **settings: Any) -> str:
        """The path of the new list."""
        path = f"{DATASETS}/{name}"
        assert self.rest.post(DATASETS, json={"name": name, **settings}).status_code == 200
        for one in properties:
            assert self.rest.post(f"{path}/properties", json={"name": one}).json == {"success": True}
        return path

    def add(self, path: str, number: int, label: str | None = None, **data: str) -> dict[str, Any]:
        body = {"uuid": UUID.format(number), "label": label or f"No. {number}", "data": data}
        answer = self.rest.post(f"{path}/entities", json=body)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)
