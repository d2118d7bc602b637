"""Areas: province → commune → village, with codes that are valid for a time (a code may come to mean another territory)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from fieldsurvey.rules.areas import AreaRef, AreaType, Level, Place
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store.base import Base


class Area(Base):
    __tablename__ = "areas"
    __table_args__ = (UniqueConstraint("level", "code", "valid_from"), Index(None, "parent_id", "code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str]  # rules.areas.Level
    code: Mapped[str]  # 25 · 09043 · 09043-01
    name: Mapped[str]  # Tam Hồng
    full_name: Mapped[str]  # Xã Tam Hồng
    name_fold: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    province_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))  # of a village; saves a hop
    area_type: Mapped[str | None]  # of a commune; of a village where it differs
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    @property
    def place(self) -> Place:
        """The place of a record that belongs to this area."""
        if self.level == Level.VILLAGE:
            return Place(self.province_id, self.parent_id, self.id)
        if self.level == Level.COMMUNE:
            return Place(self.parent_id, self.id)
        return Place(self.id)

    @property
    def ref(self) -> AreaRef:
        return AreaRef(Level(self.level), self.id)


def by_code(session: Session, level: Level, code: str, on: date) -> Area | None:
    """The area that carried this code on that day."""
    return session.scalar(select(Area).where(Area.level == level, Area.code == code, *_valid(on)))


def by_any_code(session: Session, code: str, on: date) -> Area | None:
    """The same, whatever its level: codes of the levels look different (25, 09043, 09043-01)."""
    return session.scalar(select(Area).where(Area.code == code, *_valid(on)).order_by(Area.id).limit(1))


def _valid(on: date) -> tuple[ColumnElement[bool], ...]:
    return Area.valid_from <= on, or_(Area.valid_to.is_(None), Area.valid_to >= on)


def valid_on(session: Session, level: Level, on: date) -> dict[str, Area]:
    """Code → area of a level on that day."""
    return {one.code: one for one in session.scalars(select(Area).where(Area.level == level.value, *_valid(on)))}


def begins_after(session: Session, level: Level, code: str, on: date) -> Area | None:
    """The first area that carries the code later than that day."""
    query = select(Area).where(Area.level == level.value, Area.code == code, Area.valid_from > on)
    return session.scalar(query.order_by(Area.valid_from).limit(1))


def children_on(session: Session, parent_id: int, level: Level, on: date) -> Sequence[Area]:
    """The areas of a level below another on that day, by code."""
    query = select(Area).where(Area.parent_id == parent_id, Area.level == level.value, *_valid(on))
    return session.scalars(query.order_by(Area.code)).all()


def villages_on(session: Session, commune_id: int, on: date) -> Sequence[Area]:
    return children_on(session, commune_id, Level.VILLAGE, on)


def next_village_code(session: Session, commune: Area, wished: str = "", on: date | None = None) -> str:
    """The code for a new village: `wished` if it is one of this commune's that nobody had on that day or later, else the
    number behind the highest that was ever given below this code.
    """
    query = select(Area.code, Area.valid_from).where(
        Area.level == Level.VILLAGE.value, Area.code.startswith(f"{commune.code}-", autoescape=True)
    )
    taken = session.execute(query).all()
    if wished.startswith(f"{commune.code}-") and not any(code == wished and since == on for code, since in taken):
        return wished
    numbers = [int(number) for code, _ in taken if (number := code.rpartition("-")[2]).isdecimal()]
    return f"{commune.code}-{max(numbers, default=0) + 1:02}"


def area_type(session: Session, village_id: int | None, commune_id: int | None) -> AreaType:
    """The village's own type if set, else its commune's, else rural (the lower line: nobody gains by a gap in the data)."""
    for area_id in (village_id, commune_id):
        area = session.get(Area, area_id) if area_id is not None else None
        if area is not None and area.area_type:
            return AreaType(area.area_type)
    return AreaType.RURAL


def children(session: Session, parent_id: int | None, level: Level) -> Sequence[Area]:
    query = select(Area).where(Area.level == level, Area.valid_to.is_(None)).order_by(Area.code)
    return session.scalars(query.where(Area.parent_id == parent_id) if parent_id else query).all()


def limited(scope: Scope, level: Level) -> list[ColumnElement[bool]]:
    """Conditions for the areas of one level that lie inside a scope."""
    if scope.everywhere:
        return []
    own = {Level.PROVINCE: Area.id, Level.COMMUNE: Area.parent_id, Level.VILLAGE: Area.province_id}
    commune = {Level.COMMUNE: Area.id, Level.VILLAGE: Area.parent_id}
    allowed = [own[level].in_(scope.provinces)]
    if level in commune:
        allowed.append(commune[level].in_(scope.communes))
    if level is Level.VILLAGE:
        allowed.append(Area.id.in_(scope.villages))
    return [or_(*allowed)]


def inside(outer: AreaRef, level: Level) -> ColumnElement[bool]:
    """The areas of one level that lie in one area, or are that area."""
    if outer.level == level:
        return Area.id == outer.id
    skips = outer.level is Level.PROVINCE and level is Level.VILLAGE
    return (Area.province_id if skips else Area.parent_id) == outer.id


def in_scope_at(session: Session, scope: Scope, level: Level) -> Sequence[Area]:
    """The areas of one level that lie inside the scope, by code."""
    query = select(Area).where(Area.level == level, Area.valid_to.is_(None), *limited(scope, level))
    return session.scalars(query.order_by(Area.code)).all()


def villages_in_scope(session: Session, scope: Scope) -> Sequence[Area]:
    return in_scope_at(session, scope, Level.VILLAGE)


def with_ids(session: Session, ids: Sequence[int]) -> dict[int, Area]:
    return {area.id: area for area in session.scalars(select(Area).where(Area.id.in_(ids)))}


_above, _top = aliased(Area), aliased(Area)


def paths(session: Session, ids: Collection[int]) -> dict[int, tuple[Area, ...]]:
    """Id → the area with the areas above it, the widest first; one statement for all of them."""
    query = (
        select(Area, _above, _top)
        .outerjoin(_above, _above.id == Area.parent_id)
        .outerjoin(_top, _top.id == _above.parent_id)
        .where(Area.id.in_(ids))
    )
    return {area.id: tuple(one for one in (top, above, area) if one) for area, above, top in session.execute(query)}


def search(
    session: Session, scope: Scope, levels: Collection[Level], name_fold: str, limit: int
) -> Sequence[tuple[Area, ...]]:
    """Areas in the scope whose folded name has the words or whose code begins with them, each with those above it."""
    found = or_(Area.name_fold.contains(name_fold, autoescape=True), Area.code.startswith(name_fold, autoescape=True))
    wanted = or_(*(and_(Area.level == level.value, *limited(scope, level)) for level in levels))
    query = (
        select(Area, _above, _top)
        .outerjoin(_above, _above.id == Area.parent_id)
        .outerjoin(_top, _top.id == _above.parent_id)
        .where(wanted, found, Area.valid_to.is_(None))
        .order_by(func.length(Area.name_fold), Area.code)
        .limit(limit)
    )
    return [tuple(one for one in (top, above, area) if one) for area, above, top in session.execute(query)]
