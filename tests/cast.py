"""The cast of all tests: the people of the demo, the moment at which they act, and what they know."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fieldsurvey.seed.cast import (
    ADMIN,
    CAST,
    COMMUNE,
    HEAD,
    LEADER,
    NEIGHBOUR,
    OFFICER,
    OTHER_COMMUNE,
    OTHER_HEAD,
    PASSWORD,
    PROVINCE,
    SUPERVISOR,
    Person,
)

__all__ = [
    "ADMIN",
    "CAST",
    "COMMUNE",
    "HEAD",
    "LEADER",
    "NEIGHBOUR",
    "NOW",
    "OFFICER",
    "OTHER_COMMUNE",
    "OTHER_HEAD",
    "PASSWORD",
    "PHU_LUU",
    "PROVINCE",
    "REVIEWED",
    "ROUND",
    "SECRET",
    "SUPERVISOR",
    "TAO_PHU",
    "Person",
]  # fmt: skip

SECRET = "a secret of at least thirty-two characters"
NOW = datetime(2026, 10, 5, 2, 0, tzinfo=UTC)
REVIEWED = date(2026, 10, 4)
ROUND = 1  # the id of the open round
TAO_PHU, PHU_LUU = f"{COMMUNE}-01", f"{COMMUNE}-02"  # villages of HEAD and OTHER_HEAD
