"""Looking for doubts: a questionnaire's signals are compared with those of all others, by one index, a batch at a time.

It happens after a questionnaire has been committed and answered, never on the path of intake; looking again at the
same thing changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from fieldsurvey.casework import facts
from fieldsurvey.casework.doubt_writing import Found, write_down
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules import doubting
from fieldsurvey.rules.doubting import Facts, Kind, Mark, Person, Spread
from fieldsurvey.rules.geography import Point
from fieldsurvey.rules.names import fold
from fieldsurvey.store import doubts as store
from fieldsurvey.store.cases import Case
from fieldsurvey.store.doubts import Look, Signal
from fieldsurvey.store.register import Household, Member
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion

BATCH = 100
_MOST_MATCHES = 5_000  # of one batch: a picture that half the province sends says enough in its first thousands
# What names a household, or differs by itself; what is left should differ between neighbours.
_OWN = {"identification", "consent", "traits", "closing", "meta", "start", "end", "today", "deviceid", "audit"}
_OWN_OF_MEMBER = {"m_name", "m_id_number", "m_birth_date", "m_birth_year", "m_age"}


class Questionnaire(NamedTuple):
    """One questionnaire under review, with what it tells."""

    row: Row[Any]
    facts: Facts
    marks: Sequence[Mark]


def look(session: Session, submission_ids: Sequence[int], *, now: datetime) -> int:
    """Look at some submissions; those that are not under review are passed over. How many doubts are new."""
    store.one_at_a_time(session)
    rows = _rows(session, submission_ids)
    photos = _photos(session, [row.version_id for row in rows])
    looked = [_opened(row, photos.get(row.version_id, ())) for row in rows]
    session.execute(delete(Signal).where(Signal.submission_id.in_(submission_ids)))
    session.execute(delete(Look).where(Look.submission_id.in_(submission_ids)))
    _keep(session, looked)
    found = [*_alike(session, looked), *_registered(session, looked), *_alone(session, looked)]
    return write_down(session, [one.row for one in looked], found, now)


def under_review(session: Session, after: int = 0, *, again: bool = False, limit: int = BATCH) -> Sequence[int]:
    """Submissions under review in the order of their ids: those whose present version nobody has looked at, or all."""
    query = (
        select(Submission.id)
        .join(Case, Case.submission_id == Submission.id)
        .join(SubmissionVersion, (SubmissionVersion.submission_id == Submission.id) & SubmissionVersion.current)
        .outerjoin(Look, (Look.submission_id == Submission.id) & (Look.version_id == SubmissionVersion.id))
        .where(Submission.id > after)
    )
    query = query if again else query.where(Look.submission_id.is_(None))
    return session.scalars(query.order_by(Submission.id).limit(limit)).all()


def _rows(session: Session, submission_ids: Sequence[int]) -> Sequence[Row[Any]]:
    query = (
        select(
            Submission.id, SubmissionVersion.id.label("version_id"), SubmissionVersion.answers, Case.id.label("case_id"),
            Case.round_id, Case.household_id, Case.province_id, Case.commune_id, Case.village_id,
        )
        .join(Case, Case.submission_id == Submission.id)
        .join(SubmissionVersion, (SubmissionVersion.submission_id == Submission.id) & SubmissionVersion.current)
        .where(Submission.id.in_(submission_ids), Submission.deleted_at.is_(None))
        .order_by(Submission.id)
    )  # fmt: skip
    return session.execute(query).all()


def _photos(session: Session, version_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[str, str]]]:
    """Version → (name, content hash) of its pictures that have arrived."""
    query = select(Attachment.version_id, Attachment.name, Attachment.blob).where(
        Attachment.version_id.in_(version_ids), Attachment.blob.is_not(None), Attachment.mime.like("image/%")
    )
    found = defaultdict(list)
    for version_id, name, blob in session.execute(query):
        found[version_id].append((name, blob or ""))
    return found


def _opened(row: Row[Any], photos: Iterable[tuple[str, str]]) -> Questionnaire:
    signature = facts.value(row.answers, "closing/signature")
    pictures = tuple(blob for name, blob in photos if name != signature)
    told = _facts(row, pictures)
    return Questionnaire(row, told, doubting.marks(told))


def _facts(row: Row[Any], pictures: tuple[str, ...]) -> Facts:
    answers: Answers = row.answers
    members = [one for one in answers.get("members") or [] if isinstance(one, dict)]
    meta = answers.get("meta") if isinstance(answers.get("meta"), dict) else {}
    start, end = (answers.get(name) or (meta or {}).get(name) for name in ("start", "end"))
    return Facts(
        round_id=row.round_id,
        commune_id=row.commune_id,
        village_id=row.village_id,
        people=tuple(_person(at, member) for at, member in enumerate(members, start=1)),
        at=point(facts.value(answers, "closing/location")),
        photos=pictures,
        answers=tuple(_flat(answers)) if facts.consented(answers) else (),
        seconds=doubting.seconds_between(start, end) if facts.consented(answers) else None,
    )


def _person(position: int, member: Answers) -> Person:
    birth = facts.birth(member)
    day = f"{birth.year:04}" if birth else ""
    if birth is not None and birth.month is not None and birth.day is not None:
        day = f"{birth.year:04}-{birth.month:02}-{birth.day:02}"
    number = member.get("m_id_number")
    return Person(position, fold(member.get("m_name") or ""), day, "".join(filter(str.isdigit, number or "")))


def point(text: str | None) -> Point | None:
    """`21.1 105.6 3 4.5` → the place; None where nobody could read it."""
    try:
        lat, lon = (float(part) for part in (text or "").split()[:2])
    except ValueError:
        return None
    return Point(lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _flat(answers: Answers, prefix: str = "") -> Iterable[str]:
    """`housing/wall=brick` …, without what names the household."""
    for name, value in sorted(answers.items()):
        if (not prefix and name in _OWN) or name in _OWN_OF_MEMBER:
            continue
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}/")
        elif isinstance(value, list):
            for at, one in enumerate(value):
                yield from _flat(one, f"{path}[{at}]/")
        else:
            yield f"{path}={value}"


def _keep(session: Session, looked: Sequence[Questionnaire]) -> None:
    """Signals, where the house is, and that somebody has looked."""
    signals = [
        {"submission_id": one.row.id, "key": mark.key, "case_id": one.row.case_id, "detail": mark.detail}
        for one in looked for mark in one.marks
    ]  # fmt: skip
    connection = session.connection()
    if signals:
        connection.execute(insert(Signal), signals)
    if looked:
        connection.execute(
            insert(Look), [{"submission_id": one.row.id, "version_id": one.row.version_id} for one in looked]
        )
    places = [
        {"of": one.row.case_id, "to_lat": one.facts.at.lat, "to_lon": one.facts.at.lon}
        for one in looked if one.facts.at is not None
    ]  # fmt: skip
    if places:
        connection.execute(_PLACE, places)


_CASES: Any = Case.__table__
_PLACE = update(_CASES).where(_CASES.c.id == bindparam("of")).values(lat=bindparam("to_lat"), lon=bindparam("to_lon"))


def _keys(one: Questionnaire) -> dict[int, Mark]:
    """Key to look for → the questionnaire's own signal; a place looks into the cells around it too."""
    wanted = {mark.key: mark for mark in one.marks}
    for mark in one.marks:
        if mark.kind is Kind.PLACE and one.facts.at is not None:
            wanted |= dict.fromkeys(doubting.cells(one.facts.round_id, one.facts.at), mark)
    return wanted


