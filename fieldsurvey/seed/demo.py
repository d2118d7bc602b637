"""The demo played on its stage: village heads send households, the officer works on them; every state is there to see."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from fieldsurvey.casework import intake, review
from fieldsurvey.casework.attachments import FilePart
from fieldsurvey.forms import instance
from fieldsurvey.forms.answers import Answers
from fieldsurvey.rules.workflow import WAITING, Decision
from fieldsurvey.seed import cast, families, setting
from fieldsurvey.seed.setting import Setting, Stage
from fieldsurvey.store import rounds
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission

__all__ = ["Stage", "play"]

PHOTOS = Path(__file__).with_name("photos")
_SEED = 9044
# How far each village has come: the share of its households that have been visited.
_PACE = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.4, 0.3, 0.15, 0.0)
_RETURNED = "Năm sinh của con và lớp đang học chưa khớp nhau; nhờ bác hỏi lại gia đình."
_NOTE = review.Note("/data/housing/floor_area", "Diện tích có tính cả bếp không? Nhờ bác đo lại.")
_REJECTED = "Hộ đã chuyển khẩu sang xã khác từ tháng 8, không thuộc diện rà soát tại xã."
_REFUSED = "Gia đình bận, không muốn trả lời; đã hẹn hai lần."


@dataclass(frozen=True)
class Visit:
    """One visit of a village head: whose village (its place in the list), which household, what was answered, when."""

    at: int
    household: Household | None  # None: not on the list, newly met
    answers: Answers
    profile: str
    sent: datetime


def play(stage: Stage) -> bool:
    """Make the demo unless a round is there already; True when it was made. Runs inside one write()."""
    if rounds.all_rounds(stage.session):
        return False
    made = setting.set_up(stage)
    rng = Random(_SEED)
    for visit in _visits(made, setting.list_households(stage, made), rng):
        _work(stage, made, visit, rng)
    return True


def _visits(made: Setting, listed: list[tuple[int, Household, str]], rng: Random) -> Iterator[Visit]:
    """Most listed households of each village, some twice, and now and then one that is not on the list."""
    moment = datetime(2026, 10, 5, 1, 30, tzinfo=UTC)
    for at, household, profile in listed:
        if rng.random() >= _PACE[at]:
            continue
        moment += timedelta(minutes=97)
        yield _visit(made, at, household, profile, moment, rng)
        if rng.random() < 0.015:
            yield _visit(made, at, household, profile, moment + timedelta(hours=3), rng)
        if rng.random() < 0.02:
            yield _visit(made, at, None, profile, moment + timedelta(minutes=40), rng)


def _visit(made: Setting, at: int, household: Household | None, profile: str, sent: datetime, rng: Random) -> Visit:
    answers = families.household(
        rng, profile, province=cast.PROVINCE, commune=cast.COMMUNE, village=made.villages[at].code,
        reviewed=sent.date(), head=household.head_name if household else "",
        household_uuid=household.uuid if household else None,
        photo=f"{sent:%Y%m%d%H%M}.jpg" if rng.random() < 0.85 else None, signature="signature.png",
    )  # fmt: skip
    if rng.random() < 0.015:
        answers = {
            "identification": answers["identification"],
            "consent": {"consent": "no", "refusal_reason": _REFUSED},
            "meta": answers["meta"],
        }
    return Visit(at, household, answers, profile, sent)


def _work(stage: Stage, made: Setting, visit: Visit, rng: Random) -> None:
    """The visit is sent; the officer decides; some of what was returned comes back corrected."""
    instance_id = _new_id(rng)
    case_id = _send(stage, made, visit, instance_id)
    drawn = rng.random()
    if case_id is None or visit.answers["consent"]["consent"] == "no" or drawn >= 0.66:
        return
    by, then = made.people["officer"].doer(), visit.sent + timedelta(hours=20)
    if drawn < 0.5:
        review.decide(stage.session, case_id, Decision.APPROVE, by=by, now=then)
    elif drawn < 0.54:
        review.decide(stage.session, case_id, Decision.REJECT, by=by, now=then, reason=_REJECTED)
    else:
        review.decide(stage.session, case_id, Decision.RETURN, by=by, now=then, reason=_RETURNED, notes=[_NOTE])
        if drawn < 0.6:
            _correct(stage, made, visit, instance_id, rng)


def _correct(stage: Stage, made: Setting, visit: Visit, replaces: str, rng: Random) -> None:
    answers = {**visit.answers, "housing": {**visit.answers["housing"], "floor_area": "52"}}
    later = Visit(visit.at, visit.household, answers, visit.profile, visit.sent + timedelta(hours=30))
    _send(stage, made, later, _new_id(rng), replaces)


def _new_id(rng: Random) -> str:
    return f"uuid:{uuid.UUID(int=rng.getrandbits(128), version=4)}"


def _send(stage: Stage, made: Setting, visit: Visit, instance_id: str, replaces: str | None = None) -> int | None:
    """Through the very intake that phones use. Returns the id of the case, if this submission is what it waits for."""
    xml = instance.build(made.schema, visit.answers, instance_id, replaces)
    by = made.phones[visit.at].doer()
    connection = stage.session.connection()
    upload = intake.Upload(xml, _files(visit), device_id=f"demo-{visit.at + 1:02}", user_agent="fieldsurvey demo")
    parcel = intake.open_parcel(connection, made.round.id, upload, stage.folder, by=by, now=visit.sent)
    receipt = intake.receive(connection, parcel, by=by, now=visit.sent)
    submission = stage.session.get_one(Submission, receipt.submission_id, populate_existing=True)
    case = stage.session.get(Case, submission.case_id, populate_existing=True) if submission.case_id else None
    waits = case is not None and case.submission_id == submission.id and case.state in WAITING
    return case.id if case is not None and waits else None


def _files(visit: Visit) -> tuple[FilePart, ...]:
    closing = visit.answers.get("closing", {})
    files = [_file("signature.png", "signature.png", "image/png")]
    if closing.get("house_photo"):
        files.append(_file(closing["house_photo"], f"house-{visit.profile.replace('_', '-')}.jpg", "image/jpeg"))
    return tuple(files)


def _file(name: str, source: str, mime: str) -> FilePart:
    return FilePart(name, name, mime, io.BytesIO((PHOTOS / source).read_bytes()))
