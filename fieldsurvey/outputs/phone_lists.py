"""The two lists that the questionnaire chooses from on the phone, cut to the phone's own areas."""

from __future__ import annotations

import csv
import hashlib
import io
import textwrap
from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, cases
from fieldsurvey.store.areas import Area
from fieldsurvey.store.register import Household
from fieldsurvey.store.reviews import Review
from fieldsurvey.translations import say

AREA_COLUMNS = ("name", "label", "label_en", "level", "parent")
HOUSEHOLD_COLUMNS = (
    "name", "label", "__version", "village", "code", "head_name", "address", "members", "prior_class", "review",
)  # fmt: skip
LONGEST_REASON = 100  # letters of it in a label; `review` has all


def areas_csv(session: Session, scope: Scope) -> bytes:
    """Villages in the scope with the communes and provinces above them. `name` is the code, `parent` the code above."""
    villages = areas.villages_in_scope(session, scope)
    communes = areas.with_ids(session, sorted({village.parent_id for village in villages if village.parent_id}))
    provinces = areas.with_ids(
        session, sorted({commune.parent_id for commune in communes.values() if commune.parent_id})
    )
    above = {**communes, **provinces}
    return _csv(AREA_COLUMNS, (_area(one, above) for one in [*provinces.values(), *communes.values(), *villages]))


def _area(area: Area, above: dict[int, Area]) -> tuple[str, ...]:
    parent = above.get(area.parent_id) if area.parent_id and area.level != Level.PROVINCE else None
    return area.code, area.full_name, area.full_name, area.level, parent.code if parent else ""


def households_csv(session: Session, round_id: int, scope: Scope, locale: str) -> bytes:
    """The register's households in the scope, as an entity list: name (uuid), label, __version, properties.

    A household that the officer has returned says so in its label, and why.
    """
    codes = {village.id: village.code for village in areas.villages_in_scope(session, scope)}
    return _csv(HOUSEHOLD_COLUMNS, _households(session, round_id, scope, codes, locale))


def _households(
    session: Session, round_id: int, scope: Scope, codes: dict[int, str], locale: str
) -> Iterator[tuple[object, ...]]:
    for one, case_version, returned in cases.for_phone(session, round_id, scope):
        why = _why(returned) if returned else ""
        yield (
            one.uuid,
            _label(one, why, locale),
            # Collect takes a row anew only when its version has grown; both of these only grow.
            one.version + max(case_version - 1, 0),
            codes.get(one.village_id or 0, ""),
            one.code or "",
            one.head_name,
            one.address or "",
            one.member_count or "",
            one.prior_class or "",
            say("sync.returned", locale, reason=why) if why else "",
        )


def _label(one: Household, why: str, locale: str) -> str:
    """Never empty: Collect drops the whole list when one row has no label."""
    label = tidy(f"{one.head_name} · {one.code or one.address or ''}").rstrip(" ·") or "?"
    reason = textwrap.shorten(why, LONGEST_REASON, placeholder="…")
    return say("sync.returned_label", locale, household=label, reason=reason) if why else label


def _why(returned: Review) -> str:
    """The officer's reason and the notes on questions, on one line."""
    return tidy("; ".join(text for text in (returned.reason or "", *(note["text"] for note in returned.notes)) if text))


def _csv(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def md5(content: bytes) -> str:
    """The hash of a list covers its content and, as the content is cut to the scope, the phone's areas too."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
