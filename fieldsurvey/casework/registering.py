"""An approved household's answers go into the register: head, address, members, the year's class. Nothing unapproved
ever does. Persons stay known: who is on the form is looked for among those whom the household has or had.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import facts, register_changes
from fieldsurvey.casework.register_changes import Act
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules import persons, prior
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.persons import Person
from fieldsurvey.rules.register import Change, Gone, Source
from fieldsurvey.store import household_years, register
from fieldsurvey.store.cases import Case
from fieldsurvey.store.household_years import HouseholdYear
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.rounds import Round

OF_YEAR = ("household_class", "member_count", "decision_number", "decision_date", "source")


def take_over(session: Session, case: Case, answers: Answers, *, by: Doer, now: datetime) -> None:
    """The household's members, head and address become the approved ones; a blank answer leaves the old value.

    The class goes into the year of the round, unless a decision has already given that year its class.
    """
    household = session.get(Household, case.household_id)
    if household is None or not facts.consented(answers):
        return
    was = register_changes.picture(session, household)
    given = [one for one in answers.get("members") or [] if not prior.is_gone(one)]
    _take_leave(session, household, answers, facts.review_date(answers) or now.date())
    _take_members(session, household, given, now)
    household.head_name = _head_name(answers, given) or household.head_name
    household.name_fold = fold(household.head_name)
    household.address = facts.value(answers, "identification/address") or household.address
    household.member_count = len(given)
    household.lat, household.lon = facts.dwelling(answers) or (household.lat, household.lon)
    before, after = _take_class(session, household, case)
    act = Act(Change.APPROVED, by, now)
    register_changes.write_down(session, household, was, act, year=(before, after), case=(None, case.id))


def _take_members(session: Session, household: Household, given: list[Answers], now: datetime) -> None:
    known = list(register.everybody(session, household.id))
    rows = [member_values(member) for member in given]
    same = persons.matched([_known(one) for one in known], [_given(*pair) for pair in zip(rows, given, strict=True)])
    for position, (row, place) in enumerate(zip(rows, same, strict=True), start=1):
        person = known[place] if place is not None else Member(uuid=register.new_uuid(), household_id=household.id)
        for name, value in row.items():
            if value is not None or place is None:  # a phone does not get whole identity numbers, so sends none back
                setattr(person, name, value)
        person.position, person.gone_at, person.gone_reason = position, None, None
        session.add(person)
    for place, person in enumerate(known):
        if place not in same and person.gone_at is None:
            person.gone_at, person.gone_reason = now.date(), Gone.NOT_ON_FORM.value


def _take_leave(session: Session, household: Household, answers: Answers, on: date) -> None:
    """Who is said to be no longer in the household is gone, with the reason that the questionnaire gives."""
    said = {one.get(prior.PERSON): one for one in answers.get("members") or [] if prior.is_gone(one)}
    for person in register.members(session, household.id) if said else ():
        if person.uuid in said:
            reason = said[person.uuid].get(prior.GONE_REASON) or ""
            person.gone_at, person.gone_reason = on, _WHY.get(reason, Gone.NOT_ON_FORM).value
    session.flush()


# The form's reasons in the register's words. Who became part of another household has moved out of this one.
_WHY = {
    "died": Gone.DIED,
    "married": Gone.MARRIED,
    "moved_out": Gone.MOVED_OUT,
    "split": Gone.MOVED_OUT,
    "mistake": Gone.MISTAKE,
}


def _known(member: Member) -> Person:
    return Person(member.uuid, member.id_number or "", member.name_fold, member.birth_year, member.birth_date)


def _given(row: Mapping[str, Any], answers: Answers) -> Person:
    uuid = answers.get(prior.PERSON) or ""
    return Person(uuid, row["id_number"] or "", row["name_fold"], row["birth_year"], row["birth_date"])


def _head_name(answers: Answers, given: list[Answers]) -> str:
    head = next((tidy(one.get("m_name") or "") for one in given if one.get("m_relation") == "head"), "")
    return head or tidy(facts.value(answers, "identification/head_name") or "")


def member_values(answers: Answers) -> dict[str, Any]:
    """Columns of `members` from one person's answers."""
    birth = facts.birth(answers)
    full = birth is not None and birth.month is not None and birth.day is not None
    name = tidy(answers.get("m_name") or "?")
    return {
        "name": name,
        "name_fold": fold(name),
        "birth_year": birth.year if birth else None,
        "birth_date": date(birth.year, birth.month, birth.day) if full else None,  # type: ignore[union-attr, arg-type]
        "sex": answers.get("m_sex"),
        "relation": answers.get("m_relation"),
        "ethnicity": answers.get("m_ethnicity"),
        "id_number": answers.get("m_id_number"),
    }


def _take_class(session: Session, household: Household, case: Case) -> tuple[Any, Any]:
    """The year's class before and after."""
    year = session.get_one(Round, case.round_id).year
    row = household_years.of_year(session, household.id, year)
    before = year_values(row)
    if case.household_class is None or (row is not None and row.decision_number is not None):
        return before, before
    row = row or HouseholdYear(household_id=household.id, year=year)
    row.household_class, row.member_count = case.household_class, household.member_count
    row.source, row.decision_date = Source.APPROVED.value, None
    row.province_id, row.commune_id, row.village_id = case.province_id, case.commune_id, case.village_id
    session.add(row)
    return before, year_values(row)


def year_values(row: HouseholdYear | None) -> dict[str, Any] | None:
    """The class of a year as an event keeps it."""
    if row is None:
        return None
    return {"year": row.year, **{name: register_changes.as_json(getattr(row, name)) for name in OF_YEAR}}


def take_back(session: Session, case: Case, *, by: Doer, now: datetime) -> None:
    """The approval is taken back: its class of the year goes, unless a decision rests on it. Members stay."""
    household = session.get(Household, case.household_id)
    row = household_years.of_year(session, case.household_id, session.get_one(Round, case.round_id).year)
    if household is None or row is None or row.source != Source.APPROVED.value:
        return
    was = register_changes.picture(session, household)
    before = year_values(row)
    session.delete(row)
    register_changes.write_down(session, household, was, Act(Change.REOPENED, by, now), year=(before, None))
