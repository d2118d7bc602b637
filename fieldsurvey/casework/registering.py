"""An approved household's answers go into the register: head, address, members. Nothing unapproved ever does."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.casework import facts
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.store import register
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household


def take_over(session: Session, case: Case, answers: Answers, now: datetime) -> None:
    """Replace the household's members and head by the approved answers; a blank answer leaves the old value."""
    household = session.get(Household, case.household_id)
    if household is None or not facts.consented(answers):
        return
    rows = [_member(member) for member in answers.get("members") or []]
    household.head_name = _head_name(answers, rows) or household.head_name
    household.name_fold = fold(household.head_name)
    household.address = facts.value(answers, "identification/address") or household.address
    household.member_count = len(rows)
    household.version += 1
    household.updated_at = now
    register.replace_members(session, household.id, rows)


def _head_name(answers: Answers, rows: list[dict[str, Any]]) -> str:
    head = next((row["name"] for row in rows if row["relation"] == "head"), "")
    return head or tidy(facts.value(answers, "identification/head_name") or "")


def _member(answers: Answers) -> dict[str, Any]:
    birth = facts.birth(answers)
    full = birth is not None and birth.month is not None and birth.day is not None
    return {
        "name": tidy(answers.get("m_name") or "?"),
        "birth_year": birth.year if birth else None,
        "birth_date": date(birth.year, birth.month, birth.day) if full else None,  # type: ignore[union-attr, arg-type]
        "sex": answers.get("m_sex"),
        "relation": answers.get("m_relation"),
        "ethnicity": answers.get("m_ethnicity"),
        "id_number": answers.get("m_id_number"),
    }
