"""Intake, case by case, on both databases: new, repeat, late attachment, correction, conflict, closed, out of area."""

from __future__ import annotations

import threading

import pytest
from flask import current_app
from sqlalchemy import func, select

from fieldsurvey.casework import intake, review
from fieldsurvey.casework.intake import Outcome
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import db, write
from fieldsurvey.rules.workflow import Decision, State
from fieldsurvey.seed import families
from fieldsurvey.store import audit, results, rounds, submissions
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.submissions import Submission, SubmissionVersion
from tests.cast import HEAD, NOW, OFFICER, OTHER_HEAD, PHU_LUU, ROUND
from tests.world import World

FIRST, SECOND, THIRD = "uuid:11111111", "uuid:22222222", "uuid:33333333"


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def problem_of(world: World, xml: bytes, person: object = HEAD) -> Kind:
    """The kind of problem with which an upload is refused."""
    with pytest.raises(Problem) as refused:
        world.send(xml, world.phone_actor(person).doer())  # type: ignore[arg-type]
    db.session.rollback()
    return refused.value.kind


def test_new_household_questionnaire_reaches_its_case(world: World) -> None:
    household = world.list_household()

    receipt = world.send(world.xml(world.answers(household), FIRST), world.phone_actor(HEAD).doer())

    case = world.case(household)
    assert (receipt.outcome, receipt.instance_id) == (Outcome.NEW, FIRST)
    assert (case.state, case.submission_id, case.received_at) == (State.RECEIVED, receipt.submission_id, NOW)
    assert case.household_class == "poor"
    assert world.counts() == {"received": 1}


def test_result_is_kept_with_every_point(world: World) -> None:
    household = world.list_household()
    receipt = world.send(world.xml(world.answers(household)), world.phone_actor(HEAD).doer())

    result = results.newest(db.session(), receipt.submission_id)

    assert result is not None
    assert (result.standard_id, result.household_class) == ("nd-07-2021", "poor")
    assert result.b2 == sum(finding["points"] for finding in result.detail["findings"])
    assert result.b1 == sum(item["points"] for item in result.detail["items"])
    assert len(result.detail["findings"]) == 12


def test_xml_is_kept_byte_for_byte(world: World) -> None:
    xml = world.xml(world.answers(world.list_household())).replace(b"><", b">\n<", 1)

    receipt = world.send(xml, world.phone_actor(HEAD).doer())

    version = submissions.current_version(db.session(), receipt.submission_id)
    assert version is not None
    assert version.xml == xml


def test_same_again_is_welcome_and_changes_nothing(world: World) -> None:
    household = world.list_household()
    xml = world.xml(world.answers(household), FIRST)
    first = world.send(xml, world.phone_actor(HEAD).doer())

    again = world.send(xml, world.phone_actor(HEAD).doer())

    assert (again.outcome, again.submission_id) == (Outcome.REPEAT, first.submission_id)
    assert (count(Submission), count(SubmissionVersion), count(results.Result)) == (1, 1, 1)
    assert world.counts() == {"received": 1}


def test_same_id_with_other_answers_is_a_conflict(world: World) -> None:
    household = world.list_household()
    world.send(world.xml(world.answers(household), FIRST), world.phone_actor(HEAD).doer())

    other = world.xml(world.answers(household, housing={"floor_area": "90"}), FIRST)

    assert problem_of(world, other) is Kind.INSTANCE_CONFLICT


def test_deleted_submission_is_not_taken_again(world: World) -> None:
    xml = world.xml(world.answers(world.list_household()), FIRST)
    receipt = world.send(xml, world.phone_actor(HEAD).doer())
    with write() as session:
        session.get_one(Submission, receipt.submission_id).deleted_at = NOW

    assert problem_of(world, xml) is Kind.SUBMISSION_DELETED


