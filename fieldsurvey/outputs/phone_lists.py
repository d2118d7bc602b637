"""The two lists that the questionnaire chooses from on the phone, cut to the phone's own areas."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import tidy
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import areas, register
from fieldsurvey.store.areas import Area

AREA_COLUMNS = ("name", "label", "label_en", "level", "parent")
HOUSEHOLD_COLUMNS = ("name", "label", "__version", "village", "code", "head_name", "address", "members", "prior_class")


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


def households_csv(session: Session, scope: Scope) -> bytes:
    """The register's households in the scope, as an entity list: name (uuid), label, __version, properties."""
    codes = {village.id: village.code for village in areas.villages_in_scope(session, scope)}
    return _csv(HOUSEHOLD_COLUMNS, _households(session, scope, codes))


def _households(session: Session, scope: Scope, codes: dict[int, str]) -> Iterator[tuple[object, ...]]:
    for one in register.for_phone(session, scope):
        village = codes.get(one.village_id or 0, "")
        # Collect drops the whole list when one row has no label.
        label = tidy(f"{one.head_name} · {one.code or one.address or ''}").rstrip(" ·") or "?"
        yield (
            one.uuid,
            label,
            one.version,
            village,
            one.code or "",
            one.head_name,
            one.address or "",
            one.member_count or "",
            one.prior_class or "",
        )


def _csv(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def md5(content: bytes) -> str:
    """The hash of a list covers its content and, as the content is cut to the scope, the phone's areas too."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
