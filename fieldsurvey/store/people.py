"""Actors: people and their phones, the grants that bind a role to an area, and the counting of failed sign-ins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, Row, bindparam, delete, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.permissions import Doer, Role, Scope
from fieldsurvey.rules.permissions import Grant as GrantRule
from fieldsurvey.store import areas
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import Base, Placed, in_scope

USER, APP_USER, PUBLIC_LINK = "user", "app_user", "public_link"


class Actor(Placed, Base):
    """A person who signs in (`user`), a phone that holds a token (`app_user`), or whoever has a link (`public_link`)."""

    __tablename__ = "actors"
    __table_args__ = (
        Index(
            "uq_actors_email",
            "email",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            sqlite_where=text("deleted_at IS NULL"),
        ),
        Index(
            "uq_actors_phone",
            "phone",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            sqlite_where=text("deleted_at IS NULL"),
        ),
        Index("uq_actors_token_hash", "token_hash", unique=True),
        Index(None, "round_id", "commune_id"),
        Index(None, "form_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    display_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]  # digits only, national form: 0912345678
    password_hash: Mapped[str | None]
    pin_nonce: Mapped[str | None]  # the PIN is derived from it and the server's secret, never stored
    sign_in_key: Mapped[str]  # changes with the password and ends every session
    locale: Mapped[str | None]
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))  # of a phone or link
    form_id: Mapped[int | None]  # of a link; no foreign key, because a form names its draft's actor in turn
    once: Mapped[bool | None]  # of a link: one submission for each browser
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of a phone: what entity lists may filter by
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))  # the person who carries the phone
    token_nonce: Mapped[str | None]  # the token is derived from it and the server's secret, never stored
    token_hash: Mapped[str | None]
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]  # the last day, in Vietnam, on which the account works; null: without an end

    grants: Mapped[list[Grant]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    def doer(self) -> Doer:
        return Doer(self.id, self.display_name, tuple(grant.rule() for grant in self.grants), place=self.place)

    def works_on(self, day: date) -> bool:
        """Whether the account has not come to its end before this day, in Vietnam."""
        return self.valid_until is None or day <= self.valid_until

    # What Flask-Login asks of a signed-in user.
    is_authenticated = is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.id}:{self.sign_in_key}"


class Grant(Base):
    """A role of an actor, bound to an area (null: everywhere), to a round (null: all) and to a form of it (null: all)."""

    __tablename__ = "grants"
    __table_args__ = (Index(None, "actor_id"), Index(None, "round_id", "form_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"))
    role: Mapped[str]
    area_level: Mapped[str | None]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"))
    form_id: Mapped[int | None] = mapped_column(ForeignKey("forms.id"))

    def rule(self) -> GrantRule:
        area = AreaRef(Level(self.area_level), self.area_id) if self.area_id and self.area_level else None
        return GrantRule(Role(self.role), area, self.round_id, self.form_id)


class SignIn(Base):
    """A session of the API: a script's or browser's token until it expires. Only the token's hash is kept."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index(None, "actor_id"), Index("uq_sign_ins_token_hash", "token_hash", unique=True))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str]
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    csrf: Mapped[str]  # what a browser has to send beside its cookie
    purpose: Mapped[str]  # session | reset: a reset's token may only set a new password
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Preference(Base):
    """What a person has set for their own screen, of the site or of one round: a program's key and any JSON."""

    __tablename__ = "preferences"
    __table_args__ = (Index("uq_preferences", "actor_id", "scope", "key", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    scope: Mapped[int]  # a round's id; 0: the site
    key: Mapped[str]
    value: Mapped[dict[str, Any]]  # {"value": any JSON}


class ActorProperty(Base):
    """The name of a property that a round's phones may carry."""

    __tablename__ = "actor_properties"
    __table_args__ = (Index("uq_actor_properties", "round_id", "name_fold", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    name: Mapped[str]
    name_fold: Mapped[str]  # lower case: names differ by more than capitals


class SignInFailure(Base):
    """One failed sign-in; the name is kept only as a keyed hash."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "name_hash", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name_hash: Mapped[str]
    at: Mapped[datetime]


def still_works() -> ColumnElement[bool]:
    """The same as a condition, with the day as the parameter `today`."""
    return or_(Actor.valid_until.is_(None), Actor.valid_until >= bindparam("today", type_=Date()))


def active(session: Session, actor_id: int) -> Actor | None:
    actor = session.get(Actor, actor_id)
    return actor if actor is not None and actor.deleted_at is None else None


def by_sign_in_name(session: Session, email: str | None, phone: str | None) -> Actor | None:
    """The person with this e-mail (lower case) or phone number (digits)."""
    names = [Actor.email == email] if email else [Actor.phone == phone]
    return session.scalar(select(Actor).where(Actor.kind == USER, Actor.deleted_at.is_(None), or_(*names)))


def phones_of_commune(session: Session, round_id: int, commune_id: int) -> Sequence[Actor]:
    """A round's phones in one commune, by village and in the order in which they were made."""
    query = select(Actor).where(
        Actor.kind == APP_USER, Actor.round_id == round_id, Actor.commune_id == commune_id, Actor.deleted_at.is_(None)
    )
    return session.scalars(query.order_by(Actor.village_id, Actor.id)).all()


def phones_of_owner(session: Session, owner_id: int) -> Sequence[Actor]:
    """The phones that a person carries, newest first."""
    query = select(Actor).where(Actor.kind == APP_USER, Actor.owner_id == owner_id, Actor.deleted_at.is_(None))
    return session.scalars(query.order_by(Actor.id.desc())).all()


def enumerators_by_village(session: Session, commune_id: int) -> dict[int, Actor]:
    """Village id → the person who is its enumerator; of several the one who was there first."""
    query = (
        select(Actor)
        .join(Grant, Grant.actor_id == Actor.id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), Actor.commune_id == commune_id)
        .where(Grant.role == Role.ENUMERATOR.value, Grant.area_level == Level.VILLAGE.value)
        .order_by(Actor.id.desc())
    )
    return {actor.village_id: actor for actor in session.scalars(query) if actor.village_id is not None}


def phone_coverage(session: Session, scope: Scope, round_id: int, inside: AreaRef | None) -> Sequence[Row[Any]]:
    """Communes by code, with the number of their villages in the scope and of those that have a phone.

    Columns: id, code, full_name, name_fold, above (name of the province), villages, equipped.
    """
    equipped = select(Actor.village_id).where(
        Actor.kind == APP_USER, Actor.round_id == round_id, Actor.deleted_at.is_(None), Actor.village_id.is_not(None)
    )
    phones = equipped.distinct().subquery()
    commune, province = aliased(Area), aliased(Area)
    columns = (commune.id, commune.code, commune.full_name, commune.name_fold, province.full_name.label("above"))
    query: Any = (
        select(*columns, func.count(Area.id).label("villages"), func.count(phones.c.village_id).label("equipped"))
        .select_from(Area)
        .join(commune, commune.id == Area.parent_id)
        .join(province, province.id == commune.parent_id)
        .outerjoin(phones, phones.c.village_id == Area.id)
        .where(Area.level == Level.VILLAGE.value, Area.valid_to.is_(None), *areas.limited(scope, Level.VILLAGE))
        .group_by(*columns)
        .order_by(commune.code)
    )
    query = query.where(areas.inside(inside, Level.VILLAGE)) if inside is not None else query
    return session.execute(query).all()


def accounts(session: Session, scope: Scope) -> Sequence[Row[Any]]:
    """People who sign in, with each role and its area; a row for each role, no ORM objects."""
    above = aliased(Area)
    person = (Actor.id, Actor.display_name, Actor.email, Actor.phone)
    area = (Area.full_name.label("area"), Area.level.label("area_level"), above.full_name.label("above"))
    query: Any = (
        select(*person, Grant.role, *area)
        .outerjoin(Grant, Grant.actor_id == Actor.id)
        .outerjoin(Area, Area.id == Grant.area_id)
        .outerjoin(above, above.id == Area.parent_id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), in_scope(Actor, scope))
        .order_by(Actor.id)
    )
    return session.execute(query).all()


def with_ids(session: Session, actor_ids: Collection[int]) -> dict[int, Actor]:
    return {one.id: one for one in session.scalars(select(Actor).where(Actor.id.in_(actor_ids)))}


def names(session: Session, actor_ids: Collection[int]) -> dict[int, str]:
    """Actor id → name, of people and phones, gone ones too."""
    return dict(session.execute(select(Actor.id, Actor.display_name).where(Actor.id.in_(actor_ids))).all())


def failures_since(session: Session, name_hash: str, since: datetime) -> int:
    query = select(func.count()).where(SignInFailure.name_hash == name_hash, SignInFailure.at >= since)
    return session.scalar(query) or 0


def add_failure(session: Session, name_hash: str, at: datetime) -> None:
    session.add(SignInFailure(name_hash=name_hash, at=at))


def forget_failures(session: Session, name_hash: str, before: datetime) -> None:
    """After a success: this name's failures, and everybody's that are too old to count."""
    session.execute(delete(SignInFailure).where(or_(SignInFailure.name_hash == name_hash, SignInFailure.at < before)))