def test_late_attachment_fills_its_slot(world: World) -> None:
    by = world.phone_actor(HEAD).doer()
    answers = world.answers(world.list_household(), closing={"house_photo": "nha.jpg", "signature": "ky.jpg"})
    xml = world.xml(answers)

    assert world.send(xml, by).missing == ("nha.jpg", "ky.jpg")
    assert world.send(xml, by, nha_jpg=b"photo").missing == ("ky.jpg",)
    last = world.send(xml, by, ky_jpg=b"signature")

    assert last.missing == ()
    version = submissions.current_version(db.session(), last.submission_id)
    assert version is not None
    kept = {one.name: one.blob for one in submissions.attachments(db.session(), version.id)}
    assert all(kept.values())
    assert set(kept) == {"nha.jpg", "ky.jpg"}


def test_replaced_attachment_is_logged(world: World) -> None:
    by = world.phone_actor(HEAD).doer()
    xml = world.xml(world.answers(world.list_household(), closing={"house_photo": "nha.jpg"}))
    world.send(xml, by, nha_jpg=b"first")
    receipt = world.send(xml, by, nha_jpg=b"second")
    world.send(xml, by, nha_jpg=b"second")

    entries = audit.of_subject(db.session(), "submission", receipt.submission_id)
    replaced = [entry.params for entry in entries if entry.action == "submission.attachment.update"]
    assert [one["name"] for one in replaced] == ["nha.jpg", "nha.jpg"]
    assert replaced[1]["oldBlobId"] is None
    assert replaced[0]["oldBlobId"] == replaced[1]["newBlobId"] != replaced[0]["newBlobId"]


def test_unexpected_file_is_reported(world: World) -> None:
    xml = world.xml(world.answers(world.list_household()))

    assert world.send(xml, world.phone_actor(HEAD).doer(), la_jpg=b"?").unexpected == ("la.jpg",)


def test_second_submission_of_a_household_is_kept_as_a_duplicate(world: World) -> None:
    household = world.visited(HEAD)
    first = world.case(household).submission_id

    receipt = world.send(world.xml(world.answers(household, families.BETTER)), world.phone_actor(HEAD).doer())

    case = world.case(household)
    assert (receipt.outcome, case.duplicates, case.submission_id) == (Outcome.NEW, 1, first)
    assert world.counts() == {"received": 1}


def test_newly_met_household_enters_register_and_round(world: World) -> None:
    receipt = world.send(world.xml(world.answers(None)), world.phone_actor(HEAD).doer())

    household = db.session.scalars(select(Household)).one()
    case = world.case(household)
    assert (household.head_name, household.village_id) == ("Trần Văn Mới", world.village().id)
    assert (case.state, case.submission_id) == (State.RECEIVED, receipt.submission_id)
    assert world.counts() == {"received": 1}


def test_newly_met_household_sent_twice_is_one(world: World) -> None:
    xml = world.xml(world.answers(None))
    for _ in range(2):
        world.send(xml, world.phone_actor(HEAD).doer())

    assert (count(Household), count(Case)) == (1, 1)


@pytest.mark.parametrize("profile", families.PROFILES)
def test_correction_of_a_returned_household(world: World, profile: str) -> None:
    household = world.list_household()
    by = world.phone_actor(HEAD).doer()
    first = world.send(world.xml(world.answers(household), FIRST), by)
    with write() as session:
        review.decide(
            session, world.case(household).id, Decision.RETURN, by=world.doer(OFFICER), now=NOW, reason="Hỏi lại."
        )

    corrected = world.xml(world.answers(household, profile), SECOND, replaces=FIRST)
    receipt = world.send(corrected, by)

    case = world.case(household)
    submission = db.session.get_one(Submission, first.submission_id, populate_existing=True)
    assert (receipt.outcome, receipt.submission_id) == (Outcome.CORRECTION, first.submission_id)
    assert (case.state, submission.review_state, submission.edits) == (State.EDITED, "edited", 1)
    assert submission.instance_id == FIRST
    assert [one.instance_id for one in submissions.versions(db.session(), submission.id)] == [SECOND, FIRST]
    assert world.counts() == {"edited": 1}
    assert world.send(corrected, by).outcome is Outcome.REPEAT


