"""What stands behind an entity list: the entities of a dataset, or the register's households that a round has listed and
their members.

Both are a Select with the same columns, so that lists, files and OData read either without knowing which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from fieldsurvey.rules import prior
from fieldsurvey.rules.permissions import Scope
from fieldsurvey.store import dataset_uses, forms, hot, prior_answers
from fieldsurvey.store.areas import Area
from fieldsurvey.store.base import in_scope
from fieldsurvey.store.cases import Case
from fieldsurvey.store.entities import Dataset, DatasetProperty, Entity
from fieldsurvey.store.household_conflicts import HouseholdConflict
from fieldsurvey.store.prior_answers import HouseholdAnswers
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.rounds import Round

REGISTER, MEMBERS = forms.HOUSEHOLDS, forms.MEMBERS  # the names of the lists behind which the register stands
OF_REGISTER = (REGISTER, MEMBERS)


@dataclass(frozen=True, slots=True)
class Source:
    """`columns`: id, uuid, label, version, createdAt, updatedAt, deletedAt, creatorId, conflict."""

    columns: Mapping[str, Any]
    properties: Mapping[str, Any]  # name → its value as text; the order is that of the columns of a file
    placed: Any  # the table whose rows are cut to a scope
    join: Callable[[Select[Any]], Select[Any]]

    def select(self, *wanted: Any) -> Select[Any]:
        return self.join(select(*wanted))

    def inside(self, scope: Scope) -> ColumnElement[bool]:
        return in_scope(self.placed, scope)

    @property
    def live(self) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = self.columns["deletedAt"].is_(None)
        return condition

    def found(self, text: str) -> ColumnElement[bool]:
        """Whose label or a property has all these words, in capitals or not."""
        fields = [func.lower(field) for field in (self.columns["label"], *self.properties.values())]
        return and_(
            *(or_(*(field.contains(word, autoescape=True) for field in fields)) for word in text.lower().split())
        )


def of_dataset(session: Session, dataset: Dataset) -> Source:
    if dataset.is_register:
        return _register(dataset.kind or "", dataset.round_id)
    names = property_names(session, dataset.id)
    columns = {
        "id": Entity.id,
        "uuid": Entity.uuid,
        "label": Entity.label,
        "version": Entity.version,
        "createdAt": Entity.created_at,
        "updatedAt": Entity.updated_at,
        "deletedAt": Entity.deleted_at,
        "creatorId": Entity.creator_id,
        "conflict": Entity.conflict,
    }
    properties = {name: Entity.data[name].as_string() for name in names}
    return Source(columns, properties, Entity, lambda query: query.where(Entity.dataset_id == dataset.id))


_NAMES = (
    select(DatasetProperty.name)
    .where(DatasetProperty.dataset_id == bindparam("of"), DatasetProperty.published_at.is_not(None))
    .order_by(DatasetProperty.published_at, DatasetProperty.position, DatasetProperty.id)
)


def property_names(session: Session, dataset_id: int) -> list[str]:
    """Of the published properties, in the order in which they came and their form asks them."""
    return [row.name for row in hot.rows(session.connection(), _NAMES, {"of": dataset_id})]


def _register(name: str, round_id: int) -> Source:
    return _members(round_id) if name == MEMBERS else _households(round_id)


_village = aliased(Area)
_OF_HOUSEHOLD = {
    "version": Household.version,
    "createdAt": Household.created_at,
    "updatedAt": Household.updated_at,
    "deletedAt": Household.deleted_at,
    "creatorId": null(),
}


def _listed(query: Select[Any], round_id: int) -> Select[Any]:
    """The households of a round with their village and the last answers of an earlier round."""
    here = and_(Case.household_id == Household.id, Case.round_id == round_id)
    last = prior_answers.newest_before(Household.id, round_id)
    query = query.select_from(Household).join(Case, here).outerjoin(_village, _village.id == Household.village_id)
    return query.outerjoin(HouseholdAnswers, last)


def _households(round_id: int) -> Source:
    conflict = select(HouseholdConflict.kind).where(HouseholdConflict.household_id == Household.id).scalar_subquery()
    columns = {"id": Household.id, "uuid": Household.uuid, "label": Household.head_name, **_OF_HOUSEHOLD}
    properties = {
        "village": _village.code,
        "code": Household.code,
        "head_name": Household.head_name,
        "address": Household.address,
        "members": cast(Household.member_count, Text()),
        "prior_class": Household.prior_class,
        "answered_on": cast(HouseholdAnswers.reviewed_on, Text()),
        **{name: HouseholdAnswers.answers[name].as_string() for name in prior.QUESTIONS},
    }
    return Source({**columns, "conflict": conflict}, properties, Household, lambda query: _listed(query, round_id))


def _members(round_id: int) -> Source:
    """Who is present in those households. Identity numbers are left out: only their last digits are known here."""
    order = func.row_number().over(partition_by=Member.household_id, order_by=(Member.position, Member.id))
    said = HouseholdAnswers.members[Member.uuid]
    columns = {"id": Member.id, "uuid": Member.uuid, "label": Member.name, **_OF_HOUSEHOLD, "conflict": null()}
    properties = {
        "household": Household.uuid,
        "number": cast(order, Text()),
        "m_name": Member.name,
        "m_birth_known": case(
            (Member.birth_date.is_not(None), "full"), (Member.birth_year.is_not(None), "year"), else_=None
        ),
        "m_birth_date": cast(Member.birth_date, Text()),
        "m_birth_year": case((Member.birth_date.is_(None), cast(Member.birth_year, Text())), else_=None),
        "m_sex": Member.sex,
        "m_ethnicity": Member.ethnicity,
        "m_relation": Member.relation,
        "id_tail": func.substr(Member.id_number, func.length(Member.id_number) - 2),
        **{name: said[name].as_string() for name in prior.MEMBER_QUESTIONS},
    }

    def join(query: Select[Any]) -> Select[Any]:
        present = and_(Member.household_id == Household.id, Member.gone_at.is_(None))
        return _listed(query, round_id).join(Member, present)

    return Source(columns, properties, Household, join)


def register_of(session: Session, project: Round, name: str = REGISTER) -> Dataset | None:
    """A list of the round's households or members, if the round works with the register. It is in no table."""
    if not dataset_uses.uses_register(session, project.id):
        return None
    return Dataset(
        round_id=project.id,
        name=name,
        kind=name,
        approval_required=True,  # a household comes into the register when the officer approves it
        owner_only=False,
        filters=[],
        created_at=project.created_at,
        published_at=project.created_at,
        changed_at=None,
        changes=0,
    )
