"""Last year's answers, before and after: kept when a household is approved; checked when the next questionnaire arrives.

Nothing here refuses a questionnaire: what does not fit becomes a remark for the officer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from fieldsurvey.casework import facts
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules import prior
from fieldsurvey.rules.areas import Place
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.prior import Remark
from fieldsurvey.store import prefill_checks, prior_answers, register
from fieldsurvey.store.cases import Case
from fieldsurvey.store.rounds import Round


def remember(session: Session, case: Case, answers: Answers, version_id: int | None, now: datetime) -> None:
    """What the household was approved with, for next year's phones; after its members have gone into the register.

    Form versions differ: answers are kept under the names of their questions.
    """
    if not facts.consented(answers):
        return
    year = session.get_one(Round, case.round_id).year
    known = _matched(register.members(session, case.household_id), answers.get("members") or [])
    row = {
        "household_id": case.household_id,
        "round_id": case.round_id,
        "year": year,
        "submission_version_id": version_id,
        "reviewed_on": facts.review_date(answers),
        "answers": prior.said_of_home(answers),
        "members": {uuid: said for uuid, one in known.items() if (said := prior.said_of_member(one))},
        "approved_at": now,
    }
    prior_answers.keep(session, row)


def forget(session: Session, case: Case) -> None:
    """The approval was taken back."""
    prior_answers.forget(session, case.household_id, case.round_id)


def _matched(known: Sequence[Any], given: Sequence[Answers]) -> dict[str, Answers]:
    """Uuid of a known member → what the questionnaire says of them: by the uuid that the phone sent, else by name and year."""
    by_uuid = {one.uuid: one for one in known}
    by_name = {(one.name_fold, one.birth_year): one.uuid for one in known}
    found: dict[str, Answers] = {}
    for answers in given:
        uuid = answers.get(prior.PERSON) or ""
        birth = facts.birth(answers)
        name = fold(tidy(answers.get("m_name") or ""))
        uuid = uuid if uuid in by_uuid else by_name.get((name, birth.year if birth else None), "")
        if uuid:
            found.setdefault(uuid, answers)
    return found


@dataclass(frozen=True, slots=True)
class Checked:
    """How a questionnaire uses what was known before it."""

    offered: int
    same: int
    known: int
    gone: int
    added: int
    remarks: tuple[dict[str, Any], ...]


def check(connection: Connection, round_id: int, household_id: int | None, answers: Answers) -> Checked | None:
    """Each known member accounted for, and "the same as last year" what it says. None: nobody consented to be asked.

    One statement for a household of the register, a second one where a block is marked as the same.
    """
    if not facts.consented(answers):
        return None
    marks, given = prior.marked_same(answers), answers.get("members") or []
    members = prefill_checks.members_of(connection, household_id) if household_id is not None else []
    matched = _matched(members, given)
    said = [one for one in given if one.get(prior.PERSON) or one.get("m_name")]
    remarks = [*_missing(members, matched), *_unexplained(matched, members)]
    remarks += _of_others(connection, household_id, [one[prior.PERSON] for one in said if one.get(prior.PERSON)])
    if any(marks.values()) and household_id is not None:
        before = prior_answers.before_round(connection, household_id, round_id)
        remarks += _not_the_same(marks, answers, before.answers if before is not None else {})
    return Checked(
        offered=len(marks),
        same=sum(marks.values()),
        known=len(members),
        gone=sum(prior.is_gone(one) for one in matched.values()),
        added=max(len(said) - len(matched), 0),
        remarks=tuple(remarks),
    )


def _missing(members: Sequence[Any], matched: Mapping[str, Answers]) -> list[dict[str, Any]]:
    return [_of(Remark.MEMBER_MISSING, one) for one in members if one.uuid not in matched]


def _unexplained(matched: Mapping[str, Answers], members: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        _of(Remark.GONE_WITHOUT_REASON, one)
        for one in members
        if (said := matched.get(one.uuid)) is not None and prior.is_gone(said) and not said.get(prior.GONE_REASON)
    ]


def _of(kind: Remark, member: Any) -> dict[str, Any]:
    return {"kind": kind.value, "uuid": member.uuid, "name": member.name, "birth_year": member.birth_year}


def _of_others(connection: Connection, household_id: int | None, uuids: Sequence[str]) -> list[dict[str, Any]]:
    """Persons whom the register has in another household: the phone mixed two up, or somebody changed the file."""
    unknown = {uuid for uuid, of in prefill_checks.households_of(connection, uuids).items() if of != household_id}
    return [{"kind": Remark.OF_ANOTHER_HOUSEHOLD.value, "uuid": uuid} for uuid in uuids if uuid in unknown]


def _not_the_same(marks: Mapping[str, bool], answers: Answers, before: Mapping[str, str]) -> list[dict[str, Any]]:
    found = []
    for block, same in marks.items():
        names = prior.differing(block, answers, before) if same else []
        if names:
            found.append({"kind": Remark.NOT_THE_SAME.value, "block": block, "questions": names})
    return found


def keep(
    connection: Connection,
    round_id: int,
    submission_id: int,
    submitter_id: int | None,
    place: Place,
    found: Checked,
    now: datetime,
    *,
    again: bool,
) -> None:
    """Write it down beside the submission. `again`: a correction."""
    row = {
        "submission_id": submission_id,
        "round_id": round_id,
        "submitter_id": submitter_id,
        "offered": found.offered,
        "same": found.same,
        "known": found.known,
        "gone": found.gone,
        "added": found.added,
        "remarks": list(found.remarks),
        "at": now,
        "province_id": place.province_id,
        "commune_id": place.commune_id,
        "village_id": place.village_id,
    }
    prefill_checks.keep(connection, row, again=again)