def test_late_retry_of_the_original_after_its_correction(world: World) -> None:
    household = world.list_household()
    by = world.phone_actor(HEAD).doer()
    original = world.xml(world.answers(household), FIRST)
    world.send(original, by)
    world.send(world.xml(world.answers(household, families.BETTER), SECOND, replaces=FIRST), world.doer(OFFICER))

    assert world.send(original, by).outcome is Outcome.REPEAT
    assert world.case(household).state == State.EDITED


CORRECTIONS = [
    # sent before,          the correction: id, replaces,  answer
    ([FIRST], SECOND, "uuid:unknown", Kind.DEPRECATED_ID_UNKNOWN),
    ([FIRST, (SECOND, FIRST)], THIRD, FIRST, Kind.CORRECTION_STALE),
    ([FIRST, (SECOND, FIRST)], SECOND, FIRST, Kind.ALREADY_EXISTS),  # same id, other answers
]


@pytest.mark.parametrize(("before", "instance_id", "replaces", "expected"), CORRECTIONS)
def test_correction_refused(
    world: World, before: list[object], instance_id: str, replaces: str, expected: Kind
) -> None:
    household, officer = world.list_household(), world.doer(OFFICER)
    for sent in before:
        new, old = sent if isinstance(sent, tuple) else (sent, None)
        world.send(world.xml(world.answers(household), new, replaces=old), officer)

    other = world.xml(world.answers(household, families.BETTER), instance_id, replaces=replaces)
    with pytest.raises(Problem) as refused:
        world.send(other, officer)

    assert refused.value.kind is expected


def test_phone_corrects_what_is_not_decided_yet(world: World) -> None:
    """The questionnaire is client_editable: a village head who notices a slip mends it."""
    household, by = world.list_household(), world.phone_actor(HEAD).doer()
    world.send(world.xml(world.answers(household), FIRST), by)

    receipt = world.send(world.xml(world.answers(household, families.BETTER), SECOND, replaces=FIRST), by)

    assert (receipt.outcome, world.case(household).state) == (Outcome.CORRECTION, State.EDITED)


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REJECT])
def test_phone_does_not_correct_what_is_decided(world: World, decision: Decision) -> None:
    household, by = world.list_household(), world.phone_actor(HEAD).doer()
    world.send(world.xml(world.answers(household), FIRST), by)
    with write() as session:
        review.decide(session, world.case(household).id, decision, by=world.doer(OFFICER), now=NOW, reason="Xong.")

    xml = world.xml(world.answers(household, families.BETTER), SECOND, replaces=FIRST)

    assert problem_of(world, xml) is Kind.NOT_EDITABLE


def test_correction_with_the_id_of_another_submission_is_refused(world: World) -> None:
    household, officer = world.list_household(), world.doer(OFFICER)
    world.send(world.xml(world.answers(household), FIRST), officer)
    world.send(world.xml(world.answers(household), SECOND, replaces=FIRST), officer)

    with pytest.raises(Problem) as refused:
        world.send(world.xml(world.answers(household, families.BETTER), SECOND), officer)

    assert refused.value.kind is Kind.INSTANCE_CONFLICT


def test_unchanged_files_are_carried_into_the_correction(world: World) -> None:
    household, officer = world.list_household(), world.doer(OFFICER)
    photo = {"house_photo": "nha.jpg"}
    world.send(world.xml(world.answers(household, closing=photo), FIRST), officer, nha_jpg=b"photo")

    receipt = world.send(world.xml(world.answers(household, families.BETTER, closing=photo), SECOND, FIRST), officer)

    assert receipt.missing == ()


def test_correction_of_an_approved_household_takes_it_off_the_approved(world: World) -> None:
    household, officer = world.list_household(), world.doer(OFFICER)
    world.send(world.xml(world.answers(household), FIRST), officer)
    with write() as session:
        review.decide(session, world.case(household).id, Decision.APPROVE, by=officer, now=NOW)
    assert world.counts() == {"approved": 1, "poor": 1}

    world.send(world.xml(world.answers(household, families.BETTER), SECOND, replaces=FIRST), officer)

    assert world.counts() == {"edited": 1}


