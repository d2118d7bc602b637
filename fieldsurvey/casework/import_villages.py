"""Villages that a file names and the server does not know: made when the run begins, taken back by the undo if empty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import audit
from fieldsurvey.store.areas import Area
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.imports import Import
from fieldsurvey.store.people import Actor, Grant
from fieldsurvey.store.register import Household

_KIND = re.compile(
    r"^(thôn|tổ dân phố|tdp|khu phố|khu dân cư|khu|ấp|bản|buôn|làng|xóm|khóm|tổ|bon|plei|phum|sóc)\s+(?=\S)", re.I
)
_NUMBER = re.compile(r"-(\d+)$")


def make_villages(session: Session, of: Import, *, by: Doer, now: datetime) -> list[list[Any]]:
    """[commune, folded name, id, whether made here] of the villages that the check found missing."""
    made: list[list[Any]] = []
    for commune_id, _, name, _ in of.counts.get("new_villages", []):
        commune = session.get_one(Area, commune_id)
        siblings = session.scalars(select(Area).where(Area.parent_id == commune_id)).all()
        known = next((one for one in siblings if fold(name) in {fold(one.full_name), one.name_fold}), None)
        village = known or _make(session, commune, siblings, name, of)
        if known is None:
            audit.record(session, "area.create", "area", village.id, by=by, now=now, code=village.code)
        made.append([commune_id, fold(name), village.id, known is None])
    return made


def _make(session: Session, commune: Area, siblings: Sequence[Area], name: str, of: Import) -> Area:
    short = _KIND.sub("", name) or name
    numbers = [int(found.group(1)) for one in siblings if (found := _NUMBER.search(one.code))]
    village = Area(
        level=Level.VILLAGE.value,
        code=f"{commune.code}-{max(numbers, default=0) + 1:02}",
        name=short,
        full_name=name,
        name_fold=fold(short),
        parent_id=commune.id,
        province_id=commune.parent_id,
        valid_from=min(commune.valid_from, of.valid_on),
    )
    session.add(village)
    session.flush()
    return village


def remove_empty(session: Session, of: Import, *, by: Doer, now: datetime) -> int:
    """Those that the import has made and nobody uses; returns how many went."""
    gone = 0
    for _, _, village_id, made_here in of.counts.get("villages", []):
        used = select(
            exists().where(Household.village_id == village_id)
            | exists().where(HouseholdYear.village_id == village_id)
            | exists().where(Actor.village_id == village_id)
            | exists().where(Grant.area_id == village_id)
        )
        village = session.get(Area, village_id)
        if village is None or not made_here or session.scalar(used):
            continue
        session.delete(village)
        audit.record(session, "area.delete", "area", village_id, by=by, now=now, code=village.code)
        gone += 1
    session.flush()
    return gone