def _alike(session: Session, looked: Sequence[Questionnaire]) -> list[Found]:
    """Pairs of households with a signal in common that stands the closer look."""
    wanted = [_keys(one) for one in looked]
    every = sorted({key for keys in wanted for key in keys})
    others = defaultdict(list)
    for row in _matching(session, every):
        others[row.key].append(row)
    found = []
    for one, keys in zip(looked, wanted, strict=True):
        for number, mine in keys.items():
            for other in others[number]:
                said = (
                    doubting.alike(mine.kind, mine.detail, other.detail) if other.case_id != one.row.case_id else None
                )
                if said is not None:
                    found.append(Found(mine.kind, one.row.case_id, other.case_id, None, said))
    return found


def _matching(session: Session, keys: Sequence[int]) -> Sequence[Row[Any]]:
    """The signals with these keys, of submissions that are still there, the oldest first."""
    query = (
        select(Signal.key, Signal.case_id, Signal.detail)
        .join(Submission, Submission.id == Signal.submission_id)
        .where(Signal.key.in_(keys), Submission.deleted_at.is_(None))
        .order_by(Signal.submission_id)
        .limit(_MOST_MATCHES)
    )
    return session.execute(query).all() if keys else []


def _registered(session: Session, looked: Sequence[Questionnaire]) -> list[Found]:
    """People who stand in another household of the register, by their identity number."""
    numbers = {person.id_number for one in looked for person in one.facts.people if person.id_number}
    query = (
        select(Member.id_number, Member.household_id)
        .join(Household, Household.id == Member.household_id)
        .where(Member.id_number.in_(sorted(numbers)), Household.deleted_at.is_(None))
    )
    where = defaultdict(set)
    for number, household_id in session.execute(query) if numbers else ():
        where[number].add(household_id)
    return [
        Found(Kind.REGISTER, one.row.case_id, None, other, {"person": person.position})
        for one in looked for person in one.facts.people
        for other in sorted(where.get(person.id_number, set()) - {one.row.household_id})
    ]  # fmt: skip


def _alone(session: Session, looked: Sequence[Questionnaire]) -> list[Found]:
    """What is odd about one household by itself."""
    villages = _villages(session, looked)
    found = []
    for one in looked:
        fast = doubting.too_fast(one.facts)
        if fast is not None:
            found.append(Found(Kind.FAST, one.row.case_id, None, None, fast))
        far = doubting.too_far(one.facts.at, villages.get(one.row.village_id)) if one.facts.at is not None else None
        if far is not None:
            found.append(Found(Kind.FAR, one.row.case_id, None, None, far))
    return found


def _villages(session: Session, looked: Sequence[Questionnaire]) -> Mapping[int, Spread | None]:
    """Village → where it is, by the houses whose place the rounds of the batch know."""
    mine = {one.row.village_id for one in looked if one.facts.at is not None and one.row.village_id is not None}
    rounds = {one.row.round_id for one in looked}
    query: Any = select(Case.village_id, Case.lat, Case.lon).where(
        Case.round_id.in_(rounds), Case.village_id.in_(sorted(mine)), Case.lat.is_not(None)
    )
    found = defaultdict(list)
    for village_id, lat, lon in session.execute(query) if mine else ():
        found[village_id].append(Point(lat, lon))
    return {village: doubting.spread(points) for village, points in found.items()}
