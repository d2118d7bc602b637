"""What a household's questionnaire says about last year: blocks confirmed as the same, members accounted for. One row a
submission, made when it arrives; pages add it up by enumerator.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, Connection, ForeignKey, Index, bindparam, cast, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import hot
from fieldsurvey.store.base import Base, Placed, in_scope
from fieldsurvey.store.people import Actor
from fieldsurvey.store.register import Member


class PrefillCheck(Placed, Base):
    __tablename__ = "prefill_checks"
    __table_args__ = (Index(None, "round_id", "commune_id", "submitter_id"), Index(None, "round_id", "submitter_id"))

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    submitter_id: Mapped[int | None] = mapped_column(ForeignKey("actors.id"))
    offered: Mapped[int]  # blocks of which last year's answers were there
    same: Mapped[int]  # of those, confirmed as the same
    known: Mapped[int]  # members whom the register had when the questionnaire arrived
    gone: Mapped[int]  # of those, said to be no longer there
    added: Mapped[int]  # persons whom the register did not have
    remarks: Mapped[list[Any]]  # for the officer: {"kind": rules.prior.Remark, …}
    at: Mapped[datetime]


class Counted(Protocol):
    """What somebody has sent in a round, added up."""

    person_id: int
    forms: int
    offered: int
    same: int
    gone: int
    added: int


_TABLE: Any = PrefillCheck.__table__
_ADD = insert(_TABLE)
_MEMBERS = (
    select(Member.uuid, Member.name, Member.name_fold, Member.birth_year)
    .where(Member.household_id == bindparam("of"), Member.gone_at.is_(None))
    .order_by(Member.position, Member.id)
)
_AMONG = select(Member.uuid, Member.household_id)


def members_of(connection: Connection, household_id: int) -> list[Any]:
    """Who is known to be in the household: uuid, name, name_fold, birth_year."""
    return hot.rows(connection, _MEMBERS, {"of": household_id})


def households_of(connection: Connection, uuids: Sequence[str]) -> dict[str, int]:
    """Member's uuid → the household in which the register has them, those who are gone too."""
    return {uuid: of for uuid, of in connection.execute(_AMONG.where(Member.uuid.in_(uuids)))} if uuids else {}


def keep(connection: Connection, row: dict[str, Any], *, again: bool) -> None:
    """`again`: a correction takes the place of what was found before."""
    if again:
        connection.execute(delete(_TABLE).where(_TABLE.c.submission_id == row["submission_id"]))
    hot.execute(connection, _ADD, row)


def of_submission(session: Session, submission_id: int) -> PrefillCheck | None:
    return session.get(PrefillCheck, submission_id)


def by_enumerator(session: Session, round_id: int, scope: Scope) -> Sequence[Counted]:
    """person_id, forms, offered, same, gone, added: of each who sent something, phones counted for their owners."""
    sums = [
        cast(func.sum(column), BigInteger).label(column.key)
        for column in (PrefillCheck.offered, PrefillCheck.same, PrefillCheck.gone, PrefillCheck.added)
    ]
    owner = func.coalesce(Actor.owner_id, Actor.id)
    query: Any = (
        select(owner.label("person_id"), func.count().label("forms"), *sums)
        .join(Actor, Actor.id == PrefillCheck.submitter_id)
        .where(PrefillCheck.round_id == round_id, in_scope(PrefillCheck, scope))
        .group_by(owner)
    )
    rows: Any = session.execute(query).all()
    found: Sequence[Counted] = rows
    return found


def share_of(session: Session, round_id: int, submitter_id: int) -> tuple[int, int]:
    """(blocks that somebody confirmed as the same, blocks offered to them) in a round."""
    sums = (func.coalesce(func.sum(PrefillCheck.same), 0), func.coalesce(func.sum(PrefillCheck.offered), 0))
    query = select(*sums).where(PrefillCheck.round_id == round_id, PrefillCheck.submitter_id == submitter_id)
    same, offered = session.execute(query).one()
    return int(same), int(offered)
