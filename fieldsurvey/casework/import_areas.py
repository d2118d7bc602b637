"""Where a row of a register belongs: its commune and village by code or folded name, as they were valid on a day.

Words for areas are looked up once and remembered, for a file says the same thousands of times.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.likeness import likeness
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.area_changes import AreaChange
from fieldsurvey.store.areas import Area

_KIND_OF_COMMUNE = re.compile(r"^(xa|phuong|thi tran|dac khu|tt|p|x)\.? +(?=\S)")
_KIND_OF_VILLAGE = re.compile(
    r"^(thon|to dan pho( so)?|tdp( so)?|khu pho|khu dan cu|khu|ap|ban|buon|lang|xom|khom|to|bon|plei|phum|soc|kp|kdc)"
    r"\.? +(?=\S)"
)
_KIND_OF_PROVINCE = re.compile(r"^(tinh|thanh pho|tp)\.? +(?=\S)")
_NEAR = 0.9  # of 2


@dataclass(frozen=True, slots=True)
class Found:
    """`new_village`: the name of one that is to be made. `wrong`: (field, code of a remark, its params)."""

    place: Place | None = None
    new_village: str | None = None
    wrong: tuple[tuple[str, str, dict[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    code: str
    name_fold: str
    full_fold: str
    full_name: str
    parent_id: int


class _StopError(Exception):
    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(code)
        self.wrong = (field, code, params)


class AreaFinder:
    """The areas that were valid on a day, for who may write in a scope. `add_villages`: unknown ones are to be made."""

    def __init__(self, session: Session, on: date, scope: Scope, *, add_villages: bool) -> None:
        self.scope, self.add_villages = scope, add_villages
        valid = (Area.valid_from <= on, or_(Area.valid_to.is_(None), Area.valid_to >= on))
        columns = (Area.id, Area.level, Area.code, Area.name_fold, Area.full_name, Area.parent_id)
        rows = session.execute(select(*columns).where(*valid)).all()
        self.provinces = [_known(row) for row in rows if row.level == Level.PROVINCE]
        self.communes = {row.id: _known(row) for row in rows if row.level == Level.COMMUNE}
        self.villages: dict[int, list[_Known]] = defaultdict(list)
        for row in rows:
            if row.level == Level.VILLAGE:
                self.villages[row.parent_id].append(_known(row))
        self.by_code = {one.code: one for one in self.communes.values()}
        self.by_name: dict[str, list[_Known]] = defaultdict(list)
        for one in self.communes.values():
            self.by_name[_without(_KIND_OF_COMMUNE, one.full_fold)].append(one)
        self.became = _became(session, set(self.communes))
        self._seen: dict[tuple[str, ...], Found] = {}

    def find(self, words: dict[str, str]) -> Found:
        """`words`: province, commune_code, commune, village_code, village, as the file writes them."""
        key = tuple(words.values())
        known = self._seen.get(key)
        if known is None:
            known = self._seen[key] = self._find(words)
        return known

    def _find(self, words: dict[str, str]) -> Found:
        try:
            commune, said = self._commune(words)
            place = Place(commune.parent_id, commune.id)
            if not self.scope.covers(place):
                raise _StopError("commune", "outside", commune=commune.full_name)
            village = self._village(words, commune)
            if isinstance(village, str):
                return Found(place, village, said)
            return Found(Place(commune.parent_id, commune.id, village.id), None, said)
        except _StopError as stop:
            return Found(wrong=(stop.wrong,))

    def _commune(self, words: dict[str, str]) -> tuple[_Known, tuple[tuple[str, str, dict[str, Any]], ...]]:
        code, name = words["commune_code"], words["commune"]
        if code:
            found = self.by_code.get(code)
            if found is None:
                return self._successor("commune_code", code, words)
            folded = _without(_KIND_OF_COMMUNE, fold(name))
            if folded and folded != _without(_KIND_OF_COMMUNE, found.full_fold):
                return found, (("commune", "area_differs", {"code": code, "commune": found.full_name}),)
            return found, ()
        if name:
            return self._commune_by_name(name, words)
        own = [one for one in self.communes.values() if one.id in self.scope.communes]
        if len(own) == 1 and not self.scope.everywhere:
            return own[0], ()
        raise _StopError("commune_code", "commune_missing")

    def _commune_by_name(
        self, name: str, words: dict[str, str]
    ) -> tuple[_Known, tuple[tuple[str, str, dict[str, Any]], ...]]:
        folded = _without(_KIND_OF_COMMUNE, fold(name))
        found = self.by_name.get(folded, [])
        province = _without(_KIND_OF_PROVINCE, fold(words["province"]))
        inside = {one.id for one in self.provinces if province and one.name_fold == province}
        narrowed = [one for one in found if one.parent_id in inside] if inside else found
        if len(narrowed) > 1:  # `Phường X` and `Xã X` of one province
            narrowed = [one for one in narrowed if one.full_fold == fold(name)] or narrowed
        if len(narrowed) > 1:
            narrowed = [one for one in narrowed if self.scope.covers(Place(one.parent_id, one.id))] or narrowed
        if len(narrowed) > 1:
            raise _StopError("commune", "commune_ambiguous", value=name[:60], count=len(narrowed))
        return (narrowed[0], ()) if narrowed else self._successor("commune", folded, words)

    def _successor(
        self, field: str, word: str, words: dict[str, str]
    ) -> tuple[_Known, tuple[tuple[str, str, dict[str, Any]], ...]]:
        """The commune that an older one has become, where it became one only."""
        found = {one.id: one for one in map(self.communes.get, self.became.get(word, ())) if one}
        if len(found) == 1:
            one = next(iter(found.values()))
            return one, ((field, "commune_became", {"value": words[field][:60], "commune": one.full_name}),)
        if found:
            names = ", ".join(sorted(one.full_name for one in found.values()))
            raise _StopError(field, "commune_split", value=words[field][:60], communes=names)
        raise _StopError(field, "commune_unknown", value=words[field][:60])

    def _village(self, words: dict[str, str], commune: _Known) -> _Known | str:
        inside, code, name = self.villages.get(commune.id, []), words["village_code"], words["village"]
        if code:
            found = next((one for one in inside if code in {one.code, one.code.removeprefix(f"{commune.code}-")}), None)
            if found is not None:
                return found
            if not name:
                raise _StopError("village_code", "village_code_unknown", value=code[:60], commune=commune.full_name)
        if not name:
            raise _StopError("village", "village_missing")
        folded = fold(name)
        alike = [one for one in inside if folded in {one.full_fold, one.name_fold}]
        short = _without(_KIND_OF_VILLAGE, folded)
        alike = alike or [one for one in inside if short == _without(_KIND_OF_VILLAGE, one.full_fold)]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise _StopError("village", "village_ambiguous", value=name[:60], commune=commune.full_name)
        if self.add_villages:
            return name[:100]
        near = max(inside, key=lambda one: likeness(one.name_fold, short), default=None)
        if near is not None and likeness(near.name_fold, short) >= _NEAR:
            raise _StopError("village", "village_near", value=name[:60], commune=commune.full_name, near=near.full_name)
        raise _StopError("village", "village_unknown", value=name[:60], commune=commune.full_name)


def _known(row: Any) -> _Known:
    return _Known(row.id, row.code, row.name_fold, fold(row.full_name), row.full_name, row.parent_id or 0)


def _without(kind: re.Pattern[str], folded: str) -> str:
    """`xa tam hong` → `tam hong`"""
    return kind.sub("", folded)


def _became(session: Session, valid: Iterable[int]) -> dict[str, tuple[int, ...]]:
    """Code and bare name of a commune that is no longer → the ids of those it went into, over several changes."""
    rows = session.execute(select(AreaChange.old_id, AreaChange.new_id)).all()
    into: dict[int, set[int]] = defaultdict(set)
    for old, new in rows:
        into[old].add(new)
    gone = session.execute(
        select(Area.id, Area.code, Area.full_name).where(Area.id.in_(into.keys()), Area.level == Level.COMMUNE.value)
    )
    valid, found = set(valid), defaultdict[str, set[int]](set)
    for area_id, code, full_name in gone:
        if area_id not in valid:
            ends = _ends(area_id, into, valid)
            found[code] |= ends
            found[_without(_KIND_OF_COMMUNE, fold(full_name))] |= ends
    return {word: tuple(sorted(ends)) for word, ends in found.items()}


def _ends(area_id: int, into: dict[int, set[int]], valid: set[int]) -> set[int]:
    ends, waiting, seen = set[int](), [area_id], set[int]()
    while waiting:
        one = waiting.pop()
        if one in valid:
            ends.add(one)
        elif one not in seen:
            seen.add(one)
            waiting.extend(into.get(one, ()))
    return ends
