"""What the officer looks for in the queue, as it stands in the address: kept from page to page, so that the next case
is found in the same queue."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from flask import request

from fieldsurvey.outputs.queue import TABS
from fieldsurvey.rules.classification import HouseholdClass
from fieldsurvey.rules.names import fold
from fieldsurvey.store.cases import Filter

WAITING = next(iter(TABS))
LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True)
class Search:
    tab: str = WAITING
    commune: int | None = None
    village: int | None = None
    group: str = ""  # class of the household
    q: str = ""
    dup: str = ""  # "1": only households with several submissions
    doubt: str = ""  # "1": only those with something to look at

    @property
    def filter(self) -> Filter:
        return Filter(
            states=tuple(state.value for state in TABS[self.tab]),
            village_id=self.village,
            commune_id=self.commune,
            household_class=self.group or None,
            name_fold=fold(self.q),
            duplicates_only=bool(self.dup),
            doubts_only=bool(self.doubt),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """For url_for: what differs from the default, with some of it changed."""
        wanted = replace(self, **changes)
        pairs = ((one.name, getattr(wanted, one.name), one.default) for one in fields(self))
        return {name: value for name, value, default in pairs if value != default}

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab is asked for."""
        return bool(self.args(tab=WAITING))


def asked() -> Search:
    """The search in the address; what makes no sense is left out."""
    given = request.args
    tab, group = given.get("tab", WAITING), given.get("group", "")
    return Search(
        tab=tab if tab in TABS else WAITING,
        commune=given.get("commune", type=int),
        village=given.get("village", type=int),
        group=group if group in set(HouseholdClass) else "",
        q=given.get("q", "").strip()[:LONGEST_TEXT],
        dup="1" if given.get("dup") else "",
        doubt="1" if given.get("doubt") else "",
    )