def test_household_outside_the_phones_village_is_refused(world: World) -> None:
    household = world.list_household(village=PHU_LUU)

    xml = world.xml(world.answers(household, village=PHU_LUU))

    assert problem_of(world, xml, HEAD) is Kind.OUTSIDE_AREA
    assert world.send(xml, world.phone_actor(OTHER_HEAD).doer()).outcome is Outcome.NEW


def test_unknown_village_is_refused_with_its_code(world: World) -> None:
    assert problem_of(world, world.xml(world.answers(None, village="09043-99"))) is Kind.VILLAGE_UNKNOWN


def test_refused_consent_is_stored_without_a_class(world: World) -> None:
    household = world.list_household()
    answers = {**world.answers(household), "consent": {"consent": "no", "refusal_reason": "Không muốn trả lời."}}

    world.send(world.xml(answers), world.phone_actor(HEAD).doer())

    assert (world.case(household).state, world.case(household).household_class) == (State.RECEIVED, None)


def test_date_outside_every_standard_is_stored_without_a_class(world: World) -> None:
    household = world.list_household()

    world.send(
        world.xml(world.answers(household, identification={"review_date": "2031-01-01"})),
        world.phone_actor(HEAD).doer(),
    )

    assert world.case(household).household_class is None


FORM_TROUBLES = [
    (b'id="ra-soat-ho"', b'id="khac"', Kind.FORM_UNKNOWN),
    (b'version="', b'version="old', Kind.VERSION_UNKNOWN),
]


@pytest.mark.parametrize(("old", "new", "expected"), FORM_TROUBLES)
def test_unknown_form_or_version(world: World, old: bytes, new: bytes, expected: Kind) -> None:
    xml = world.xml(world.answers(world.list_household())).replace(old, new, 1)

    assert problem_of(world, xml) is expected


def test_closed_round_takes_nothing(world: World) -> None:
    xml = world.xml(world.answers(world.list_household()))
    with write() as session:
        session.get_one(rounds.Round, ROUND).state = rounds.CLOSED

    assert problem_of(world, xml) is Kind.ROUND_CLOSED


def test_parallel_posts_of_one_instance_make_one_submission(world: World) -> None:
    household = world.list_household()
    xml, by = world.xml(world.answers(household), FIRST), world.phone_actor(HEAD).doer()
    outcomes = in_parallel([xml] * 32, by)

    assert sorted(outcomes) == sorted([Outcome.NEW] + [Outcome.REPEAT] * 31)
    assert (count(Submission), count(SubmissionVersion)) == (1, 1)
    assert world.counts() == {"received": 1}


def test_of_two_corrections_at_once_one_wins(world: World) -> None:
    household, officer = world.list_household(), world.doer(OFFICER)
    world.send(world.xml(world.answers(household), FIRST), officer)
    corrections = [
        world.xml(world.answers(household, families.BETTER), f"uuid:{at}", replaces=FIRST) for at in range(8)
    ]

    outcomes = in_parallel(corrections, officer)

    assert sorted(outcomes) == sorted([Outcome.CORRECTION] + [Kind.CORRECTION_STALE.value] * 7)
    assert world.counts() == {"edited": 1}


def in_parallel(uploads: list[bytes], by: object) -> list[str]:
    """Send all at the same moment; the outcome of each, or the code of its problem."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.remove()
    start, outcomes = threading.Barrier(len(uploads)), []

    def send(xml: bytes) -> None:
        with app.app_context():
            start.wait()
            try:
                outcomes.append(World().send(xml, by).outcome.value)  # type: ignore[arg-type]
            except Problem as problem:
                outcomes.append(problem.kind.value)

    threads = [threading.Thread(target=send, args=(xml,)) for xml in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_rescue_keeps_what_was_refused(world: World) -> None:
    from fieldsurvey.extensions import blobs
    from fieldsurvey.store.blobs import Rescue

    with write() as session:
        intake.keep_aside(
            session.connection(), ROUND, b"<half", Problem(Kind.XML_BROKEN), blobs(), by=world.doer(HEAD), now=NOW
        )

    kept = db.session.scalars(select(Rescue)).one()
    assert (kept.problem, blobs().path(kept.blob).read_bytes()) == ("400.261", b"<half")
