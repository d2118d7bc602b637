"""Areas as the rules see them: three levels, two types, and the place that a record belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    PROVINCE = "province"  # tỉnh, thành phố
    COMMUNE = "commune"  # xã, phường, đặc khu
    VILLAGE = "village"  # thôn, tổ dân phố


class AreaType(StrEnum):
    """Which income line and cut-off apply. Set per commune, may differ per village; never derived from the name."""

    RURAL = "rural"
    URBAN = "urban"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record belongs: ids of its areas; None where it is not (yet) known."""

    province_id: int | None = None
    commune_id: int | None = None
    village_id: int | None = None


@dataclass(frozen=True, slots=True)
class AreaRef:
    """One area that a grant is bound to."""

    level: Level
    id: int

    def covers(self, place: Place) -> bool:
        return bool(self.id == getattr(place, f"{self.level.value}_id"))
