"""Applications of households (Mẫu 01, Mẫu 04): taken in, answered; an accepted one puts the household on the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.casework import listing, register_changes
from fieldsurvey.casework.register_changes import NOTHING, Act
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import listing as rules
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.days import day_of
from fieldsurvey.rules.listing import SOURCE_OF, Answer, Cause, Channel
from fieldsurvey.rules.names import fold, tidy
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.register import HEAD
from fieldsurvey.rules.register import Change as Kinds
from fieldsurvey.store import applications as store
from fieldsurvey.store import audit, register
from fieldsurvey.store.applications import Application
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.rounds import Round

LONGEST_NAME, LONGEST_TEXT = 120, 1000


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on an application. `household`: of the register, if it is there."""

    kind: rules.Application
    applicant: str
    received_on: date
    household: Household | None = None
    number: str = ""
    id_number: str = ""
    phone: str = ""
    address: str = ""
    causes: tuple[Cause, ...] = ()
    reason: str = ""
    channel: Channel = Channel.IN_PERSON


def receive(session: Session, of: Round, village: Area, paper: Paper, *, by: Doer, now: datetime) -> Application:
    """Take an application in. Raises FORBIDDEN, OUTSIDE_AREA, NAME_MISSING, UNEXPECTED_VALUE, NOT_FOUND."""
    if village.level != Level.VILLAGE.value:
        raise Problem(Kind.NOT_FOUND)
    permissions.require(by, Permission.MANAGE_LISTS, village.place, of.id)
    if not tidy(paper.applicant):
        raise Problem(Kind.NAME_MISSING)
    if paper.received_on > day_of(now):
        raise Problem(Kind.UNEXPECTED_VALUE, field="received_on", value=paper.received_on.isoformat())
    if paper.kind is rules.Application.EXIT and paper.household is None:
        raise Problem(Kind.UNEXPECTED_VALUE, field="household", value=None)
    place = paper.household.place if paper.household is not None else village.place
    permissions.require(by, Permission.MANAGE_LISTS, place, of.id)
    made = Application(
        round_id=of.id, kind=paper.kind.value, number=tidy(paper.number)[:LONGEST_NAME] or None,
        household_id=paper.household.id if paper.household else None, applicant=tidy(paper.applicant)[:LONGEST_NAME],
        name_fold=fold(paper.applicant)[:LONGEST_NAME], id_number=_digits(paper.id_number),
        phone=_digits(paper.phone), address=tidy(paper.address)[:LONGEST_TEXT] or None,
        causes=[one.value for one in paper.causes], reason=tidy(paper.reason)[:LONGEST_TEXT] or None,
        channel=paper.channel.value, received_on=paper.received_on, received_by=by.id or None,
        answer=Answer.PENDING.value, created_at=now, province_id=place.province_id, commune_id=place.commune_id,
        village_id=place.village_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, "application.receive", "application", made.id, by=by, now=now, form=paper.kind.value)
    return made


def _digits(text: str) -> str | None:
    return "".join(letter for letter in text if letter.isdigit())[:20] or None


def accept(session: Session, application_id: int, *, by: Doer, now: datetime) -> Case:
    """The household comes on the list; one that the register does not know is put into it first.

    A household that stands there already only takes the application as its reason. Raises what `answer` and
    `listing.add` raise.
    """
    found = _pending(session, application_id, by)
    of, source = session.get_one(Round, found.round_id), SOURCE_OF[rules.Application(found.kind)]
    household = session.get(Household, found.household_id) if found.household_id else None
    if household is None:
        household = _known(session, found) or _register(session, found, by, now)
        found.household_id = household.id
    listed = select(Case).where(Case.round_id == of.id, Case.household_id == household.id)
    case = session.scalar(listed.with_for_update())
    if case is None:
        reason = found.reason or found.number or found.applicant
        case = listing.add(session, of, household, source, reason, by=by, now=now)
    elif case.list_source != source.value:
        case.list_source, case.updated_at = source.value, now
    _answered(session, found, Answer.LISTED, None, by, now)
    return case


def _known(session: Session, found: Application) -> Household | None:
    """The household of the commune in which somebody has the applicant's identity number."""
    query = (
        select(Household)
        .join(Member, Member.household_id == Household.id)
        .where(Member.id_number == found.id_number, Member.gone_at.is_(None), Household.deleted_at.is_(None))
        .where(Household.commune_id == found.commune_id)
    )
    return session.scalars(query.order_by(Household.id)).first() if found.id_number else None


def _register(session: Session, found: Application, by: Doer, now: datetime) -> Household:
    """Into the register with the applicant as its head; the questionnaire brings the others."""
    made = Household(
        uuid=register.new_uuid(), version=1, head_name=found.applicant, name_fold=found.name_fold,
        address=found.address, member_count=1, created_at=now, updated_at=now, province_id=found.province_id,
        commune_id=found.commune_id, village_id=found.village_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    head = {"name": found.applicant, "relation": HEAD, "id_number": found.id_number}
    session.add(Member(household_id=made.id, position=1, **head))
    register_changes.write_down(session, made, NOTHING, Act(Kinds.REGISTERED, by, now, reason=found.reason))
    return made


def refuse(
    session: Session, application_id: int, reason: str, *, by: Doer, now: datetime, withdrawn: bool = False
) -> None:
    """No, with the reason that is given in writing; or the household took it back. Raises NOT_FOUND, REASON_MISSING …"""
    found = _pending(session, application_id, by)
    reason = tidy(reason)[:LONGEST_TEXT]
    if not reason and not withdrawn:
        raise Problem(Kind.REASON_MISSING)
    _answered(session, found, Answer.WITHDRAWN if withdrawn else Answer.REFUSED, reason or None, by, now)


def reopen(session: Session, application_id: int, *, by: Doer, now: datetime) -> None:
    """A refusal or withdrawal was a slip: it waits again. An accepted one is undone by taking the household off the list."""
    found = _managed(session, application_id, by)
    if found.answer not in {Answer.REFUSED.value, Answer.WITHDRAWN.value}:
        raise Problem(Kind.NOTHING_TO_UNDO)
    found.answer, found.answer_reason, found.answered_at, found.answered_by = Answer.PENDING.value, None, None, None
    audit.record(session, "application.reopen", "application", found.id, by=by, now=now)


def _managed(session: Session, application_id: int, by: Doer) -> Application:
    found = store.locked(session, application_id)
    if found is None or not permissions.allows(by, Permission.MANAGE_LISTS, found.place, found.round_id):
        raise Problem(Kind.NOT_FOUND)
    return found


def _pending(session: Session, application_id: int, by: Doer) -> Application:
    found = _managed(session, application_id, by)
    if found.answer != Answer.PENDING.value:
        raise Problem(Kind.ALREADY_ANSWERED)
    return found


def _answered(
    session: Session, found: Application, answer: Answer, reason: str | None, by: Doer, now: datetime
) -> None:
    found.answer, found.answer_reason, found.answered_at, found.answered_by = answer.value, reason, now, by.id or None
    audit.record(session, "application.answer", "application", found.id, by=by, now=now, answer=answer.value)
