"""The provinces and communes of Vietnam since 1 July 2025, with their official codes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.store.areas import Area

SINCE = date(2025, 7, 1)
FILE = Path(__file__).with_name("vn-admin-units.csv")


def load(session: Session) -> int:
    """Add the areas that are missing; returns how many. The area type is a first setting, for officials to change."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return _load(session, rows, Level.PROVINCE) + _load(session, rows, Level.COMMUNE)


def _load(session: Session, rows: list[dict[str, str]], level: Level) -> int:
    known = ids(session, level)
    parents = ids(session, Level.PROVINCE)
    missing = [_row(row, parents) for row in rows if row["level"] == level and row["code"] not in known]
    if missing:
        session.execute(insert(Area), missing)
    return len(missing)


def ids(session: Session, level: Level) -> dict[str, int]:
    """Code → id of the areas of one level that are valid now."""
    query = select(Area.code, Area.id).where(Area.level == level.value, Area.valid_to.is_(None))
    return {code: area_id for code, area_id in session.execute(query)}


def _row(row: dict[str, str], parents: dict[str, int]) -> dict[str, Any]:
    return {
        "level": row["level"],
        "code": row["code"],
        "name": tidy(row["name"]),
        "full_name": tidy(row["full_name"]),
        "name_fold": fold(row["name"]),
        "parent_id": parents.get(row["parent"]),
        "province_id": parents.get(row["parent"]),
        "area_type": row["area_type"] or None,
        "valid_from": SINCE,
    }


def add_village(session: Session, commune: Area, number: int, name: str, area_type: str | None = None) -> Area:
    """A village below a commune; its code is the commune's with the number behind it."""
    village = Area(
        level=Level.VILLAGE.value,
        code=f"{commune.code}-{number:02}",
        name=name,
        full_name=f"Thôn {name}",
        name_fold=fold(name),
        parent_id=commune.id,
        province_id=commune.parent_id,
        area_type=area_type,
        valid_from=SINCE,
    )
    session.add(village)
    session.flush()
    return village
