"""When areas change, what lives there follows: households with a row in their history, cases of open rounds with their
counters, entities, phones, enumerators, open hand-overs. A few statements for each village, however many live there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, literal, select, update
from sqlalchemy.orm import Session

from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.register import Change, Offer
from fieldsurvey.store import progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.entities import Entity
from fieldsurvey.store.handovers import Handover
from fieldsurvey.store.household_events import HouseholdEvent
from fieldsurvey.store.people import USER, Actor, Grant
from fieldsurvey.store.register import Household, new_uuid
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission

Pair = tuple[Area, Area]  # old area, new area
PLACE = ("province_id", "commune_id", "village_id")


class Following:
    """One change of areas: its rows in the histories belong together."""

    def __init__(self, session: Session, by: Doer, now: datetime) -> None:
        self.session, self.by, self.now = session, by, now
        self.batch = new_uuid()
        self.touched: set[int] = set()  # rounds to count again
        open_rounds = select(Round.id).where(Round.state == rounds.OPEN, Round.deleted_at.is_(None))
        self.open = list(session.scalars(open_rounds))

    def villages(self, moves: Sequence[Pair]) -> int:
        """Everything of each old village goes over to the new one; how many households."""
        moved = 0
        for old, new in moves:
            to = asdict(new.place)
            moved += self._households(Household.village_id == old.id, old.place, new.place)
            self._cases(old, to)
            for table in (Entity, Actor):
                self.session.execute(update(table).where(table.village_id == old.id).values(to))
            bound = update(Grant).where(Grant.area_level == Level.VILLAGE.value, Grant.area_id == old.id)
            self.session.execute(bound.values(area_id=new.id))
            self._handovers(Handover.from_village_id == old.id, "from", to)
            self._handovers(Handover.to_village_id == old.id, "to", to)
        return moved

    def communes(self, pairs: Sequence[Pair]) -> int:
        """What belongs to a commune and to no village of it, where one commune takes it over; how many households."""
        moved = 0
        for old, new in self._alone(pairs):
            to = asdict(new.place)
            loose = (Household.commune_id == old.id) & Household.village_id.is_(None)
            moved += self._households(loose, old.place, new.place)
            of_commune = {name: to[name] for name in ("province_id", "commune_id")}
            self.session.execute(update(Actor).where(Actor.commune_id == old.id).values(of_commune))
            self._handovers(Handover.to_commune_id == old.id, "to", of_commune)
            self.session.execute(
                update(Round).where(Round.area_id == old.id, Round.id.in_(self.open)).values(area_id=new.id)
            )
        return moved

    def officers(self, pairs: Sequence[Pair]) -> list[str]:
        """Names of those who hold a role for an old commune. Where nothing but the commune's area changed, the role goes
        over; where it would reach further than before, it does not: somebody decides about that on the accounts' page.
        """
        gaining = Counter(new.id for _, new in pairs)
        left = []
        for old, new in pairs:
            alone = gaining[new.id] == 1 and (old, new) in self._alone(pairs)
            bound = (Grant.area_level == Level.COMMUNE.value, Grant.area_id == old.id)
            if alone:
                self.session.execute(update(Grant).where(*bound).values(area_id=new.id))
                continue
            query = select(Actor.display_name).join(Grant, Grant.actor_id == Actor.id).where(*bound, Actor.kind == USER)
            left += list(self.session.scalars(query.where(Actor.deleted_at.is_(None)).order_by(Actor.id)))
        return left

    def recount(self) -> None:
        """The counters of the open rounds whose cases have moved, once all have."""
        self.session.flush()
        for round_id in sorted(self.touched):
            progress.recount(self.session, round_id)

    def _alone(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Those of communes that go into one other as a whole."""
        parts = Counter(old.id for old, _ in pairs)
        return [(old, new) for old, new in pairs if parts[old.id] == 1]

    def _households(self, condition: ColumnElement[bool], old: Place, new: Place) -> int:
        before, after = ({"household": _differing(one, other)} for one, other in ((old, new), (new, old)))
        json = HouseholdEvent.__table__.c.before.type
        written: Any = select(
            Household.id, literal(Change.AREA_CHANGED.value), literal(self.now, HouseholdEvent.__table__.c.at.type),
            literal(self.by.id or None, HouseholdEvent.__table__.c.actor_id.type), literal(before, json),
            literal(after, json), literal(self.batch),
        ).where(condition)  # fmt: skip
        columns = ["household_id", "kind", "at", "actor_id", "before", "after", "batch_id"]
        self.session.execute(insert(HouseholdEvent).from_select(columns, written))
        moving = update(Household).where(condition).values(
            **asdict(new), version=Household.version + 1, updated_at=self.now
        )  # fmt: skip
        count = self.session.scalar(select(func.count()).select_from(Household).where(condition)) or 0
        self.session.execute(moving, execution_options={"synchronize_session": False})
        return count

    def _cases(self, old: Area, to: dict[str, Any]) -> None:
        """Those of open rounds, with their submissions; closed rounds keep the territory of their time."""
        here = (Case.village_id == old.id, Case.round_id.in_(self.open))
        self.touched |= set(self.session.scalars(select(Case.round_id).where(*here).distinct()))
        sent = update(Submission).where(Submission.case_id.in_(select(Case.id).where(*here)))
        self.session.execute(sent.values(to), execution_options={"synchronize_session": False})
        moving = update(Case).where(*here).values(**to, version=Case.version + 1, updated_at=self.now)
        self.session.execute(moving, execution_options={"synchronize_session": False})

    def _handovers(self, condition: ColumnElement[bool], side: str, to: dict[str, Any]) -> None:
        still = update(Handover).where(condition, Handover.state == Offer.OFFERED.value)
        self.session.execute(still.values({f"{side}_{name}": value for name, value in to.items()}))


def _differing(one: Place, other: Place) -> dict[str, Any]:
    return {name: getattr(one, name) for name in PLACE if getattr(one, name) != getattr(other, name)}
